//! Advisories: one incident each, as data. What is bad, what is good, when, and who says so.
//!
//! Sources disagree; every claim is kept and shown, and judgement uses their union. Good digests
//! are here too, so that a bad list copied from the web which names a good digest is contradicted.

mod index;
mod parse;
mod schema;

pub use index::{ActionHit, AdvisoryIndex, DigestHit};
pub use parse::AdvisoryError;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::digest::{Digest, Role};
use crate::reference::Repository;
use crate::window::Window;

pub use schema::{Confidence, Disposition, IndicatorKind, Match, Publisher, Reach, Severity, TraceKind};

/// One incident.
#[derive(Debug, Clone, Serialize)]
pub struct Advisory {
    /// Short id, such as `kics-2026-04`.
    pub id: Box<str>,
    /// Other names: CVE, GHSA.
    pub aliases: Vec<Box<str>>,
    /// One line.
    pub title: Box<str>,
    /// What happened, in a few sentences.
    pub summary: Box<str>,
    /// How bad it is where it ran.
    pub severity: Severity,
    /// Repositories that served it, canonical. `host/*` means every repository of a registry.
    pub repositories: Vec<RepositoryPattern>,
    /// Whether every malicious index and platform digest is known and listed.
    pub digests_complete: bool,
    /// Whose it is.
    pub publisher: Publisher,
    /// Short name of a source to its address.
    pub sources: BTreeMap<Box<str>, Box<str>>,
    /// Digests, bad and good.
    pub artifacts: Vec<Artifact>,
    /// When each tag was bad.
    pub windows: Vec<TagWindow>,
    /// Workflow actions.
    pub actions: Vec<Action>,
    /// Packages of language registries, named for completeness.
    pub packages: Vec<Package>,
    /// Files with known digests.
    pub files: Vec<File>,
    /// Network indicators.
    pub indicators: Vec<Indicator>,
    /// Traces on hosts and hosting sites.
    pub traces: Vec<Trace>,
    /// What the payload could read.
    pub reach: Reach,
    /// What to do, in order.
    pub advice: Vec<Advice>,
    /// What must hit, and what must not.
    pub examples: Vec<Example>,
}

/// A repository, or all of a registry's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepositoryPattern {
    /// The registry host.
    pub registry: Box<str>,
    /// The path; `None` for every path of the registry.
    pub path: Option<Box<str>>,
}

impl RepositoryPattern {
    /// Whether this repository may be one of those meant.
    pub fn covers(&self, repository: &Repository) -> bool {
        match (&self.path, &repository.registry) {
            (None, Some(registry)) => *registry == self.registry,
            (None, None) => false,
            (Some(path), registry) => *path == repository.path && registry.as_ref().is_none_or(|r| *r == self.registry),
        }
    }
}

impl std::fmt::Display for RepositoryPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.registry, self.path.as_deref().unwrap_or("*"))
    }
}

/// A digest that is known to be bad, or known to be good.
#[derive(Debug, Clone, Serialize)]
pub struct Artifact {
    /// The digest.
    pub digest: Digest,
    /// What it names.
    pub role: Role,
    /// `linux/amd64`, for manifests, configs and layers.
    pub platform: Option<Box<str>>,
    /// Tags it was served under.
    pub tags: Vec<Box<str>>,
    /// Bad or good.
    pub disposition: Disposition,
    /// How sure the sources are.
    pub confidence: Confidence,
    /// Keys of [`Advisory::sources`].
    pub sources: Vec<Box<str>>,
    /// A caution.
    pub note: Option<Box<str>>,
}

/// When something was bad, as one source says.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    /// The span claimed.
    pub window: Window,
    /// Key of [`Advisory::sources`].
    pub source: Box<str>,
    /// A caution.
    pub note: Option<Box<str>>,
}

/// The time in which some tags were bad.
#[derive(Debug, Clone, Serialize)]
pub struct TagWindow {
    /// The tags; empty means every tag.
    pub tags: Vec<Box<str>>,
    /// Where; empty means every repository of the advisory.
    pub repositories: Vec<RepositoryPattern>,
    /// The union of the claims that state an end, opened where only one end is known.
    pub window: Window,
    /// Every source's claim.
    pub claims: Vec<Claim>,
}

/// A workflow action whose refs were moved.
#[derive(Debug, Clone, Serialize)]
pub struct Action {
    /// `owner/repository`, lower case.
    pub repository: Box<str>,
    /// Refs that were bad inside the window.
    pub refs: Vec<Box<str>>,
    /// Refs known to be good.
    pub safe_refs: Vec<Box<str>>,
    /// Union of the claims.
    pub window: Window,
    /// Every source's claim.
    pub claims: Vec<Claim>,
    /// Commits, bad and good, with the refs they stood under.
    pub commits: Vec<Commit>,
    /// A caution.
    pub note: Option<Box<str>>,
}

