//! The names that products agree on most for who, where, when and how it ended, where a line or a
//! header names its columns but not its product. Names are lower case, with `_` between words.

use super::contact::{Contact, Outcome, bare_host};
use super::shape::epoch;
use crate::frame;

const AT: &[&str] = &[
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
];
const SOURCE: &[&str] = &[
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
];
const NAME: &[&str] = &[
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
];
const ADDRESS: &[&str] = &[
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
];
const AGENT: &[&str] = &["useragent", "user_agent", "agent", "ua"];
const URL: &[&str] = &["url", "uri", "request_url", "request", "arg"];
const METHOD: &[&str] = &["method", "httpmethod", "http_method", "op"];
const ACTION: &[&str] = &["action", "act", "verdict", "disposition", "result", "status", "rcode", "log_subtype"];
const SENT: &[&str] = &["sentbyte", "bytes_out", "sent_bytes", "bytes_sent", "sent"];

/// A contact from what `cell` gives for a name; `None` where neither side is named.
pub(super) fn contact(cell: impl Fn(&str) -> Option<Box<str>>) -> Option<Contact> {
    let first = |names: &[&str]| names.iter().find_map(|name| cell(name));
    let (ip, host, source, url) = (first(ADDRESS), first(NAME), first(SOURCE), first(URL));
    if source.is_none() && ip.is_none() && host.is_none() && url.is_none() {
        return None;
    }
    let raw = first(AT);
    let told = raw.as_deref().map(|raw| raw.parse().ok().and_then(epoch).unwrap_or_else(|| frame::parse_rfc3339(raw)));
    let action = first(ACTION);
    // `dst=name` is as common as `dst=address`.
    let named = ip.as_deref().is_some_and(|ip| bare_host(ip).parse::<std::net::IpAddr>().is_err());
    let (ip, by_name) = if named { (None, ip) } else { (ip, None) };
    let contact = Contact {
        at: told.unwrap_or_default(),
        at_raw: raw,
        source,
        destination: host.or(by_name),
        destination_ip: ip,
        user_agent: first(AGENT),
        url,
        method: first(METHOD),
        outcome: action
            .as_deref()
            .and_then(|a| Outcome::of_action(a).or_else(|| Outcome::of_status(a)))
            .unwrap_or_default(),
        status: action,
        bytes_out: first(SENT).and_then(|sent| sent.parse().ok()),
    };
    Some(contact.complete())
}

/// A column's name as it is looked up here.
pub(super) fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace([' ', '-', '.'], "_")
}
