//! Cloudflare Gateway Logpush: DNS, HTTP and network datasets (developers.cloudflare.com, "Log fields").
//!
//! `QueryNameReversed` is an index and no name. DNS has `DstIP` for the resolver.

use super::contact::Outcome;
use super::line::JsonFormat;
use super::shape::{Shape, find, text};

/// Cloudflare Gateway.
pub(super) const CLOUDFLARE: JsonFormat = JsonFormat {
    name: "cloudflare-gateway",
    doc: "Cloudflare Gateway Logpush: DNS, HTTP and network sessions.",
    shape: Shape {
        needs: &["Datetime"],
        any: &["QueryName", "HTTPHost", "SNI", "ResolverDecision", "DestinationIP", "DstIP"],
        at: &["Datetime"],
        source: &["SrcIP", "SourceIP", "SourceInternalIP"],
        destination: &["QueryName", "HTTPHost", "SNI"],
        destination_ip: &["DestinationIP", "DstIP"],
        user_agent: &["UserAgent"],
        url: &["URL"],
        method: &["HTTPMethod"],
        status: &["HTTPStatusCode", "RCode", "Action"],
        ..Shape::EMPTY
    },
    finish: |value, mut contact| {
        let decision = ["ResolverDecision", "Action"].iter().filter_map(|k| find(value, k)).find_map(text);
        let of_action = decision.as_deref().and_then(Outcome::of_action);
        contact.outcome = match of_action {
            Some(Outcome::Blocked) => Outcome::Blocked,
            _ if value.get("QueryName").is_some() => {
                find(value, "RCode").and_then(text).and_then(|c| Outcome::of_rcode(&c)).unwrap_or(Outcome::Attempted)
            }
            other => contact.status.as_deref().and_then(Outcome::of_status).or(other).unwrap_or_default(),
        };
        contact
    },
};
