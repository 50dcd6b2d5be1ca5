//! crane and everything on go-containerregistry with its transport log (`pkg/v1/remote/transport/logger.go`).
//!
//! `--> GET url` … `<-- 200 url (156ms)` and the dumped headers: Go's stamps are local time, the
//! `Date` header is UTC, `Docker-Content-Digest` names the answer.

use decon_core::digest::Digest;

use super::line::Line;
use super::request::Request;
use super::sink::{Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame::{self, Stamp};

/// go-containerregistry transport logs.
#[derive(Debug)]
pub(super) struct Crane;

impl PullFormat for Crane {
    fn name(&self) -> &'static str {
        "crane"
    }
    fn doc(&self) -> &'static str {
        "crane and other go-containerregistry clients with -v: requests, answers and their headers."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["<-- ", "--> GET", "--> HEAD"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Transport>::default())
    }
}

#[derive(Debug, Default)]
struct Transport {
    open: Option<Request>,
    method: Box<str>,
}

impl Reader for Transport {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if let Some(rest) = text.strip_prefix("--> ") {
            self.end(out);
            self.method = rest.split(' ').next().unwrap_or("").into();
            out.want(12);
        } else if let Some(rest) = text.strip_prefix("<-- ") {
            self.end(out);
            self.open = self.answer(rest, line);
            out.want(40);
        } else if let Some(open) = &mut self.open {
            open.mark.join(line);
            header(open, text);
            if !text.is_empty() {
                out.want(2);
            }
        }
    }

    fn end(&mut self, out: &mut Sink) {
        if let Some(open) = self.open.take() {
            out.request(open);
        }
    }
}

impl Transport {
    fn answer(&self, rest: &str, line: &Line<'_>) -> Option<Request> {
        let (status, rest) = rest.split_once(' ')?;
        let url = rest.split_whitespace().next()?;
        let (host, path) = url.split_once("://")?.1.split_once('/')?;
        let mut request = Request::new("crane", Mark::at(line), &format!("/{path}"));
        request.status = status.parse().ok();
        request.method = self.method.clone();
        request.host = Some(host.into());
        Some(request)
    }
}

fn header(open: &mut Request, text: &str) {
    let Some((name, value)) = text.split_once(": ") else { return };
    if name.eq_ignore_ascii_case("docker-content-digest") {
        open.answered = Digest::parse(value.trim()).ok();
    } else if name.eq_ignore_ascii_case("date") {
        let date = frame::parse_go_date(value);
        if date != Stamp::Unstated {
            open.stamp = date;
        }
    }
}
