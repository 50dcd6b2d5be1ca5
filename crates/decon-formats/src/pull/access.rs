//! Access logs with a quoted request: Apache and nginx combined, Harbor, Quay (nginx and
//! gunicorn), Nexus, distribution's own, Envoy's default text, and the cache status form of
//! docker-registry-proxy (`HIT [date] "/v2/…" 200 …`).

use super::distribution::without_port;
use super::line::Line;
use super::request::Request;
use super::sink::{Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame::{self, Stamp};

/// Access logs.
#[derive(Debug)]
pub(super) struct Access;

impl PullFormat for Access {
    fn name(&self) -> &'static str {
        "access-log"
    }
    fn doc(&self) -> &'static str {
        "Access logs before a registry: nginx, Apache, Harbor, Quay, Nexus, caching proxies."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["/manifests/", "/blobs/sha256:"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Lines))
    }
}

#[derive(Debug)]
struct Lines;

impl Reader for Lines {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        // HAProxy and Artifactory have formats of their own; logfmt is distribution's.
        if line.fields.is_some() || line.text.contains("http.request.uri") {
            return;
        }
        if let Some(request) = parse(line) {
            out.request(request);
        }
    }
}

fn parse(line: &Line<'_>) -> Option<Request> {
    // The raw line: framing may have taken a part of the address for a lane.
    let raw = String::from_utf8_lossy(line.raw);
    let (text, _) = frame::plain(&raw);
    let at = text.find("/manifests/").or_else(|| text.find("/blobs/sha256:"))?;
    let open = text[..at].rfind('"')?;
    let (before, rest) = (&text[..open], &text[open + 1..]);
    let (request, after) = rest.split_once('"')?;
    let (method, uri) = match request.split_once(' ') {
        Some((method, tail)) => (method, tail.split(' ').next()?),
        None => ("", request),
    };
    let known = matches!(method, "" | "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE");
    if !known || !uri.contains("/v2/") {
        return None;
    }
    let absolute = uri.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest.split_at(at)));
    let (named, uri) = absolute.map_or((None, uri), |(host, path)| (Some(host), path));
    let mut result = Request::new("access-log", Mark::at(line), uri);
    result.method = method.into();
    result.status = after.split_whitespace().next().and_then(|s| s.parse().ok());
    result.status?;
    result.stamp = date(before);
    result.client = client(before).into();
    result.cached = cache_status(before);
    let quoted: Vec<&str> = after.split('"').skip(1).step_by(2).collect();
    result.host = quoted.iter().find_map(|q| q.strip_prefix("HOST:")).or(named).map(Into::into);
    result.agent = quoted
        .iter()
        .rev()
        .find(|q| q.contains('/') && !q.contains("://") && !q.contains(':'))
        .map_or("", |v| v)
        .into();
    Some(result)
}

/// `[22/Apr/2026:18:47:42 +0000]`; HAProxy's milliseconds mark its own format.
fn date(before: &str) -> Stamp {
    before
        .split('[')
        .skip(1)
        .filter_map(|part| part.split(']').next())
        .map(|inside| if inside.contains('/') { frame::parse_access(inside) } else { frame::parse_rfc3339(inside) })
        .find(|s| *s != Stamp::Unstated)
        .unwrap_or_default()
}

/// The address: the first word that is one.
fn client(before: &str) -> String {
    let before = before.rsplit_once(" | ").map_or(before, |(_, b)| b);
    let address = |word: &&str| {
        let bare = without_port(word);
        bare.parse::<std::net::IpAddr>().is_ok()
    };
    // A syslog header in front names the proxy's own host.
    let found = before.split_whitespace().rev().find(address);
    let host = || before.split_whitespace().next().filter(|w| before.contains(" - ") && w.contains('.'));
    found.or_else(host).map(without_port).unwrap_or("").to_owned()
}

fn cache_status(before: &str) -> Option<bool> {
    match before.split_whitespace().next()? {
        "HIT" | "STALE" | "UPDATING" => Some(true),
        "MISS" | "EXPIRED" | "BYPASS" | "REVALIDATED" => Some(false),
        _ => None,
    }
}
