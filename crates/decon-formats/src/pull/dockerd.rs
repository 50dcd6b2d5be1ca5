//! dockerd's journal (moby `distribution/pull.go`, `daemon/containerd/image_pull.go`).
//!
//! The graph driver writes nothing on success. With the containerd store, from 24.0, every pull
//! is `msg="image pulled" digest=… remote=…`. Failures name the image only in the URL they quote.

use decon_core::digest::Digest;
use decon_core::observation::Event;
use decon_core::reference::{Reference, Repository, is_tag};

use super::line::{Line, quoted_after};
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// dockerd's journal.
#[derive(Debug)]
pub(super) struct Dockerd;

impl PullFormat for Dockerd {
    fn name(&self) -> &'static str {
        "dockerd"
    }
    fn doc(&self) -> &'static str {
        "dockerd's journal: failed pulls, and successful ones with the containerd store."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["ulled", "pull after error", "Handler for POST", "ulling"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Journal>::default())
    }
}

#[derive(Debug, Default)]
struct Journal {
    failed: Vec<Reference>,
}

impl Reader for Journal {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text;
        if text == "image pulled" {
            let remote = line.field("remote").and_then(|r| Reference::pullable(&r).ok());
            let digest = line.field("digest").and_then(|d| Digest::parse(&d).ok());
            if let Some(reference) = remote {
                out.emit(Draft::image(Event::Pulled, reference.with_digest(digest), "dockerd", Mark::at(line)));
            }
        } else if let Some(rest) = text.strip_prefix("Pulling ref from V2 registry: ") {
            if let Ok(reference) = Reference::pullable(rest.trim()) {
                out.emit(Draft::image(Event::Referenced, reference, "dockerd", Mark::at(line)));
            }
        } else if text.contains("pull after error")
            || text.contains("v2 registry")
            || text.starts_with("Handler for POST")
        {
            let error = line.field("error").map_or_else(|| text.to_owned(), |e| format!("{text}: {e}"));
            self.failure(&error, line, out);
        }
    }
}

impl Journal {
    /// One failed pull is told on up to three lines.
    fn failure(&mut self, text: &str, line: &Line<'_>, out: &mut Sink) {
        let Some(reference) = failed_reference(text) else { return };
        let again = self
            .failed
            .iter()
            .any(|f| f.repository == reference.repository && (f.tag == reference.tag || reference.tag.is_none()));
        self.failed.push(reference.clone());
        if !again {
            out.emit(Draft::image(Event::Failed, reference, "dockerd", Mark::at(line)));
        }
    }
}

/// The image in an error: the URL of its manifest, or the name that the message gives.
fn failed_reference(text: &str) -> Option<Reference> {
    if let Some((before, rest)) = text.split_once("/manifests/") {
        let (_, name) = before.rsplit_once("/v2/")?;
        let tag = rest.split([':', '"', '?', '\\', ' ']).next()?;
        let digest = Digest::parse(rest.split(['"', '?', '\\', ' ']).next()?.trim_end_matches(':')).ok();
        let host = before.rsplit_once("/v2/")?.0.rsplit("://").next()?.trim_end_matches('/');
        // dockerd asks mirrors of Docker Hub under their own host for Hub's names.
        let mirror = host.starts_with(|c: char| c.is_ascii_digit()) || name.starts_with("library/");
        let repository = if mirror {
            Repository::parse(&format!("docker.io/{name}"))
        } else {
            Repository::parse(&format!("{host}/{name}"))
        };
        let tag = is_tag(tag).then_some(tag).filter(|_| digest.is_none());
        return Some(Reference::new(repository.ok()?, tag, digest, name));
    }
    let named = text.split("pull access denied for ").nth(1).and_then(|r| r.split(',').next());
    let named = named.or_else(|| text.split("manifest for ").nth(1).and_then(|r| r.split(" not found").next()));
    let named = named.or_else(|| quoted_after(text, "failed to resolve reference "));
    Reference::parse(named?.trim()).ok()
}
