//! Verdicts: how sure the evidence is, about one advisory and one asset, and why.

use serde::{Deserialize, Serialize};

use crate::coverage::Gap;
use crate::digest::Digest;
use crate::observation::Asset;
use crate::window::When;

/// What the evidence shows, lowest to highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Looked, no gap in the window, nothing matched.
    Clear,
    /// A file names it, no sign that it was pulled.
    Cited,
    /// A gap where the answer would be.
    Unknown,
    /// Pulled or run by an affected tag while the window may contain it, digest not recorded.
    Exposed,
    /// Malicious content is or was there.
    Present,
    /// It ran.
    Executed,
    /// The asset reached an indicator.
    Contacted,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 7] =
        [Self::Clear, Self::Cited, Self::Unknown, Self::Exposed, Self::Present, Self::Executed, Self::Contacted];

    /// The word used in evidence and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Cited => "cited",
            Self::Unknown => "unknown",
            Self::Exposed => "exposed",
            Self::Present => "present",
            Self::Executed => "executed",
            Self::Contacted => "contacted",
        }
    }

    /// The exit status of a program that found this: 0 for clear, else 10 and more.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Clear => 0,
            Self::Cited => 10,
            Self::Unknown => 11,
            Self::Exposed => 12,
            Self::Present => 13,
            Self::Executed => 14,
            Self::Contacted => 15,
        }
    }

    /// What the level means, in one sentence a reader needs.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Clear => "looked, no gap, nothing matched",
            Self::Cited => "a file names it; no sign that it was pulled",
            Self::Unknown => "the evidence that would answer is missing",
            Self::Exposed => "pulled or run by an affected tag in the window; the digest was not recorded",
            Self::Present => "malicious content is or was there",
            Self::Executed => "it ran",
            Self::Contacted => "it reached the attacker's infrastructure",
        }
    }
}

/// One observation that bears on a verdict, and the steps from it to its level.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reason {
    /// The level this observation alone gives; `clear` where it acquits.
    pub level: Level,
    /// The observation.
    pub observation: Digest,
    /// The conclusion in one sentence.
    pub text: Box<str>,
    /// Every step from the observation to the level.
    pub steps: Vec<Box<str>>,
    /// When it happened.
    #[serde(skip)]
    pub when: When,
}

/// The answer for one asset and one advisory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Short stable id, from its advisory and asset.
    pub id: Box<str>,
    /// The advisory's id.
    pub advisory: Box<str>,
    /// The asset.
    pub asset: Asset,
    /// The level.
    pub level: Level,
    /// What raised it, highest first.
    pub because: Vec<Reason>,
    /// Events that an affected name put in question and their own digest, or time, acquitted.
    pub acquitted: Vec<Reason>,
    /// Gaps that stand against a better answer.
    pub despite: Vec<Gap>,
}

impl Verdict {
    /// The id a verdict about these two has: eight hex characters.
    pub fn id_of(advisory: &str, asset: &Asset) -> Box<str> {
        let digest = Digest::of(format!("{advisory}\n{asset}").as_bytes());
        digest.hex().get(..8).unwrap_or_default().into()
    }
}

/// The answer about one advisory over everything that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdvisoryAnswer {
    /// The advisory's id.
    pub advisory: Box<str>,
    /// The highest level of its verdicts; `None` when nothing that was given bears on it.
    pub level: Option<Level>,
    /// Whether some evidence covers its window.
    pub covered: bool,
    /// Assets by level.
    pub assets: usize,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The highest level.
    pub level: Level,
    /// One line an advisory.
    pub advisories: Vec<AdvisoryAnswer>,
    /// One verdict an advisory and asset, highest level first. Assets that are clear and were
    /// never in question are counted, not listed.
    pub verdicts: Vec<Verdict>,
    /// What could not be looked at, everywhere.
    pub gaps: Vec<Gap>,
    /// How many assets were looked at.
    pub assets: usize,
    /// How many observations were judged.
    pub observations: usize,
}
