//! containerd's root: `meta.db` for names, dates and containers, the content store for families.
//!
//! Also Docker's containerd store, k3s and RKE2. Schema: containerd `core/metadata/buckets.go`
//! (`v1/<namespace>/images/<name>/target/digest`, `…/content/blob/<digest>/labels`). A blob that no
//! image reaches is what is left of a removed one; its labels still name the repository.

use std::collections::{BTreeMap, BTreeSet};

use decon_core::coverage::GapKind;
use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, Event, Time};
use decon_core::reference::{Reference, Repository};
use decon_core::window::When;

use super::bolt::{Bolt, Bucket, Item, go_time};
use super::{Held, Reading, StoreLayout, Tree, nameless, parts};

/// containerd.
#[derive(Debug)]
pub(super) struct Containerd;

const META: &str = "io.containerd.metadata.v1.bolt/meta.db";
const BLOBS: &str = "io.containerd.content.v1.content/blobs/sha256";
/// A database of a busy node has some 100 MiB.
const META_BYTES: u64 = 1 << 30;
/// Manifests are small; a larger blob is a layer.
pub(super) const MANIFEST_BYTES: u64 = 4 << 20;

impl StoreLayout for Containerd {
    fn name(&self) -> &'static str {
        "containerd-store"
    }
    fn doc(&self) -> &'static str {
        "containerd's root (also Docker's containerd store, k3s, RKE2): images, content, containers."
    }
    fn claims(&self, tree: &dyn Tree) -> bool {
        tree.size(META).is_some() || tree.is_folder(BLOBS)
    }
    fn owns(&self) -> &'static [&'static str] {
        &["io.containerd.*", "tmpmounts"]
    }
    fn read(&self, tree: &dyn Tree, path: &str, asset: &Asset) -> Held {
        let mut reading = Reading::new(self.name(), tree, path, asset);
        read(&mut reading, META, BLOBS);
        reading.finish()
    }
}

/// Reads a metadata database and its content; BuildKit has the same pair under other names.
pub(super) fn read(reading: &mut Reading<'_>, meta: &str, blobs: &str) {
    let Some(bytes) = reading.tree().read(meta, META_BYTES) else {
        reading.gap(
            GapKind::Unreadable,
            meta,
            "the database of names is missing or cannot be read",
            "copy the whole containerd root",
        );
        return without_names(reading, blobs);
    };
    let bolt = match Bolt::open(&bytes) {
        Ok(bolt) => bolt,
        Err(error) => {
            reading.gap(
                GapKind::Damaged,
                meta,
                &error,
                "copy it again while containerd is stopped, or from a snapshot",
            );
            return without_names(reading, blobs);
        }
    };
    let Some(version) = bolt.bucket(bolt.root(), "v1") else { return };
    for (namespace, bucket) in bolt.buckets(version) {
        let mut space = Namespace { bolt: &bolt, namespace: &namespace, meta, blobs, seen: BTreeSet::new() };
        space.read(bucket, reading);
    }
}

struct Namespace<'n, 'b> {
    bolt: &'n Bolt<'b>,
    namespace: &'n str,
    meta: &'n str,
    blobs: &'n str,
    seen: BTreeSet<Digest>,
}

/// The names of one image, by its target.
#[derive(Default)]
struct Names {
    references: Vec<(Reference, Option<jiff::Timestamp>)>,
    config: Option<Digest>,
}

