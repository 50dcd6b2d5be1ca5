//! The docker client: `pull`, `run`, `create`, classic `build`, and whatever prints its stream.
//!
//! Sources: moby `distribution/pull_v2.go`, `daemon/containerd/image_pull.go`, docker/cli
//! `cli/command/image/pull.go`, `container/create.go`, moby `builder/dockerfile`. The line
//! `TAG: Pulling from REPO` names no registry host, so the reference is taken from `Status:` or
//! the command. A `docker run` shares the local image of the pull it caused (its thread), not
//! that pull's digest.

use std::collections::HashMap;

use decon_core::digest::{Digest, Role};
use decon_core::observation::Event;
use decon_core::reference::{Reference, Repository};

use super::command::{self, Verb};
use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame::{self, Stamp};

/// docker pull, run, create and build.
#[derive(Debug)]
pub(super) struct Docker;

impl PullFormat for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }
    fn doc(&self) -> &'static str {
        "docker client output: pull, run, create and classic build, graph-driver and containerd store."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &[
            "docker ",
            "ulling",
            "sha256:",
            "ownloaded newer image",
            "mage is up to date",
            "Unable to find image",
            "rror response from daemon",
            " FROM ",
            "resolve reference",
            "nerdctl ",
            "Download immutable",
            "Loaded image",
        ]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Client>::default())
    }
}

/// A pull that has begun.
#[derive(Debug)]
struct Attempt {
    reference: Reference,
    digest: Option<Digest>,
    mark: Mark,
    thread: Box<str>,
    failed: Option<Stamp>,
    pulling: bool,
    build: bool,
    started: Stamp,
}

/// A container start that may still fail.
#[derive(Debug)]
struct Start {
    reference: Reference,
    mark: Mark,
    thread: Box<str>,
}

#[derive(Debug, Default)]
struct Client {
    attempt: Option<Attempt>,
    start: Option<Start>,
    /// The last pull's thread by reference: a later run uses that local image.
    threads: HashMap<Reference, Box<str>>,
    /// The last digest printed, for clients that pull several images at once.
    recent: Option<(Digest, u64)>,
    /// A command that goes on behind a backslash.
    open: Option<String>,
}

impl Reader for Client {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim();
        if line.fields.is_some() {
            // A daemon's record; it has its own format.
            return;
        }
        let joined = self.continued(text, line, out);
        let text = joined.as_deref().unwrap_or(text);
        // A `Digest:` also belongs to the download of an action package, which is no image.
        if text.starts_with("Download immutable action package") {
            self.flush(out);
        } else if let Some(found) = command::find(text, line.command) {
            if matches!(found.engine, "docker" | "nerdctl") {
                self.command(found, line, out);
            }
        } else if let Some(from) = classic_from(text) {
            self.flush(out);
            self.begin(from, line, out);
            if let Some(attempt) = &mut self.attempt {
                attempt.build = true;
            }
            out.want(2);
        } else {
            self.output(text, line, out);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        self.flush(out);
    }
}

impl Client {
    /// `docker run \\` and its further lines as one command.
    fn continued(&mut self, text: &str, line: &Line<'_>, out: &mut Sink) -> Option<String> {
        let goes_on = text.strip_suffix('\\').filter(|t| t.ends_with(' ') || self.open.is_some());
        let begins = || frame::prompt(text).unwrap_or(text).starts_with("docker ") || line.command;
        match (self.open.take(), goes_on) {
            (None, Some(part)) if begins() => {
                self.open = Some(part.to_owned());
                out.want(2);
                None
            }
            (None, _) => None,
            (Some(before), part) => {
                let whole = format!("{before} {}", part.unwrap_or(text).trim());
                if part.is_some() && whole.len() < 8192 {
                    self.open = Some(whole);
                    out.want(2);
                    return Some(String::new());
                }
                Some(whole)
            }
        }
    }

    fn command(&mut self, found: command::Command, line: &Line<'_>, out: &mut Sink) {
        match found.verb {
            Verb::Inspect => {}
            Verb::Pull => {
                let retry = self.attempt.as_ref().is_some_and(|a| a.reference == found.reference && a.digest.is_none());
                if !retry {
                    self.flush(out);
                    self.begin(found.reference, line, out);
                }
            }
            Verb::Run => {
                self.flush(out);
                // With `--pull` the registry is asked anew, whatever was pulled before.
                let asks_again = line.text.contains("--pull");
                let thread =
                    self.thread_of(&found.reference).filter(|_| !asks_again).unwrap_or_else(|| thread(out, line));
                self.threads.insert(key(&found.reference), thread.clone());
                self.start = Some(Start { reference: found.reference, mark: Mark::at(line), thread });
            }
        }
    }

