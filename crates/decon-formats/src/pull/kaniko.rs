//! kaniko (`pkg/image/remote/remote.go`, `pkg/executor/build.go`): retrieves images, prints no
//! digest but where a cache directory holds one. `INFO[0001]` counts seconds since its start.

use decon_core::digest::{Digest, Role};
use decon_core::observation::Event;
use decon_core::reference::{Reference, Repository};

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// kaniko output.
#[derive(Debug)]
pub(super) struct Kaniko;

impl PullFormat for Kaniko {
    fn name(&self) -> &'static str {
        "kaniko"
    }
    fn doc(&self) -> &'static str {
        "kaniko output, text, colour and JSON: base images by name."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["Retrieving image", "sha256:", "error building image"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Build>::default())
    }
}

#[derive(Debug)]
struct Open {
    reference: Reference,
    mark: Mark,
    digest: Option<Digest>,
    failed: bool,
}

#[derive(Debug, Default)]
struct Build {
    open: Vec<Open>,
}

impl Reader for Build {
    fn line(&mut self, line: &Line<'_>, _out: &mut Sink) {
        let text = message(line.text.trim());
        if let Some((reference, _)) = retrieving(text) {
            match self.open.iter_mut().find(|o| same(&o.reference, &reference)) {
                Some(open) => {
                    // The second line knows the registry.
                    if open.reference.repository != reference.repository {
                        open.reference = reference;
                    }
                    open.mark.join(line);
                }
                None => self.open.push(Open { reference, mark: Mark::at(line), digest: None, failed: false }),
            }
        } else if let Some(rest) = text.strip_prefix("Found ") {
            let digest = rest.split_whitespace().next().and_then(|d| Digest::parse(d).ok());
            if let Some(open) = self.open.last_mut().filter(|_| rest.contains("in local cache")) {
                open.digest = digest;
                open.mark.join(line);
            }
        } else if text.contains("error building image")
            && ["/v2/", "MANIFEST_UNKNOWN", "UNAUTHORIZED", "retrieving image", "TOOMANYREQUESTS"]
                .iter()
                .any(|m| text.contains(m))
            && let Some(open) = self.open.last_mut()
        {
            open.failed = true;
            open.mark.join(line);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        for open in std::mem::take(&mut self.open) {
            let event = match (open.failed, &open.digest) {
                (true, _) => Event::Failed,
                (_, Some(_)) => Event::Cached,
                _ => Event::Pulled,
            };
            let mut draft = Draft::image(event, open.reference.with_digest(open.digest), "kaniko", open.mark);
            draft.role = Role::Unstated;
            out.emit(draft);
        }
    }
}

/// Without `INFO[0001] `.
fn message(text: &str) -> &str {
    let level = ["INFO[", "WARN[", "ERRO[", "FATA[", "DEBU["].iter().any(|l| text.starts_with(l));
    if level { text.split_once("] ").map_or(text, |(_, rest)| rest) } else { text }
}

/// `Retrieving image [manifest] X [from registry R]`.
fn retrieving(text: &str) -> Option<(Reference, bool)> {
    let rest = text.strip_prefix("Retrieving image ").or_else(|| text.strip_prefix("Downloading base image "))?;
    let rest = rest.strip_prefix("manifest ").unwrap_or(rest);
    let mut words = rest.split_whitespace();
    let mut reference = Reference::pullable(words.next()?).ok()?;
    let registry = rest.split("from registry ").nth(1).or_else(|| rest.split("from mapped registry ").nth(1));
    if let Some(host) = registry.and_then(|r| r.split_whitespace().next()) {
        let path = &reference.repository.path;
        if let Ok(repository) = Repository::parse(&format!("{host}/{path}")) {
            reference.repository = repository;
        }
    }
    Some((reference, registry.is_some()))
}

fn same(a: &Reference, b: &Reference) -> bool {
    a.repository.path == b.repository.path && a.tag == b.tag && a.digest == b.digest
}
