//! AWS VPC flow logs (VPC guide "Flow log records"): any order by the header line of the object, else
//! the default order, which versions 3 to 5 append to.
//!
//! `start` is when the first packet of the window was seen. Behind NAT `pkt-dstaddr` is the far end.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame::Stamp;

/// VPC flow logs.
#[derive(Debug)]
pub(super) struct VpcFlow;

const DEFAULT: [&str; 14] = [
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
];

impl NetworkFormat for VpcFlow {
    fn name(&self) -> &'static str {
        "aws-vpc-flow"
    }
    fn doc(&self) -> &'static str {
        "AWS VPC flow logs, default and custom order."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let words: Vec<&str> = line.whole.split_whitespace().collect();
        // CloudWatch's export puts an ISO stamp in front.
        let words = if words.first()?.contains('T') && words[0].ends_with('Z') { &words[1..] } else { &words[..] };
        let named: Vec<&str> = line.header.flow.iter().map(|f| &**f).collect();
        let names = if named.is_empty() { &DEFAULT[..] } else { &named[..] };
        if words.len() < names.len() || (named.is_empty() && !defaults(words)) {
            return None;
        }
        let cell = |key: &str| names.iter().position(|n| *n == key).and_then(|at| words.get(at)).and_then(|c| some(c));
        let start = cell("start");
        let action = cell("action");
        let contact = Contact {
            at: start.as_deref().and_then(|s| s.parse().ok()).and_then(Stamp::from_epoch).unwrap_or_default(),
            at_raw: start,
            source: cell("srcaddr").or_else(|| cell("pkt-srcaddr")),
            destination_ip: cell("dstaddr").or_else(|| cell("pkt-dstaddr")),
            bytes_out: cell("bytes").and_then(|n| n.parse().ok()),
            outcome: match action.as_deref() {
                Some("REJECT") => Outcome::Blocked,
                Some("ACCEPT") => Outcome::Sent,
                _ => Outcome::Attempted,
            },
            status: action,
            ..Contact::default()
        };
        Some(contact.complete())
    }
}

fn defaults(words: &[&str]) -> bool {
    let address = |word: &str| word == "-" || word.parse::<std::net::IpAddr>().is_ok();
    matches!(words[0], "2" | "3" | "4" | "5" | "6" | "7" | "8")
        && words[2].starts_with("eni-")
        && address(words[3])
        && address(words[4])
}
