//! All advisories at once, arranged for look-up: a million observations are judged in a second.

use std::collections::HashMap;

use super::{Action, Advisory, Artifact, Commit, Disposition, Indicator};
use crate::digest::{Digest, DigestPrefix};
use crate::reference::Repository;

/// A digest that an advisory lists.
#[derive(Debug, Clone, Copy)]
pub struct DigestHit<'a> {
    /// The advisory.
    pub advisory: &'a Advisory,
    /// The artifact it lists.
    pub artifact: &'a Artifact,
}

/// An action that an advisory lists.
#[derive(Debug, Clone, Copy)]
pub struct ActionHit<'a> {
    /// The advisory.
    pub advisory: &'a Advisory,
    /// The action.
    pub action: &'a Action,
}

/// Advisories arranged for look-up.
#[derive(Debug)]
pub struct AdvisoryIndex<'a> {
    advisories: &'a [Advisory],
    digests: HashMap<&'a Digest, Vec<DigestHit<'a>>>,
    paths: HashMap<&'a str, Vec<&'a Advisory>>,
    registries: HashMap<&'a str, Vec<&'a Advisory>>,
    actions: HashMap<&'a str, Vec<ActionHit<'a>>>,
    commits: HashMap<&'a str, Vec<(ActionHit<'a>, &'a Commit)>>,
    indicators: HashMap<&'a str, Vec<(&'a Advisory, &'a Indicator)>>,
}

impl<'a> AdvisoryIndex<'a> {
    /// Arranges these advisories.
    pub fn new(advisories: &'a [Advisory]) -> Self {
        let mut index = Self {
            advisories,
            digests: HashMap::new(),
            paths: HashMap::new(),
            registries: HashMap::new(),
            actions: HashMap::new(),
            commits: HashMap::new(),
            indicators: HashMap::new(),
        };
        for advisory in advisories {
            index.add(advisory);
        }
        index
    }

    fn add(&mut self, advisory: &'a Advisory) {
        for artifact in &advisory.artifacts {
            self.digests.entry(&artifact.digest).or_default().push(DigestHit { advisory, artifact });
        }
        for pattern in &advisory.repositories {
            let slot = match &pattern.path {
                Some(path) => self.paths.entry(path).or_default(),
                None => self.registries.entry(&pattern.registry).or_default(),
            };
            if !slot.iter().any(|a| a.id == advisory.id) {
                slot.push(advisory);
            }
        }
        for indicator in &advisory.indicators {
            self.indicators.entry(&indicator.value).or_default().push((advisory, indicator));
        }
        for action in &advisory.actions {
            let hit = ActionHit { advisory, action };
            self.actions.entry(&action.repository).or_default().push(hit);
            for commit in action.commits.iter().filter(|c| c.disposition == Disposition::Bad) {
                self.commits.entry(&commit.commit).or_default().push((hit, commit));
            }
        }
    }

    /// The advisories, in the order given.
    pub fn advisories(&self) -> &'a [Advisory] {
        self.advisories
    }

    /// What is listed about this digest, bad and good.
    pub fn digest(&self, digest: &Digest) -> &[DigestHit<'a>] {
        self.digests.get(digest).map_or(&[], Vec::as_slice)
    }

    /// The bad digests that start so.
    pub fn prefix(&self, prefix: &DigestPrefix) -> Vec<DigestHit<'a>> {
        let bad = |hit: &&DigestHit<'a>| hit.artifact.disposition == Disposition::Bad;
        let mut hits: Vec<_> = self
            .digests
            .iter()
            .filter(|(digest, _)| prefix.begins(digest))
            .flat_map(|(_, hits)| hits.iter().filter(bad).copied())
            .collect();
        hits.sort_by(|a, b| (&a.advisory.id, &a.artifact.digest).cmp(&(&b.advisory.id, &b.artifact.digest)));
        hits
    }

    /// The advisories about this repository.
    pub fn repository<'s>(&'s self, repository: &'s Repository) -> impl Iterator<Item = &'a Advisory> + 's {
        let by_path = self.paths.get(&*repository.path).into_iter().flatten();
        let by_host = repository.registry.as_deref().and_then(|r| self.registries.get(r)).into_iter().flatten();
        by_path.chain(by_host).copied().filter(|a| a.covers(repository))
    }

    /// The advisories about a repository of this path, on whatever registry.
    pub fn path(&self, path: &str) -> &[&'a Advisory] {
        self.paths.get(path).map_or(&[], Vec::as_slice)
    }

    /// The advisories about this action.
    pub fn action(&self, repository: &str) -> &[ActionHit<'a>] {
        self.actions.get(repository).map_or(&[], Vec::as_slice)
    }

    /// The advisories that list an indicator of this value.
    pub fn indicator(&self, value: &str) -> &[(&'a Advisory, &'a Indicator)] {
        self.indicators.get(value).map_or(&[], Vec::as_slice)
    }

    /// The advisories that list this commit as bad.
    pub fn commit(&self, commit: &str) -> &[(ActionHit<'a>, &'a Commit)] {
        self.commits.get(commit).map_or(&[], Vec::as_slice)
    }
}
