//! The advisory file as it is written: TOML tables, strict, every value with its place.
//!
//! Unknown keys are errors: a misspelt `digets` must not make an advisory silently weaker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::observation::Event;
use crate::verdict::Level;

type Text = Spanned<String>;

/// How bad it is where it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A look-alike or a leftover without effect of its own.
    Low,
    /// Dormant, or needs more to do harm.
    Medium,
    /// Harms where it runs.
    High,
    /// Steals credentials or takes over where it runs.
    Critical,
}

/// Bad, or known to be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// Malicious.
    Bad,
    /// Known good: never raises a level, and contradicts lists that call it bad.
    Good,
}

/// How sure the sources are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// One unconfirmed source, or an inference.
    Low,
    /// A good source, or several weak ones.
    Medium,
    /// The publisher, the registry, or several that checked.
    High,
}

/// What an indicator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorKind {
    /// A DNS name.
    Domain,
    /// An IP address or CIDR range.
    Ip,
    /// A URL.
    Url,
    /// A user agent.
    UserAgent,
    /// A request header, `Name: value`.
    Header,
}

impl IndicatorKind {
    /// The words used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Ip => "address",
            Self::Url => "URL",
            Self::UserAgent => "user agent",
            Self::Header => "header",
        }
    }
}

/// Whether names below an indicator count too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Match {
    /// Only the value itself.
    #[default]
    Exact,
    /// The value and every name below it, at label boundaries.
    Suffix,
}

/// Kinds of traces on hosts and hosting sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceKind {
    /// A path on a host.
    Path,
    /// The name of a repository that the attacker creates.
    Repository,
    /// The description of such a repository.
    RepositoryDescription,
    /// A commit, `owner/repository@commit`.
    Commit,
    /// The start of a commit message.
    CommitMessage,
    /// The name of an injected workflow.
    Workflow,
    /// The start of a release's tag.
    Release,
}

/// What the payload could read where it ran.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reach {
    /// What the scanner printed about the scanned files.
    #[serde(default)]
    pub scan_output: bool,
    /// Environment variables.
    #[serde(default)]
    pub environment: bool,
    /// Files of the container and its mounts.
    #[serde(default)]
    pub file_system: bool,
    /// Memory of other processes (runner workers).
    #[serde(default)]
    pub process_memory: bool,
    /// The engine's socket, hence the whole host, where it was mounted.
    #[serde(default)]
    pub engine_socket: bool,
    /// Cloud instance metadata.
    #[serde(default)]
    pub instance_metadata: bool,
    /// Who says so.
    #[serde(default)]
    pub sources: Vec<String>,
    /// A caution.
    #[serde(default)]
    pub note: Option<String>,
}

/// Who publishes what was attacked, as its names on the network are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Publisher {
    /// What it is called in domains: look-alikes of these are leads.
    #[serde(default)]
    pub names: Vec<Box<str>>,
    /// Domains that are its own.
    #[serde(default)]
    pub domains: Vec<Box<str>>,
    /// Who says so.
    #[serde(default)]
    pub sources: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Written {
    pub(super) schema: Spanned<u32>,
    pub(super) id: Text,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) title: String,
    pub(super) summary: String,
    pub(super) severity: Severity,
    #[serde(default)]
    pub(super) repositories: Vec<Text>,
    #[serde(default)]
    pub(super) digests_complete: bool,
    #[serde(default)]
    pub(super) publisher: Publisher,
    pub(super) sources: BTreeMap<String, String>,
    #[serde(default, rename = "artifact")]
    pub(super) artifacts: Vec<WrittenArtifact>,
    #[serde(default, rename = "window")]
    pub(super) windows: Vec<WrittenWindow>,
    #[serde(default, rename = "action")]
    pub(super) actions: Vec<WrittenAction>,
    #[serde(default, rename = "package")]
    pub(super) packages: Vec<WrittenPackage>,
    #[serde(default, rename = "file")]
    pub(super) files: Vec<WrittenFile>,
    #[serde(default, rename = "indicator")]
    pub(super) indicators: Vec<WrittenIndicator>,
    #[serde(default, rename = "trace")]
    pub(super) traces: Vec<WrittenTrace>,
    #[serde(default)]
    pub(super) reach: Reach,
    #[serde(default)]
    pub(super) advice: Vec<WrittenAdvice>,
    #[serde(default, rename = "example")]
    pub(super) examples: Vec<WrittenExample>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenArtifact {
    pub(super) digest: Text,
    pub(super) role: crate::digest::Role,
    pub(super) platform: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) disposition: Disposition,
    pub(super) confidence: Confidence,
    pub(super) sources: Vec<Text>,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenClaim {
    pub(super) from: Option<Text>,
    pub(super) until: Option<Text>,
    pub(super) source: Text,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenWindow {
    #[serde(default)]
    pub(super) tags: Vec<Text>,
    #[serde(default)]
    pub(super) repositories: Vec<Text>,
    #[serde(default, rename = "claim")]
    pub(super) claims: Vec<WrittenClaim>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenCommit {
    pub(super) commit: Text,
    #[serde(default = "bad")]
    pub(super) disposition: Disposition,
    #[serde(default)]
    pub(super) refs: Vec<String>,
    pub(super) sources: Vec<Text>,
}

fn bad() -> Disposition {
    Disposition::Bad
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenAction {
    pub(super) repository: Text,
    #[serde(default)]
    pub(super) refs: Vec<String>,
    #[serde(default)]
    pub(super) safe_refs: Vec<Text>,
    #[serde(default, rename = "claim")]
    pub(super) claims: Vec<WrittenClaim>,
    #[serde(default, rename = "commit")]
    pub(super) commits: Vec<WrittenCommit>,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenPackage {
    pub(super) ecosystem: String,
    pub(super) name: String,
    pub(super) versions: Vec<String>,
    #[serde(default)]
    pub(super) safe: Vec<String>,
    #[serde(default, rename = "claim")]
    pub(super) claims: Vec<WrittenClaim>,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenFile {
    pub(super) path: String,
    pub(super) digest: Option<Text>,
    pub(super) sources: Vec<Text>,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenIndicator {
    pub(super) kind: IndicatorKind,
    pub(super) value: Text,
    #[serde(default, rename = "match")]
    pub(super) matching: Match,
    pub(super) confidence: Confidence,
    pub(super) active_from: Option<Text>,
    pub(super) active_until: Option<Text>,
    #[serde(default)]
    pub(super) shared_with: Vec<String>,
    pub(super) sources: Vec<Text>,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenTrace {
    pub(super) kind: TraceKind,
    pub(super) value: String,
    pub(super) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenAdvice {
    pub(super) step: String,
    pub(super) source: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct WrittenExample {
    pub(super) name: Text,
    pub(super) event: Event,
    pub(super) reference: Option<Text>,
    pub(super) action: Option<Text>,
    pub(super) commit: Option<String>,
    pub(super) at: Option<Text>,
    pub(super) level: Level,
}
