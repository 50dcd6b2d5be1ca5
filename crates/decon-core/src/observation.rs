//! Observations: what one piece of evidence says, about which asset, when, and where it says so.
//!
//! An observation holds what its own event shows and nothing that was concluded from others:
//! joining events is the correlator's work. It never holds a secret's value.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, DigestPrefix, Role};
use crate::reference::Reference;
use crate::window::When;

/// What happened, as the evidence tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Fetched from a registry.
    Pulled,
    /// Already local, up to date, or served from a cache.
    Cached,
    /// A container was started from it.
    Run,
    /// Named, or a pull whose end is not visible.
    Referenced,
    /// Asked for and not obtained.
    Failed,
    /// A file names it.
    Cited,
    /// A store holds it now.
    Held,
    /// A store holds what is left of it after its removal.
    Residue,
    /// A tag pointed to this digest at that time.
    Resolved,
    /// A workflow fetched this action.
    Action,
    /// One digest contains others (an index its manifests, a manifest its config and layers).
    Comprises,
    /// Pushed to a registry.
    Pushed,
    /// Spoke, or tried to speak, to an indicator.
    Contacted,
}

impl Event {
    /// The word used in evidence and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pulled => "pulled",
            Self::Cached => "cached",
            Self::Run => "run",
            Self::Referenced => "referenced",
            Self::Failed => "failed",
            Self::Cited => "cited",
            Self::Held => "held",
            Self::Residue => "residue",
            Self::Resolved => "resolved",
            Self::Action => "action",
            Self::Comprises => "comprises",
            Self::Pushed => "pushed",
            Self::Contacted => "contacted",
        }
    }
}

/// What kind of thing an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssetKind {
    /// A machine with an engine, or one that asked a registry.
    Host,
    /// A job of a CI system.
    Job,
    /// A pod, a deployment, a container of a cluster.
    Workload,
    /// A registry, or a repository in one.
    Registry,
    /// A file in a repository of code.
    File,
}

impl AssetKind {
    /// The word used in evidence and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Job => "job",
            Self::Workload => "workload",
            Self::Registry => "registry",
            Self::File => "file",
        }
    }
}

/// Something of ours that an image may have reached. Printed as `kind:name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Asset {
    /// What it is.
    pub kind: AssetKind,
    /// Its name, as the evidence gives it.
    pub name: Box<str>,
}

impl Asset {
    /// An asset of this kind and name.
    pub fn new(kind: AssetKind, name: &str) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.name(), self.name)
    }
}

impl From<Asset> for String {
    fn from(asset: Asset) -> Self {
        asset.to_string()
    }
}

impl TryFrom<String> for Asset {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let (kind, name) = text.split_once(':').ok_or("an asset is written kind:name")?;
        let kind = match kind {
            "host" => AssetKind::Host,
            "job" => AssetKind::Job,
            "workload" => AssetKind::Workload,
            "registry" => AssetKind::Registry,
            "file" => AssetKind::File,
            other => return Err(format!("{other:?} is no kind of asset")),
        };
        Ok(Self::new(kind, name))
    }
}

/// Where an observation stands: raw bytes that can be shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Proof {
    /// The file as it was named to us; members of archives follow after `!`.
    pub path: Box<str>,
    /// First line, counted from 1; absent where the evidence has no lines.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u64>,
    /// Column of a citation, in bytes from 1.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<u64>,
    /// SHA-256 of the raw bytes that say it (the lines of the event, or the small file).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blob: Option<Digest>,
}

/// What an observation is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Subject {
    /// A workflow action: `owner/repository`, the ref as written, the commit when told.
    Action {
        /// `owner/repository`, lower case as hosting sites compare it.
        action: Box<str>,
        /// Tag, branch or commit as written behind `@`.
        action_ref: Box<str>,
        /// The commit it resolved to (40 hex).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<Box<str>>,
    },
    /// An indicator that was contacted: the value as its advisory lists it.
    Indicator {
        /// [`crate::advisory::Indicator::value`]
        indicator: Box<str>,
    },
    /// A container image.
    Image(Reference),
}

