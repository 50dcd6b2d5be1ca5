//! References: how an image is named, kept as written and made comparable.
//!
//! `x`, `docker.io/x`, `index.docker.io/library/x` and `registry-1.docker.io/library/x` are one
//! repository. Tag **and** digest are kept side by side: the tag is evidence too. A registry may
//! be unknown (`stable: Pulling from appsvc/staticappsclient` names none): then it stays unknown
//! and is never taken for Docker Hub. Grammar: distribution/reference, `reference.go`.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::{Digest, DigestError};

/// What is wrong with a text that should name an image.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReferenceError {
    /// Empty, or longer than registries allow.
    #[error("a reference has 1 to 512 characters")]
    Length,
    /// The repository part breaks the grammar.
    #[error("{0:?} is not a repository name")]
    Repository(String),
    /// The tag breaks the grammar.
    #[error("{0:?} is not a tag")]
    Tag(String),
    /// The digest does not parse.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

/// A repository: registry host (when known) and path, in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    /// `docker.io`, `localhost:5000`; `None` where the evidence does not tell.
    pub registry: Option<Box<str>>,
    /// `library/node`, `checkmarx/kics`.
    pub path: Box<str>,
}

/// Docker Hub under its other names.
const HUB_ALIASES: [&str; 5] =
    ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com", "docker.io"];

impl Repository {
    /// Parses a name without tag or digest, such as `node` or `ghcr.io/o/r`.
    ///
    /// # Errors
    /// [`ReferenceError`] when it is no repository name.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (host, path) = split_host(text);
        let path = path.strip_suffix('/').unwrap_or(path);
        check_path(path, text)?;
        let registry = match host {
            None => "docker.io".to_owned(),
            Some(host) => canonical_host(host),
        };
        let path =
            if registry == "docker.io" && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        Ok(Self { registry: Some(registry.into()), path: path.into() })
    }

    /// A repository whose registry the evidence does not name.
    ///
    /// # Errors
    /// [`ReferenceError::Repository`] when the path breaks the grammar.
    pub fn with_unknown_registry(path: &str) -> Result<Self, ReferenceError> {
        check_path(path, path)?;
        Ok(Self { registry: None, path: path.into() })
    }

    /// Whether the two may be the same: equal paths, and equal registries where both are known.
    pub fn may_be(&self, other: &Self) -> bool {
        self.path == other.path
            && match (&self.registry, &other.registry) {
                (Some(a), Some(b)) => a == b,
                _ => true,
            }
    }

    /// The repository that a mirror path stands for, when the name itself says so.
    ///
    /// `mirror.gcr.io/checkmarx/kics`, `harbor.example.com/docker.io/checkmarx/kics`,
    /// `<account>.dkr.ecr.<region>.amazonaws.com/docker-hub/checkmarx/kics`,
    /// `public.ecr.aws/docker/library/node`, `gitlab.example.com/g/dependency_proxy/containers/node`.
    pub fn upstream(&self) -> Option<Self> {
        let registry = self.registry.as_deref().unwrap_or("");
        if registry == "mirror.gcr.io" {
            return hub(&self.path);
        }
        if registry == "public.ecr.aws" {
            return self.path.strip_prefix("docker/").and_then(hub);
        }
        if registry.ends_with(".amazonaws.com")
            && registry.contains(".dkr.ecr.")
            && let Some(rest) = self.path.strip_prefix("docker-hub/")
        {
            return hub(rest);
        }
        if let Some((_, rest)) = self.path.split_once("dependency_proxy/containers/") {
            return hub(rest);
        }
        self.embedded_registry()
    }

    /// A path component that is itself a public registry's host names the upstream.
    fn embedded_registry(&self) -> Option<Self> {
        const KNOWN: [&str; 9] = [
            "docker.io",
            "index.docker.io",
            "registry-1.docker.io",
            "ghcr.io",
            "quay.io",
            "gcr.io",
            "registry.k8s.io",
            "mcr.microsoft.com",
            "public.ecr.aws",
        ];
        let mut at = 0;
        for part in self.path.split('/') {
            let rest = self.path.get(at + part.len() + 1..)?;
            if KNOWN.contains(&part) {
                return Self::parse(&format!("{part}/{rest}")).ok();
            }
            at += part.len() + 1;
        }
        None
    }
}