    fn thread_of(&self, reference: &Reference) -> Option<Box<str>> {
        self.threads.get(&key(reference)).cloned()
    }

    fn begin(&mut self, reference: Reference, line: &Line<'_>, out: &Sink) {
        let thread = match &self.start {
            Some(start) if start.reference.repository.may_be(&reference.repository) => start.thread.clone(),
            _ => thread(out, line),
        };
        self.attempt = Some(Attempt {
            reference,
            digest: None,
            mark: Mark::at(line),
            thread,
            failed: None,
            pulling: false,
            build: false,
            started: line.stamp,
        });
    }

    fn output(&mut self, text: &str, line: &Line<'_>, out: &mut Sink) {
        if text.contains("docker rmi ") || text.contains("image rm ") || text.contains(" prune") {
            // What was pulled before may be gone: a later run is of its own image.
            self.threads.clear();
        }
        if let Some(rest) = text.strip_prefix("Unable to find image '") {
            let Some(reference) = rest.split('\'').next().and_then(|r| Reference::pullable(r).ok()) else { return };
            self.flush_attempt(out);
            self.begin(reference, line, out);
        } else if let Some((id, repository)) = pulling_from(text) {
            self.pulling(id, repository, line, out);
        } else if let Some(digest) = text.strip_prefix("Digest: ").or_else(|| text.strip_prefix("Digest ")) {
            if let Ok(digest) = Digest::parse(digest.trim()) {
                self.recent = Some((digest, line.number));
            }
            if let (Some(attempt), Ok(digest)) = (&mut self.attempt, Digest::parse(digest.trim())) {
                attempt.digest = Some(digest);
                attempt.mark.join(line);
            } else if let Ok(digest) = Digest::parse(digest.trim()) {
                self.orphan(digest, line);
            }
        } else if let Some((event, reference)) = status(text) {
            self.resolve(event, &reference, line, out);
        } else if let Some(failure) = failure(text) {
            self.fail(failure, line, out);
        } else if let Some(name) = text.strip_prefix("Loaded image: ") {
            // `docker load`: a CI cache may bring back an image that its registry no longer serves.
            if let Ok(reference) = Reference::pullable(name.trim()) {
                out.emit(Draft::image(Event::Cached, reference, "docker", Mark::at(line)).with("from", "docker load"));
            }
        } else if text.starts_with("---> ") {
            self.layer(text, line, out);
        }
    }

    /// A digest whose `Pulling from` line was not printed (containerd store before 25).
    fn orphan(&mut self, digest: Digest, line: &Line<'_>) {
        let Some(start) = &self.start else { return };
        self.attempt = Some(Attempt {
            reference: start.reference.clone(),
            digest: Some(digest),
            mark: Mark::at(line),
            thread: start.thread.clone(),
            failed: None,
            pulling: false,
            build: false,
            started: line.stamp,
        });
    }

    fn pulling(&mut self, id: &str, path: &str, line: &Line<'_>, out: &mut Sink) {
        let fits = self.attempt.as_ref().is_some_and(|a| !a.pulling && belongs(&a.reference, id, path));
        if !fits {
            // `pull --all-tags`: the next tag of the same repository begins when the last is done.
            if let Some(done) = self.attempt.take_if(|a| a.pulling && a.digest.is_some() && names(&a.reference, path)) {
                let mut draft =
                    Draft::image(Event::Pulled, done.reference.with_digest(done.digest), "docker", done.mark)
                        .at(line.stamp);
                draft.thread = Some(done.thread);
                out.emit(draft);
            } else if self
                .attempt
                .as_ref()
                .is_some_and(|a| a.reference.tag.is_none() && a.reference.digest.is_none() && names(&a.reference, path))
            {
                self.attempt = None;
            }
            self.flush_attempt(out);
            let Some(reference) = announced(id, path) else { return };
            self.begin(reference, line, out);
        }
        if let Some(attempt) = &mut self.attempt {
            attempt.pulling = true;
            attempt.failed = None;
            attempt.mark.join(line);
        }
    }

