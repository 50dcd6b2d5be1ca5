//! Mirrors: which name in evidence stands for which repository upstream.

use crate::reference::Repository;

/// `prefix` in front of a repository's name stands for `upstream`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorRule {
    /// Such as `harbor.example.com/hub/`.
    pub prefix: Box<str>,
    /// Such as `docker.io/`.
    pub upstream: Box<str>,
}

/// Every rule, the person's before the built-in ones.
#[derive(Debug, Clone, Default)]
pub struct MirrorRules(Vec<MirrorRule>);

/// How sure it is that one name stands for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is the name itself.
    Itself,
    /// A rule, or the name, says so.
    Mirror(Repository),
    /// The path ends like it, on a registry that is not public.
    Probable,
}

/// Registries that serve publishers, so that an equal path there is another image.
const PUBLIC: [&str; 12] = [
    "docker.io",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "registry.k8s.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "registry.gitlab.com",
    "registry.redhat.io",
    "nvcr.io",
    "lscr.io",
    "k8s.gcr.io",
];

impl MirrorRules {
    /// Reads `prefix=upstream` texts.
    ///
    /// # Errors
    /// The text that has no `=` or an empty side.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        texts.into_iter().map(parse_rule).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a name on a registry that is not public probably stands for the repository of this
    /// path: it is equal, or ends in it.
    pub(super) fn probably(repository: &Repository, path: &str) -> bool {
        let registry = repository.registry.as_deref();
        if *repository.path == *path {
            return registry.is_some_and(|host| !PUBLIC.contains(&host));
        }
        let private = registry.is_none_or(|host| !PUBLIC.contains(&host));
        let tail = repository.path.strip_suffix(path).is_some_and(|head| head.ends_with('/'));
        private && tail && path.contains('/') && !path.starts_with("library/")
    }

    /// The upstream that a rule or the name itself gives.
    pub(super) fn upstream(&self, repository: &Repository) -> Option<Repository> {
        if self.0.is_empty() {
            return repository.upstream();
        }
        let name = repository.to_string();
        let by_rule = self.0.iter().find_map(|rule| {
            let rest = name.strip_prefix(&*rule.prefix)?;
            Repository::parse(&format!("{}{rest}", rule.upstream)).ok()
        });
        by_rule.or_else(|| repository.upstream())
    }
}

fn parse_rule(text: &str) -> Result<MirrorRule, String> {
    let (prefix, upstream) = text.split_once('=').ok_or_else(|| format!("{text:?} is not prefix=upstream"))?;
    if prefix.is_empty() || upstream.is_empty() {
        return Err(format!("{text:?} has an empty side; write harbor.example.com/hub=docker.io"));
    }
    let slash = |s: &str| if s.ends_with('/') { s.to_owned() } else { format!("{s}/") };
    Ok(MirrorRule { prefix: slash(prefix).into(), upstream: slash(upstream).into() })
}