fn hub(path: &str) -> Option<Repository> {
    Repository::parse(&format!("docker.io/{path}")).ok()
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.registry {
            Some(registry) => write!(f, "{registry}/{}", self.path),
            None => f.write_str(&self.path),
        }
    }
}

fn canonical_host(host: &str) -> String {
    // A host of one word is told from a path by its capitals alone (distribution `splitDockerDomain`):
    // without them it would be another name when it is read again.
    let only_capitals_tell = !host.contains(['.', ':']) && !host.eq_ignore_ascii_case("localhost");
    let host = if only_capitals_tell { host.to_owned() } else { host.to_ascii_lowercase() };
    let bare = host.strip_suffix(":443").unwrap_or(&host);
    if HUB_ALIASES.contains(&bare) { "docker.io".into() } else { bare.into() }
}

/// The registry host in front, if the first component is one (it has `.` or `:`, or is localhost).
fn split_host(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest)) if looks_like_host(first) => (Some(first), rest),
        _ => (None, text),
    }
}

fn looks_like_host(first: &str) -> bool {
    let named = first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|b| b.is_ascii_uppercase());
    let plain = first.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-_[]".contains(&b));
    named && plain && !first.starts_with(['.', '-', ':']) && !first.ends_with(['.', '-', ':'])
}

fn check_path(path: &str, whole: &str) -> Result<(), ReferenceError> {
    if path.is_empty() || path.len() > 255 || !path.split('/').all(is_component) {
        return Err(ReferenceError::Repository(whole.chars().take(120).collect()));
    }
    Ok(())
}

/// `[a-z0-9]+` joined by `.`, `_`, `__` or dashes (distribution/reference "path-component").
fn is_component(part: &str) -> bool {
    let alnum = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    alnum(*first)
        && alnum(*last)
        && bytes.iter().all(|b| alnum(*b) || b"._-".contains(b))
        && !part.contains("..")
        && !part.contains("___")
        && !part.contains("._")
        && !part.contains("_.")
}

/// Whether this text may stand as a tag: `[\w][\w.-]{0,127}`.
pub fn is_tag(text: &str) -> bool {
    let bytes = text.as_bytes();
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !bytes.is_empty()
        && bytes.len() <= 128
        && word(bytes[0])
        && bytes.iter().all(|b| word(*b) || *b == b'.' || *b == b'-')
}

/// A reference to an image: repository, tag and digest as far as the evidence gives them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Reference {
    /// Where it lives.
    pub repository: Repository,
    /// The tag, written or implied.
    pub tag: Option<Box<str>>,
    /// The digest it names.
    pub digest: Option<Digest>,
    /// The text as it stood in the evidence.
    pub raw: Box<str>,
}

impl Reference {
    /// Parses a reference as written; neither tag nor digest is filled in.
    ///
    /// # Errors
    /// [`ReferenceError`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() || text.len() > 512 {
            return Err(ReferenceError::Length);
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(Digest::parse(digest)?)),
            None => (text, None),
        };
        let (name, tag) = split_tag(name);
        if let Some(tag) = tag.filter(|t| !is_tag(t)) {
            return Err(ReferenceError::Tag(tag.chars().take(140).collect()));
        }
        let repository = Repository::parse(name)?;
        Ok(Self { repository, tag: tag.map(Into::into), digest, raw: text.into() })
    }

    /// Parses what a client would pull: without tag and digest it means `latest`.
    ///
    /// # Errors
    /// As [`Reference::parse`].
    pub fn pullable(text: &str) -> Result<Self, ReferenceError> {
        let mut reference = Self::parse(text)?;
        if reference.tag.is_none() && reference.digest.is_none() {
            reference.tag = Some("latest".into());
        }
        Ok(reference)
    }

    /// A reference made of parts that a format read apart.
    pub fn new(repository: Repository, tag: Option<&str>, digest: Option<Digest>, raw: &str) -> Self {
        Self { repository, tag: tag.filter(|t| is_tag(t)).map(Into::into), digest, raw: raw.into() }
    }

    /// The same reference with this digest beside its tag.
    #[must_use]
    pub fn with_digest(mut self, digest: Option<Digest>) -> Self {
        self.digest = digest.or(self.digest);
        self
    }

    /// Whether a registry may answer differently tomorrow: no digest is written.
    pub fn is_mutable(&self) -> bool {
        self.digest.is_none()
    }
}