    fn resolve(&mut self, event: Event, text: &str, line: &Line<'_>, out: &mut Sink) {
        let Ok(mut reference) = Reference::parse(text) else { return };
        let attempt = self.attempt.take();
        if reference.tag.is_none() && reference.digest.is_none() {
            let known = attempt
                .as_ref()
                .filter(|a| a.reference.repository.may_be(&reference.repository))
                .and_then(|a| a.reference.tag.clone());
            reference.tag = known.or_else(|| Some("latest".into()));
        }
        let (mark, digest, thread) = match attempt {
            Some(mut a) if belongs_to(&a.reference, &reference) => {
                a.mark.join(line);
                if reference.tag.is_none() {
                    reference.tag = a.reference.tag.clone();
                }
                (a.mark, a.digest, a.thread)
            }
            Some(mut other) => {
                // Of several pulls at once, the digest right above belongs to this status.
                let digest = self.recent_digest(line);
                if digest.is_some() && other.digest == digest {
                    other.digest = None;
                }
                let fresh = (Mark::at(line), digest, thread(out, line));
                self.attempt = Some(other);
                self.flush_attempt(out);
                fresh
            }
            None => (Mark::at(line), self.recent_digest(line), thread(out, line)),
        };
        let reference = reference.with_digest(digest);
        self.threads.insert(key(&reference), thread.clone());
        let mut draft = Draft::image(event, reference, "docker", mark).at(line.stamp);
        draft.thread = Some(thread);
        out.emit(draft);
    }

    fn recent_digest(&mut self, line: &Line<'_>) -> Option<Digest> {
        self.recent.take().filter(|(_, at)| line.number.saturating_sub(*at) <= 1).map(|(digest, _)| digest)
    }

    fn fail(&mut self, failure: Failure<'_>, line: &Line<'_>, out: &mut Sink) {
        let named = failure.reference.and_then(|r| Reference::parse(r).ok());
        match &mut self.attempt {
            Some(attempt) if named.as_ref().is_none_or(|n| n.repository.may_be(&attempt.reference.repository)) => {
                attempt.failed = Some(line.stamp);
                attempt.mark.join(line);
                if attempt.reference.repository.registry.is_none() {
                    attempt.reference = named
                        .map(|n| Reference { tag: n.tag.clone().or(attempt.reference.tag.clone()), ..n })
                        .unwrap_or_else(|| attempt.reference.clone());
                }
                self.start = None;
            }
            _ => {
                // A start whose image could not be had did not happen.
                let start = self.start.take();
                let reference = match (named, start) {
                    (Some(named), Some(start)) if named.repository == start.reference.repository => start.reference,
                    (Some(named), _) => named,
                    (None, Some(start)) if failure.of_pull => start.reference,
                    (None, start) => {
                        self.start = start.filter(|_| !line.text.contains("docker: Error"));
                        return;
                    }
                };
                out.emit(Draft::image(Event::Failed, reference, "docker", Mark::at(line)));
            }
        }
    }

    /// ` ---> 1234abcd` after `Step 1/2 : FROM x`: nothing was pulled, so it was there.
    fn layer(&mut self, text: &str, line: &Line<'_>, out: &mut Sink) {
        let is_image = text[5..].trim().bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(mut attempt) = self.attempt.take_if(|a| a.build && !a.pulling && is_image) {
            attempt.mark.join(line);
            let mut draft = Draft::image(Event::Cached, attempt.reference, "docker", attempt.mark);
            draft.thread = Some(attempt.thread);
            out.emit(draft);
        }
    }

    fn flush(&mut self, out: &mut Sink) {
        self.flush_attempt(out);
        if let Some(start) = self.start.take() {
            let mut draft = Draft::image(Event::Run, start.reference, "docker", start.mark);
            draft.thread = Some(start.thread);
            out.emit(draft);
        }
    }

    fn flush_attempt(&mut self, out: &mut Sink) {
        let Some(attempt) = self.attempt.take() else { return };
        let (event, stamp) = match attempt.failed {
            Some(stamp) => (Event::Failed, stamp),
            None => (Event::Referenced, attempt.started),
        };
        let mut draft =
            Draft::image(event, attempt.reference.with_digest(attempt.digest), "docker", attempt.mark).at(stamp);
        draft.thread = Some(attempt.thread);
        draft.role = Role::Unstated;
        out.emit(draft);
    }
}

/// Which local image a reference names: not how it was written.
fn key(reference: &Reference) -> Reference {
    let digest = if reference.tag.is_some() { None } else { reference.digest.clone() };
    Reference::new(reference.repository.clone(), reference.tag.as_deref(), digest, "")
}

/// A name for the local image that events of one command share.
pub(super) fn thread(out: &Sink, line: &Line<'_>) -> Box<str> {
    format!("{}#{}#{}", out.path(), line.lane, line.number).into()
}

