//! What one observation means: the rules from an event to a level, with every step written down.

use std::collections::HashSet;

use super::Finding;
use super::event::{level_of_bad, level_of_name, phrase};
use super::mirror::{MirrorRules, Standing};
use crate::advisory::{Advisory, AdvisoryIndex, Disposition, TagWindow};
use crate::correlate::{Correlation, listed};
use crate::digest::{Digest, Role};
use crate::indicator::defang;
use crate::observation::{Event, Observation, Subject};
use crate::reference::{Reference, Repository};
use crate::verdict::{Level, Reason};
use crate::window::When;

/// Which observations can matter, decided fast.
pub(super) struct Relevance<'a, 'i> {
    pub(super) index: &'i AdvisoryIndex<'a>,
    mirrors: &'i MirrorRules,
}

impl<'a, 'i> Relevance<'a, 'i> {
    pub(super) fn new(index: &'i AdvisoryIndex<'a>, mirrors: &'i MirrorRules) -> Self {
        Self { index, mirrors }
    }

    /// Every digest of image families that a listed bad digest belongs to, by fixpoint.
    pub(super) fn family_members(&self, observations: &[Observation]) -> HashSet<Digest> {
        let with_parts: Vec<&Observation> =
            observations.iter().filter(|o| !o.parts.is_empty() || o.image_id.is_some()).collect();
        let mut members: HashSet<Digest> = HashSet::new();
        loop {
            let before = members.len();
            for o in &with_parts {
                if own_digests(o).any(|d| members.contains(d) || !self.index.digest(d).is_empty()) {
                    members.extend(own_digests(o).cloned());
                }
            }
            if members.len() == before {
                return members;
            }
        }
    }

    /// Threads in which some event names something listed.
    pub(super) fn threads(&self, observations: &[Observation], families: &HashSet<Digest>) -> HashSet<Box<str>> {
        observations
            .iter()
            .filter(|o| o.thread.is_some() && self.concerns(o, families))
            .filter_map(|o| o.thread.clone())
            .collect()
    }

    pub(super) fn concerns(&self, o: &Observation, families: &HashSet<Digest>) -> bool {
        match &o.subject {
            Subject::Action { action, commit, .. } => {
                !self.index.action(action).is_empty()
                    || commit.as_ref().is_some_and(|c| !self.index.commit(c).is_empty())
            }
            Subject::Indicator { indicator } => !self.index.indicator(indicator).is_empty(),
            Subject::Image(reference) => {
                own_digests(o).any(|d| families.contains(d) || !self.index.digest(d).is_empty())
                    || o.digest_prefix.as_ref().is_some_and(|p| !self.index.prefix(p).is_empty())
                    || !self.affected(&reference.repository).is_empty()
            }
        }
    }

    /// The advisories about this repository or what it stands for, with how it stands.
    fn affected(&self, repository: &Repository) -> Vec<(&'a Advisory, Repository, Standing)> {
        let mut found: Vec<_> =
            self.index.repository(repository).map(|a| (a, repository.clone(), Standing::Itself)).collect();
        if let Some(upstream) = self.mirrors.upstream(repository) {
            found.extend(
                self.index.repository(&upstream).map(|a| (a, upstream.clone(), Standing::Mirror(upstream.clone()))),
            );
        }
        if found.is_empty() && repository.registry.as_deref() != Some("docker.io") {
            found.extend(self.probable(repository));
        }
        found
    }

    /// Advisories whose repository path this path ends with, on a registry that is not public.
    fn probable(&self, repository: &Repository) -> Vec<(&'a Advisory, Repository, Standing)> {
        let mut rest: &str = &repository.path;
        loop {
            let named = self.index.path(rest);
            if !named.is_empty() && MirrorRules::probably(repository, rest) {
                let bare = Repository { registry: None, path: rest.into() };
                return named.iter().map(|a| (*a, bare.clone(), Standing::Probable)).collect();
            }
            match rest.split_once('/') {
                Some((_, tail)) => rest = tail,
                None => return Vec::new(),
            }
        }
    }
}

