//! distribution (Docker Registry 2 and 3): logfmt and JSON records (`registry/handlers/app.go`,
//! `internal/dcontext/http.go`). It also prints an Apache line for the same request; the join of
//! requests takes the two as one. From 3.0.0 successful HEADs were not logged (issue 4733).

use serde_json::Value;

use super::document::{stamp_of, text};
use super::line::Line;
use super::request::Request;
use super::sink::{Mark, Sink};
use super::{PullFormat, Reader};
use decon_core::digest::Digest;

/// Registry logs of distribution.
#[derive(Debug)]
pub(super) struct Distribution;

impl PullFormat for Distribution {
    fn name(&self) -> &'static str {
        "distribution"
    }
    fn doc(&self) -> &'static str {
        "distribution (registry:2, registry:3) logs, logfmt and JSON: who asked for which manifest."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["http.request.uri"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Records))
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        let Some(uri) = text(value, &["http.request.uri"]) else { return gitlab(value, mark, out) };
        let field = |name: &str| text(value, &[name]).unwrap_or("");
        let status = value.get("http.response.status").and_then(Value::as_u64).and_then(|s| u16::try_from(s).ok());
        let mut request = Request::new("distribution", mark.clone(), uri);
        request.stamp = value.get("time").or_else(|| value.get("@timestamp")).map(stamp_of).unwrap_or_default();
        fill(&mut request, field, status);
        out.request(request);
        true
    }
}

/// GitLab's registry and Zot write flat JSON with `uri` or `path`.
fn gitlab(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    let uri = text(value, &["uri"])
        .or_else(|| text(value, &["path"]))
        .or_else(|| text(value, &["request", "uri"]))
        .or_else(|| text(value, &["RequestPath"]));
    let Some(uri) = uri.filter(|u| u.contains("/v2/")) else { return false };
    let number = |keys: &[&str]| {
        keys.iter().find_map(|k| value.get(*k)).and_then(Value::as_u64).and_then(|s| u16::try_from(s).ok())
    };
    let first = |keys: &[&str]| keys.iter().find_map(|k| text(value, &[k])).unwrap_or("").to_owned();
    let mut request = Request::new("distribution", mark.clone(), uri);
    request.stamp = ["time", "StartUTC", "ts", "@timestamp", "start_time"]
        .iter()
        .filter_map(|k| value.get(*k))
        .map(stamp_of)
        .find(|s| *s != crate::frame::Stamp::Unstated)
        .unwrap_or_default();
    request.status = number(&["status", "statusCode", "DownstreamStatus", "OriginStatus"]);
    request.method = first(&["method", "RequestMethod"]).into();
    if request.method.is_empty() {
        request.method = text(value, &["request", "method"]).unwrap_or("").into();
    }
    let client = first(&["remote_ip", "clientIP", "ClientHost", "remote_addr"]);
    let client =
        if client.is_empty() { text(value, &["request", "remote_ip"]).unwrap_or("").to_owned() } else { client };
    request.client = without_port(&client).into();
    let host = first(&["host", "RequestHost"]);
    let host = if host.is_empty() { text(value, &["request", "host"]).unwrap_or("").to_owned() } else { host };
    request.host = (!host.is_empty()).then(|| host.into());
    request.agent = first(&["user_agent"]).into();
    let header = value
        .get("resp_headers")
        .and_then(|h| h.get("Docker-Content-Digest"))
        .and_then(|d| d.get(0))
        .and_then(Value::as_str);
    request.answered = header.and_then(|d| Digest::parse(d).ok());
    out.request(request);
    true
}

#[derive(Debug)]
struct Records;

impl Reader for Records {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let Some(fields) = line.fields else { return };
        let all: std::collections::HashMap<&str, std::borrow::Cow<'_, str>> = fields.fields().collect();
        let Some(uri) = all.get("http.request.uri") else { return };
        let mut request = Request::new("distribution", Mark::at(line), uri);
        let status = all.get("http.response.status").and_then(|s| s.parse().ok());
        fill(&mut request, |name| all.get(name).map_or("", |v| v), status);
        out.request(request);
    }
}

fn fill<'v>(request: &mut Request, field: impl Fn(&str) -> &'v str, status: Option<u16>) {
    request.status = status;
    request.method = field("http.request.method").into();
    request.agent = field("http.request.useragent").into();
    request.client = without_port(field("http.request.remoteaddr")).into();
    let host = field("http.request.host");
    request.host = (!host.is_empty()).then(|| host.into());
}

/// `10.0.0.1:54371` and `[::1]:54371` without the port; the first of a forwarded list.
pub(super) fn without_port(address: &str) -> &str {
    let address = address.split(',').next().unwrap_or("").trim();
    if let Some(inside) = address.strip_prefix('[') {
        return inside.split(']').next().unwrap_or(inside);
    }
    match address.rsplit_once(':') {
        Some((ip, port)) if !ip.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => ip,
        _ => address,
    }
}
