//! Squid: the native format and `logformat` variants with the request in quotes but no address form
//! of their own (wiki.squid-cache.org "Features/LogFormat", squid.conf `logformat`).
//!
//! The native stamp is when the request *ended*; the elapsed milliseconds stand behind it, so the
//! start is told. `HIER_DIRECT/host` is the peer: an address, or a name with `%<A`.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame::Stamp;

/// Squid's native format.
#[derive(Debug)]
pub(super) struct Squid;

impl NetworkFormat for Squid {
    fn name(&self) -> &'static str {
        "squid"
    }
    fn doc(&self) -> &'static str {
        "Squid's native access log."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        native(line.whole).or_else(|| native(line.text()))
    }
}

/// `1776861302.123 45 10.0.0.5 TCP_TUNNEL/200 3949 CONNECT host:443 user HIER_DIRECT/93.184.216.34 -`
fn native(text: &str) -> Option<Contact> {
    let words: Vec<&str> = text.split_whitespace().collect();
    // A syslog header or a container's stamp may stand in front.
    let begin = words.iter().take(8).position(|w| is_epoch(w))?;
    let words = &words[begin..];
    let result = *words.get(3)?;
    let (code, status) = result.split_once('/')?;
    if !code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') || words.len() < 7 {
        return None;
    }
    words[1].parse::<f64>().ok()?;
    let ended: f64 = words[0].parse().ok()?;
    let url = words[6];
    let connect = words[5] == "CONNECT";
    let peer = words.get(8).and_then(|p| p.split_once('/')).map(|(_, peer)| peer).and_then(some);
    let contact = Contact {
        at: Stamp::from_epoch(ended).unwrap_or_default(),
        at_raw: some(words[0]),
        source: some(words[2]),
        destination: super::contact::host_of(url).map(Into::into).or_else(|| some(url).filter(|_| connect)),
        destination_ip: peer.filter(|p| p.parse::<std::net::IpAddr>().is_ok()),
        url: some(url),
        method: some(words[5]),
        status: some(status),
        outcome: Outcome::of_squid(code, status).unwrap_or(Outcome::Attempted),
        ..Contact::default()
    };
    Some(contact.complete())
}

/// Seconds with three decimals.
fn is_epoch(word: &str) -> bool {
    let Some((seconds, millis)) = word.split_once('.') else { return false };
    (9..=11).contains(&seconds.len())
        && (1..=6).contains(&millis.len())
        && (seconds.bytes().chain(millis.bytes())).all(|b| b.is_ascii_digit())
}
