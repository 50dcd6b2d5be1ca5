//! Amazon Route 53 Resolver query logs (docs "Values that appear in Resolver query logs").

use super::contact::Outcome;
use super::line::JsonFormat;
use super::shape::{Shape, find, text};

/// Route 53 Resolver.
pub(super) const ROUTE53: JsonFormat = JsonFormat {
    name: "route53-resolver",
    doc: "Amazon Route 53 Resolver query logs.",
    shape: Shape {
        needs: &["query_name", "query_timestamp"],
        at: &["query_timestamp"],
        source: &["srcaddr", "srcids.instance"],
        destination: &["query_name"],
        destination_ip: &["answers[0].Rdata"],
        status: &["rcode"],
        ..Shape::EMPTY
    },
    finish: |value, mut contact| {
        let blocked = find(value, "firewall_rule_action").and_then(text).is_some_and(|action| &*action == "BLOCK");
        contact.destination_ip = contact.destination_ip.filter(|ip| ip.parse::<std::net::IpAddr>().is_ok());
        let resolved = contact.status.as_deref().and_then(Outcome::of_rcode).unwrap_or(Outcome::Attempted);
        contact.outcome = if blocked { Outcome::Blocked } else { resolved };
        contact
    },
};
