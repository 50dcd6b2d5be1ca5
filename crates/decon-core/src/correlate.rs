//! Correlation: what observations say together, before they are judged.
//!
//! Three things are joined: **families** (an index contains manifests, a manifest its config and
//! layers: badness of one is badness of the image), **threads** (events of one command share one
//! local image and so its recorded digest) and **tag history** (which digest a tag pointed to,
//! by whose evidence). All three only ever add: order and repetition do not matter.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::advisory::{Advisory, AdvisoryIndex, Disposition};
use crate::digest::{Digest, Role};
use crate::observation::{Event, Observation};
use crate::reference::Repository;

/// Why a digest that no advisory lists is bad all the same.
#[derive(Debug, Clone)]
pub struct Learned<'a> {
    /// The advisory whose artifact it belongs to.
    pub advisory: &'a Advisory,
    /// The listed digest at the start of the chain.
    pub root: &'a Digest,
    /// What it is of it: `config of`, `contains`.
    pub relation: &'static str,
}

/// One known state of a tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagState {
    /// When it was seen.
    pub at: Timestamp,
    /// What it pointed to.
    pub digest: Digest,
}

/// What the observations say together.
#[derive(Debug, Default)]
pub struct Correlation<'a> {
    learned: HashMap<Digest, Vec<Learned<'a>>>,
    threads: HashMap<Box<str>, BTreeSet<Digest>>,
    fetched: HashSet<Box<str>>,
    history: HashMap<(Repository, Box<str>), BTreeSet<TagState>>,
}

impl<'a> Correlation<'a> {
    /// Joins these observations.
    pub fn new<'o>(index: &AdvisoryIndex<'a>, observations: impl Iterator<Item = &'o Observation> + Clone) -> Self {
        let mut correlation = Self::default();
        let mut edges = Edges::default();
        for o in observations {
            edges.add(o);
            correlation.add(o);
        }
        correlation.learn(index, &edges);
        correlation
    }

    fn add(&mut self, o: &Observation) {
        if let (Some(thread), Event::Pulled) = (&o.thread, o.event) {
            self.fetched.insert(thread.clone());
        }
        let Some(digest) = o.digest() else { return };
        if let Some(thread) = &o.thread {
            self.threads.entry(thread.clone()).or_default().insert(digest.clone());
        }
        let states_a_tag = matches!(o.event, Event::Pulled | Event::Resolved | Event::Pushed);
        if let (true, Some(at), Some(r)) = (states_a_tag, o.when().at(), o.reference())
            && let Some(tag) = &r.tag
        {
            let state = TagState { at, digest: digest.clone() };
            self.history.entry((r.repository.clone(), tag.clone())).or_default().insert(state);
        }
    }

    /// Spreads badness from listed digests along the families, never onto a known-good digest.
    fn learn(&mut self, index: &AdvisoryIndex<'a>, edges: &Edges) {
        for advisory in index.advisories() {
            let good: HashSet<&Digest> = advisory.good().map(|a| &a.digest).collect();
            let listed: BTreeMap<&Digest, &Digest> = advisory.bad().map(|a| (&a.digest, &a.digest)).collect();
            let mut todo: Vec<(&Digest, &'a Digest)> = Vec::new();
            todo.extend(advisory.bad().map(|a| (&a.digest, &a.digest)));
            let mut seen: HashSet<Digest> = HashSet::new();
            while let Some((digest, root)) = todo.pop() {
                for (next, relation) in edges.from(digest) {
                    let known = listed.contains_key(next) || good.contains(next);
                    if known || !seen.insert(next.clone()) {
                        continue;
                    }
                    self.learned.entry(next.clone()).or_default().push(Learned { advisory, root, relation });
                    todo.push((next, root));
                }
            }
        }
    }

    /// What was learned about a digest that no advisory lists.
    pub fn learned(&self, digest: &Digest) -> &[Learned<'a>] {
        self.learned.get(digest).map_or(&[], Vec::as_slice)
    }

    /// The digests recorded by events that share this thread.
    pub fn thread(&self, thread: &str) -> impl Iterator<Item = &Digest> {
        self.threads.get(thread).into_iter().flatten()
    }

    /// Whether an event of this thread fetched the image: then it was not on the host before.
    pub fn fetched(&self, thread: &str) -> bool {
        self.fetched.contains(thread)
    }

    /// The states of a tag nearest before (or at) and nearest after this instant.
    pub fn around(&self, repository: &Repository, tag: &str, at: Timestamp) -> (Option<&TagState>, Option<&TagState>) {
        let Some(states) = self.history.get(&(repository.clone(), tag.into())) else { return (None, None) };
        let before = states.iter().rev().find(|s| s.at <= at);
        let after = states.iter().find(|s| s.at >= at);
        (before, after)
    }
}

/// Which digest contains which.
#[derive(Debug, Default)]
struct Edges {
    children: HashMap<Digest, BTreeSet<(Role, Digest)>>,
    parents: HashMap<Digest, BTreeSet<Digest>>,
}

impl Edges {
    fn add(&mut self, o: &Observation) {
        let Some(digest) = o.digest() else { return };
        for (role, part) in &o.parts {
            self.join(digest, *role, part);
        }
        if let Some(id) = o.image_id.as_ref().filter(|id| *id != digest) {
            self.join(digest, Role::Config, id);
        }
    }

    fn join(&mut self, parent: &Digest, role: Role, child: &Digest) {
        if parent == child {
            return;
        }
        self.children.entry(parent.clone()).or_default().insert((role, child.clone()));
        if role != Role::Config {
            self.parents.entry(child.clone()).or_default().insert(parent.clone());
        }
    }

    /// Where badness goes: down to manifests and configs, up from manifests and layers.
    ///
    /// Not down to layers: a bad image shares its base layers with good ones.
    fn from<'e>(&'e self, digest: &Digest) -> impl Iterator<Item = (&'e Digest, &'static str)> {
        let down = self.children.get(digest).into_iter().flatten();
        let down = down.filter(|(role, _)| !matches!(role, Role::Layer | Role::File));
        let down = down.map(|(role, child)| (child, if *role == Role::Config { "config of" } else { "manifest of" }));
        let up = self.parents.get(digest).into_iter().flatten().map(|parent| (parent, "contains"));
        down.chain(up)
    }
}

/// Whether an advisory calls this digest bad (`Some(Bad)`), good, or does not list it.
pub fn listed(index: &AdvisoryIndex<'_>, advisory: &Advisory, digest: &Digest) -> Option<Disposition> {
    index.digest(digest).iter().find(|h| h.advisory.id == advisory.id).map(|h| h.artifact.disposition)
}
