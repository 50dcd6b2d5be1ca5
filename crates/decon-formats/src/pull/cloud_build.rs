//! Google Cloud Build (cloud-build-local `build/build.go`): `Pulling image: X` before docker's
//! own lines, `Already have image (with digest): X` where nothing is pulled and none is printed.

use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// Cloud Build logs.
#[derive(Debug)]
pub(super) struct CloudBuild;

impl PullFormat for CloudBuild {
    fn name(&self) -> &'static str {
        "cloud-build"
    }
    fn doc(&self) -> &'static str {
        "Google Cloud Build logs: images of build steps."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["Already have image"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Steps))
    }
}

#[derive(Debug)]
struct Steps;

impl Reader for Steps {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        let image = text
            .strip_prefix("Already have image (with digest): ")
            .or_else(|| text.strip_prefix("Already have image: "));
        if let Some(reference) = image.and_then(|i| Reference::pullable(i.trim()).ok()) {
            out.emit(Draft::image(Event::Cached, reference.clone(), "cloud-build", Mark::at(line)));
            out.emit(Draft::image(Event::Run, reference, "cloud-build", Mark::at(line)));
        }
    }
}
