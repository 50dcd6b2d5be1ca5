//! BIND's query log (BIND 9 reference, category `queries`): `client @0x… addr#port (name): query: name
//! IN A +E(0)K (server)`. Server-local time unless `print-time iso8601-utc`.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame::{self, Stamp};

/// BIND.
#[derive(Debug)]
pub(super) struct Bind;

impl NetworkFormat for Bind {
    fn name(&self) -> &'static str {
        "bind"
    }
    fn doc(&self) -> &'static str {
        "BIND's query and security logs."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let at = text.find("client ")?;
        let mut words = text[at + 7..].split_whitespace();
        let mut client = words.next()?;
        if client.starts_with("@0x") {
            client = words.next()?;
        }
        let (address, _) = client.split_once('#')?;
        let query = text.find("query: ").map(|q| &text[q + 7..]);
        let denied = text.contains("denied") || text.contains("rpz ") || text.contains("rewrite");
        let name = match query {
            Some(query) => query.split_whitespace().next()?,
            None => text.split_once('(')?.1.split(')').next()?,
        };
        let server = query.and_then(|q| q.rsplit_once('(')).map(|(_, s)| s.trim_end().trim_end_matches(')'));
        let before: Vec<&str> = text[..at].split_whitespace().take(3).collect();
        // One word where it is ISO, two with a date, three with a syslog header's month.
        let clock = before.iter().position(|word| word.contains(':')).map_or(0, |at| at + 1);
        let date = before[..clock].join(" ");
        let contact = Contact {
            at: dated(&date).or(line.frame.stamp),
            at_raw: some(&date),
            source: some(address),
            destination: some(name),
            destination_ip: server.filter(|s| s.parse::<std::net::IpAddr>().is_ok()).and_then(some),
            outcome: if denied { Outcome::Blocked } else { Outcome::Attempted },
            ..Contact::default()
        };
        Some(contact.complete())
    }
}

/// `02-Nov-2025 21:28:05.863`
fn dated(date: &str) -> Stamp {
    let Some((day, clock)) = date.split_once(' ') else { return Stamp::Unstated };
    frame::parse_access(&format!("{}:{clock}", day.replace('-', "/")))
}
