//! Zeek: conn, dns, http, ssl and others, as TSV with its `#fields` and as JSON.
//!
//! Source: docs.zeek.org "Zeek Log Formats" and each log's reference. `id.resp_h` of a DNS query is
//! the resolver. A TSV file without its header is read by the columns that Zeek writes by default.

use super::NetworkFormat;
use super::contact::{Contact, Outcome, some};
use super::line::{JsonFormat, NetLine};
use super::shape::{Shape, find, text};

const SHAPE: Shape = Shape {
    needs: &["id.orig_h"],
    at: &["ts", "_write_ts"],
    source: &["id.orig_h"],
    destination: &["host", "query", "server_name", "hostname"],
    destination_ip: &["id.resp_h"],
    user_agent: &["user_agent"],
    url: &["uri"],
    method: &["method"],
    status: &["status_code", "rcode_name", "conn_state"],
    bytes_out: &["orig_bytes", "request_body_len"],
    ..Shape::EMPTY
};

/// Zeek's JSON logs.
pub(super) const ZEEK_JSON: JsonFormat = JsonFormat {
    name: "zeek-json",
    doc: "Zeek's JSON logs: conn, dns, http, ssl.",
    shape: SHAPE,
    finish: |value, contact| judge(contact, |key| find(value, key).and_then(text)),
};

/// Zeek's tab separated logs.
#[derive(Debug)]
pub(super) struct ZeekTsv;

impl NetworkFormat for ZeekTsv {
    fn name(&self) -> &'static str {
        "zeek-tsv"
    }
    fn doc(&self) -> &'static str {
        "Zeek's tab separated logs with their #fields header, or the default columns without."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let separator = line.header.zeek_separator.unwrap_or('\t');
        let cells: Vec<&str> = line.whole.trim_end_matches(['\r', '\n']).split(separator).collect();
        let names: Vec<&str> = match line.header.zeek.is_empty() {
            false => line.header.zeek.iter().map(|f| &**f).collect(),
            true => default_columns(&cells)?,
        };
        if cells.len() < 4 || !names.contains(&"id.orig_h") {
            return None;
        }
        let cell = &|key: &str| names.iter().position(|n| *n == key).and_then(|at| cells.get(at)).and_then(|c| some(c));
        cell("ts")?;
        let contact = SHAPE.fill(cell);
        Some(judge(contact.complete(), cell))
    }
}

/// From the log's own words: an HTTP status, a DNS code, how a connection ended, how much was sent.
fn judge(mut contact: Contact, cell: impl Fn(&str) -> Option<Box<str>>) -> Contact {
    let sent = contact.bytes_out.unwrap_or(0) > 0;
    contact.outcome = if cell("query").is_some() {
        cell("rcode_name").or_else(|| cell("rcode")).and_then(|c| Outcome::of_rcode(&c)).unwrap_or(Outcome::Attempted)
    } else if let Some(state) = cell("conn_state") {
        match &*state {
            "REJ" | "RSTOS0" | "RSTRH" | "S0" | "SH" | "SHR" => Outcome::Attempted,
            _ if sent => Outcome::Sent,
            _ => Outcome::Attempted,
        }
    } else if let Some(status) = cell("status_code") {
        Outcome::of_status(&status).unwrap_or(Outcome::Attempted)
    } else if cell("established").is_some_and(|e| matches!(&*e, "T" | "true")) {
        Outcome::Sent
    } else {
        Outcome::Attempted
    };
    contact
}

/// The columns that every log of a connection begins with.
const CONNECTION: [&str; 6] = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"];

/// Zeek's default columns, told by what stands behind the connection.
fn default_columns(cells: &[&str]) -> Option<Vec<&'static str>> {
    const CONN: &[&str] = &["proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state"];
    const DNS: &[&str] =
        &["proto", "trans_id", "rtt", "query", "qclass", "qclass_name", "qtype", "qtype_name", "rcode", "rcode_name"];
    const HTTP: &[&str] = &[
        "trans_depth",
        "method",
        "host",
        "uri",
        "referrer",
        "version",
        "user_agent",
        "origin",
        "request_body_len",
        "response_body_len",
        "status_code",
    ];
    const SSL: &[&str] = &["version", "cipher", "curve", "server_name"];
    cells.first()?.split_once('.')?.0.parse::<u64>().ok().filter(|seconds| *seconds > 1_000_000_000)?;
    cells.get(2)?.parse::<std::net::IpAddr>().ok()?;
    cells.get(4)?.parse::<std::net::IpAddr>().ok()?;
    let own = match *cells.get(6)? {
        "tcp" | "udp" | "icmp" if cells.get(7).is_some_and(|c| c.parse::<u32>().is_ok()) => DNS,
        "tcp" | "udp" | "icmp" => CONN,
        sixth if sixth.starts_with("TLS") || sixth.starts_with("SSL") => SSL,
        sixth if sixth.parse::<u32>().is_ok() => HTTP,
        _ => return None,
    };
    Some(CONNECTION.iter().chain(own).copied().collect())
}
