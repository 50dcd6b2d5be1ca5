//! Envoy access logs as JSON. Keys are the operator's: these are Envoy's command operators as the
//! usual configurations (Istio, Envoy Gateway, Contour) spell them, with `_` or `-`.
//!
//! `bytes_received` is what the client sent. `requested_server_name` is the SNI.

use super::contact::Outcome;
use super::line::JsonFormat;
use super::shape::Shape;

/// Envoy.
pub(super) const ENVOY: JsonFormat = JsonFormat {
    name: "envoy-json",
    doc: "Envoy access logs as JSON (Istio, Envoy Gateway, Contour).",
    shape: Shape {
        any: &["response_flags", "upstream_cluster", "requested_server_name", "downstream_remote_address"],
        needs: &["response_code"],
        at: &["start_time", "@timestamp", "timestamp", "time"],
        source: &[
            "downstream_remote_address",
            "downstream_direct_remote_address",
            "x_forwarded_for",
            "x-forwarded-for",
        ],
        destination: &["authority", ":authority", "requested_server_name", "host"],
        destination_ip: &["upstream_host", "upstream_remote_address", "downstream_local_address"],
        user_agent: &["user_agent", "user-agent"],
        url: &[
            "path",
            ":path",
            "x-envoy-origin-path",
            "x_envoy_origin_path",
            "x-envoy-original-path",
            "x_envoy_original_path",
            "original_path",
        ],
        method: &["method", ":method", "request_method"],
        status: &["response_code"],
        bytes_out: &["bytes_received"],
        ..Shape::EMPTY
    },
    finish: |_, mut contact| {
        contact.outcome = match contact.status.as_deref().unwrap_or("0") {
            // A TCP proxy has no HTTP status.
            "0" if contact.bytes_out.unwrap_or(0) > 0 => Outcome::Sent,
            status => Outcome::of_status(status).unwrap_or(Outcome::Attempted),
        };
        contact
    },
};
