//! Windows DNS server's debug log (`dnscmd /config`, its own heading in the file): `date time thread
//! PACKET context UDP Rcv address xid Q [flags NOERROR] A (5)audit(9)checkmarx(2)cx(0)`.
//!
//! The date is in the server's locale: `01/02/2025` may be either, so it is no time.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame::{self, Stamp};

/// Windows DNS debug log.
#[derive(Debug)]
pub(super) struct WindowsDns;

impl NetworkFormat for WindowsDns {
    fn name(&self) -> &'static str {
        "windows-dns"
    }
    fn doc(&self) -> &'static str {
        "Windows DNS server's debug log."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let packet = text.find(" PACKET ")?;
        let words: Vec<&str> = text[packet + 8..].split_whitespace().collect();
        let protocol = words.iter().position(|w| matches!(*w, "UDP" | "TCP"))?;
        let received = *words.get(protocol + 1)? == "Rcv";
        let address = *words.get(protocol + 2)?;
        let answer = words.get(protocol + 4) == Some(&"R");
        let code =
            text.split_once('[').and_then(|(_, rest)| rest.split(']').next()).and_then(|f| f.split_whitespace().last());
        let name = words.last()?;
        let date = text[..packet].split_whitespace().take(3).collect::<Vec<_>>();
        let clock = date
            .iter()
            .take_while(|w| w.contains(['/', '.', '-', ':']) || matches!(**w, "AM" | "PM"))
            .copied()
            .collect::<Vec<_>>()
            .join(" ");
        let contact = Contact {
            at: unambiguous(&clock),
            at_raw: some(&clock),
            // What is sent to an upstream has the upstream's address.
            source: some(address).filter(|_| received != answer),
            destination: Some(labels(name).into()),
            outcome: match (answer, code) {
                (true, Some(code)) => Outcome::of_rcode(code).unwrap_or(Outcome::Attempted),
                _ => Outcome::Attempted,
            },
            ..Contact::default()
        };
        Some(contact.complete())
    }
}

/// `(5)audit(9)checkmarx(2)cx(0)`
fn labels(name: &str) -> String {
    let labels: Vec<&str> = name.split(['(', ')']).skip(2).step_by(2).filter(|l| !l.is_empty()).collect();
    labels.join(".")
}

/// Year-first dates, and those with a day over twelve, tell what is what; still they have no zone.
fn unambiguous(text: &str) -> Stamp {
    let stamp = frame::parse_rfc3339(text);
    if stamp != Stamp::Unstated {
        return stamp;
    }
    slashed(text).unwrap_or_default()
}

/// `22/04/2026 14:40:00`, `4/22/2026 2:40:00 PM`.
fn slashed(text: &str) -> Option<Stamp> {
    let mut words = text.split(' ');
    let numbers: Vec<u16> = words.next()?.split('/').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let [first, second, year] = numbers[..] else { return None };
    let (day, month) = match (first > 12, second > 12) {
        (true, false) => (first, second),
        (false, true) => (second, first),
        (false, false) if first == second => (first, second),
        _ => return None,
    };
    let clock: Vec<u16> = words.next()?.split(':').map(|n| n.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = clock[..] else { return None };
    let hour = match words.next() {
        Some("PM") if hour < 12 => hour + 12,
        Some("AM") if hour == 12 => 0,
        _ => hour,
    };
    Some(frame::parse_rfc3339(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")))
}
