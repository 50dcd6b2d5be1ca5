//! Sonatype Nexus: the search API's JSON. The sha256 of a manifest asset is the manifest's digest:
//! a cheap way to ask whether a proxy cache holds a bad one. Its request log is an access log.

use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::{Reference, Repository};
use serde_json::Value;

use super::PullFormat;
use super::document::text;
use super::sink::{Draft, Mark, Sink};

/// Nexus search results.
#[derive(Debug)]
pub(super) struct Nexus;

impl PullFormat for Nexus {
    fn name(&self) -> &'static str {
        "nexus"
    }
    fn doc(&self) -> &'static str {
        "Nexus search and component JSON: manifests that a proxy or hosted repository holds."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["/manifests/"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        if text(value, &["format"]) != Some("docker") || value.get("assets").is_none() {
            return false;
        }
        let (Some(name), holder) = (text(value, &["name"]), text(value, &["repository"]).unwrap_or("nexus")) else {
            return true;
        };
        for asset in value.get("assets").and_then(Value::as_array).into_iter().flatten() {
            let manifest = text(asset, &["path"]).is_some_and(|p| p.contains("/manifests/"));
            let digest = text(asset, &["checksum", "sha256"]).and_then(Digest::from_sha256_hex);
            let (Some(digest), true, Ok(repository)) = (digest, manifest, Repository::with_unknown_registry(name))
            else {
                continue;
            };
            let reference = Reference::new(repository, text(value, &["version"]), Some(digest), name);
            let mut draft = Draft::image(Event::Cached, reference, "nexus", mark.clone());
            draft.role = Role::Unstated;
            draft.asset = Some(Asset::new(AssetKind::Registry, holder));
            out.emit(draft);
        }
        true
    }
}