impl<'b> Namespace<'_, 'b> {
    fn read(&mut self, bucket: Bucket<'b>, reading: &mut Reading<'_>) {
        if let Some(images) = self.bolt.bucket(bucket, "images") {
            for (target, names) in self.images(images) {
                self.image(&target, names, reading);
            }
        }
        if let Some(containers) = self.bolt.bucket(bucket, "containers") {
            for (id, container) in self.bolt.buckets(containers) {
                self.container(&id, container, reading);
            }
        }
        let content = self.bolt.bucket(bucket, "content").and_then(|c| self.bolt.bucket(c, "blob"));
        if let Some(content) = content {
            self.leftovers(content, reading);
        }
    }

    fn images(&self, images: Bucket<'b>) -> BTreeMap<Digest, Names> {
        let mut by_target: BTreeMap<Digest, Names> = BTreeMap::new();
        for (name, image) in self.bolt.buckets(images) {
            let target = self.bolt.bucket(image, "target").and_then(|t| self.bolt.value(t, "digest"));
            let Some(target) = target.and_then(|t| Digest::parse(&String::from_utf8_lossy(t)).ok()) else { continue };
            let updated = self.bolt.value(image, "updatedat").and_then(go_time);
            let names = by_target.entry(target.clone()).or_default();
            if let Ok(config) = Digest::parse(&name) {
                names.config = Some(config);
            } else if let Ok(reference) = Reference::parse(&name) {
                let dangling = &*reference.repository.path == "library/moby-dangling";
                let reference = if dangling { nameless(&target) } else { reference };
                names.references.push((reference, updated));
            }
        }
        by_target
    }

    fn image(&mut self, target: &Digest, names: Names, reading: &mut Reading<'_>) {
        let tagged: BTreeSet<Repository> =
            names.references.iter().filter(|(r, _)| r.tag.is_some()).map(|(r, _)| r.repository.clone()).collect();
        for (reference, updated) in names.references {
            // CRI also writes `repo@sha256` beside `repo:tag`.
            if reference.tag.is_none() && tagged.contains(&reference.repository) {
                continue;
            }
            let o = reading.observe_with(Event::Held, reference.with_digest(Some(target.clone())), self.meta, None);
            o.image_id = names.config.clone();
            o.time = Time(updated.map_or(When::Unstated, When::At));
            o.detail.insert("namespace".into(), self.namespace.into());
        }
        self.family(target, reading);
    }

    /// Follows an index to its manifests and those to configs and layers, as far as they are here.
    fn family(&mut self, digest: &Digest, reading: &mut Reading<'_>) {
        family(digest, self.blobs, &mut self.seen, reading);
    }

    fn container(&self, id: &str, container: Bucket<'b>, reading: &mut Reading<'_>) {
        let text = |name: &str| self.bolt.value(container, name).map(|v| String::from_utf8_lossy(v).into_owned());
        let labels = self.bolt.bucket(container, "labels");
        let label =
            |name: &str| labels.and_then(|l| self.bolt.value(l, name)).map(|v| String::from_utf8_lossy(v).into_owned());
        let named = text("image").filter(|i| !i.is_empty()).or_else(|| label("io.cri-containerd.image"));
        let Some(named) = named else { return };
        let (reference, image_id) = match Digest::parse(&named) {
            Ok(id) => (nameless(&id), Some(id)),
            Err(_) => match Reference::pullable(&named) {
                Ok(reference) => (reference, None),
                Err(_) => return,
            },
        };
        let o = reading.observe_with(Event::Run, reference, self.meta, None);
        o.image_id = image_id;
        o.time = Time(self.bolt.value(container, "createdat").and_then(go_time).map_or(When::Unstated, When::At));
        o.detail.insert("container".into(), id.into());
        o.detail.insert("namespace".into(), self.namespace.into());
    }

    /// Blobs that no image reaches: what is left of removed ones until garbage collection.
    fn leftovers(&mut self, content: Bucket<'b>, reading: &mut Reading<'_>) {
        for (name, blob) in self.bolt.buckets(content) {
            let Ok(digest) = Digest::parse(&name) else { continue };
            if self.seen.contains(&digest) {
                continue;
            }
            let (source, mut children) = self.labels(blob);
            // dockerd and old clients write no labels: then the blob itself says what it is.
            children |= self.bolt.value(blob, "size").and_then(varint).is_some_and(|s| s <= LEFTOVER_BYTES)
                && self.is_manifest(&digest, reading);
            let role = if children { Role::Unstated } else { Role::Layer };
            let reference =
                source.map_or_else(|| nameless(&digest), |r| Reference::new(r, None, Some(digest.clone()), &name));
            let created = self.bolt.value(blob, "createdat").and_then(go_time);
            let o = reading.observe_with(Event::Residue, reference, self.meta, None);
            o.role = role;
            o.time = Time(created.map_or(When::Unstated, When::At));
            o.detail.insert("namespace".into(), self.namespace.into());
            if children {
                self.family(&digest, reading);
            }
        }
    }

    fn is_manifest(&self, digest: &Digest, reading: &mut Reading<'_>) -> bool {
        reading.file(&format!("{}/{}", self.blobs, digest.hex())).is_some_and(|bytes| parts(&bytes).is_some())
    }

    /// `containerd.io/distribution.source.docker.io = checkmarx/kics`, and whether it has children.
    fn labels(&self, blob: Bucket<'b>) -> (Option<Repository>, bool) {
        let Some(labels) = self.bolt.bucket(blob, "labels") else { return (None, false) };
        let mut source = None;
        let mut children = false;
        for (key, item) in self.bolt.items(labels) {
            let (key, Item::Value(value)) = (String::from_utf8_lossy(key), item) else { continue };
            children |= key.starts_with("containerd.io/gc.ref.content");
            if let Some(host) = key.strip_prefix("containerd.io/distribution.source.") {
                let value = String::from_utf8_lossy(value);
                let first = value.split(',').next().unwrap_or("");
                source = source.or_else(|| Repository::parse(&format!("{host}/{first}")).ok());
            }
        }
        (source, children)
    }
}

