//! AWS Application Load Balancer access logs (ELB guide "Access log entries"): fixed order, UTC. The
//! classic balancer's are the same from the client on, without the type in front.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame;

/// ALB.
#[derive(Debug)]
pub(super) struct Alb;

impl NetworkFormat for Alb {
    fn name(&self) -> &'static str {
        "aws-alb"
    }
    fn doc(&self) -> &'static str {
        "AWS load balancer access logs, application and classic."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        let words: Vec<&str> = text.split(' ').collect();
        let typed = matches!(words[0], "http" | "https" | "h2" | "grpcs" | "ws" | "wss");
        let words = words.get(usize::from(typed)..)?;
        let time = *words.first()?;
        if words.len() < 12 || !time.ends_with('Z') || !time.contains('T') || !words[2].contains(':') {
            return None;
        }
        let quoted: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
        let mut request = quoted.first()?.split(' ');
        let (method, url) = (request.next()?, request.next()?);
        let status = some(words[7]);
        let contact = Contact {
            at: frame::parse_rfc3339(time),
            at_raw: some(time),
            source: some(words[2]),
            destination_ip: some(words[3]),
            user_agent: quoted.get(1).and_then(|a| some(a)),
            url: some(url),
            method: some(method),
            outcome: status.as_deref().and_then(Outcome::of_status).unwrap_or(Outcome::Attempted),
            status,
            bytes_out: words[9].parse().ok(),
            ..Contact::default()
        };
        Some(contact.complete())
    }
}
