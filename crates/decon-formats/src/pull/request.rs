//! Requests to registries, as registries, proxies and clients log them, joined into pulls.
//!
//! A pull is `HEAD tag` then `GET digest` then blobs by one client of one name within seconds.
//! `HEAD` alone resolves a tag; `GET` of a manifest pulls it; a blob alone shows that something
//! was pulled, not what. One request logged twice (logfmt and combined line, nginx and
//! application) is one. Spec: distribution-spec "Pulling manifests".

use std::collections::VecDeque;

use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::{Reference, Repository};

use super::sink::{Draft, Mark};
use crate::frame::Stamp;

/// One logged request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The format that logged it.
    pub format: &'static str,
    /// Its line.
    pub mark: Mark,
    /// When.
    pub stamp: Stamp,
    /// `GET`, `HEAD`, `PUT`; empty where the log does not tell.
    pub method: Box<str>,
    /// Path and query, such as `/v2/library/node/manifests/20`.
    pub uri: Box<str>,
    /// HTTP status, when logged.
    pub status: Option<u16>,
    /// The registry's host, when logged.
    pub host: Option<Box<str>>,
    /// Who asked.
    pub client: Box<str>,
    /// User agent.
    pub agent: Box<str>,
    /// Served from a cache, as far as logged.
    pub cached: Option<bool>,
    /// The digest that the answer's header named.
    pub answered: Option<Digest>,
}

impl Request {
    /// A request of this format; everything else is filled in by the format.
    pub fn new(format: &'static str, mark: Mark, uri: &str) -> Self {
        Self {
            format,
            stamp: mark.stamp,
            mark,
            method: "".into(),
            uri: uri.into(),
            status: None,
            host: None,
            client: "".into(),
            agent: "".into(),
            cached: None,
            answered: None,
        }
    }
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Manifest(Box<str>),
    Blob,
}

#[derive(Debug)]
struct Open {
    request: Request,
    repository: Repository,
    target: Target,
    tag: Option<Box<str>>,
    digest: Option<Digest>,
    event: Event,
    merged: bool,
    /// The request that completed it; another layer may log that one again.
    completed_by: Option<Target>,
}

/// Requests that later ones may still complete.
#[derive(Debug, Default)]
pub(super) struct Requests {
    open: VecDeque<Open>,
}

/// More open requests than this are decided as they stand.
const OPEN: usize = 4096;
/// A client fetches what it resolved within this many seconds.
const JOIN_SECONDS: i64 = 15;

impl Requests {
    /// Takes a request; gives what is decided by now.
    pub(super) fn add(&mut self, request: Request) -> Vec<Draft> {
        let mut ready = Vec::new();
        if let Some(next) = open(request)
            && !self.merge(&next)
        {
            self.open.push_back(next);
        }
        while self.open.len() > OPEN {
            ready.extend(self.open.pop_front().and_then(draft));
        }
        ready
    }

    /// Whether the request is a repetition or a continuation of an open one.
    fn merge(&mut self, next: &Open) -> bool {
        for before in self.open.iter_mut().rev().take(64) {
            if same_request(before, next) {
                absorb(before, next);
                return true;
            }
            if before.completed_by.as_ref() == Some(&next.target) && same_client(before, next) && near(before, next, 3)
            {
                return true;
            }
            if before.target == Target::Blob && next.target == Target::Blob && same_client(before, next) {
                return true;
            }
            if completes(before, next) {
                complete(before, next);
                return true;
            }
        }
        // Blobs of an image whose manifest was seen add nothing.
        next.target == Target::Blob && self.open.iter().any(|o| same_client(o, next) && o.target != Target::Blob)
    }

    /// Everything still open, decided.
    pub(super) fn finish(self) -> Vec<Draft> {
        let named: Vec<_> = self
            .open
            .iter()
            .filter(|o| o.target != Target::Blob)
            .map(|o| (o.repository.clone(), o.request.client.clone()))
            .collect();
        self.open
            .into_iter()
            .filter(|o| o.target != Target::Blob || !named.contains(&(o.repository.clone(), o.request.client.clone())))
            .filter_map(draft)
            .collect()
    }
}

fn same_client(a: &Open, b: &Open) -> bool {
    a.repository.path == b.repository.path && a.request.client == b.request.client
}

/// The same request, logged by another layer or at another moment of its life.
fn same_request(before: &Open, next: &Open) -> bool {
    let methods = before.request.method == next.request.method;
    let status = match (before.request.status, next.request.status) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let layers = before.request.format != next.request.format || before.request.status != next.request.status;
    layers && methods && status && same_client(before, next) && before.target == next.target && near(before, next, 3)
}

fn absorb(before: &mut Open, next: &Open) {
    if before.request.stamp.utc().is_none() {
        before.request.stamp = next.request.stamp;
    }
    if before.repository.registry.is_none() {
        before.repository = next.repository.clone();
    }
    if before.request.status.is_none() {
        before.request.status = next.request.status;
        before.event = next.event;
    }
    before.digest = before.digest.take().or_else(|| next.digest.clone());
}

fn near(a: &Open, b: &Open, seconds: i64) -> bool {
    match (a.request.stamp, b.request.stamp) {
        (Stamp::Utc(x), Stamp::Utc(y)) => (x.as_second() - y.as_second()).abs() <= seconds,
        (Stamp::Local(x), Stamp::Local(y)) => x.duration_until(y).abs().as_secs() <= seconds,
        _ => b.request.mark.line.abs_diff(a.request.mark.line) <= 3,
    }
}

