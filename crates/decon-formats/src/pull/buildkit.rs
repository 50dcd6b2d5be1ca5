//! BuildKit progress, plain and terminal (util/progress/progressui/printer.go, display.go).
//!
//! `load metadata for X` resolves the tag; the `FROM X@sha256` vertex of the same build says to
//! which digest: the two are one event. Blob and `extracting` lines under the vertex mean that it
//! was fetched; `CACHED`, or `DONE` without any, that it was here. Terminals cut digests.

use decon_core::digest::{Digest, DigestPrefix};
use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// BuildKit plain and terminal progress.
#[derive(Debug)]
pub(super) struct Buildkit;

impl PullFormat for Buildkit {
    fn name(&self) -> &'static str {
        "buildkit"
    }
    fn doc(&self) -> &'static str {
        "BuildKit and buildx progress, plain and terminal: bases of builds with their digests."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["load metadata for ", " FROM ", "docker-image://", "resolve image config", "sha256:"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Progress>::default())
    }
}

/// A vertex that stands for a base image.
#[derive(Debug)]
struct Base {
    number: u32,
    name: Name,
    mark: Mark,
    fetched: bool,
    ended: Option<Event>,
}

/// An image as a vertex names it: whole, or cut by the terminal.
#[derive(Debug, Clone)]
struct Name {
    reference: Reference,
    prefix: Option<DigestPrefix>,
}

#[derive(Debug)]
struct Metadata {
    number: u32,
    reference: Reference,
    mark: Mark,
    failed: bool,
}

#[derive(Debug, Default)]
struct Progress {
    bases: Vec<Base>,
    metadata: Vec<Metadata>,
}

impl Reader for Progress {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim_end();
        if let Some((number, rest)) = plain(text) {
            self.plain(number, rest, line, out);
        } else if let Some(rest) = text.trim_start().strip_prefix("=> ") {
            self.terminal(rest, line, out);
        } else if let Some(rest) = text.split("failed to resolve source metadata for ").nth(1) {
            let name = rest.split(": ").next().unwrap_or(rest);
            self.fail(|m| m.reference.raw.as_ref() == name);
        }
    }

    fn end(&mut self, out: &mut Sink) {
        self.flush(out);
    }
}

/// `#4 rest` or `#4 0.123 rest`.
fn plain(text: &str) -> Option<(u32, &str)> {
    let rest = text.trim_start().strip_prefix('#')?;
    let (number, rest) = rest.split_once(' ')?;
    Some((number.parse().ok()?, rest))
}

impl Progress {
    fn plain(&mut self, number: u32, rest: &str, line: &Line<'_>, out: &mut Sink) {
        if rest.starts_with("building with ") || (number == 1 && rest.starts_with("[internal] load") && self.ended()) {
            self.flush(out);
        }
        if let Some(reference) = metadata(rest) {
            if !self.metadata.iter().any(|m| m.reference == reference) {
                self.metadata.push(Metadata { number, reference, mark: Mark::at(line), failed: false });
            }
            out.want(40);
        } else if let Some(name) = from(rest) {
            self.base(number, name, line);
            out.want(60);
        } else if rest.starts_with("DONE") || rest.starts_with("CACHED") {
            let cached = rest.starts_with("CACHED");
            if let Some(base) = self.bases.iter_mut().rev().find(|b| b.number == number && b.ended.is_none()) {
                base.ended = Some(if base.fetched && !cached { Event::Pulled } else { Event::Cached });
                base.mark.join(line);
            }
        } else if rest.starts_with("ERROR") {
            self.fail(|m| m.number == number);
        } else if let Some(base) = self.bases.iter_mut().rev().find(|b| b.number == number) {
            base.fetched |= rest.starts_with("sha256:") || rest.starts_with("extracting sha256:");
            out.want(60);
        }
    }

    fn ended(&self) -> bool {
        !self.bases.is_empty() || !self.metadata.is_empty()
    }

    fn base(&mut self, number: u32, name: Name, line: &Line<'_>) {
        // The name line is printed again when output of several vertices interleaves.
        let repeated = self.bases.iter().any(|b| b.number == number && b.name.reference == name.reference);
        if !repeated {
            self.bases.push(Base { number, name, mark: Mark::at(line), fetched: false, ended: None });
        }
    }

