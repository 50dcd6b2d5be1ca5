//! GitLab Runner, docker and kubernetes executors (runner `executors/docker/internal/pull/manager.go`,
//! `executors/docker/docker.go`, `helpers/container/services`).
//!
//! `Using docker image sha256:<id> for X with digest R@sha256:…` is the start of a job's container.
//! `Pulling docker image X ...` before it, without a failure, means that it was fetched.

use decon_core::digest::{Digest, DigestPrefix, Role};
use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// GitLab job traces.
#[derive(Debug)]
pub(super) struct Gitlab;

impl PullFormat for Gitlab {
    fn name(&self) -> &'static str {
        "gitlab"
    }
    fn doc(&self) -> &'static str {
        "GitLab job traces: images of jobs and services, with image id and digest from runner 13.4."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["sha256:", "ulling", "executor with image", "Using locally found", "to pull image", "Starting service "]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Trace>::default())
    }
}

#[derive(Debug)]
struct Pulling {
    reference: Reference,
    mark: Mark,
    failed: bool,
    local: bool,
}

#[derive(Debug, Default)]
struct Trace {
    pulling: Option<Pulling>,
    /// A `Using docker image` line that the export wrapped.
    wrapped: Option<(String, Mark)>,
    /// Images already told as run: the line is printed once a stage.
    seen: Vec<(Reference, Option<Digest>)>,
    announced: Vec<(Reference, Mark)>,
    /// The runner found the next image on its host.
    local: Option<Mark>,
}

impl Reader for Trace {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if let Some((mut open, mut mark)) = self.wrapped.take() {
            if !text.contains("Using ") && !text.contains("Pulling ") {
                if !cut_inside_a_word(&open) && !text.starts_with("...") {
                    open.push(' ');
                }
                open.push_str(text);
                mark.join(line);
                return self.using(open, mark, line, out);
            }
            self.finish_using(&open, mark, line, out);
        }
        if let Some(rest) = text.strip_prefix("Using docker image ") {
            self.using(rest.to_owned(), Mark::at(line), line, out);
        } else if let Some(image) = named(text, "Pulling docker image ") {
            self.flush(out);
            self.pulling = Some(Pulling { reference: image, mark: Mark::at(line), failed: false, local: false });
        } else if text.contains("Using locally found image") {
            match &mut self.pulling {
                Some(pulling) => pulling.local = true,
                None => self.local = Some(Mark::at(line)),
            }
        } else if let Some(image) = text.split("executor with image ").nth(1).and_then(first) {
            self.announced.push((image, Mark::at(line)));
        } else if let Some(image) = named(text, "Starting service ") {
            self.announced.push((image, Mark::at(line)));
        } else if text.contains("ailed to pull image") && (text.starts_with("WARNING:") || text.starts_with("ERROR:")) {
            self.failed(text, line, out);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        if let Some((open, mark)) = self.wrapped.take() {
            let line = Line {
                number: mark.line,
                raw: &[],
                text: "",
                stamp: mark.stamp,
                lane: "",
                host: None,
                unit: None,
                command: false,
                fields: None,
            };
            self.finish_using(&open, mark.clone(), &line, out);
        }
        self.flush(out);
        for (reference, mark) in std::mem::take(&mut self.announced) {
            if !self.seen.iter().any(|(seen, _)| same(seen, &reference)) {
                out.emit(Draft::image(Event::Referenced, reference, "gitlab", mark));
            }
        }
    }
}

impl Trace {
    /// The line ends in `...`; until then more of it stands on the next line.
    fn using(&mut self, text: String, mark: Mark, line: &Line<'_>, out: &mut Sink) {
        if text.trim_end().ends_with("...") || text.len() > 2000 {
            self.finish_using(&text, mark, line, out);
        } else {
            self.wrapped = Some((text, mark));
            out.want(2);
        }
    }

