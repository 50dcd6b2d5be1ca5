//! ctr, nerdctl and crictl (containerd `cmd/ctr/commands/content/fetch.go`; nerdctl
//! `pkg/imgutil/jobs`): one of the few clients that prints index, manifest and config digest.

use decon_core::digest::{Digest, Role};
use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// ctr and nerdctl pull output.
#[derive(Debug)]
pub(super) struct Ctr;

impl PullFormat for Ctr {
    fn name(&self) -> &'static str {
        "ctr"
    }
    fn doc(&self) -> &'static str {
        "ctr and nerdctl pull output: index, manifest and config digests, fetched or already there."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["resolved  ", "sha256:", "ulling"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Pull>::default())
    }
}

#[derive(Debug)]
struct Open {
    reference: Reference,
    mark: Mark,
    index: Option<Digest>,
    manifest: Option<Digest>,
    config: Option<Digest>,
    fetched: bool,
    rows: u32,
}

#[derive(Debug, Default)]
struct Pull {
    open: Option<Open>,
}

impl Reader for Pull {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if let Some(reference) = resolved(text) {
            // The table is redrawn: the same reference again is the same pull.
            if self.open.as_ref().is_none_or(|o| o.reference != reference) {
                self.end(out);
                self.open = Some(Open {
                    reference,
                    mark: Mark::at(line),
                    index: None,
                    manifest: None,
                    config: None,
                    fetched: false,
                    rows: 0,
                });
            }
        } else if let Some(open) = &mut self.open
            && row(open, text)
        {
            open.mark.join(line);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        let Some(open) = self.open.take() else { return };
        let event = match (open.fetched, open.rows) {
            (true, _) => Event::Pulled,
            (false, 0) => Event::Referenced,
            (false, _) => Event::Cached,
        };
        let (digest, role) = match (open.index, &open.manifest) {
            (Some(index), _) => (Some(index), Role::Index),
            (None, manifest) => (manifest.clone(), Role::Manifest),
        };
        let mut draft = Draft::image(event, open.reference.with_digest(digest.clone()), "ctr", open.mark);
        draft.role = role;
        draft.image_id = open.config;
        draft.parts =
            open.manifest.filter(|m| Some(m) != digest.as_ref()).map(|m| (Role::Manifest, m)).into_iter().collect();
        out.emit(draft);
    }
}

/// `docker.io/library/alpine:latest:   resolved   |+++|`, or the transfer service's opening line.
fn resolved(text: &str) -> Option<Reference> {
    if let Some(rest) = text.split("from OCI Registry (").nth(1) {
        return Reference::pullable(rest.split(')').next()?).ok();
    }
    let (name, state) = text.split_once(char::is_whitespace)?;
    let known = state.trim_start().starts_with("resolved") && !name.contains("-sha256:");
    known.then(|| Reference::pullable(name.trim_end_matches(':')).ok()).flatten()
}

/// A row of the table; says whether it was one.
fn row(open: &mut Open, text: &str) -> bool {
    if text.starts_with("application/vnd.") {
        let digest = text.split_whitespace().nth(1).and_then(|d| Digest::parse(d).ok());
        let index = text.contains("index") || text.contains("manifest.list");
        *(if index { &mut open.index } else { &mut open.manifest }) = digest;
        open.rows += 1;
        open.fetched = true;
        return true;
    }
    let Some((name, state)) = text.split_once(char::is_whitespace) else { return false };
    let Some((kind, digest)) = name.trim_end_matches(':').split_once('-') else { return false };
    let Ok(digest) = Digest::parse(digest) else { return false };
    match kind {
        "index" => open.index = Some(digest),
        "manifest" => open.manifest = Some(digest),
        "config" => open.config = Some(digest),
        "layer" => {}
        _ => return false,
    }
    open.rows += 1;
    open.fetched |= state.trim_start().starts_with("done");
    true
}