    fn terminal(&mut self, rest: &str, line: &Line<'_>, out: &mut Sink) {
        let (rest, cached) = match rest.strip_prefix("CACHED ") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let failed = rest.starts_with("ERROR ");
        let rest = without_time(rest.strip_prefix("ERROR ").unwrap_or(rest));
        if let Some(reference) = metadata(rest) {
            if !self.metadata.iter().any(|m| m.reference == reference) {
                self.metadata.push(Metadata { number: 0, reference, mark: Mark::at(line), failed });
            }
        } else if let Some(status) = rest.strip_prefix("=> ") {
            if let Some(base) = self.bases.last_mut() {
                base.fetched |= status.starts_with("sha256:") || status.starts_with("extracting sha256:");
            }
            out.want(20);
        } else if let Some(name) = from(rest) {
            self.base(u32::try_from(self.bases.len()).unwrap_or(0) + 100_000, name, line);
            if let Some(base) = self.bases.last_mut().filter(|_| cached) {
                base.ended = Some(Event::Cached);
            }
            out.want(20);
        }
    }

    fn fail(&mut self, which: impl Fn(&Metadata) -> bool) {
        if let Some(metadata) = self.metadata.iter_mut().find(|m| which(m)) {
            metadata.failed = true;
        }
    }

    /// Decides everything: bases with the tags their metadata gives, then unanswered metadata.
    fn flush(&mut self, out: &mut Sink) {
        let metadata = std::mem::take(&mut self.metadata);
        let mut answered = vec![false; metadata.len()];
        for base in std::mem::take(&mut self.bases) {
            let mut reference = base.name.reference;
            let fits: Vec<usize> =
                (0..metadata.len()).filter(|i| same_image(&metadata[*i].reference, &reference)).collect();
            fits.iter().for_each(|i| answered[*i] = true);
            if let (None, [only]) = (&reference.tag, &fits[..]) {
                reference.tag = metadata[*only].reference.tag.clone();
            }
            let stated = base.number >= 100_000;
            let event = base.ended.unwrap_or(match (base.fetched, stated) {
                (true, _) => Event::Pulled,
                (false, true) => Event::Cached,
                (false, false) => Event::Referenced,
            });
            let mut draft = Draft::image(event, reference, "buildkit", base.mark);
            draft.prefix = base.name.prefix;
            out.emit(draft);
        }
        for (metadata, _) in metadata.into_iter().zip(answered).filter(|(_, answered)| !answered) {
            let event = if metadata.failed { Event::Failed } else { Event::Referenced };
            out.emit(Draft::image(event, metadata.reference, "buildkit", metadata.mark));
        }
    }
}

fn same_image(metadata: &Reference, base: &Reference) -> bool {
    metadata.repository == base.repository && (base.tag.is_none() || metadata.tag.is_none() || metadata.tag == base.tag)
}

/// `[internal] load metadata for X`, `resolve image config for docker-image://X`.
pub(super) fn metadata(text: &str) -> Option<Reference> {
    let at = text
        .find("load metadata for ")
        .map(|at| at + 18)
        .or_else(|| text.find("resolve image config for ").map(|at| at + 25))?;
    let name = text[at..].split_whitespace().next()?;
    let name = name.strip_prefix("docker-image://").unwrap_or(name);
    Reference::pullable(name).ok()
}

/// `[builder 1/7] FROM X@sha256:…`, `docker-image://X@sha256:…`, bare `FROM X`.
fn from(text: &str) -> Option<Name> {
    let at = text.find("] FROM ").map(|at| at + 7).or_else(|| text.strip_prefix("FROM ").map(|_| 5));
    let at = at.or_else(|| text.find("docker-image://").map(|at| at + 15))?;
    if at > 160 {
        return None;
    }
    name(text[at..].split_whitespace().next()?)
}

/// A whole reference, or one whose digest was cut off.
pub(super) fn base_reference(text: &str) -> Option<(Reference, Option<DigestPrefix>)> {
    let name = name(text)?;
    Some((name.reference, name.prefix))
}

fn name(text: &str) -> Option<Name> {
    let text = text.trim_end_matches(',');
    if let Ok(reference) = Reference::pullable(text) {
        // A name without a registry is a stage of the same build.
        return text.contains('/').then_some(Name { reference, prefix: None });
    }
    let (image, cut) = text.split_once('@')?;
    let cut = cut.trim_end_matches(['.', '…', '>']);
    let reference = Reference::parse(image).ok()?;
    if Digest::parse(cut).is_ok() || !image.contains('/') {
        return None;
    }
    Some(Name { reference, prefix: DigestPrefix::parse(cut) })
}

/// The terminal puts the seconds at the right edge: `… FROM x@sha256:…      0.0s`.
fn without_time(text: &str) -> &str {
    let trimmed = text.trim_end();
    match trimmed.rsplit_once(' ') {
        Some((rest, last))
            if last.ends_with('s') && last[..last.len() - 1].bytes().all(|b| b.is_ascii_digit() || b == b'.') =>
        {
            rest.trim_end()
        }
        _ => trimmed,
    }
}