/// The digests an observation's own evidence names for its image.
fn own_digests(o: &Observation) -> impl Iterator<Item = &Digest> {
    let parts = o.parts.iter().filter(|(role, _)| *role != Role::Layer || o.event == Event::Comprises).map(|(_, d)| d);
    o.digest().into_iter().chain(o.image_id.as_ref()).chain(parts)
}

/// Everything one observation means.
pub(super) fn assess<'a>(
    relevance: &Relevance<'a, '_>,
    correlation: &Correlation<'a>,
    o: &Observation,
    id: &Digest,
) -> Vec<Finding<'a>> {
    let mut assessment = Assessment { relevance, correlation, o, id, findings: Vec::new() };
    match &o.subject {
        Subject::Action { action, action_ref, commit } => assessment.action(action, action_ref, commit.as_deref()),
        Subject::Image(_) if o.event == Event::Comprises => {}
        // Judged when everything else is, for it is joined with that.
        Subject::Indicator { .. } => {}
        Subject::Image(reference) => assessment.image(reference),
    }
    assessment.findings
}

struct Assessment<'a, 'x> {
    relevance: &'x Relevance<'a, 'x>,
    correlation: &'x Correlation<'a>,
    o: &'x Observation,
    id: &'x Digest,
    findings: Vec<Finding<'a>>,
}

