//! containerd's CRI plugin (`internal/cri/server/images/image_pull.go`, all versions from 1.2).
//!
//! From 1.7 `Pulled image "X" with image id "…", repo tag "…", repo digest "…"` stands at info
//! level: tag, config digest and repository digest on one line. Before, only `PullImage "X" returns image
//! reference "<config>"` and the neighbouring `ImageCreate`/`ImageUpdate` events do.

use decon_core::digest::Digest;
use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::{Line, quoted_after};
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame::Stamp;

/// containerd's journal.
#[derive(Debug)]
pub(super) struct Containerd;

impl PullFormat for Containerd {
    fn name(&self) -> &'static str {
        "containerd"
    }
    fn doc(&self) -> &'static str {
        "containerd's journal on Kubernetes nodes: pulls with tag, config digest and repository digest."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["PullImage ", "ulled", "sha256:"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Journal>::default())
    }
}

#[derive(Debug)]
struct Open {
    reference: Reference,
    mark: Mark,
}

#[derive(Debug, Default)]
struct Journal {
    open: Vec<Open>,
    /// Digests that image events named, with their time.
    events: Vec<(Reference, Stamp, bool, Mark)>,
    told: Vec<(Reference, Stamp)>,
}

impl Reader for Journal {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text;
        if let Some(name) = event_name(text) {
            if let Ok(reference) = Reference::parse(name) {
                self.events.push((reference, line.stamp, text.starts_with("ImageUpdate"), Mark::at(line)));
                if self.events.len() > 64 {
                    self.events.remove(0);
                }
            }
        } else if text.starts_with("Pulled image ") {
            self.pulled(line, out);
        } else if text.starts_with("PullImage ") {
            self.pull_image(line, out);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        for open in std::mem::take(&mut self.open) {
            out.emit(Draft::image(Event::Referenced, open.reference, "containerd", open.mark));
        }
    }
}

impl Journal {
    fn pulled(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text;
        let Some(mut reference) = quoted_after(text, "Pulled image ").and_then(|i| Reference::pullable(i).ok()) else {
            return;
        };
        let digest = quoted_after(text, "repo digest ").and_then(|d| Digest::parse(d.split('@').nth(1)?).ok());
        if let Some(tagged) = quoted_after(text, "repo tag ").and_then(|t| Reference::parse(t).ok()) {
            reference.tag = tagged.tag.or(reference.tag);
        }
        let mark = self.close(&reference, line);
        self.told.push((reference.clone(), line.stamp));
        let mut draft = Draft::image(Event::Pulled, reference.with_digest(digest), "containerd", mark).at(line.stamp);
        draft.image_id = quoted_after(text, "image id ").and_then(|d| Digest::parse(d).ok());
        out.emit(draft);
    }

    fn pull_image(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text;
        let Some(reference) = quoted_after(text, "PullImage ").and_then(|i| Reference::pullable(i).ok()) else {
            return;
        };
        if text.contains(" returns image reference ") {
            self.returns(reference, line, out);
        } else if text.contains(" failed") {
            let mark = self.close(&reference, line);
            out.emit(Draft::image(Event::Failed, reference, "containerd", mark).at(line.stamp));
        } else if !text.contains(" using ") && !text.contains(" with snapshotter") {
            self.open.push(Open { reference, mark: Mark::at(line) });
        }
    }

    /// The older form: the digest stands in a neighbouring event for the same repository.
    fn returns(&mut self, reference: Reference, line: &Line<'_>, out: &mut Sink) {
        if self.told.iter().any(|(told, at)| same(told, &reference) && near(*at, line.stamp)) {
            return;
        }
        let named =
            self.events.iter().rev().find(|(e, at, ..)| {
                e.digest.is_some() && e.repository == reference.repository && near(*at, line.stamp)
            });
        let (digest, stamp, first) = match named {
            Some((event, at, _, mark)) => (event.digest.clone(), *at, mark.line),
            None => (None, line.stamp, line.number),
        };
        let mut mark = self.close(&reference, line);
        mark.line = mark.line.min(first);
        let mut draft = Draft::image(Event::Pulled, reference.with_digest(digest), "containerd", mark).at(stamp);
        draft.image_id = quoted_after(line.text, "returns image reference ").and_then(|d| Digest::parse(d).ok());
        out.emit(draft);
    }

    fn close(&mut self, reference: &Reference, line: &Line<'_>) -> Mark {
        let at = self.open.iter().position(|o| same(&o.reference, reference));
        let mut mark = at.map_or_else(|| Mark::at(line), |i| self.open.remove(i).mark);
        mark.join(line);
        mark
    }
}

fn same(a: &Reference, b: &Reference) -> bool {
    a.repository == b.repository && (a.tag == b.tag || a.digest.is_some() && a.digest == b.digest)
}

fn near(a: Stamp, b: Stamp) -> bool {
    match (a.utc(), b.utc()) {
        (Some(a), Some(b)) => (a.as_second() - b.as_second()).abs() <= 5,
        _ => true,
    }
}

/// `ImageCreate event name:"X"` and `ImageUpdate event &ImageUpdate{Name:X,…`.
fn event_name(text: &str) -> Option<&str> {
    if !text.starts_with("ImageCreate event") && !text.starts_with("ImageUpdate event") {
        return None;
    }
    quoted_after(text, "name:").or_else(|| text.split("Name:").nth(1)?.split([',', '}']).next())
}
