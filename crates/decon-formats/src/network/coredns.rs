//! CoreDNS' `log` plugin (coredns.io/plugins/log): `[INFO] client:port - id "A IN name. udp 40 false 512"
//! NOERROR qr,rd 106 0.03s`. The line has no time of its own.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};

/// CoreDNS.
#[derive(Debug)]
pub(super) struct Coredns;

impl NetworkFormat for Coredns {
    fn name(&self) -> &'static str {
        "coredns"
    }
    fn doc(&self) -> &'static str {
        "CoreDNS query logs (the log plugin)."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let open = text.find('"')?;
        let (query, after) = text[open + 1..].split_once('"')?;
        let words: Vec<&str> = query.split(' ').collect();
        let known = matches!(words.get(1), Some(&("IN" | "CH" | "HS" | "ANY")))
            && matches!(words.get(3), Some(&("udp" | "tcp" | "https" | "tls" | "grpc" | "quic")));
        if !known {
            return None;
        }
        let client = text[..open].split_whitespace().rev().find(|w| w.contains(':') && !w.ends_with(':'))?;
        let code = after.split_whitespace().next().and_then(some);
        let contact = Contact {
            at: line.frame.stamp,
            source: some(client),
            destination: words.get(2).and_then(|n| some(n)),
            outcome: code.as_deref().and_then(Outcome::of_rcode).unwrap_or(Outcome::Attempted),
            status: code,
            ..Contact::default()
        };
        Some(contact.complete())
    }
}