fn split_tag(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((rest, tag)) if !tag.contains('/') && !rest.is_empty() => (rest, Some(tag)),
        _ => (name, None),
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// The form a reference has in JSON: the fields of the observation contract.
#[derive(Serialize, Deserialize)]
struct Written {
    repository: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    registry_unknown: bool,
    tag: Option<Box<str>>,
    digest: Option<Digest>,
    reference: Box<str>,
}

impl From<Reference> for Written {
    fn from(r: Reference) -> Self {
        Self {
            repository: r.repository.to_string(),
            registry_unknown: r.repository.registry.is_none(),
            tag: r.tag,
            digest: r.digest,
            reference: r.raw,
        }
    }
}

impl TryFrom<Written> for Reference {
    type Error = ReferenceError;
    fn try_from(w: Written) -> Result<Self, ReferenceError> {
        let repository = if w.registry_unknown {
            Repository::with_unknown_registry(&w.repository)?
        } else {
            Repository::parse(&w.repository)?
        };
        Ok(Self { repository, tag: w.tag, digest: w.digest, raw: w.reference })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_docker_hub_are_one_repository() {
        for text in ["node", "docker.io/node", "index.docker.io/library/node", "registry-1.docker.io/library/node"] {
            assert_eq!(Repository::parse(text).unwrap().to_string(), "docker.io/library/node", "{text}");
        }
        assert_eq!(Reference::parse("localhost:5000/x").unwrap().to_string(), "localhost:5000/x");
        assert_eq!(Reference::parse("host:5000/x:1").unwrap().tag.as_deref(), Some("1"));
        assert_eq!(Reference::pullable("x").unwrap().to_string(), "docker.io/library/x:latest");
        assert_eq!(Reference::parse("[::1]:5000/a/b:1").unwrap().to_string(), "[::1]:5000/a/b:1");
    }

    #[test]
    fn tag_and_digest_are_kept_side_by_side() {
        let text = format!("checkmarx/kics:v2.1.20@{}", Digest::of(b"x"));
        let reference = Reference::parse(&text).unwrap();
        assert_eq!(reference.tag.as_deref(), Some("v2.1.20"));
        assert!(!reference.is_mutable());
        assert_eq!(&*reference.raw, text);
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in ["", "Node", "a//b", "a:", "-a", "a/../b", "a@sha256:12", "a b", "http://x/y", "a:b:c", "$IMAGE"] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn mirrors_say_what_they_stand_for() {
        let upstream = |t: &str| Repository::parse(t).unwrap().upstream().map(|r| r.to_string());
        assert_eq!(upstream("mirror.gcr.io/checkmarx/kics").as_deref(), Some("docker.io/checkmarx/kics"));
        assert_eq!(upstream("mirror.gcr.io/node").as_deref(), Some("docker.io/library/node"));
        assert_eq!(upstream("h.example.com/docker.io/library/redis").as_deref(), Some("docker.io/library/redis"));
        assert_eq!(upstream("1.dkr.ecr.eu-west-1.amazonaws.com/docker-hub/a/b").as_deref(), Some("docker.io/a/b"));
        assert_eq!(upstream("ghcr.io/o/r"), None);
    }
}
