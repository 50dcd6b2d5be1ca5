//! CircleCI "Spin up environment" (seen in job output; the agent's source is closed).
//!
//! `Starting container X` … `using image R@sha256:…` is the start of a job's container; docker's
//! own lines tell whether it was fetched. The v2 runtime prints no digest at all.

use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// CircleCI job output.
#[derive(Debug)]
pub(super) struct Circleci;

impl PullFormat for Circleci {
    fn name(&self) -> &'static str {
        "circleci"
    }
    fn doc(&self) -> &'static str {
        "CircleCI job output: containers of a job, with digest under the first container runtime."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["Starting container ", "sha256:", "pull stats: ", "ownloaded newer image", "mage is up to date"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<SpinUp>::default())
    }
}

/// A container that is being started.
#[derive(Debug)]
struct Container {
    reference: Reference,
    mark: Mark,
    ran: bool,
    fetched: Option<Event>,
    docker_told: bool,
}

#[derive(Debug, Default)]
struct SpinUp {
    containers: Vec<Container>,
}

impl Reader for SpinUp {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if let Some(image) = after(text, "Starting container ") {
            if let Ok(reference) = Reference::pullable(image) {
                // The pod's pause container is the platform's own.
                if !reference.repository.path.ends_with("kubernetes/pause") {
                    self.containers.push(Container {
                        reference,
                        mark: Mark::at(line),
                        ran: false,
                        fetched: None,
                        docker_told: false,
                    });
                    out.want(60);
                }
            }
        } else if let Some(image) = after(text, "using image ") {
            self.using(image, line, out);
        } else if let Some(stats) = text.strip_prefix("pull stats: ") {
            let event = match stats {
                s if s.starts_with("download") => Some(Event::Pulled),
                s if s.contains("already available") => Some(Event::Cached),
                _ => None,
            };
            if let Some(container) = self.containers.iter_mut().rev().find(|c| c.fetched.is_none()) {
                container.fetched = event;
                container.mark.join(line);
            }
        } else if text.starts_with("Status: ") {
            let told = |c: &&mut Container| text.contains(&*c.reference.raw);
            self.containers
                .iter_mut()
                .filter(|c| !c.docker_told)
                .find(told)
                .into_iter()
                .for_each(|c| c.docker_told = true);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        for container in std::mem::take(&mut self.containers) {
            if let Some(event) = container.fetched.filter(|_| !container.docker_told) {
                out.emit(Draft::image(event, container.reference.clone(), "circleci", container.mark.clone()));
            }
            let container = Container { reference: Reference { digest: None, ..container.reference }, ..container };
            if !container.ran && container.fetched.is_some() {
                out.emit(Draft::image(Event::Run, container.reference, "circleci", container.mark));
            } else if !container.ran && !container.docker_told {
                out.emit(Draft::image(Event::Referenced, container.reference, "circleci", container.mark));
            }
        }
    }
}

impl SpinUp {
    fn using(&mut self, image: &str, line: &Line<'_>, out: &mut Sink) {
        let Ok(mut reference) = Reference::pullable(image) else { return };
        let container =
            self.containers.iter_mut().rev().find(|c| !c.ran && c.reference.repository == reference.repository);
        let mut mark = Mark::at(line);
        if let Some(container) = container {
            container.ran = true;
            container.reference.digest.clone_from(&reference.digest);
            if reference.digest.is_some() {
                reference.tag = container.reference.tag.clone();
            }
            mark = container.mark.clone();
            mark.join(line);
        }
        out.emit(Draft::image(Event::Run, reference, "circleci", mark).at(line.stamp));
    }
}

fn after<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    text.strip_prefix(before)?.split_whitespace().next()
}
