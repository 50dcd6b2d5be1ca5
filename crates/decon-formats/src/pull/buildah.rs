//! podman and buildah (containers/common `libimage`, containers/image `copy`).
//!
//! `Trying to pull X...` begins; `Writing manifest to image destination`, `Copying config … done`
//! or the next build step end it. The bare hex at the end is the image id (config digest), never
//! a manifest digest.

use decon_core::digest::Digest;
use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::command::{self, Verb};
use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame::Stamp;

/// podman and buildah output.
#[derive(Debug)]
pub(super) struct Buildah;

impl PullFormat for Buildah {
    fn name(&self) -> &'static str {
        "podman"
    }
    fn doc(&self) -> &'static str {
        "podman and buildah output: pulls, runs and bases of builds, with image id."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["Trying to pull", "podman ", "buildah ", "crictl ", "STEP 1", "source docker://"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Client>::default())
    }
}

#[derive(Debug)]
struct Attempt {
    reference: Reference,
    mark: Mark,
    stamp: Stamp,
    image_id: Option<Digest>,
    done: bool,
    building: bool,
    written: bool,
}

#[derive(Debug)]
struct Base {
    reference: Reference,
    mark: Mark,
    of_build: bool,
}

#[derive(Debug, Default)]
struct Client {
    attempt: Option<Attempt>,
    start: Option<(Reference, Mark, Box<str>)>,
    /// Named by a command, or by a build's first step; what follows says whether it is pulled.
    base: Option<Base>,
}

impl Reader for Client {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if let Some(found) =
            command::find(text, line.command).filter(|c| matches!(c.engine, "podman" | "buildah" | "crictl"))
        {
            self.flush(out);
            match found.verb {
                Verb::Run => self.start = Some((found.reference, Mark::at(line), super::docker::thread(out, line))),
                Verb::Pull => {
                    self.base = Some(Base { reference: found.reference, mark: Mark::at(line), of_build: false })
                }
                Verb::Inspect => {}
            }
            out.want(40);
        } else if let Some(image) = text.strip_prefix("Trying to pull ") {
            self.begin(image, line, out);
        } else if let Some(reference) = step_from(text) {
            self.end_pull(true, out);
            self.base = Some(Base { reference, mark: Mark::at(line), of_build: true });
            out.want(20);
        } else {
            self.progress(text, line, out);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        self.flush(out);
    }
}

impl Client {
    fn begin(&mut self, image: &str, line: &Line<'_>, out: &mut Sink) {
        // Red Hat's docker says `Trying to pull repository X ...`.
        let image = image.strip_prefix("repository ").unwrap_or(image);
        let Some(reference) =
            image.split_whitespace().next().and_then(|i| Reference::pullable(i.trim_end_matches('.')).ok())
        else {
            return;
        };
        if line.text.contains("pull repository ") {
            return;
        }
        // Without a registry in the name, podman tries several in turn: the next try replaces this one.
        let last = |r: &Reference| r.repository.path.rsplit('/').next().map(str::to_owned);
        let again = self
            .attempt
            .take_if(|a| !a.done && last(&a.reference) == last(&reference) && a.reference.tag == reference.tag);
        let base = self.base.take();
        if again.is_none() {
            self.end_pull(false, out);
        }
        let building = base.is_some_and(|b| b.of_build) || again.is_some_and(|a| a.building);
        self.attempt = Some(Attempt {
            reference,
            mark: Mark::at(line),
            stamp: line.stamp,
            image_id: None,
            done: false,
            building,
            written: false,
        });
        out.want(60);
    }

