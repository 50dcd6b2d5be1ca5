//! The names that products agree on most for who, where, when and how it ended, where a line or a
//! header names its columns but not its product. Names are lower case, with `_` between words.

use super::contact::{Contact, Outcome, bare_host};
use super::shape::Shape;

const USUAL: Shape = Shape {
    at: &[
        "timestamp",
        "time",
        "datetime",
        "date",
        "_time",
        "ts",
        "eventtime",
        "start_time",
        "event_time",
        "generate_time",
        "generated_time",
        "receive_time",
        "start",
    ],
    source: &[
        "src",
        "srcip",
        "src_ip",
        "source",
        "sourceip",
        "source_ip",
        "source_address",
        "client",
        "client_ip",
        "clientip",
        "c_ip",
        "internal_ip",
        "from",
    ],
    destination: &[
        "dsthost",
        "dst_host",
        "desthost",
        "dest_host",
        "destination_host",
        "destination_hostname",
        "domain",
        "query",
        "query_name",
        "qname",
        "sni",
        "server_name",
        "dstname",
        "host",
        "hostname",
        "fqdn",
    ],
    destination_ip: &[
        "dst",
        "dstip",
        "dst_ip",
        "dest",
        "destip",
        "dest_ip",
        "destination_ip",
        "destination_address",
        "server_ip",
        "destination",
        "dip",
    ],
    user_agent: &["useragent", "user_agent", "agent", "ua"],
    url: &["url", "uri", "request_url", "request", "arg"],
    method: &["method", "httpmethod", "http_method", "op"],
    status: &["action", "act", "verdict", "disposition", "result", "status", "rcode", "log_subtype"],
    bytes_out: &["sentbyte", "bytes_out", "sent_bytes", "bytes_sent", "sent"],
    ..Shape::EMPTY
};

/// A contact from what `cell` gives for a name; `None` where neither side is named.
pub(super) fn contact(cell: impl Fn(&str) -> Option<Box<str>>) -> Option<Contact> {
    let mut contact = USUAL.fill(cell);
    let named = [&contact.source, &contact.destination_ip, &contact.destination, &contact.url];
    if named.iter().all(|side| side.is_none()) {
        return None;
    }
    // `dst=name` is as common as `dst=address`.
    let is_address = |ip: &str| bare_host(ip).parse::<std::net::IpAddr>().is_ok();
    if let Some(name) = contact.destination_ip.take_if(|ip| !is_address(ip)) {
        contact.destination = contact.destination.or(Some(name));
    }
    let ended = |action: &str| Outcome::of_action(action).or_else(|| Outcome::of_status(action));
    contact.outcome = contact.status.as_deref().and_then(ended).unwrap_or_default();
    Some(contact.complete())
}

/// A column's name as it is looked up here.
pub(super) fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace([' ', '-', '.'], "_")
}
