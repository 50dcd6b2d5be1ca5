//! `kubectl describe pod`: `Image:`, `Image ID:` and `Started:` of each container.

use decon_core::digest::Digest;
use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame;

/// kubectl describe.
#[derive(Debug)]
pub(super) struct KubectlDescribe;

impl PullFormat for KubectlDescribe {
    fn name(&self) -> &'static str {
        "kubectl-describe"
    }
    fn doc(&self) -> &'static str {
        "kubectl describe pod: images of containers by digest, with the time they started."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["Image: "]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Pod>::default())
    }
}

#[derive(Debug)]
struct Container {
    reference: Reference,
    image_id: Option<Digest>,
    mark: Mark,
    identified: bool,
}

#[derive(Debug, Default)]
struct Pod {
    open: Option<Container>,
}

impl Reader for Pod {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let Some((key, value)) = line.text.trim().split_once(':') else { return };
        let value = value.trim();
        match key {
            "Image" => {
                self.end(out);
                // `Image: ubuntu-24.04` of a runner's set-up stands alone; a container has an id too.
                self.open = Reference::pullable(value).ok().map(|reference| Container {
                    reference,
                    image_id: None,
                    mark: Mark::at(line),
                    identified: false,
                });
                out.want(4);
            }
            "Image ID" => {
                if let Some(open) = &mut self.open {
                    let id = value.split_once("://").map_or(value, |(_, rest)| rest);
                    open.image_id = Digest::parse(id).ok();
                    open.reference.digest = Reference::parse(id).ok().and_then(|r| r.digest);
                    open.identified = true;
                    open.mark.join(line);
                    out.want(12);
                }
            }
            "Started" => {
                if let Some(mut open) = self.open.take_if(|o| o.identified) {
                    open.mark.join(line);
                    tell(open, Event::Run, frame::parse_go_date(value), out);
                }
            }
            "Reason" if matches!(value, "ImagePullBackOff" | "ErrImagePull") => {
                if let Some(open) = self.open.take_if(|o| o.identified) {
                    let stamp = open.mark.stamp;
                    tell(open, Event::Failed, stamp, out);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Sink) {
        if let Some(open) = self.open.take().filter(|o| o.identified) {
            let event =
                if open.image_id.is_some() || open.reference.digest.is_some() { Event::Run } else { Event::Referenced };
            let stamp = open.mark.stamp;
            tell(open, event, stamp, out);
        }
    }
}

fn tell(open: Container, event: Event, stamp: frame::Stamp, out: &mut Sink) {
    let mut draft = Draft::image(event, open.reference, "kubectl-describe", open.mark).at(stamp);
    draft.image_id = open.image_id;
    out.emit(draft);
}