impl<'a> Assessment<'a, '_> {
    fn push(&mut self, advisory: &'a Advisory, level: Level, text: String, mut steps: Vec<String>) {
        steps.insert(0, first_step(self.o));
        let reason = Reason {
            level,
            observation: self.id.clone(),
            text: text.into(),
            steps: steps.into_iter().map(Into::into).collect(),
            when: self.o.when(),
        };
        self.findings.push(Finding { advisory, reason });
    }

    fn image(&mut self, reference: &Reference) {
        let mut decided: HashSet<Box<str>> = HashSet::new();
        self.by_digest(&mut decided);
        self.by_prefix(&mut decided);
        for (advisory, repository, standing) in self.relevance.affected(&reference.repository) {
            if decided.insert(advisory.id.clone()) {
                self.by_name(advisory, &repository, &standing, reference);
            }
        }
    }

    /// Bad content, listed or learned, in the event's own digests or its thread's.
    fn by_digest(&mut self, decided: &mut HashSet<Box<str>>) {
        let own: Vec<(Digest, &'static str)> =
            own_digests(self.o).map(|d| (d.clone(), "its own evidence records")).collect();
        let thread = self.o.thread.as_deref().into_iter().flat_map(|t| self.correlation.thread(t));
        let joined: Vec<_> = thread.map(|d| (d.clone(), "the pull it shares its image with records")).collect();
        for (digest, whence) in own.into_iter().chain(joined) {
            let direct: Vec<_> = self.relevance.index.digest(&digest).to_vec();
            for hit in direct.into_iter().filter(|h| h.artifact.disposition == Disposition::Bad) {
                if decided.insert(hit.advisory.id.clone()) {
                    let what = format!(
                        "{} lists {digest} as a malicious {}{} ({} confidence, by {})",
                        hit.advisory.id,
                        hit.artifact.role.name(),
                        hit.artifact.platform.as_ref().map_or(String::new(), |p| format!(" for {p}")),
                        format!("{:?}", hit.artifact.confidence).to_lowercase(),
                        hit.artifact.sources.join(", "),
                    );
                    self.push_bad(hit.advisory, &digest, whence, vec![what]);
                }
            }
            let learned: Vec<_> = self.correlation.learned(&digest).to_vec();
            for l in learned {
                if decided.insert(l.advisory.id.clone()) {
                    let chain =
                        format!("evidence shows that {digest} {} {}, or of one in its family", l.relation, l.root);
                    let what = format!("{} lists {} as malicious", l.advisory.id, l.root);
                    self.push_bad(l.advisory, &digest, whence, vec![chain, what]);
                }
            }
        }
    }

    fn push_bad(&mut self, advisory: &'a Advisory, digest: &Digest, whence: &str, mut steps: Vec<String>) {
        steps.insert(0, format!("{whence} {digest}"));
        let level = level_of_bad(self.o.event);
        steps.push(format!("{} with a malicious digest is {}", self.o.event.name(), level.name()));
        let text = format!("{} {}", phrase(self.o.event), digest.short());
        self.push(advisory, level, text, steps);
    }

    fn by_prefix(&mut self, decided: &mut HashSet<Box<str>>) {
        let Some(prefix) = &self.o.digest_prefix else { return };
        for hit in self.relevance.index.prefix(prefix) {
            if decided.insert(hit.advisory.id.clone()) {
                let steps = vec![
                    format!("the digest was cut off after {}", prefix.as_str()),
                    format!(
                        "{} lists {} as malicious, which starts so (prefix match)",
                        hit.advisory.id, hit.artifact.digest
                    ),
                ];
                let text = format!("{} {} (prefix match)", phrase(self.o.event), prefix.as_str());
                self.push(hit.advisory, level_of_bad(self.o.event), text, steps);
            }
        }
    }

    /// By name and time: the digest is not bad, or is not recorded.
    fn by_name(&mut self, advisory: &'a Advisory, repository: &Repository, standing: &Standing, reference: &Reference) {
        let mut steps = Vec::new();
        match standing {
            Standing::Itself => {}
            Standing::Mirror(upstream) => steps.push(format!("{} is a mirror of {upstream}", reference.repository)),
            Standing::Probable => {
                steps.push(format!("{} is probably a mirror of {repository}: its path ends so", reference.repository));
            }
        }
        if self.acquit(advisory, reference, &mut steps) {
            return;
        }
        let windows: Vec<&TagWindow> = advisory.windows_of(repository, reference.tag.as_deref()).collect();
        if windows.is_empty() {
            let unlisted = advisory.windows.is_empty() && advisory.artifacts.is_empty();
            if unlisted {
                self.push_named(advisory, reference, steps, "every image of it is suspect", Level::Exposed);
            }
            return;
        }
        match windows.iter().find(|w| w.window.may_contain(&self.effective_when())) {
            None => {
                steps.push(format!("it happened outside every window in which the tag was bad ({})", span(&windows)));
                self.push(advisory, Level::Clear, format!("{}: outside the window", brief(reference)), steps);
            }
            Some(window) => {
                steps.extend(claim_steps(window));
                if self.o.when() == When::Unstated && self.o.event != Event::Cited {
                    steps.push("the evidence gives no time that would place it outside the window".into());
                }
                self.by_history(advisory, reference, steps);
            }
        }
    }

    /// Only the event's own recorded digest (or that of the command it is part of) acquits it.
    fn acquit(&mut self, advisory: &'a Advisory, reference: &Reference, steps: &mut Vec<String>) -> bool {
        let thread: Vec<Digest> =
            self.o.thread.as_deref().into_iter().flat_map(|t| self.correlation.thread(t)).cloned().collect();
        // A layer's or a config's digest says nothing about which image it was.
        let names_image = matches!(self.o.role, Role::Index | Role::Manifest | Role::Unstated);
        let own: Vec<Digest> = self.o.digest().cloned().filter(|_| names_image).into_iter().chain(thread).collect();
        for digest in own {
            match listed(self.relevance.index, advisory, &digest) {
                Some(Disposition::Good) => {
                    steps.push(format!("the digest it records, {digest}, is known good to {}", advisory.id));
                    self.push(
                        advisory,
                        Level::Clear,
                        format!("{}: known-good digest", brief(reference)),
                        std::mem::take(steps),
                    );
                    return true;
                }
                None if advisory.digests_complete => {
                    steps.push(format!(
                        "the digest it records, {digest}, is none of the malicious ones, all of which {} lists",
                        advisory.id
                    ));
                    self.push(
                        advisory,
                        Level::Clear,
                        format!("{}: its digest is not a malicious one", brief(reference)),
                        std::mem::take(steps),
                    );
                    return true;
                }
                None => steps.push(format!(
                    "{digest} is not listed, but {} does not claim to list every malicious digest",
                    advisory.id
                )),
                Some(Disposition::Bad) => {}
            }
        }
        false
    }

    /// What is cached now was fetched at some time before.
    fn effective_when(&self) -> When {
        match (self.o.event, self.o.when()) {
            (Event::Cached | Event::Held | Event::Residue, when) => When::Between { from: None, until: when.latest() },
            (Event::Cited, _) => When::Unstated,
            // A run whose pull is not seen used what was on the host, fetched at some time before.
            (Event::Run, when) if !self.o.thread.as_deref().is_some_and(|t| self.correlation.fetched(t)) => {
                When::Between { from: None, until: when.latest() }
            }
            (_, when) => when,
        }
    }

    /// The tag's own history may say which digest it was.
    fn by_history(&mut self, advisory: &'a Advisory, reference: &Reference, mut steps: Vec<String>) {
        let at = self.o.when().at();
        let fetched = matches!(self.o.event, Event::Pulled | Event::Run);
        if let (true, Some(at), Some(tag), None) = (fetched, at, reference.tag.as_deref(), &reference.digest) {
            let (before, after) = self.correlation.around(&reference.repository, tag, at);
            if let (Some(before), Some(after)) = (before, after) {
                let bad = |d: &Digest| listed(self.relevance.index, advisory, d) == Some(Disposition::Bad);
                if bad(&before.digest) && bad(&after.digest) {
                    steps.push(format!(
                        "at {} the tag pointed to {}, at {} to {}: both malicious",
                        before.at, before.digest, after.at, after.digest
                    ));
                    let text = format!("{} while the tag pointed to {}", phrase(self.o.event), before.digest.short());
                    self.push(advisory, level_of_bad(self.o.event), text, steps);
                    return;
                }
            }
        }
        self.push_named(
            advisory,
            reference,
            steps,
            "by affected tag in the window, digest not recorded",
            level_of_name(self.o.event),
        );
    }

    fn push_named(
        &mut self,
        advisory: &'a Advisory,
        reference: &Reference,
        mut steps: Vec<String>,
        why: &str,
        level: Level,
    ) {
        let level = level.min(level_of_name(self.o.event));
        steps.push(format!("{} {why} is {}", self.o.event.name(), level.name()));
        let name = brief(reference);
        let text = match (level, self.o.event) {
            (Level::Cited, _) => format!("names {name} by mutable tag"),
            (Level::Clear, event) => format!("{} {name}", phrase(event)),
            (_, Event::Residue) => {
                format!("held {} and removed it; which tag or digest is not recorded", reference.repository)
            }
            (_, event) => format!("{} {name} {why}", phrase(event)),
        };
        self.push(advisory, level, text, steps);
    }

    fn action(&mut self, action: &str, action_ref: &str, commit: Option<&str>) {
        let named = commit.or_else(|| is_commit(action_ref).then_some(action_ref));
        let mut decided: HashSet<Box<str>> = HashSet::new();
        if let Some(commit) = named {
            for (hit, listed) in self.relevance.index.commit(commit) {
                if decided.insert(hit.advisory.id.clone()) {
                    let level = if self.o.event == Event::Cited { Level::Cited } else { Level::Present };
                    let steps = vec![format!(
                        "{} lists commit {commit} as malicious (by {})",
                        hit.advisory.id,
                        listed.sources.join(", ")
                    )];
                    self.push(
                        hit.advisory,
                        level,
                        format!("{} {action}@{action_ref}, a malicious commit", phrase(self.o.event)),
                        steps,
                    );
                }
            }
        }
        for hit in self.relevance.index.action(action) {
            if decided.insert(hit.advisory.id.clone()) {
                self.action_by_ref(*hit, action_ref, named);
            }
        }
    }

    fn action_by_ref(&mut self, hit: crate::advisory::ActionHit<'a>, action_ref: &str, commit: Option<&str>) {
        let (advisory, action) = (hit.advisory, hit.action);
        let name = format!("{}@{action_ref}", action.repository);
        let safe = action.safe_refs.iter().any(|r| **r == *action_ref);
        // `*`: every ref was moved, but those known to be safe.
        let affected = !safe && action.refs.iter().any(|r| **r == *action_ref || &**r == "*");
        if !affected {
            return;
        }
        if let Some(commit) = commit {
            // A recorded commit decides as a recorded digest does, where every bad one is listed.
            let good =
                action.commits.iter().any(|c| c.disposition == Disposition::Good && commit.starts_with(&*c.commit));
            let complete = action.commits.iter().any(|c| c.disposition == Disposition::Bad);
            if good || complete {
                let why = if good { "is known good" } else { "is none of the malicious ones listed" };
                self.push(
                    advisory,
                    Level::Clear,
                    format!("{name}: its commit {why}"),
                    vec![format!("commit {commit} {why}")],
                );
                return;
            }
        }
        let when = if self.o.event == Event::Cited { When::Unstated } else { self.o.when() };
        if !action.window.may_contain(&when) {
            self.push(
                advisory,
                Level::Clear,
                format!("{name}: outside the window"),
                vec!["it was fetched outside every window in which the ref was bad".into()],
            );
            return;
        }
        let level = if self.o.event == Event::Cited { Level::Cited } else { Level::Exposed };
        let steps = action.claims.iter().map(|c| claim_step(&c.source, c.window)).collect();
        self.push(advisory, level, format!("{} {name}, an affected ref", phrase(self.o.event)), steps);
    }
}

