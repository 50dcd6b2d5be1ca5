//! Image stores: what engines and registries keep on disk, read without them.
//!
//! A [`StoreLayout`] reads a [`Tree`] of files: a folder, an archive's members, or a test's map.
//! It opens nothing itself, writes nothing, and needs no engine. One file and one line in
//! [`LAYOUTS`] each.

mod bolt;
mod buildkit;
mod containerd;
mod containers_storage;
mod distribution;
mod docker;
mod docker_archive;
mod oci_layout;

use std::collections::HashMap;

use decon_core::coverage::{Gap, GapKind};
use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, AssetKind, Event, Observation, Proof, Subject};
use decon_core::reference::{Reference, Repository};
use decon_core::window::Window;

/// A name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// Whether it is a regular file: no folder, link, pipe or socket.
    pub file: bool,
}

/// Files by relative path, with `/` between parts.
pub trait Tree: Sync {
    /// The names in a folder, sorted; empty when there is none.
    fn list(&self, path: &str) -> Vec<Entry>;
    /// At most `limit` bytes of a file.
    fn read(&self, path: &str, limit: u64) -> Option<Vec<u8>>;
    /// The first byte of each of these regular files of a folder, in their order. A store has a
    /// hundred thousand of them, so a tree that can does it with several threads.
    fn first_bytes(&self, folder: &str, names: &[String]) -> Vec<Option<u8>> {
        let first = |name: &String| self.read(&format!("{folder}/{name}"), 1)?.first().copied();
        names.iter().map(first).collect()
    }
    /// The size of a file.
    fn size(&self, path: &str) -> Option<u64>;
    /// Whether there is a folder of that name.
    fn is_folder(&self, path: &str) -> bool;
}

/// What a store holds.
#[derive(Debug, Default)]
pub struct Held {
    /// What it shows.
    pub observations: Vec<Observation>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// The small files that show it.
    pub blobs: HashMap<Digest, Vec<u8>>,
    /// Bytes read.
    pub bytes: u64,
}

/// One layout of an image store.
pub trait StoreLayout: Sync {
    /// Its name in observations, kebab-case. Public: it never changes.
    fn name(&self) -> &'static str;
    /// One sentence: whose store it is.
    fn doc(&self) -> &'static str;
    /// Whether this folder is such a store.
    fn claims(&self, tree: &dyn Tree) -> bool;
    /// Names in it that belong to the layout and are not to be searched for other evidence.
    fn owns(&self) -> &'static [&'static str];
    /// What a store of this layout is about.
    fn asset_kind(&self) -> AssetKind {
        AssetKind::Host
    }
    /// Everything it holds.
    fn read(&self, tree: &dyn Tree, path: &str, asset: &Asset) -> Held;
}

/// Every layout.
pub const LAYOUTS: &[&dyn StoreLayout] = &[
    &buildkit::Buildkit,
    &containerd::Containerd,
    &containers_storage::ContainersStorage,
    &distribution::Distribution,
    &docker::Docker,
    &docker_archive::DockerArchive,
    &oci_layout::OciLayout,
];

/// Configuration and record files are read up to this size.
pub(crate) const FILE_BYTES: u64 = 64 << 20;

/// Collects what a store holds, with proofs.
pub(crate) struct Reading<'r> {
    tree: &'r dyn Tree,
    path: &'r str,
    asset: &'r Asset,
    format: &'static str,
    held: Held,
    /// Digests of files that were kept, so that a file of a thousand names is hashed once.
    kept: HashMap<String, Option<Digest>>,
}

impl<'r> Reading<'r> {
    pub(crate) fn new(format: &'static str, tree: &'r dyn Tree, path: &'r str, asset: &'r Asset) -> Self {
        Self { tree, path, asset, format, held: Held::default(), kept: HashMap::new() }
    }

    /// A file's bytes; a missing one is no gap.
    pub(crate) fn file(&mut self, path: &str) -> Option<Vec<u8>> {
        let bytes = self.tree.read(path, FILE_BYTES)?;
        self.held.bytes += bytes.len() as u64;
        Some(bytes)
    }

    /// A JSON file; a damaged one is a gap.
    pub(crate) fn json(&mut self, path: &str) -> Option<serde_json::Value> {
        let bytes = self.file(path)?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Some(value),
            Err(error) => {
                self.gap(
                    GapKind::Damaged,
                    path,
                    &format!("is no whole JSON: {error}"),
                    "copy the store again while its engine is stopped",
                );
                None
            }
        }
    }

    pub(crate) fn gap(&mut self, kind: GapKind, path: &str, reason: &str, remedy: &str) {
        let path = format!("{}/{path}", self.path).into();
        if self.held.gaps.len() < 1000 {
            self.held.gaps.push(Gap {
                kind,
                path,
                reason: reason.into(),
                remedy: remedy.into(),
                window: Window::ALWAYS,
            });
        }
    }

    /// An observation proved by this file.
    pub(crate) fn observe(&mut self, event: Event, reference: Reference, file: &str) -> &mut Observation {
        let blob = match self.kept.get(file) {
            Some(kept) => kept.clone(),
            None => {
                let small = self.tree.size(file).filter(|s| *s <= 1 << 20);
                let blob = small.and_then(|_| self.tree.read(file, 1 << 20)).map(|bytes| {
                    let digest = Digest::of(&bytes);
                    self.held.blobs.entry(digest.clone()).or_insert(bytes);
                    digest
                });
                self.kept.insert(file.to_owned(), blob.clone());
                blob
            }
        };
        self.observe_with(event, reference, file, blob)
    }

    /// An observation of a file whose bytes are not kept (a layer, a large database).
    pub(crate) fn observe_with(
        &mut self,
        event: Event,
        reference: Reference,
        file: &str,
        blob: Option<Digest>,
    ) -> &mut Observation {
        let proof = Proof { path: format!("{}/{file}", self.path).into(), line: None, column: None, blob };
        let o = Observation::of(event, Subject::Image(reference), self.asset.clone(), self.format, proof);
        self.held.observations.push(o);
        let last = self.held.observations.len() - 1;
        &mut self.held.observations[last]
    }

    pub(crate) fn tree(&self) -> &'r dyn Tree {
        self.tree
    }

    pub(crate) fn finish(self) -> Held {
        self.held
    }
}

/// A reference to content whose repository nothing names.
pub(crate) fn nameless(digest: &Digest) -> Reference {
    // A name that no registry has, so that no rule about names can meet it.
    let repository = Repository::with_unknown_registry("unnamed").expect("a fixed name that parses");
    Reference::new(repository, None, Some(digest.clone()), digest.as_str())
}

/// What a manifest, an index or a config says about its parts.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) role: Role,
    pub(crate) parts: Vec<(Role, Digest)>,
}

/// Reads an index or a manifest (OCI image-spec, Docker v2 schema 2); `None` when it is neither.
pub(crate) fn parts(bytes: &[u8]) -> Option<Parts> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let digest = |v: &serde_json::Value| v.get("digest").and_then(|d| d.as_str()).and_then(|d| Digest::parse(d).ok());
    if let Some(manifests) = value.get("manifests").and_then(|m| m.as_array()) {
        let parts = manifests.iter().filter_map(|m| Some((Role::Manifest, digest(m)?))).collect();
        return Some(Parts { role: Role::Index, parts });
    }
    let config = value.get("config").and_then(digest)?;
    let layers = value.get("layers")?.as_array()?;
    let mut parts = vec![(Role::Config, config)];
    parts.extend(layers.iter().filter_map(|l| Some((Role::Layer, digest(l)?))));
    Some(Parts { role: Role::Manifest, parts })
}
