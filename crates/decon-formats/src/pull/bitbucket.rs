//! Bitbucket Pipelines: the block `Images used:` of the build setup names every container by
//! digest and without tag. No time stands in the log.

use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// Bitbucket Pipelines logs.
#[derive(Debug)]
pub(super) struct Bitbucket;

impl PullFormat for Bitbucket {
    fn name(&self) -> &'static str {
        "bitbucket"
    }
    fn doc(&self) -> &'static str {
        "Bitbucket Pipelines: images of a step and its services, by digest."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["Images used:"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Setup>::default())
    }
}

#[derive(Debug, Default)]
struct Setup {
    inside: bool,
}

impl Reader for Setup {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if text == "Images used:" {
            self.inside = true;
            out.want(12);
        } else if self.inside {
            // `build : docker.io/library/mongo@sha256:…`
            let image = text.split_once(": ").and_then(|(_, i)| Reference::pullable(i.trim()).ok());
            match image {
                Some(reference) if reference.raw.contains('/') || reference.digest.is_some() => {
                    out.emit(Draft::image(Event::Run, reference, "bitbucket", Mark::at(line)));
                    out.want(12);
                }
                _ => self.inside = text.is_empty(),
            }
        }
    }
}
