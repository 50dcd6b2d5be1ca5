//! Coverage: what was looked at, and what could not be.
//!
//! "Not looked at" is never "clear". Whatever prevents an answer is a [`Gap`] with its reason and
//! what to do about it, and it stands in the case beside the observations.

use serde::{Deserialize, Serialize};

use crate::observation::Asset;
use crate::window::Window;

/// Why something could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// It could not be opened or read.
    Unreadable,
    /// It ends before it should, or its structure lies.
    Damaged,
    /// It is larger, deeper or more numerous than the limits allow.
    Limit,
    /// It exists no more: expired, purged, vanished while reading.
    Expired,
    /// It is of a kind that cannot be read.
    Unsupported,
    /// It never records what would answer the question.
    Silent,
    /// Nothing was given that covers the time in question.
    NoEvidence,
}

impl GapKind {
    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Damaged => "damaged",
            Self::Limit => "limit",
            Self::Expired => "expired",
            Self::Unsupported => "unsupported",
            Self::Silent => "silent",
            Self::NoEvidence => "no-evidence",
        }
    }
}

/// A place where the answer could be and was not looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// The file, member or call.
    pub path: Box<str>,
    /// What is the matter, in one sentence.
    pub reason: Box<str>,
    /// What a person can do about it.
    pub remedy: Box<str>,
    /// The time it concerns, as far as that is known.
    #[serde(default)]
    pub window: Window,
}

/// One source of evidence: what it covers and what it hides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Coverage {
    /// The file or store.
    pub path: Box<str>,
    /// What it is about.
    pub asset: Asset,
    /// The format or layout it was read as.
    pub format: Box<str>,
    /// The time that it surely covers: `None` for evidence without dates.
    pub window: Option<Window>,
    /// Whether it is evidence of image activity: a store, a file that names images, a log with dates
    /// or with events. Undated text that shows nothing is looked at, but speaks of no time.
    #[serde(default)]
    pub speaks: bool,
    /// Bytes read.
    pub bytes: u64,
    /// SHA-256 of the file as it lay there, where it gave observations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<crate::digest::Digest>,
    /// What it hides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
}
