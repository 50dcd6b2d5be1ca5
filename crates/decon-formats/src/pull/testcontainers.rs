//! Testcontainers (Java `RemoteDockerImage`, Go `docker.go`): images that tests pulled and ran.

use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// Testcontainers output.
#[derive(Debug)]
pub(super) struct Testcontainers;

impl PullFormat for Testcontainers {
    fn name(&self) -> &'static str {
        "testcontainers"
    }
    fn doc(&self) -> &'static str {
        "Testcontainers output in test logs: images pulled and containers created."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["ulling", "container for image"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Tests>::default())
    }
}

#[derive(Debug, Default)]
struct Tests {
    open: Option<(Reference, Mark)>,
}

impl Reader for Tests {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text;
        let after = |before: &str| {
            text.split_once(before)
                .and_then(|(_, r)| Reference::pullable(r.split_whitespace().next()?.trim_end_matches('.')).ok())
        };
        if let Some(reference) = after("Pulling docker image: ") {
            self.end(out);
            self.open = Some((reference, Mark::at(line)));
            out.want(40);
        } else if let Some(reference) =
            after("Creating container for image: ").or_else(|| after("Creating container for image "))
        {
            out.emit(Draft::image(Event::Run, reference, "testcontainers", Mark::at(line)));
        } else if text.contains("pull took ")
            && let Some((reference, mut mark)) = self.open.take()
        {
            mark.join(line);
            out.emit(Draft::image(Event::Pulled, reference, "testcontainers", mark).at(line.stamp));
        }
    }

    fn end(&mut self, out: &mut Sink) {
        if let Some((reference, mark)) = self.open.take() {
            out.emit(Draft::image(Event::Referenced, reference, "testcontainers", mark));
        }
    }
}
