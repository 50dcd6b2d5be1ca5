//! Cisco ASA and Firepower syslog (Cisco "Syslog Messages"): 302013 to 302016 built and torn down, 106001 to
//! 106100 denied, 304001 and 304002 URLs, 338xxx names by DNS inspection. Times vary, most have no year.
//!
//! `for outside:203.0.113.9/443 (…) to inside:10.0.0.5/51234 (…)`: the side called `inside` is ours
//! whatever the direction; without it, `src` and `dst`.

use super::contact::{Contact, Outcome, host_of, some};
use super::{NetLine, NetworkFormat};
use crate::frame::{self, Stamp};

/// Cisco ASA.
#[derive(Debug)]
pub(super) struct Asa;

impl NetworkFormat for Asa {
    fn name(&self) -> &'static str {
        "cisco-asa"
    }
    fn doc(&self) -> &'static str {
        "Cisco ASA and Firepower syslog."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let at = text.find("%ASA-").or_else(|| text.find("%FTD-"))?;
        let (_, message) = text[at..].split_once(": ")?;
        let sides: Vec<(&str, &str)> = message.split_whitespace().filter_map(side).collect();
        let (source, destination) = ends(message, &sides);
        let url = message
            .find("Accessed URL ")
            .map(|u| &message[u + 13..])
            .and_then(|u| u.split_once(':'))
            .map(|(_, url)| url);
        let denied =
            ["Deny", "denied", "Dropped", "dropped", "Blocked", "discarded"].iter().any(|w| message.contains(w));
        let bytes = message
            .find(" bytes ")
            .and_then(|b| message[b + 7..].split_whitespace().next())
            .and_then(|n| n.parse::<u64>().ok());
        let stamped = text[..at].trim().trim_end_matches(':');
        let contact = Contact {
            at: line.frame.stamp.or(dated(stamped)),
            at_raw: some(stamped),
            source: source.and_then(some),
            destination: url.and_then(host_of).map(Into::into),
            destination_ip: destination.and_then(some),
            url: url.and_then(some),
            outcome: match (denied, bytes) {
                (true, _) => Outcome::Blocked,
                (false, Some(bytes)) if bytes > 0 => Outcome::Sent,
                _ => Outcome::Attempted,
            },
            bytes_out: None,
            ..Contact::default()
        };
        Some(contact.complete())
    }
}

/// `Apr 22 2026 14:35:02`: local, where it has a year.
fn dated(text: &str) -> Stamp {
    let text = text.rsplit('>').next().unwrap_or(text);
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        [month, day, year, clock, ..] if year.len() == 4 => {
            frame::parse_access(&format!("{day}/{month}/{year}:{clock}"))
        }
        _ => Stamp::Unstated,
    }
}

/// `outside:203.0.113.9/443`, `10.0.0.5/51234`: interface and address.
fn side(word: &str) -> Option<(&str, &str)> {
    let word = word.trim_matches(['(', ')', ',', '"']);
    let (interface, rest) = match word.split_once(':') {
        Some((interface, rest)) if !interface.contains('.') => (interface, rest),
        _ => ("", word),
    };
    let address = rest.split(['/', '(']).next()?;
    // `198.51.100.7:http://…` of an accessed URL.
    let address = if interface.is_empty() && address.contains('.') { address.split(':').next()? } else { address };
    address.parse::<std::net::IpAddr>().ok().map(|_| (interface, address))
}

fn ends<'m>(message: &str, sides: &[(&'m str, &'m str)]) -> (Option<&'m str>, Option<&'m str>) {
    let inside = sides.iter().find(|(interface, _)| interface.eq_ignore_ascii_case("inside"));
    let outside = sides.iter().find(|(interface, _)| interface.eq_ignore_ascii_case("outside"));
    if let (Some((_, inside)), Some((_, outside))) = (inside, outside) {
        return (Some(inside), Some(outside));
    }
    let named: Vec<&(&str, &str)> = sides.iter().filter(|(interface, _)| !interface.is_empty()).collect();
    let (first, second) = match named[..] {
        [first, second, ..] => (first.1, second.1),
        _ => match sides {
            [first, second, ..] => (first.1, second.1),
            [only] => return (None, Some(only.1)),
            [] => return (None, None),
        },
    };
    // `Built outbound … for outside:far to inside:near` names the far side first.
    if message.contains("outbound") { (Some(second), Some(first)) } else { (Some(first), Some(second)) }
}
