//! CRI-O (`server/image_pull.go`): `Pulling image: X` and `Pulled image: X@sha256` share `id=`.
//!
//! Pagers cut lines at `>`; then a digest is only a prefix. From 1.35.2 the second line prints
//! the image id alone.

use decon_core::digest::{Digest, DigestPrefix};
use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// CRI-O's journal.
#[derive(Debug)]
pub(super) struct Crio;

impl PullFormat for Crio {
    fn name(&self) -> &'static str {
        "cri-o"
    }
    fn doc(&self) -> &'static str {
        "CRI-O's journal: pulls with tag and digest, joined by request id; image states up to 1.32."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["ulling", "ulled", "sha256:"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Journal>::default())
    }
}

#[derive(Debug)]
struct Open {
    id: Box<str>,
    reference: Reference,
    mark: Mark,
}

#[derive(Debug, Default)]
struct Journal {
    open: Vec<Open>,
}

impl Reader for Journal {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text;
        // Cloud Build says `Pulling image: X` too; the daemon's line is a record.
        let record =
            line.fields.is_some() || line.raw.starts_with(b"{") || line.unit.is_some_and(|u| u.contains("crio"));
        if !record {
            return;
        }
        if let Some(rest) = text.strip_prefix("Pulling image: ") {
            if let Ok(reference) = Reference::pullable(word(rest)) {
                let id = line.field("id").unwrap_or_default();
                self.open.push(Open { id: id.trim_end_matches(['>', '…']).into(), reference, mark: Mark::at(line) });
            }
        } else if let Some(rest) = text.strip_prefix("Pulled image: ") {
            self.pulled(word(rest), line, out);
        } else if text.contains("Image status: &ImageStatusResponse{") {
            status(line, out);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        for open in std::mem::take(&mut self.open) {
            out.emit(Draft::image(Event::Referenced, open.reference, "cri-o", open.mark));
        }
    }
}

/// Pagers end what they cut in `>`.
fn word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("").trim_end_matches(['>', '…', '"'])
}

impl Journal {
    fn pulled(&mut self, name: &str, line: &Line<'_>, out: &mut Sink) {
        let (repository, digest) = name.split_once('@').unwrap_or((name, ""));
        let id = line.field("id").unwrap_or_default();
        let by_id = self.open.iter().position(|o| !o.id.is_empty() && (*o.id == *id || id.starts_with(&*o.id)));
        let by_name = || {
            let wanted = Reference::parse(repository).ok()?;
            let mut fits = (0..self.open.len()).filter(|i| self.open[*i].reference.repository == wanted.repository);
            fits.next().filter(|_| fits.next().is_none())
        };
        let open = by_id.or_else(by_name).map(|i| self.open.remove(i));
        let Some(reference) = open.as_ref().map(|o| o.reference.clone()).or_else(|| Reference::parse(repository).ok())
        else {
            return;
        };
        let mut mark = open.map_or_else(|| Mark::at(line), |o| o.mark);
        mark.join(line);
        let mut draft = Draft::image(Event::Pulled, reference.with_digest(Digest::parse(digest).ok()), "cri-o", mark)
            .at(line.stamp);
        draft.prefix = DigestPrefix::parse(digest);
        draft.image_id = Digest::from_sha256_hex(name);
        out.emit(draft);
    }
}

/// `Id:<hex>,RepoTags:[a:b],RepoDigests:[a@sha256:…]`: proof that the node holds it.
fn status(line: &Line<'_>, out: &mut Sink) {
    let part = |key: &str, ends: &[char]| {
        line.text.split(key).nth(1).and_then(|r| r.split(ends).next()).filter(|v| !v.is_empty())
    };
    let tag = part("RepoTags:[", &[']', ' ']);
    let digest = part("RepoDigests:[", &[']', ' ']);
    let Some(reference) = tag.or(digest).and_then(|r| Reference::parse(r).ok()) else { return };
    let digest = digest.and_then(|d| Digest::parse(d.split('@').nth(1)?).ok());
    let mut draft = Draft::image(Event::Cached, reference.with_digest(digest), "cri-o", Mark::at(line)).at(line.stamp);
    draft.image_id = part("{Id:", &[',']).and_then(Digest::from_sha256_hex);
    out.emit(draft);
}