/// One thing that evidence shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Observation {
    /// What happened.
    pub event: Event,
    /// What it is about.
    #[serde(flatten)]
    pub subject: Subject,
    /// Which part of the image `digest` names.
    #[serde(default)]
    pub role: Role,
    /// The start of a digest that the evidence cut off.
    pub digest_prefix: Option<DigestPrefix>,
    /// The config digest, where the evidence gives it.
    pub image_id: Option<Digest>,
    /// Digests named beside it that belong to the same image (for `comprises`: its parts).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(Role, Digest)>,
    /// When, RFC 3339 UTC under `at` when it is one instant.
    #[serde(flatten)]
    pub time: Time,
    /// Where it happened.
    pub asset: Asset,
    /// The format that said so.
    pub format: Box<str>,
    /// The local image that this event shares with others of one command or one job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Box<str>>,
    /// What else the evidence says: client, user, container, mounts, names of variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<Box<str>, Box<str>>,
    /// The bytes that say it.
    pub proof: Proof,
}

/// The time of an observation, in the form of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub When);

#[derive(Serialize, Deserialize)]
struct WrittenTime {
    at: Option<jiff::Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<jiff::Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_after: Option<jiff::Timestamp>,
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let between = !matches!(self.0, When::At(_));
        WrittenTime {
            at: self.0.at(),
            not_before: self.0.earliest().filter(|_| between),
            not_after: self.0.latest().filter(|_| between),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let w = WrittenTime::deserialize(deserializer)?;
        Ok(Self(match (w.at, w.not_before, w.not_after) {
            (Some(at), ..) => When::At(at),
            (None, None, None) => When::Unstated,
            (None, from, until) => When::Between { from, until },
        }))
    }
}

impl Observation {
    /// Whether it says anything about this digest: by reference, image id, part or a cut form.
    pub fn is_about(&self, digest: &Digest) -> bool {
        let of_image = match &self.subject {
            Subject::Image(reference) => reference.digest.as_ref() == Some(digest),
            Subject::Action { .. } | Subject::Indicator { .. } => false,
        };
        of_image
            || self.image_id.as_ref() == Some(digest)
            || self.parts.iter().any(|(_, part)| part == digest)
            || self.digest_prefix.as_ref().is_some_and(|prefix| prefix.begins(digest))
    }

    /// An observation of an image with nothing else known about it.
    pub fn of_image(event: Event, reference: Reference, asset: Asset, format: &str, proof: Proof) -> Self {
        Self::of(event, Subject::Image(reference), asset, format, proof)
    }

    /// An observation of this subject with nothing else known about it.
    pub fn of(event: Event, subject: Subject, asset: Asset, format: &str, proof: Proof) -> Self {
        Self {
            event,
            subject,
            role: Role::Unstated,
            digest_prefix: None,
            image_id: None,
            parts: Vec::new(),
            time: Time::default(),
            asset,
            format: format.into(),
            thread: None,
            detail: BTreeMap::new(),
            proof,
        }
    }

    /// When it happened.
    pub fn when(&self) -> When {
        self.time.0
    }

    /// The image it is about, if it is about one.
    pub fn reference(&self) -> Option<&Reference> {
        match &self.subject {
            Subject::Image(reference) => Some(reference),
            Subject::Action { .. } | Subject::Indicator { .. } => None,
        }
    }

    /// The digest its own evidence records.
    pub fn digest(&self) -> Option<&Digest> {
        self.reference().and_then(|r| r.digest.as_ref())
    }

    /// Its identity: equal content gives an equal id, whatever collected it and how often.
    pub fn id(&self) -> Digest {
        Digest::of(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observation_survives_its_json_form() {
        let asset = Asset::new(AssetKind::Job, "ci/build:1");
        let proof = Proof { path: "a.log".into(), line: Some(3), column: None, blob: Some(Digest::of(b"x")) };
        let mut o = Observation::of_image(
            Event::Pulled,
            Reference::pullable("checkmarx/kics").unwrap(),
            asset.clone(),
            "docker",
            proof.clone(),
        );
        o.time = Time(When::Between { from: Some("2026-04-22T12:00:00Z".parse().unwrap()), until: None });
        o.detail.insert("client".into(), "10.0.0.1".into());
        let text = serde_json::to_string(&o).unwrap();
        assert_eq!(serde_json::from_str::<Observation>(&text).unwrap(), o, "{text}");
        let subject = Subject::Action { action: "a/b".into(), action_ref: "v1".into(), commit: None };
        let o = Observation::of(Event::Action, subject, asset.clone(), "github-actions", proof.clone());
        let text = serde_json::to_string(&o).unwrap();
        assert_eq!(serde_json::from_str::<Observation>(&text).unwrap(), o, "{text}");
        let subject = Subject::Indicator { indicator: "audit.checkmarx.cx".into() };
        let o = Observation::of(Event::Contacted, subject, asset, "squid", proof);
        let text = serde_json::to_string(&o).unwrap();
        assert_eq!(serde_json::from_str::<Observation>(&text).unwrap(), o, "{text}");
    }
}
