//! Cilium Hubble flows as JSON (`hubble observe -o json`, the exporter): flow.proto of Cilium.

use super::contact::Outcome;
use super::line::JsonFormat;
use super::shape::{Shape, find, text};

/// Hubble.
pub(super) const HUBBLE: JsonFormat = JsonFormat {
    name: "hubble",
    doc: "Cilium Hubble flows, with DNS and HTTP where Cilium sees them.",
    shape: Shape {
        any: &["flow.IP", "IP", "flow.l7", "l7"],
        needs: &[],
        at: &["flow.time", "time"],
        source: &["flow.IP.source", "IP.source", "flow.source.pod_name", "source.pod_name"],
        destination: &["flow.destination_names", "destination_names", "flow.l7.dns.query", "l7.dns.query"],
        destination_ip: &["flow.IP.destination", "IP.destination"],
        url: &["flow.l7.http.url", "l7.http.url"],
        method: &["flow.l7.http.method", "l7.http.method"],
        status: &["flow.l7.http.code", "l7.http.code", "flow.verdict", "verdict"],
        ..Shape::EMPTY
    },
    finish: |value, mut contact| {
        let verdict = ["flow.verdict", "verdict"].iter().filter_map(|k| find(value, k)).find_map(text);
        contact.outcome = match verdict.as_deref() {
            Some("DROPPED" | "ERROR") => Outcome::Blocked,
            _ => contact.status.as_deref().and_then(Outcome::of_status).unwrap_or(Outcome::Attempted),
        };
        contact
    },
};
