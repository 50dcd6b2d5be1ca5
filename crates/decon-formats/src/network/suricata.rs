//! Suricata EVE JSON (docs.suricata.io "Eve JSON Format"): dns, http, tls, flow, alert, fileinfo.

use serde_json::Value;

use super::contact::{Contact, Outcome};
use super::line::JsonFormat;
use super::shape::{Shape, find, text};

/// Suricata EVE.
pub(super) const SURICATA: JsonFormat = JsonFormat {
    name: "suricata-eve",
    doc: "Suricata EVE JSON: DNS, HTTP, TLS, flows and alerts.",
    shape: Shape {
        needs: &["event_type"],
        any: &["src_ip", "dest_ip"],
        at: &["timestamp"],
        source: &["src_ip"],
        destination: &[
            "tls.sni",
            "http.hostname",
            "dns.rrname",
            "dns.queries[0].rrname",
            "dns.query[0].rrname",
            "quic.sni",
        ],
        destination_ip: &["dest_ip"],
        user_agent: &["http.http_user_agent"],
        url: &["http.url"],
        method: &["http.http_method"],
        status: &["http.status", "dns.rcode"],
        bytes_out: &["flow.bytes_toserver"],
        ..Shape::EMPTY
    },
    finish,
};

fn finish(value: &Value, mut contact: Contact) -> Contact {
    let blocked = ["alert.action", "verdict.action"].iter().filter_map(|k| find(value, k)).filter_map(text);
    contact.outcome = if blocked.into_iter().any(|action| matches!(&*action, "blocked" | "drop" | "reject")) {
        Outcome::Blocked
    } else if value.get("http").is_some() {
        contact.status.as_deref().and_then(Outcome::of_status).unwrap_or(Outcome::Attempted)
    } else if let Some(code) = find(value, "dns.rcode").and_then(text) {
        Outcome::of_rcode(&code).unwrap_or(Outcome::Attempted)
    } else if contact.bytes_out.is_some() && find(value, "flow.state").and_then(text).is_some_and(|s| &*s != "new") {
        Outcome::Sent
    } else {
        Outcome::Attempted
    };
    contact
}