/// A commit of an action (40 hex, or a prefix of at least 7 for good ones).
#[derive(Debug, Clone, Serialize)]
pub struct Commit {
    /// Lower-case hex.
    pub commit: Box<str>,
    /// Bad or good.
    pub disposition: Disposition,
    /// The refs that pointed to it.
    pub refs: Vec<Box<str>>,
    /// Keys of [`Advisory::sources`].
    pub sources: Vec<Box<str>>,
}

/// A package of a language registry.
#[derive(Debug, Clone, Serialize)]
pub struct Package {
    /// `npm`, `pypi`, `openvsx`, `jenkins`.
    pub ecosystem: Box<str>,
    /// Its name there.
    pub name: Box<str>,
    /// Bad versions.
    pub versions: Vec<Box<str>>,
    /// Good versions.
    pub safe: Vec<Box<str>>,
    /// Every source's claim.
    pub claims: Vec<Claim>,
    /// A caution.
    pub note: Option<Box<str>>,
}

/// A file the incident left, with its digest when known.
#[derive(Debug, Clone, Serialize)]
pub struct File {
    /// Path or name.
    pub path: Box<str>,
    /// SHA-256 of its content.
    pub digest: Option<Digest>,
    /// Keys of [`Advisory::sources`].
    pub sources: Vec<Box<str>>,
    /// A caution.
    pub note: Option<Box<str>>,
}

/// Something to look for in network logs.
#[derive(Debug, Clone, Serialize)]
pub struct Indicator {
    /// Domain, address, URL, user agent, header.
    pub kind: IndicatorKind,
    /// The value, not defanged.
    pub value: Box<str>,
    /// Whether names below it count too.
    pub matching: Match,
    /// How sure the sources are.
    pub confidence: Confidence,
    /// When it was in use, as far as known.
    pub active: Window,
    /// Other incidents that used it: a hit does not prove this one.
    pub shared_with: Vec<Box<str>>,
    /// Keys of [`Advisory::sources`].
    pub sources: Vec<Box<str>>,
    /// A caution.
    pub note: Option<Box<str>>,
}

/// A trace on a host or a hosting site.
#[derive(Debug, Clone, Serialize)]
pub struct Trace {
    /// What kind of trace.
    pub kind: TraceKind,
    /// Its value.
    pub value: Box<str>,
    /// A caution.
    pub note: Option<Box<str>>,
}

/// One step of advice.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    /// What to do.
    pub step: Box<str>,
    /// Key of [`Advisory::sources`].
    pub source: Box<str>,
}

/// A case that the advisory itself decides, so that its data is tested.
#[derive(Debug, Clone, Serialize)]
pub struct Example {
    /// What it shows.
    pub name: Box<str>,
    /// `pulled`, `run`, `cited`, `action` …
    pub event: crate::observation::Event,
    /// The image, if it is about one.
    pub reference: Option<Box<str>>,
    /// `owner/repository@ref`, if it is about an action.
    pub action: Option<Box<str>>,
    /// The commit of the action.
    pub commit: Option<Box<str>>,
    /// When.
    pub at: Option<Timestamp>,
    /// The level it must get, `clear` for a counter-example.
    pub level: crate::verdict::Level,
}

impl Advisory {
    /// Reads an advisory from its TOML text.
    ///
    /// # Errors
    /// The first thing wrong, with its line and what to do about it.
    pub fn parse(text: &str) -> Result<Self, AdvisoryError> {
        parse::parse(text)
    }

    /// The whole span in which any tag or action was bad; unbounded when nothing bounds it.
    pub fn window(&self) -> Window {
        let tags = self.windows.iter().map(|w| w.window);
        let actions = self.actions.iter().map(|a| a.window);
        let packages = self.packages.iter().flat_map(|p| p.claims.iter().map(|c| c.window));
        tags.chain(actions).chain(packages).reduce(Window::union).unwrap_or(Window::ALWAYS)
    }

    /// The bad artifacts.
    pub fn bad(&self) -> impl Iterator<Item = &Artifact> {
        self.artifacts.iter().filter(|a| a.disposition == Disposition::Bad)
    }

    /// The known-good artifacts.
    pub fn good(&self) -> impl Iterator<Item = &Artifact> {
        self.artifacts.iter().filter(|a| a.disposition == Disposition::Good)
    }

    /// Whether this repository is one the incident is about.
    pub fn covers(&self, repository: &Repository) -> bool {
        self.repositories.iter().any(|p| p.covers(repository))
    }

    /// The windows that concern this tag of this repository.
    pub fn windows_of(&self, repository: &Repository, tag: Option<&str>) -> impl Iterator<Item = &TagWindow> {
        self.windows.iter().filter(move |w| {
            let here = w.repositories.is_empty() || w.repositories.iter().any(|p| p.covers(repository));
            here && tag.is_none_or(|tag| w.tags.is_empty() || w.tags.iter().any(|t| **t == *tag))
        })
    }
}
