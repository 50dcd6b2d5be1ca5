//! JFrog Artifactory `artifactory-request.log` and `-request-out.log`
//! (jfrog.com, "Artifactory Log Files"): pipes, UTC, the time of completion. The repository key
//! stands where the upstream's host would; the outgoing log has the upstream URL.

use super::line::Line;
use super::request::Request;
use super::sink::{Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame;

/// Artifactory request logs.
#[derive(Debug)]
pub(super) struct Artifactory;

impl PullFormat for Artifactory {
    fn name(&self) -> &'static str {
        "artifactory"
    }
    fn doc(&self) -> &'static str {
        "Artifactory request logs, incoming and outgoing (cache fills with their upstream)."
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
        let raw = String::from_utf8_lossy(line.raw);
        if let Some(request) = parse(&raw, line) {
            out.request(request);
        }
    }
}

fn parse(raw: &str, line: &Line<'_>) -> Option<Request> {
    let words: Vec<&str> = raw.trim().split('|').collect();
    let at = words.iter().position(|w| matches!(*w, "GET" | "HEAD" | "PUT" | "POST"))?;
    let (date, uri, status) = (*words.first()?, *words.get(at + 1)?, *words.get(at + 2)?);
    if at < 3 || !uri.contains("/manifests/") && !uri.contains("/blobs/") {
        return None;
    }
    let (host, path) = match uri.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map(|(h, p)| (Some(h), format!("/{p}")))?,
        None => (None, uri.to_owned()),
    };
    let mut request = Request::new("artifactory", Mark::at(line), &path);
    request.stamp = frame::parse_rfc3339(date);
    request.method = words[at].into();
    request.status = status.parse().ok();
    request.host = host.map(Into::into);
    let client = words.iter().take(at).find(|w| w.parse::<std::net::IpAddr>().is_ok());
    request.client = client.map_or("", |v| v).into();
    request.agent = words.last().copied().unwrap_or("").into();
    Some(request)
}
