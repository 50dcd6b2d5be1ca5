//! Cisco Umbrella DNS and proxy logs (Umbrella "Log Formats and Versioning"): quoted CSV, UTC.

use super::contact::{Contact, Outcome, some};
use super::csv::cells;
use super::shape::zoned;
use super::{NetLine, NetworkFormat};
use crate::frame;

/// Umbrella.
#[derive(Debug)]
pub(super) struct Umbrella;

impl NetworkFormat for Umbrella {
    fn name(&self) -> &'static str {
        "umbrella-csv"
    }
    fn doc(&self) -> &'static str {
        "Cisco Umbrella DNS and proxy logs."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let all = cells(line.whole);
        let cell = |at: usize| all.get(at).and_then(|c| some(c));
        let date = cell(0).filter(|d| d.len() == 19 && line.whole.starts_with('"'))?;
        let at = zoned(frame::parse_rfc3339(&date), true);
        let address = |at: usize| cell(at).filter(|a| a.parse::<std::net::IpAddr>().is_ok());
        let action = cell(5).filter(|a| matches!(&**a, "Allowed" | "Blocked" | "Proxied"));
        let contact = if let Some(action) = action {
            let code = cell(7).and_then(|c| Outcome::of_rcode(&c));
            let blocked = &*action == "Blocked";
            Contact {
                source: address(3).or_else(|| address(4)),
                destination: cell(8),
                outcome: if blocked { Outcome::Blocked } else { code.unwrap_or(Outcome::Attempted) },
                status: Some(action),
                ..Contact::default()
            }
        } else {
            // The proxy's: time, identity, internal, external, destination address, type, verdict, URL, referrer, agent, status.
            address(4).or_else(|| address(3))?;
            let blocked = cell(6).is_some_and(|v| &*v == "BLOCKED");
            Contact {
                source: address(2).or_else(|| address(3)),
                destination_ip: address(4),
                url: cell(7),
                user_agent: cell(9),
                status: cell(10),
                bytes_out: cell(11).and_then(|n| n.parse().ok()),
                outcome: if blocked {
                    Outcome::Blocked
                } else {
                    cell(10).and_then(|s| Outcome::of_status(&s)).unwrap_or_default()
                },
                ..Contact::default()
            }
        };
        Some(Contact { at, at_raw: Some(date), ..contact.complete() })
    }
}
