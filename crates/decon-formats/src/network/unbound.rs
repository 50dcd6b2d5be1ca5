//! unbound (`log-queries`, `log-replies`; unbound.conf manual): `[epoch] unbound[pid:thread] info: address
//! name. A IN`, with the answer code behind in replies.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame::Stamp;

/// unbound.
#[derive(Debug)]
pub(super) struct Unbound;

impl NetworkFormat for Unbound {
    fn name(&self) -> &'static str {
        "unbound"
    }
    fn doc(&self) -> &'static str {
        "unbound's query and reply logs."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let at = text.find("unbound")?;
        let (_, message) = text[at..].split_once("info: ").or_else(|| text[at..].split_once("]: "))?;
        let message = message.strip_prefix("query: ").or_else(|| message.strip_prefix("reply: ")).unwrap_or(message);
        let words: Vec<&str> = message.split_whitespace().collect();
        let source = words.first()?.split('@').next()?;
        source.parse::<std::net::IpAddr>().ok()?;
        let stamp = text.split_once('[').and_then(|(_, rest)| rest.split(']').next()).filter(|_| text.starts_with('['));
        let code = words.get(4).and_then(|c| some(c));
        let contact = Contact {
            at: stamp.and_then(|s| s.parse().ok()).and_then(Stamp::from_epoch).unwrap_or(line.frame.stamp),
            at_raw: stamp.and_then(some),
            source: some(source),
            destination: words.get(1).and_then(|n| some(n)),
            outcome: code.as_deref().and_then(Outcome::of_rcode).unwrap_or(Outcome::Attempted),
            status: code,
            ..Contact::default()
        };
        Some(contact.complete())
    }
}
