//! HAProxy's HTTP and TCP logs (HAProxy configuration manual, "Log formats"): `ip:port [date] frontend
//! backend/server timers status bytes … "request"`. The date is local and has no zone.

use super::contact::{Contact, Outcome, host_of, some};
use super::{NetLine, NetworkFormat};
use crate::frame;

/// HAProxy.
#[derive(Debug)]
pub(super) struct Haproxy;

impl NetworkFormat for Haproxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }
    fn doc(&self) -> &'static str {
        "HAProxy's HTTP and TCP logs."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let open = text.find(" [").filter(|at| text[..*at].rsplit(' ').next().is_some_and(|w| w.contains(':')))?;
        let source = text[..open].rsplit(' ').next()?;
        let (date, rest) = text[open + 2..].split_once("] ")?;
        let words: Vec<&str> = rest.split(' ').collect();
        // Frontend, backend/server, five timers (three for TCP).
        let timers = *words.get(2)?;
        if !words.get(1)?.contains('/') || !timers.bytes().all(|b| b.is_ascii_digit() || b"/+-".contains(&b)) {
            return None;
        }
        let status = words.get(3).and_then(|s| some(s)).filter(|_| timers.matches('/').count() >= 4);
        let request = rest.split('"').nth(1).unwrap_or("");
        let (method, url) = request.split_once(' ').map_or(("", ""), |(m, r)| (m, r.split(' ').next().unwrap_or("")));
        // Captured headers stand in braces: the Host, the agent.
        let captured: Vec<&str> =
            rest.split('{').nth(1).and_then(|c| c.split('}').next()).unwrap_or("").split('|').collect();
        let contact = Contact {
            at: frame::parse_access(date),
            at_raw: some(date),
            source: some(source),
            destination: host_of(url)
                .map(Into::into)
                .or_else(|| captured.iter().find_map(|c| host_of(c)).map(Into::into)),
            user_agent: captured.iter().find(|c| c.contains('/') && host_of(c).is_none()).and_then(|c| some(c)),
            url: some(url),
            method: some(method),
            outcome: status.as_deref().and_then(Outcome::of_status).unwrap_or(Outcome::Attempted),
            status,
            ..Contact::default()
        };
        Some(contact.complete())
    }
}
