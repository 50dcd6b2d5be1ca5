//! docker-compose v1 and compose v2 and later.
//!
//! v1 prints `Pulling web (nginx:)...` before the client's own lines (compose/service.py). v2
//! names only services; v5 prints `Image nginx:latest Pulled`. Classic swarm prints
//! `node1: Pulling x... : downloaded`.

use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// docker compose output.
#[derive(Debug)]
pub(super) struct Compose;

impl PullFormat for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }
    fn doc(&self) -> &'static str {
        "docker compose output (v1 and from v5 with image names) and classic swarm's lines a host."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["ulling", "ulled", "ownloaded newer image", "mage is up to date"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Services>::default())
    }
}

#[derive(Debug, Default)]
struct Services {
    /// Announced by `Pulling web (x:y)...`, until a `Status:` line or the next service.
    announced: Option<(Reference, Mark)>,
    /// Hosts of a swarm that are pulling.
    hosts: Vec<(String, Reference, Mark)>,
    /// Images that are being pulled, as v5 names them.
    images: Vec<(Reference, Mark)>,
}

impl Reader for Services {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if let Some(reference) = service(text) {
            self.flush(out);
            self.announced = Some((reference, Mark::at(line)));
        } else if text.starts_with("Status: ") {
            // The docker format reads the result; here the announcement is answered.
            self.announced = None;
        } else if let Some((reference, event)) = image_line(text) {
            self.state(reference, event, line, out);
        } else if let Some((host, image, result)) = swarm(text) {
            self.host(host, image, result, line, out);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        self.flush(out);
        for (reference, mark) in std::mem::take(&mut self.images) {
            out.emit(Draft::image(Event::Referenced, reference, "compose", mark));
        }
        for (_, reference, mark) in std::mem::take(&mut self.hosts) {
            out.emit(Draft::image(Event::Referenced, reference, "compose", mark));
        }
    }
}

impl Services {
    fn flush(&mut self, out: &mut Sink) {
        if let Some((reference, mark)) = self.announced.take() {
            out.emit(Draft::image(Event::Referenced, reference, "compose", mark));
        }
    }

    /// Progress redraws a state many times; each image's end is told once.
    fn state(&mut self, reference: Reference, event: Event, line: &Line<'_>, out: &mut Sink) {
        let open = self.images.iter().position(|(r, _)| *r == reference);
        if event == Event::Referenced {
            if open.is_none() {
                self.images.push((reference, Mark::at(line)));
            }
            out.want(40);
            return;
        }
        let mut mark = open.map_or_else(|| Mark::at(line), |at| self.images.swap_remove(at).1);
        mark.join(line);
        out.emit(Draft::image(event, reference, "compose", mark).at(line.stamp));
    }

    fn host(&mut self, host: &str, image: &str, result: &str, line: &Line<'_>, out: &mut Sink) {
        let Ok(reference) = Reference::pullable(image) else { return };
        let at = self.hosts.iter().position(|(h, r, _)| h == host && *r == reference);
        if result.is_empty() {
            if at.is_none() {
                self.hosts.push((host.to_owned(), reference, Mark::at(line)));
            }
            return;
        }
        let mut mark = at.map_or_else(|| Mark::at(line), |i| self.hosts.swap_remove(i).2);
        mark.join(line);
        let event = if result.starts_with("downloaded") { Event::Pulled } else { Event::Failed };
        let mut draft = Draft::image(event, reference, "compose", mark).at(line.stamp);
        draft.asset = Some(decon_core::observation::Asset::new(decon_core::observation::AssetKind::Host, host));
        out.emit(draft);
    }
}

/// `Pulling web (nginx:)...`: an empty tag means latest.
fn service(text: &str) -> Option<Reference> {
    let rest = text.strip_prefix("Pulling ")?;
    let (name, rest) = rest.split_once(" (")?;
    let image = rest.split(")...").next().filter(|i| i.len() < rest.len())?;
    (!name.contains(' ')).then(|| Reference::pullable(image.trim_end_matches(':')).ok()).flatten()
}

/// `Image nginx:latest Pulled`, `✔ Image nginx:latest Pulled 2.1s`.
fn image_line(text: &str) -> Option<(Reference, Event)> {
    let rest = text.trim_start_matches(['✔', '✘', '⠿', '⠋', ' ']).strip_prefix("Image ")?;
    let mut words = rest.split_whitespace();
    let (image, state) = (words.next()?, words.next()?);
    let event = match state {
        "Pulled" => Event::Pulled,
        "Pulling" => Event::Referenced,
        "Error" => Event::Failed,
        "Skipped" => Event::Cached,
        _ => return None,
    };
    Some((Reference::pullable(image).ok()?, event))
}

/// `node1: Pulling nginx:latest...` and `node1: Pulling nginx:latest... : downloaded`.
fn swarm(text: &str) -> Option<(&str, &str, &str)> {
    let (host, rest) = text.split_once(": Pulling ")?;
    let (image, result) = rest.split_once("...")?;
    let plain = !host.is_empty() && !host.contains(' ') && !image.contains(' ') && !image.starts_with("from");
    plain.then(|| (host, image, result.trim_start_matches([' ', ':'])))
}
