//! Access logs with a quoted request: Apache and nginx common and combined, Squid's `common` and
//! `combined`, and their variants with other dates.
//!
//! A server's own log names no host unless the request is absolute (a forward proxy) or the format
//! adds it in front or behind. A date with slashes and numbers only does not tell day from month.

use super::contact::{Contact, Outcome, bare_host, host_of, some};
use super::{NetLine, NetworkFormat};
use crate::frame::{self, Stamp};

/// Common and combined logs.
#[derive(Debug)]
pub(super) struct Combined;

impl NetworkFormat for Combined {
    fn name(&self) -> &'static str {
        "combined"
    }
    fn doc(&self) -> &'static str {
        "Common and combined access logs: nginx, Apache, Squid, and variants."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        read(line.whole)
    }
}

fn read(text: &str) -> Option<Contact> {
    let (before, request, after) = request(text)?;
    let mut words = request.split(' ');
    let (method, url) = (words.next()?, words.next()?);
    let date = before.rsplit_once('[').and_then(|(_, rest)| rest.split(']').next());
    let at = date.map_or(Stamp::Unstated, |date| match frame::parse_access(date) {
        Stamp::Unstated => frame::parse_rfc3339(date),
        stamp => stamp,
    });
    let address = |word: &&str| bare_host(word).parse::<std::net::IpAddr>().is_ok();
    let source = before.split_whitespace().find(address).or_else(|| before.split_whitespace().next())?;
    let status = after.split_whitespace().next().and_then(some);
    let quoted: Vec<&str> = after.split('"').skip(1).step_by(2).collect();
    // The referrer comes first; the agent is what is no URL.
    let agent =
        quoted.iter().skip(1).chain(quoted.iter()).find(|q| some(q).is_some() && !q.contains("://") && q.len() > 2);
    let named = quoted.iter().find_map(|q| q.strip_prefix("HOST:")).and_then(some);
    // `vhost_combined` puts the server's name in front of the client.
    let front = before
        .split_whitespace()
        .next()
        .filter(|word| !address(word) && before.split_whitespace().nth(1).as_ref().is_some_and(address));
    let destination = host_of(url).filter(|_| url.contains("://") || method == "CONNECT").map(Into::into).or(named);
    let contact = Contact {
        at,
        at_raw: date.and_then(some),
        source: some(source),
        destination: destination.or_else(|| front.and_then(some)),
        user_agent: agent.and_then(|a| some(a)),
        url: some(url),
        method: some(method),
        outcome: match after.contains("TCP_DENIED") {
            true => Outcome::Blocked,
            false => status.as_deref().and_then(Outcome::of_status).unwrap_or(Outcome::Attempted),
        },
        status,
        ..Contact::default()
    };
    Some(contact.complete())
}

/// What stands before the quoted request, the request, and what stands behind it.
fn request(text: &str) -> Option<(&str, &str, &str)> {
    const METHODS: [&str; 10] =
        ["GET ", "POST ", "PUT ", "HEAD ", "CONNECT ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE ", "PROPFIND "];
    let at = METHODS.iter().filter_map(|m| text.find(&format!("\"{m}"))).min()?;
    let (request, after) = text[at + 1..].split_once('"')?;
    Some((&text[..at], request, after))
}
