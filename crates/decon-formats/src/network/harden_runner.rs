//! StepSecurity's harden-runner in GitHub logs: `date:endpoint called ip address:port 1.2.3.4:443, domain:
//! name., pid: 1, process: node.` The date inside is the call's; the runner's stamp is when it was printed.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame;

/// harden-runner.
#[derive(Debug)]
pub(super) struct HardenRunner;

impl NetworkFormat for HardenRunner {
    fn name(&self) -> &'static str {
        "harden-runner"
    }
    fn doc(&self) -> &'static str {
        "harden-runner's calls in GitHub logs."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let called = text.find("ip address:port ").map(|at| (at, 16));
        let (at, length) = called.or_else(|| text.find("domain resolved: ").map(|at| (at, 17)))?;
        let rest = &text[at + length..];
        let address = if called.is_some() { rest.split([',', ' ']).next() } else { None };
        let domain = match called {
            Some(_) => rest.split("domain: ").nth(1)?.split([',', ' ']).next()?,
            None => rest.split([',', ' ']).next()?,
        };
        let before = &text[..at];
        // `Thu, 15 Jun 2023 05:35:29 GMT:endpoint called`
        let date = before.find(" GMT").and_then(|gmt| {
            let begin = before[..gmt]
                .rfind(", ")
                .and_then(|comma| before[..comma].rfind([' ', '\t']).map(|s| s + 1).or(Some(0)))?;
            before.get(begin..gmt + 4)
        });
        let blocked = text.contains("block");
        let contact = Contact {
            at: date.map_or(line.frame.stamp, frame::parse_go_date),
            at_raw: date.and_then(some),
            destination: some(domain),
            destination_ip: address.and_then(some),
            outcome: if blocked { Outcome::Blocked } else { Outcome::Attempted },
            ..Contact::default()
        };
        Some(contact.complete())
    }
}
