//! Palo Alto Networks PAN-OS syslog CSV: TRAFFIC, THREAT and URL (PAN-OS "Syslog Field Descriptions").
//!
//! Positions differ by type. Times are the device's, without zone; `receive`, `generated` and `start`
//! stand in one line. In a THREAT line the URL or file is quoted and has no scheme.

use super::contact::{Contact, Outcome, host_of, some};
use super::csv::cells;
use super::{NetLine, NetworkFormat};
use crate::frame;

/// PAN-OS.
#[derive(Debug)]
pub(super) struct Panw;

impl NetworkFormat for Panw {
    fn name(&self) -> &'static str {
        "panw-csv"
    }
    fn doc(&self) -> &'static str {
        "Palo Alto PAN-OS CSV: TRAFFIC, THREAT, URL."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        // A syslog header may stand in front of the first field, which is "future use".
        let all = cells(line.whole);
        let kind = all
            .iter()
            .position(|c| matches!(c.as_str(), "TRAFFIC" | "THREAT" | "URL"))
            .filter(|at| (3..=4).contains(at))?;
        let from = kind - 3;
        let cell = |at: usize| all.get(from + at).and_then(|c| some(c));
        let generated = cell(6);
        let traffic = all[kind] == "TRAFFIC";
        let url = if traffic { None } else { cell(31) };
        // GlobalProtect's and newer versions' further columns stand behind these.
        let sent = if traffic { cell(32).and_then(|n| n.parse().ok()) } else { None };
        let action = cell(30);
        let contact = Contact {
            at: generated.as_deref().map(frame::parse_rfc3339).unwrap_or_default(),
            at_raw: generated,
            source: cell(7),
            destination: url.as_deref().and_then(host_of).map(Into::into),
            destination_ip: cell(8),
            user_agent: if traffic { None } else { cell(46) },
            method: if traffic {
                None
            } else {
                cell(63).filter(|method| method.bytes().all(|b| b.is_ascii_alphabetic()))
            },
            url,
            outcome: match action.as_deref().and_then(Outcome::of_action) {
                Some(Outcome::Attempted) if sent.unwrap_or(0) > 0 => Outcome::Sent,
                Some(outcome) => outcome,
                None => Outcome::Unknown,
            },
            status: action,
            bytes_out: sent,
        };
        Some(contact.complete())
    }
}
