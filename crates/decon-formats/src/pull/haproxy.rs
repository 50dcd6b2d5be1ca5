//! HAProxy's HTTP log (`option httplog`): `ip:port [date.ms] frontend backend/server … "GET …"`.
//! Local time without zone; no host and no user agent unless captured.

use super::distribution::without_port;
use super::line::Line;
use super::request::Request;
use super::sink::{Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame;

/// HAProxy logs.
#[derive(Debug)]
pub(super) struct Haproxy;

impl PullFormat for Haproxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }
    fn doc(&self) -> &'static str {
        "HAProxy HTTP logs before a registry; local time without zone."
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
        if let Some(request) = parse(line) {
            out.request(request);
        }
    }
}

fn parse(line: &Line<'_>) -> Option<Request> {
    let words: Vec<&str> = line.text.splitn(8, ' ').collect();
    let [address, date, _front, back, timers, status, _, tail] = words[..] else { return None };
    let inside = date.strip_prefix('[')?.strip_suffix(']')?;
    if !back.contains('/') || timers.matches('/').count() != 4 {
        return None;
    }
    let request = tail.split('"').nth(1)?;
    let (method, rest) = request.split_once(' ')?;
    let mut result = Request::new("haproxy", Mark::at(line), rest.split(' ').next()?);
    result.method = method.into();
    result.status = status.parse().ok();
    result.stamp = frame::parse_access(inside);
    result.client = without_port(address).into();
    Some(result)
}
