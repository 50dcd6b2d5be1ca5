//! The storage of distribution (Docker Registry), hosted or pull-through: `docker/registry/v2`.
//!
//! distribution `registry/storage/paths.go`. `_manifests/tags/<tag>/index/` keeps every digest the
//! tag ever had; a link whose blob is gone is what is left of a deleted image.

use std::collections::BTreeSet;

use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::{Reference, Repository};

use super::{Held, Reading, StoreLayout, Tree, nameless, parts};

/// A registry's storage.
#[derive(Debug)]
pub(super) struct Distribution;

impl StoreLayout for Distribution {
    fn name(&self) -> &'static str {
        "registry-store"
    }
    fn doc(&self) -> &'static str {
        "distribution's storage (docker/registry/v2): repositories, tag history, deleted revisions."
    }
    fn claims(&self, tree: &dyn Tree) -> bool {
        tree.is_folder("repositories") && (tree.is_folder("blobs") || has_manifests("repositories", 4, tree))
    }
    fn owns(&self) -> &'static [&'static str] {
        &["repositories", "blobs"]
    }
    fn asset_kind(&self) -> AssetKind {
        AssetKind::Registry
    }
    fn read(&self, tree: &dyn Tree, path: &str, asset: &Asset) -> Held {
        let mut reading = Reading::new(self.name(), tree, path, asset);
        let mut seen = BTreeSet::new();
        repositories("", 0, &mut seen, &mut reading);
        reading.finish()
    }
}

/// The links alone, without blobs, are what people copy: they tell the tags' history too.
fn has_manifests(path: &str, depth: usize, tree: &dyn Tree) -> bool {
    let folders = || tree.list(path).into_iter().filter(|e| e.folder).take(8);
    folders().any(|e| e.name == "_manifests")
        || (depth > 0
            && folders()
                .any(|e| !e.name.starts_with('_') && has_manifests(&format!("{path}/{}", e.name), depth - 1, tree)))
}

/// Names have at most 255 characters, so at most 128 parts.
const DEPTH: usize = 128;

fn repositories(name: &str, depth: usize, seen: &mut BTreeSet<Digest>, reading: &mut Reading<'_>) {
    if depth > DEPTH {
        return;
    }
    let folder = if name.is_empty() { "repositories".to_owned() } else { format!("repositories/{name}") };
    for entry in reading.tree().list(&folder).into_iter().filter(|e| e.folder) {
        match entry.name.as_str() {
            "_manifests" => repository(name, &format!("{folder}/_manifests"), seen, reading),
            inner if inner.starts_with('_') => {}
            inner => repositories(
                &if name.is_empty() { inner.to_owned() } else { format!("{name}/{inner}") },
                depth + 1,
                seen,
                reading,
            ),
        }
    }
}

fn repository(name: &str, manifests: &str, seen: &mut BTreeSet<Digest>, reading: &mut Reading<'_>) {
    let Ok(repository) = Repository::with_unknown_registry(name) else { return };
    let mut tagged = BTreeSet::new();
    for tag in reading.tree().list(&format!("{manifests}/tags")).into_iter().filter(|e| e.folder) {
        let folder = format!("{manifests}/tags/{}", tag.name);
        let current = reading
            .file(&format!("{folder}/current/link"))
            .and_then(|b| Digest::parse(String::from_utf8_lossy(&b).trim()).ok());
        let mut all: BTreeSet<Digest> = history(&format!("{folder}/index"), reading);
        all.extend(current.clone());
        for digest in all {
            let here = blob_file(&digest, reading).is_some();
            let event = if here { Event::Held } else { Event::Residue };
            let is_current = current.as_ref() == Some(&digest);
            let reference = Reference::new(repository.clone(), Some(&tag.name), Some(digest.clone()), name);
            let link = format!(
                "{folder}/{}",
                if is_current { "current/link".to_owned() } else { format!("index/sha256/{}/link", digest.hex()) }
            );
            let o = reading.observe(event, reference, &link);
            if !is_current {
                o.detail.insert("tag".into(), "former: the tag points elsewhere now".into());
            }
            family(&digest, seen, reading);
            tagged.insert(digest);
        }
    }
    for digest in history(&format!("{manifests}/revisions"), reading) {
        if !tagged.contains(&digest) {
            let here = blob_file(&digest, reading).is_some();
            let event = if here { Event::Held } else { Event::Residue };
            let link = format!("{manifests}/revisions/sha256/{}/link", digest.hex());
            reading.observe(event, Reference::new(repository.clone(), None, Some(digest.clone()), name), &link);
            family(&digest, seen, reading);
        }
    }
}

/// The digests that have a folder under `<path>/sha256`.
fn history(path: &str, reading: &Reading<'_>) -> BTreeSet<Digest> {
    reading.tree().list(&format!("{path}/sha256")).iter().filter_map(|e| Digest::from_sha256_hex(&e.name)).collect()
}

fn blob_file(digest: &Digest, reading: &Reading<'_>) -> Option<String> {
    let file = format!("blobs/sha256/{}/{}/data", digest.hex().get(..2)?, digest.hex());
    reading.tree().size(&file).map(|_| file)
}

fn family(digest: &Digest, seen: &mut BTreeSet<Digest>, reading: &mut Reading<'_>) {
    let mut todo = vec![digest.clone()];
    while let Some(digest) = todo.pop() {
        if !seen.insert(digest.clone()) {
            continue;
        }
        let Some(file) = blob_file(&digest, reading) else { continue };
        if reading.tree().size(&file).is_none_or(|s| s > super::containerd::MANIFEST_BYTES) {
            continue;
        }
        let Some(found) = reading.file(&file).and_then(|bytes| parts(&bytes)) else { continue };
        todo.extend(
            found.parts.iter().filter(|(role, _)| *role == decon_core::digest::Role::Manifest).map(|(_, d)| d.clone()),
        );
        let o = reading.observe_with(Event::Comprises, nameless(&digest), &file, None);
        o.role = found.role;
        o.parts = found.parts;
    }
}