/// `TAG: Pulling from REPO`, `REF@sha256:…: Pulling from REPO`, and Maven's form without the tag.
fn pulling_from(text: &str) -> Option<(&str, &str)> {
    let (id, path) = text.split_once("Pulling from ")?;
    let id = id.trim_end().strip_suffix(':').unwrap_or("");
    let path = path.trim().trim_end_matches('.');
    let id = id.rsplit([' ']).next().unwrap_or("");
    (!path.is_empty() && !path.contains(' ')).then_some((id, path))
}

fn announced(id: &str, path: &str) -> Option<Reference> {
    if let Ok(full) = Reference::parse(id)
        && full.digest.is_some()
        && full.repository.path.ends_with(path)
    {
        return Some(full);
    }
    // Red Hat's docker prints the host here.
    let hosted = path.split('/').next().is_some_and(|first| first.contains(['.', ':']));
    let repository = if hosted { Repository::parse(path) } else { Repository::with_unknown_registry(path) }.ok()?;
    let digest = Digest::parse(id).ok();
    let tag = (digest.is_none() && decon_core::reference::is_tag(id)).then_some(id);
    Some(Reference::new(repository, tag, digest, &format!("{id}: Pulling from {path}")))
}

/// Whether a repository is the one that the client's line names without its host.
fn names(reference: &Reference, path: &str) -> bool {
    let own = &reference.repository.path;
    **own == *path
        || own.ends_with(&format!("/{path}"))
        || Repository::parse(path).is_ok_and(|r| r == reference.repository)
}

fn belongs(reference: &Reference, id: &str, path: &str) -> bool {
    let same_path = names(reference, path);
    let same_tag =
        reference.tag.as_deref() == Some(id) || reference.digest.as_ref().is_some_and(|d| id.contains(d.as_str()));
    same_path && (same_tag || id.is_empty() || reference.digest.is_some())
}

fn belongs_to(attempt: &Reference, status: &Reference) -> bool {
    attempt.repository.may_be(&status.repository)
        && (attempt.tag.is_none() || status.tag.is_none() || attempt.tag == status.tag || status.digest.is_some())
}

fn status(text: &str) -> Option<(Event, String)> {
    let rest = text.strip_prefix("Status: ").or_else(|| text.strip_prefix("Status "))?;
    let (event, name) = match rest.strip_prefix("Downloaded newer image for ") {
        Some(name) => (Event::Pulled, name),
        None => (Event::Cached, rest.strip_prefix("Image is up to date for ")?),
    };
    Some((event, name.split_whitespace().next()?.to_owned()))
}

struct Failure<'t> {
    reference: Option<&'t str>,
    of_pull: bool,
}

/// Errors of a pull, and the image they name (moby `distribution/errors.go`).
fn failure(text: &str) -> Option<Failure<'_>> {
    // GitLab's and kubelet's own lines quote the daemon's.
    if text.starts_with("WARNING: Failed to pull image")
        || text.starts_with("ERROR: Job failed")
        || text.contains("ailed to pull image \"")
    {
        return None;
    }
    let named = |before: &str, after: &str| {
        text.split_once(before).map(|(_, r)| r.split(after).next().unwrap_or(r).trim_matches(['"', '\\', '\'']))
    };
    let known = named("pull access denied for ", ",")
        .or_else(|| named("manifest for ", " not found"))
        .or_else(|| named("failed to resolve reference ", ": "))
        .or_else(|| named("repository ", " not found: "));
    let of_pull = known.is_some()
        || [
            "no matching manifest for",
            "toomanyrequests",
            "manifest unknown",
            "/v2/",
            "unauthorized",
            "i/o timeout",
            "TLS handshake",
            "error pulling image",
            "deadline exceeded",
            "denied:",
        ]
        .iter()
        .any(|p| text.contains(p));
    let error = text.contains("Error response from daemon")
        || text.starts_with("docker: ")
        || known.is_some()
        || text.starts_with("no matching manifest");
    (error && (of_pull || text.contains("Error response from daemon"))).then_some(Failure { reference: known, of_pull })
}

/// `Step 1/5 : FROM x AS y` of the classic builder.
fn classic_from(text: &str) -> Option<Reference> {
    let rest = text.strip_prefix("Step ")?;
    let (number, rest) = rest.split_once(" : FROM ")?;
    let counted = number.bytes().all(|b| b.is_ascii_digit() || b == b'/');
    let image = rest.split_whitespace().find(|w| !w.starts_with("--"))?;
    counted.then(|| Reference::pullable(image).ok()).flatten()
}