/// `HEAD tag` is completed by the `GET` of the digest it resolved to.
fn completes(before: &Open, next: &Open) -> bool {
    let resolved = *before.request.method == *"HEAD" && before.tag.is_some() && !before.merged;
    let fetched = *next.request.method == *"GET" && matches!(next.event, Event::Pulled | Event::Cached);
    let same_tag = before.tag == next.tag;
    let ok = matches!(before.event, Event::Referenced | Event::Cached);
    !before.request.client.is_empty()
        && resolved
        && ok
        && fetched
        && same_client(before, next)
        && (next.tag.is_none() || same_tag)
        && next.target != Target::Blob
        && near(before, next, JOIN_SECONDS)
}

fn complete(before: &mut Open, next: &Open) {
    before.merged = true;
    before.completed_by = Some(next.target.clone());
    before.event = next.event;
    before.digest = next.digest.clone().or_else(|| before.digest.take());
    before.request.stamp = next.request.stamp;
    before.request.cached = next.request.cached;
}

/// Reads the path; `None` when it is about nothing that can be pulled.
fn open(request: Request) -> Option<Open> {
    if internal(&request.agent) {
        return None;
    }
    let (name, target, namespace) = target_of(&request.uri)?;
    let host = namespace.as_deref().or(request.host.as_deref());
    let repository = match host {
        Some(host) => Repository::parse(&format!("{host}/{name}")).ok()?,
        None => Repository::with_unknown_registry(&name).ok()?,
    };
    let event = event_of(&request, &target)?;
    let (tag, digest) = match &target {
        Target::Manifest(what) => match Digest::parse(what) {
            Ok(digest) => (None, Some(digest)),
            Err(_) if what.contains(':') => (None, None),
            Err(_) => (Some(what.clone()), request.answered.clone()),
        },
        Target::Blob => (None, None),
    };
    Some(Open { request, repository, target, tag, digest, event, merged: false, completed_by: None })
}

/// Harbor's own checks and health probes are nobody's pull.
fn internal(agent: &str) -> bool {
    ["harbor-registry-client", "kube-probe", "ELB-HealthChecker", "GoogleHC"].iter().any(|p| agent.starts_with(p))
}

/// Name, target and `?ns=` of a registry path; double slashes and proxies' prefixes are accepted.
fn target_of(uri: &str) -> Option<(String, Target, Option<String>)> {
    let uri = uri.replace("%2F", "/").replace("%2f", "/").replace("%3A", ":").replace("%3a", ":");
    let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
    let (prefix, rest) = path.split_once("/v2/")?;
    let rest = rest.trim_start_matches('/');
    let (name, target) = match rest.rsplit_once("/manifests/") {
        Some((name, reference)) => (name, Target::Manifest(reference.into())),
        None => (rest.rsplit_once("/blobs/sha256:")?.0, Target::Blob),
    };
    // `/api/docker/<key>/v2/` and `/repository/<name>/v2/` name the proxy's repository in front.
    let key = prefix.strip_prefix("/api/docker/").or_else(|| prefix.strip_prefix("/artifactory/api/docker/"));
    let key = key.or_else(|| prefix.strip_prefix("/repository/"));
    let name = key.map_or_else(|| name.to_owned(), |key| format!("{key}/{name}"));
    let namespace = query.split('&').find_map(|p| p.strip_prefix("ns=")).map(str::to_owned);
    (!name.is_empty()).then_some((name, target, namespace))
}

fn event_of(request: &Request, target: &Target) -> Option<Event> {
    let status = request.status.unwrap_or(200);
    let put = matches!(&*request.method, "PUT");
    let reads = matches!(&*request.method, "GET" | "HEAD" | "");
    if !reads && !put {
        return None;
    }
    let head = &*request.method == "HEAD";
    match (target, status) {
        (Target::Manifest(_), 201) if put => Some(Event::Pushed),
        (_, _) if put => None,
        (Target::Manifest(_), 200 | 206 | 307 | 302) if head => Some(Event::Referenced),
        (_, 304) => Some(Event::Cached),
        (Target::Manifest(_), 200 | 206 | 302 | 307) if request.cached == Some(true) => Some(Event::Cached),
        (Target::Manifest(_), 200 | 206 | 302 | 307) => Some(Event::Pulled),
        (Target::Blob, 200 | 206 | 302 | 307) if !head => Some(Event::Pulled),
        (Target::Manifest(_), 403..=599) => Some(Event::Failed),
        _ => None,
    }
}

fn draft(open: Open) -> Option<Draft> {
    let Open { request, repository, target, tag, digest, event, .. } = open;
    let raw: Box<str> = match &target {
        Target::Manifest(what) => format!("{}/manifests/{what}", repository.path).into(),
        Target::Blob => repository.path.clone(),
    };
    let reference = Reference::new(repository, tag.as_deref(), digest, &raw);
    let mut draft = Draft::image(event, reference, request.format, request.mark).at(request.stamp);
    draft = draft.with("client", &request.client).with("user-agent", &request.agent);
    draft.role = Role::Unstated;
    if !request.client.is_empty() {
        draft.asset = Some(Asset::new(AssetKind::Host, &request.client));
    }
    Some(draft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_registries_and_proxies() {
        let name = |uri: &str| target_of(uri).map(|(n, _, ns)| (n, ns));
        assert_eq!(name("/v2/library/node/manifests/20"), Some(("library/node".into(), None)));
        assert_eq!(name("//v2/a/b/manifests/1?ns=docker.io"), Some(("a/b".into(), Some("docker.io".into()))));
        assert_eq!(name("/api/docker/hub/v2/a/b/manifests/1"), Some(("hub/a/b".into(), None)));
        assert_eq!(name("/v2/_catalog"), None);
        assert_eq!(name("/v2/"), None);
    }
}
