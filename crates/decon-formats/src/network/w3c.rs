//! W3C extended logs by their `#Fields:` line: CloudFront, IIS, Blue Coat, Forcepoint. Times are UTC
//! (W3C draft "Extended Log File Format"; CloudFront "Standard log file fields").

use super::contact::{Contact, Outcome, some, unquoted};
use super::shape::zoned;
use super::{NetLine, NetworkFormat};
use crate::frame;

/// W3C extended logs.
#[derive(Debug)]
pub(super) struct W3c;

impl NetworkFormat for W3c {
    fn name(&self) -> &'static str {
        "w3c"
    }
    fn doc(&self) -> &'static str {
        "W3C extended logs with #Fields: CloudFront, IIS, Blue Coat."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        const CLOUDFRONT: [&str; 18] = [
            "date",
            "time",
            "x-edge-location",
            "sc-bytes",
            "c-ip",
            "cs-method",
            "cs(Host)",
            "cs-uri-stem",
            "sc-status",
            "cs(Referer)",
            "cs(User-Agent)",
            "cs-uri-query",
            "cs(Cookie)",
            "x-edge-result-type",
            "x-edge-request-id",
            "x-host-header",
            "cs-protocol",
            "cs-bytes",
        ];
        let cells = if line.whole.contains('\t') {
            line.whole.split('\t').map(str::to_owned).collect()
        } else {
            words(line.whole)
        };
        let names: Vec<&str> = match line.header.w3c.is_empty() {
            false => line.header.w3c.iter().map(|f| &**f).collect(),
            // CloudFront without its header: a date, a time, an edge like FRA56-P1.
            true if cells.len() >= 26 && cells[2].contains(|c: char| c.is_ascii_uppercase()) => CLOUDFRONT.to_vec(),
            true => return None,
        };
        if cells.len() < 4 || cells[0].len() != 10 && !names.contains(&"date") {
            return None;
        }
        let cell = |key: &str| {
            names.iter().position(|n| n.eq_ignore_ascii_case(key)).and_then(|at| cells.get(at)).and_then(|c| some(c))
        };
        let first = |keys: &[&str]| keys.iter().find_map(|k| cell(k));
        let written = format!("{} {}", cell("date")?, cell("time")?);
        let status = first(&["sc-status", "s-status"]);
        let denied =
            first(&["s-action", "sc-filter-result", "x-edge-result-type"]).and_then(|a| Outcome::of_action(&a));
        let contact = Contact {
            at: zoned(frame::parse_rfc3339(&written), true),
            at_raw: Some(written.into()),
            source: first(&["c-ip", "c-dns"]),
            destination: first(&["x-host-header", "cs-host", "cs(Host)", "r-dns", "s-hostname"]),
            destination_ip: first(&["r-ip", "s-ip", "s-supplier-ip"]),
            user_agent: first(&["cs(User-Agent)"]).map(|a| unquoted(&a.replace('+', " "))),
            url: first(&["cs-uri", "c-uri", "cs-uri-stem", "cs-uri-path"]),
            method: cell("cs-method"),
            bytes_out: cell("cs-bytes").and_then(|n| n.parse().ok()),
            outcome: match denied {
                Some(Outcome::Blocked) => Outcome::Blocked,
                _ => status.as_deref().and_then(Outcome::of_status).unwrap_or(Outcome::Attempted),
            },
            status,
        };
        Some(contact.complete())
    }
}

/// Words, quoted ones whole.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (word, left) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = left.trim_start();
    }
    words
}
