//! dnsmasq and Pi-hole (`log-queries`, `log-queries=extra`): `query[A] name from address`,
//! `reply name is address`, `gravity blocked name is 0.0.0.0`. No year, no zone.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};

/// dnsmasq.
#[derive(Debug)]
pub(super) struct Dnsmasq;

impl NetworkFormat for Dnsmasq {
    fn name(&self) -> &'static str {
        "dnsmasq"
    }
    fn doc(&self) -> &'static str {
        "dnsmasq and Pi-hole query logs."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let at = text.find("dnsmasq")?;
        let (_, message) = text[at..].split_once(": ")?;
        let mut words: Vec<&str> = message.split_whitespace().collect();
        // `log-queries=extra` puts a serial number and the requester in front.
        let extra = words.len() > 3 && words[0].parse::<u64>().is_ok();
        let requester = if extra { words.get(1).and_then(|r| r.split('/').next()).and_then(some) } else { None };
        if extra {
            words.drain(..2);
        }
        let verb = *words.first()?;
        let (name, source, answer) = if verb.starts_with("query[") {
            let from = words.iter().position(|w| *w == "from").and_then(|at| words.get(at + 1)).and_then(|f| some(f));
            (*words.get(1)?, from.or(requester), None)
        } else {
            let is = words.iter().position(|w| matches!(*w, "is" | "to"))?;
            let answer = words.get(is + 1).copied().filter(|_| words[is] == "is");
            (*words.get(is.checked_sub(1)?)?, requester, answer)
        };
        let blocked = message.contains("gravity blocked")
            || message.contains("blacklisted")
            || message.contains("denied")
            || (verb == "config" && matches!(answer, Some("0.0.0.0" | "::" | "NXDOMAIN")));
        let contact = Contact {
            at_raw: some(text[..at].trim()),
            source,
            destination: some(name),
            destination_ip: answer.filter(|a| a.parse::<std::net::IpAddr>().is_ok()).and_then(some),
            outcome: match (blocked, answer) {
                (true, _) => Outcome::Blocked,
                (false, Some(answer)) if !answer.starts_with("NX") && !answer.starts_with("NODATA") => {
                    Outcome::Resolved
                }
                _ => Outcome::Attempted,
            },
            ..Contact::default()
        };
        Some(contact.complete())
    }
}