/// A reference as a line of a report takes it: the digest cut to twelve characters.
fn brief(reference: &Reference) -> String {
    let tag = reference.tag.as_ref().map_or(String::new(), |t| format!(":{t}"));
    let digest = reference.digest.as_ref().map_or(String::new(), |d| format!("@{}", d.short()));
    format!("{}{tag}{digest}", reference.repository)
}

/// Where it stands and what it says.
pub(super) fn first_step(o: &Observation) -> String {
    let line = o.proof.line.map_or(String::new(), |n| format!(" line {n}"));
    format!("{}{line}, read as {}: {} {}", o.proof.path, o.format, o.event.name(), subject_text(&o.subject))
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn subject_text(subject: &Subject) -> String {
    match subject {
        Subject::Image(reference) => reference.to_string(),
        Subject::Indicator { indicator } => defang(indicator),
        Subject::Action { action, action_ref, commit } => {
            format!("{action}@{action_ref}{}", commit.as_ref().map_or(String::new(), |c| format!(" ({c})")))
        }
    }
}

fn claim_steps(window: &TagWindow) -> Vec<String> {
    window.claims.iter().map(|c| claim_step(&c.source, c.window)).collect()
}

fn claim_step(source: &str, window: crate::window::Window) -> String {
    let end = |t: Option<jiff::Timestamp>| t.map_or("not stated".to_owned(), |t| t.to_string());
    format!("{source} claims the window {} to {}", end(window.from), end(window.until))
}

fn span(windows: &[&TagWindow]) -> String {
    let union = windows.iter().map(|w| w.window).reduce(crate::window::Window::union).unwrap_or_default();
    let end = |t: Option<jiff::Timestamp>| t.map_or("unbounded".to_owned(), |t| t.to_string());
    format!("{} to {}", end(union.from), end(union.until))
}