/// Unreferenced blobs of this size are looked into; manifests of a hundred platforms fit.
const LEFTOVER_BYTES: i64 = 64 << 10;

/// Go's `binary.PutVarint`: zigzag, seven bits a byte.
fn varint(bytes: &[u8]) -> Option<i64> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f).checked_shl(u32::try_from(i * 7).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value >> 1).cast_signed() ^ -((value & 1).cast_signed()));
        }
    }
    None
}

/// Says which digest contains which, from the blobs themselves.
pub(super) fn family(digest: &Digest, blobs: &str, seen: &mut BTreeSet<Digest>, reading: &mut Reading<'_>) {
    let mut todo = vec![digest.clone()];
    while let Some(digest) = todo.pop() {
        if !seen.insert(digest.clone()) {
            continue;
        }
        let file = format!("{blobs}/{}", digest.hex());
        if reading.tree().size(&file).is_none_or(|s| s > MANIFEST_BYTES) {
            continue;
        }
        let Some(found) = reading.file(&file).and_then(|bytes| parts(&bytes)) else { continue };
        for (role, part) in &found.parts {
            match role {
                Role::Manifest => todo.push(part.clone()),
                _ => {
                    seen.insert(part.clone());
                }
            }
        }
        let o = reading.observe_with(Event::Comprises, nameless(&digest), &file, None);
        o.role = found.role;
        o.parts = found.parts;
    }
}

/// Without names, the content still says which manifests are here.
pub(super) fn without_names(reading: &mut Reading<'_>, blobs: &str) {
    let mut seen = BTreeSet::new();
    let names: Vec<String> = reading.tree().list(blobs).into_iter().filter(|e| e.file).map(|e| e.name).collect();
    // Of a hundred thousand blobs most are layers: one byte tells, their size is not asked.
    let first = reading.tree().first_bytes(blobs, &names);
    for (name, _) in names.iter().zip(first).filter(|(_, first)| *first == Some(b'{')) {
        let Some(digest) = Digest::from_sha256_hex(name) else { continue };
        let file = format!("{blobs}/{name}");
        let manifest = reading.tree().size(&file).is_some_and(|size| size <= MANIFEST_BYTES);
        if manifest && reading.file(&file).is_some_and(|bytes| parts(&bytes).is_some()) {
            reading.observe_with(Event::Held, nameless(&digest), &file, None);
            family(&digest, blobs, &mut seen, reading);
        }
    }
}