    fn progress(&mut self, text: &str, line: &Line<'_>, out: &mut Sink) {
        let Some(attempt) = &mut self.attempt else {
            let goes_on = text.starts_with("STEP ")
                || text.contains("] STEP ")
                || text.starts_with("COMMIT")
                || text.starts_with("-->");
            if text.contains("rror") && text.contains("source docker://") {
                self.failed_without_attempt(text, line, out);
            } else if goes_on && self.base.as_ref().is_some_and(|b| b.of_build) {
                self.end_pull(true, out);
            }
            return;
        };
        if let Some(config) = text.strip_prefix("Copying config ") {
            let id = config.split_whitespace().next().unwrap_or("");
            attempt.image_id = Digest::parse(id).ok();
            attempt.done |= config.contains("done") || attempt.image_id.is_some();
            attempt.mark.join(line);
            out.want(20);
        } else if text.starts_with("Writing manifest to image destination") || text.starts_with("Storing signatures") {
            attempt.done = true;
            attempt.written = true;
            attempt.mark.join(line);
            attempt.stamp = line.stamp.or(attempt.stamp);
            out.want(3);
        } else if attempt.done && text.len() == 64 && attempt.written {
            attempt.image_id = Digest::from_sha256_hex(text).or(attempt.image_id.take());
            attempt.mark.join(line);
            self.end_pull(true, out);
        } else if text.starts_with("Error: ") || text.starts_with("Error ") || text.contains("level=error") {
            self.fail(line, out);
        } else if !text.contains(" FROM ")
            && (text.starts_with("STEP ")
                || text.contains("] STEP ")
                || text.starts_with("COMMIT")
                || text.starts_with("-->"))
        {
            // A build goes on only with its base.
            attempt.building = true;
            self.end_pull(true, out);
        } else if text.starts_with("Copying blob")
            || text.starts_with("Getting image source")
            || text.starts_with("Resolv")
            || text == "..."
            || attempt.written
        {
            out.want(if attempt.written { 2 } else { 60 });
        } else if attempt.building {
            out.want(30);
        }
    }

    fn fail(&mut self, line: &Line<'_>, out: &mut Sink) {
        if let Some(mut attempt) = self.attempt.take_if(|a| !a.done) {
            attempt.mark.join(line);
            self.start = None;
            out.emit(Draft::image(Event::Failed, attempt.reference, "podman", attempt.mark).at(line.stamp));
        }
    }

    fn failed_without_attempt(&mut self, text: &str, line: &Line<'_>, out: &mut Sink) {
        let Some(rest) = text.split("source docker://").nth(1) else { return };
        let name = rest.split(": ").next().unwrap_or(rest).trim_end_matches(['"', '\\']);
        if let Ok(reference) = Reference::pullable(name) {
            self.base = None;
            self.start = None;
            out.emit(Draft::image(Event::Failed, reference, "podman", Mark::at(line)));
        }
    }

    /// Decides the open pull; `known` says that what followed shows its success.
    fn end_pull(&mut self, known: bool, out: &mut Sink) {
        let Some(attempt) = self.attempt.take() else {
            if let Some(base) = self.base.take() {
                // A base that was not pulled was here; a pull that said nothing may be either.
                let event = if known && base.of_build { Event::Cached } else { Event::Referenced };
                out.emit(Draft::image(event, base.reference, "podman", base.mark));
            }
            return;
        };
        let event = if attempt.done || (known && attempt.building) { Event::Pulled } else { Event::Referenced };
        let mut draft = Draft::image(event, attempt.reference, "podman", attempt.mark).at(attempt.stamp);
        draft.image_id = attempt.image_id;
        draft.thread = self.start.as_ref().map(|(_, _, thread)| thread.clone());
        out.emit(draft);
    }

    fn flush(&mut self, out: &mut Sink) {
        self.end_pull(false, out);
        if let Some((reference, mark, thread)) = self.start.take() {
            let mut draft = Draft::image(Event::Run, reference, "podman", mark);
            draft.thread = Some(thread);
            out.emit(draft);
        }
    }
}

/// `STEP 1: FROM x`, `STEP 1/3: FROM x`, `[1/2] STEP 1/3: FROM x AS y`.
fn step_from(text: &str) -> Option<Reference> {
    let at = text.find("STEP 1").filter(|at| *at < 12)?;
    let (_, rest) = text[at..].split_once(": FROM ")?;
    let image = rest.split_whitespace().find(|w| !w.starts_with("--"))?;
    Reference::pullable(image).ok().filter(|_| image != "scratch")
}
