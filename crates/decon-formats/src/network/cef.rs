//! Common Event Format (ArcSight "Implementing CEF"): seven fields by `|`, then `key=value` where a value
//! may hold blanks and ends before the next key. `rt` is an epoch in milliseconds or a date.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame::{self, Stamp};

/// CEF.
#[derive(Debug)]
pub(super) struct Cef;

impl NetworkFormat for Cef {
    fn name(&self) -> &'static str {
        "cef"
    }
    fn doc(&self) -> &'static str {
        "Common Event Format of many products."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = &line.whole[line.whole.find("CEF:")?..];
        let mut at = 0;
        let mut bars = 0;
        let bytes = text.as_bytes();
        while bars < 7 {
            let bar = memchr::memchr(b'|', &bytes[at..])? + at;
            bars += usize::from(bar == 0 || bytes[bar - 1] != b'\\');
            at = bar + 1;
        }
        let fields = pairs(&text[at..]);
        Some(contact(line, |key| {
            fields.iter().find(|(k, _)| *k == key).and_then(|(_, v)| some(v)).map(|v| v.replace("\\=", "=").into())
        }))
    }
}

fn contact(line: &NetLine<'_>, get: impl Fn(&str) -> Option<Box<str>>) -> Contact {
    let first = |keys: &[&str]| keys.iter().find_map(|k| get(k));
    let raw = first(&["rt", "start", "end", "deviceReceiptTime"]);
    let action = first(&["act", "outcome", "deviceAction"]);
    let sent = get("out").and_then(|n| n.parse().ok());
    let blocked = action.as_deref().and_then(Outcome::of_action);
    let contact = Contact {
        at: raw.as_deref().map(time).unwrap_or_default().or(line.frame.stamp),
        at_raw: raw,
        source: first(&["src", "sourceAddress", "shost", "c6a2"]),
        destination: first(&["dhost", "destinationHostName", "destinationDnsDomain", "dntdom"]),
        destination_ip: first(&["dst", "destinationAddress", "c6a3"]),
        user_agent: first(&["requestClientApplication"]),
        url: first(&["request", "requestUrl"]),
        method: first(&["requestMethod"]),
        outcome: match blocked {
            Some(Outcome::Attempted) if sent.unwrap_or(0) > 0 => Outcome::Sent,
            other => other.unwrap_or_default(),
        },
        status: action,
        bytes_out: sent,
    };
    contact.complete()
}

/// An epoch, or `Apr 22 2026 12:40:00 [zone]`.
fn time(text: &str) -> Stamp {
    if let Ok(number) = text.parse::<f64>() {
        return Stamp::from_epoch(number).unwrap_or_default();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        [month, day, year, clock, ref rest @ ..] if year.len() == 4 => {
            frame::parse_access(&format!("{day}/{month}/{year}:{clock} {}", rest.first().unwrap_or(&"")))
        }
        _ => frame::parse_rfc3339(text),
    }
}

/// `key=value with blanks key2=value`.
fn pairs(text: &str) -> Vec<(&str, &str)> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b"._[]".contains(&b);
    let mut starts = Vec::new();
    for (equals, _) in text.match_indices('=') {
        let key = text[..equals].bytes().rev().take_while(|b| word(*b)).count();
        let begin = equals - key;
        let escaped = equals > 0 && text.as_bytes()[equals - 1] == b'\\';
        if key > 0 && !escaped && (begin == 0 || text.as_bytes()[begin - 1] == b' ') {
            starts.push((begin, equals));
        }
    }
    let ends = starts.iter().skip(1).map(|(begin, _)| *begin).chain([text.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|((begin, equals), end)| (&text[*begin..*equals], text[equals + 1..end].trim()))
        .collect()
}
