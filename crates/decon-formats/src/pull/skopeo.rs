//! skopeo: `copy` and `sync` of images, and the JSON that `inspect` prints.

use decon_core::digest::Digest;
use decon_core::observation::Event;
use decon_core::reference::Reference;
use serde_json::Value;

use super::command::{self, Verb};
use super::document::text;
use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// skopeo output.
#[derive(Debug)]
pub(super) struct Skopeo;

impl PullFormat for Skopeo {
    fn name(&self) -> &'static str {
        "skopeo"
    }
    fn doc(&self) -> &'static str {
        "skopeo copy, sync and inspect: what was copied from where, and what a tag resolved to."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["skopeo ", "Copying image ref", "sha256:"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Copy>::default())
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        let shape = value.get("Name").is_some() && value.get("Digest").is_some() && value.get("Layers").is_some();
        let (Some(name), Some(digest)) = (text(value, &["Name"]), text(value, &["Digest"])) else { return false };
        let Some(reference) = Reference::parse(name).ok().filter(|_| shape) else { return false };
        let reference = reference.with_digest(Digest::parse(digest).ok());
        out.emit(Draft::image(Event::Referenced, reference, "skopeo", mark.clone()));
        true
    }
}

#[derive(Debug, Default)]
struct Copy {
    open: Option<(Reference, Mark)>,
}

impl Reader for Copy {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let found =
            command::find(line.text.trim(), line.command).filter(|c| c.engine == "skopeo" && c.verb == Verb::Pull);
        if let Some(found) = found.filter(|_| line.text.contains("docker://")) {
            self.end(out);
            self.open = Some((found.reference, Mark::at(line)));
            out.want(100);
        } else if line.text.starts_with("Writing manifest to image destination") {
            if let Some((reference, mut mark)) = self.open.take() {
                mark.join(line);
                out.emit(Draft::image(Event::Pulled, reference, "skopeo", mark).at(line.stamp));
            }
        } else if line.text.starts_with("Copying image ref ") {
            let from = line.field("from").or_else(|| line.field("ref"));
            let reference = from.and_then(|f| Reference::pullable(f.strip_prefix("docker://")?).ok());
            if let Some(reference) = reference {
                out.emit(Draft::image(Event::Pulled, reference, "skopeo", Mark::at(line)));
            }
        }
    }

    fn end(&mut self, out: &mut Sink) {
        if let Some((reference, mark)) = self.open.take() {
            out.emit(Draft::image(Event::Referenced, reference, "skopeo", mark));
        }
    }
}