    fn finish_using(&mut self, text: &str, mark: Mark, line: &Line<'_>, out: &mut Sink) {
        let Some(using) = parse_using(text) else { return };
        if let Some(pulling) = self.pulling.take_if(|p| same(&p.reference, &using.reference)) {
            let event = match (pulling.failed, pulling.local) {
                (true, _) => Event::Failed,
                (_, true) => Event::Cached,
                _ => Event::Pulled,
            };
            let mut draft = Draft::image(event, pulling.reference, "gitlab", pulling.mark);
            draft.thread = Some(super::docker::thread(out, line));
            out.emit(draft);
        }
        if let Some(mut local) = self.local.take() {
            local.join(line);
            let mut draft =
                Draft::image(Event::Cached, Reference { digest: None, ..using.reference.clone() }, "gitlab", local);
            draft.thread = Some(super::docker::thread(out, line));
            out.emit(draft);
        }
        let key = (using.reference.clone(), using.image_id.clone());
        if self.seen.contains(&key) {
            return;
        }
        let mut draft = Draft::image(Event::Run, using.reference, "gitlab", mark);
        draft.thread = Some(super::docker::thread(out, line));
        draft.prefix = using.prefix;
        // With the containerd store the id is the digest itself, no config digest.
        draft.image_id = using.image_id.filter(|id| Some(id) != draft.subject_digest().as_ref());
        draft.role = Role::Unstated;
        self.seen.push(key);
        out.emit(draft);
    }

    fn failed(&mut self, text: &str, line: &Line<'_>, out: &mut Sink) {
        let named = super::line::quoted_after(text, "ailed to pull image ").and_then(|i| Reference::pullable(i).ok());
        match (&mut self.pulling, named) {
            (Some(pulling), named) if named.as_ref().is_none_or(|n| same(n, &pulling.reference)) => {
                pulling.failed = true;
                pulling.mark.join(line);
                pulling.mark.stamp = line.stamp.or(pulling.mark.stamp);
            }
            (_, Some(reference)) if !self.seen.iter().any(|(s, _)| same(s, &reference)) => {
                self.seen.push((reference.clone(), None));
                out.emit(Draft::image(Event::Failed, reference, "gitlab", Mark::at(line)));
            }
            _ => {}
        }
    }

    fn flush(&mut self, out: &mut Sink) {
        let Some(pulling) = self.pulling.take() else { return };
        let event = if pulling.failed { Event::Failed } else { Event::Referenced };
        self.seen.push((pulling.reference.clone(), None));
        out.emit(Draft::image(event, pulling.reference, "gitlab", pulling.mark));
    }
}

impl Draft {
    fn subject_digest(&self) -> Option<Digest> {
        match &self.subject {
            decon_core::observation::Subject::Image(r) => r.digest.clone(),
            _ => None,
        }
    }
}

/// An export that wraps lines may cut a digest in two.
fn cut_inside_a_word(open: &str) -> bool {
    let last = open.rsplit([' ', ':']).next().unwrap_or("");
    let in_digest = open.rsplit(' ').next().is_some_and(|w| w.contains("sha256:"));
    open.ends_with([':', '@', '/']) || (in_digest && last.len() < 64)
}

struct Using {
    reference: Reference,
    image_id: Option<Digest>,
    prefix: Option<DigestPrefix>,
}

/// `sha256:<id> for X with digest R@sha256:<d> ...`, and the older `X ID=sha256:<id> for …`.
fn parse_using(text: &str) -> Option<Using> {
    let text = text.trim().trim_end_matches('.').trim_end();
    let (first, rest) = text.split_once(" for ").or_else(|| text.split_once(' '))?;
    if let Some((name, id)) = first.split_once(" ID=").or_else(|| text.split_once(" ID=")) {
        let id = id.split_whitespace().next().unwrap_or("").trim_matches(['[', ']']);
        return Some(Using {
            reference: Reference::pullable(name.trim()).ok()?,
            image_id: Digest::parse(id).ok(),
            prefix: None,
        });
    }
    let image_id = Digest::parse(first).ok();
    let (name, digest) = rest.split_once(" with digest ").unwrap_or((rest, ""));
    let reference = Reference::pullable(name.split_whitespace().next()?).ok()?;
    let digest = digest.split('@').nth(1).unwrap_or("").replace(' ', "");
    let prefix = DigestPrefix::parse(&digest);
    Some(Using { reference: reference.with_digest(Digest::parse(&digest).ok()), image_id, prefix })
}

fn same(a: &Reference, b: &Reference) -> bool {
    a.repository.path == b.repository.path && a.tag == b.tag
}

fn named(text: &str, before: &str) -> Option<Reference> {
    first(text.strip_prefix(before)?)
}

fn first(rest: &str) -> Option<Reference> {
    Reference::pullable(rest.split_whitespace().next()?.trim_end_matches('.')).ok()
}
