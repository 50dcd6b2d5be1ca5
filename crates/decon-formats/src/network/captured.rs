//! Lines that [`crate::capture`] makes of packets.

use super::contact::Outcome;
use super::line::JsonFormat;
use super::shape::{Shape, find, text};

/// Captured packets.
pub(super) const CAPTURED: JsonFormat = JsonFormat {
    name: "capture",
    doc: "Packets of a pcap or pcapng file: DNS, TLS server names, HTTP, flows.",
    shape: Shape {
        needs: &["capture", "src", "dst"],
        at: &["ts"],
        source: &["src"],
        destination: &["query", "sni", "host"],
        destination_ip: &["answers[0]", "dst"],
        user_agent: &["user_agent"],
        url: &["uri"],
        method: &["method"],
        status: &["rcode"],
        ..Shape::EMPTY
    },
    finish: |value, mut contact| {
        contact.outcome = match find(value, "capture").and_then(text).as_deref() {
            // A hello or a request follows an answered handshake.
            Some("tls" | "http") => Outcome::Sent,
            Some("dns") => contact.status.as_deref().and_then(Outcome::of_rcode).unwrap_or(Outcome::Attempted),
            _ => Outcome::Attempted,
        };
        contact
    },
};
