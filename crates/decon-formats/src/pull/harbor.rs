//! Harbor: core's line for what its proxy cache lacks (`server/middleware/repoproxy/proxy.go`), and
//! the audit log it sends to syslog (2.10 and later). Its registry and nginx write access logs.

use decon_core::digest::Digest;
use decon_core::observation::Event;
use decon_core::reference::{Reference, Repository};

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// Harbor core logs.
#[derive(Debug)]
pub(super) struct Harbor;

impl PullFormat for Harbor {
    fn name(&self) -> &'static str {
        "harbor"
    }
    fn doc(&self) -> &'static str {
        "Harbor core logs: what its proxy cache asked upstream for, and audit lines of pulls."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["in proxy cache", "operation=pull"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Core))
    }
}

#[derive(Debug)]
struct Core;

impl Reader for Core {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        // Older versions also print it for a HEAD, so it shows the asking, not the fetching.
        let asked = line.text.split("Artifact: ").nth(1).and_then(|r| r.split(" is not found in proxy cache").next());
        if let Some(reference) = asked.filter(|_| line.text.contains("not found in proxy cache")).and_then(artifact) {
            out.emit(Draft::image(Event::Referenced, reference, "harbor", Mark::at(line)));
        } else if let Some(rest) = line.text.split("pull artifact: ").nth(1) {
            let name = rest.split([' ', '"']).next().unwrap_or("");
            let (path, digest) = name.split_once('@').unwrap_or((name, ""));
            if let Ok(repository) = Repository::with_unknown_registry(path.trim_end_matches('/')) {
                let reference = Reference::new(repository, None, Digest::parse(digest).ok(), name);
                out.emit(Draft::image(Event::Pulled, reference, "harbor", Mark::at(line)));
            }
        }
    }
}

/// `project/repository:tag, digest:sha256:…`, either of the two empty.
fn artifact(text: &str) -> Option<Reference> {
    let (name, digest) = text.split_once(", digest:").unwrap_or((text, ""));
    let (path, tag) = name.trim().rsplit_once(':')?;
    let repository = Repository::with_unknown_registry(path).ok()?;
    Some(Reference::new(repository, Some(tag), Digest::parse(digest.trim()).ok(), name))
}
