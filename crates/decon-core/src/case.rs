//! The case: an append-only chain of entries, each with the hash of the one before.
//!
//! Pure: how entries are hashed and checked. Where they are kept is the case store's matter.

use serde::{Deserialize, Serialize};

use crate::coverage::Coverage;
use crate::digest::Digest;
use crate::observation::Observation;

/// What an entry records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Body {
    /// The case was opened by this version.
    Opened {
        /// Version of the program.
        version: String,
    },
    /// Something was observed.
    Observed {
        /// What.
        observation: Box<Observation>,
    },
    /// Something was looked at.
    Covered {
        /// What.
        coverage: Coverage,
    },
    /// Advisories were consulted.
    Consulted {
        /// Advisory ids.
        advisories: Vec<String>,
        /// Whether the person named them.
        named: bool,
        /// SHA-256 over the advisories' texts.
        digest: Digest,
        /// Mirror rules in force.
        mirrors: Vec<String>,
    },
}

/// One entry of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position, from 1.
    pub seq: u64,
    /// When it was written, RFC 3339 UTC.
    pub at: String,
    /// The body as JSON.
    pub body: String,
    /// Hash of the entry before; of nothing for the first.
    pub previous: Digest,
    /// Hash of this entry.
    pub hash: Digest,
}

/// How a chain was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is missing, or entries were exchanged.
    #[error("entry {wanted} is missing or out of order: {found} stands in its place")]
    Order {
        /// Position expected.
        wanted: u64,
        /// Position found.
        found: u64,
    },
    /// An entry does not follow from the one before.
    #[error("entry {0} does not follow from the entry before it: one of the two was removed or edited")]
    Previous(u64),
    /// An entry's content was changed.
    #[error("entry {0} was edited: its content does not give its hash")]
    Edited(u64),
    /// The end was cut off.
    #[error("the case ends at entry {found}, but it had {wanted}: the end was cut off")]
    Truncated {
        /// Entries there should be.
        wanted: u64,
        /// Entries there are.
        found: u64,
    },
    /// The entry at the recorded head is another one.
    #[error("entry {0} is not the one that the head file records: the chain was rewritten")]
    Head(u64),
}

impl Entry {
    /// The entry that follows `previous` at position `seq`.
    pub fn new(seq: u64, at: String, body: String, previous: Digest) -> Self {
        let hash = Self::hash_of(seq, &at, &body, &previous);
        Self { seq, at, body, previous, hash }
    }

    /// The hash that an entry with these parts has.
    fn hash_of(seq: u64, at: &str, body: &str, previous: &Digest) -> Digest {
        // Lengths keep parts from flowing into each other.
        Digest::of(format!("{seq}\n{}\n{at}\n{}\n{body}\n{previous}", at.len(), body.len()).as_bytes())
    }

    /// The hash before the first entry.
    pub fn genesis() -> Digest {
        Digest::of(b"")
    }
}

/// Checks a chain as it is read; `head` is what the case recorded about its own end.
///
/// # Errors
/// The first break.
pub fn verify(entries: impl Iterator<Item = Entry>, head: Option<&(u64, Digest)>) -> Result<u64, Broken> {
    let mut previous = Entry::genesis();
    let mut count = 0;
    for entry in entries {
        if entry.seq != count + 1 {
            return Err(Broken::Order { wanted: count + 1, found: entry.seq });
        }
        if entry.hash != Entry::hash_of(entry.seq, &entry.at, &entry.body, &entry.previous) {
            return Err(Broken::Edited(entry.seq));
        }
        if entry.previous != previous {
            return Err(Broken::Previous(entry.seq));
        }
        if head.is_some_and(|(seq, hash)| *seq == entry.seq && *hash != entry.hash) {
            return Err(Broken::Head(entry.seq));
        }
        count = entry.seq;
        previous = entry.hash;
    }
    match head {
        Some((wanted, _)) if *wanted > count => Err(Broken::Truncated { wanted: *wanted, found: count }),
        _ => Ok(count),
    }
}
