//! containers/storage: podman, buildah, CRI-O (`images.go`, `containers.go` of containers/storage).
//!
//! `digest` is the manifest's, `id` the config's; `names-history` keeps former names. A removed
//! image leaves nothing here: only containers made from it still name it.

use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, Event, Time};
use decon_core::reference::Reference;
use decon_core::window::When;
use serde_json::Value;

use super::{Held, Reading, StoreLayout, Tree, nameless};

/// containers/storage.
#[derive(Debug)]
pub(super) struct ContainersStorage;

const DRIVERS: [&str; 6] = ["overlay", "vfs", "btrfs", "zfs", "aufs", "composefs"];

impl StoreLayout for ContainersStorage {
    fn name(&self) -> &'static str {
        "containers-storage"
    }
    fn doc(&self) -> &'static str {
        "containers/storage (podman, buildah, CRI-O): images with former names, containers."
    }
    fn claims(&self, tree: &dyn Tree) -> bool {
        DRIVERS.iter().any(|d| tree.size(&format!("{d}-images/images.json")).is_some())
    }
    fn owns(&self) -> &'static [&'static str] {
        &[
            "overlay",
            "overlay-*",
            "vfs",
            "vfs-*",
            "btrfs*",
            "zfs*",
            "aufs*",
            "libpod",
            "cache",
            "storage.lock",
            "userns.lock",
            "db.sql",
            "defaultNetworkBackend",
        ]
    }
    fn read(&self, tree: &dyn Tree, path: &str, asset: &Asset) -> Held {
        let mut reading = Reading::new(self.name(), tree, path, asset);
        for driver in DRIVERS {
            images(&format!("{driver}-images/images.json"), &mut reading);
            containers(&format!("{driver}-containers/containers.json"), &mut reading);
            containers(&format!("{driver}-containers/volatile-containers.json"), &mut reading);
        }
        reading.finish()
    }
}

fn images(file: &str, reading: &mut Reading<'_>) {
    let Some(list) = reading.json(file) else { return };
    for image in list.as_array().into_iter().flatten() {
        let text = |key: &str| image.get(key).and_then(Value::as_str).unwrap_or("");
        let names = |key: &str| {
            image
                .get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let (id, digest) = (Digest::from_sha256_hex(text("id")), Digest::parse(text("digest")).ok());
        let current = names("names");
        let former: Vec<String> = names("names-history").into_iter().filter(|n| !current.contains(n)).collect();
        let all = current.iter().map(|n| (n, false)).chain(former.iter().map(|n| (n, true)));
        let parts = manifests(image);
        let mut told = false;
        for (name, former) in all {
            let Ok(reference) = Reference::parse(name) else { continue };
            told = true;
            let reference = reference.with_digest(digest.clone());
            image_observation(reference, former, &id, &parts, file, reading);
        }
        if let (false, Some(id)) = (told, &id) {
            let reference = nameless(id).with_digest(digest.clone());
            image_observation(reference, false, &Some(id.clone()), &parts, file, reading);
        }
    }
}

fn image_observation(
    reference: Reference,
    former: bool,
    id: &Option<Digest>,
    parts: &[(Role, Digest)],
    file: &str,
    reading: &mut Reading<'_>,
) {
    let own = reference.digest.clone();
    let o = reading.observe(Event::Held, reference, file);
    o.image_id.clone_from(id);
    o.parts = parts.iter().filter(|(_, d)| Some(d) != own.as_ref()).cloned().collect();
    if former {
        o.detail.insert("name".into(), "former: the image is here, this name was taken from it".into());
    }
}

/// `manifest-sha256:<digest>`: every manifest known of the image, the index among them.
fn manifests(image: &Value) -> Vec<(Role, Digest)> {
    let names = image.get("big-data-names").and_then(Value::as_array);
    let digests = names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|n| Digest::parse(n.strip_prefix("manifest-")?).ok());
    digests.map(|d| (Role::Manifest, d)).collect()
}

fn containers(file: &str, reading: &mut Reading<'_>) {
    if reading.tree().size(file).is_none() {
        return;
    }
    let Some(list) = reading.json(file) else { return };
    for container in list.as_array().into_iter().flatten() {
        let text = |key: &str| container.get(key).and_then(Value::as_str).unwrap_or("");
        let metadata: Value = serde_json::from_str(text("metadata")).unwrap_or_default();
        let named = metadata.get("image-name").and_then(Value::as_str).and_then(|n| Reference::pullable(n).ok());
        let id = Digest::from_sha256_hex(text("image"));
        let Some(reference) = named.or_else(|| id.as_ref().map(nameless)) else { continue };
        let created = crate::frame::parse_rfc3339(text("created")).utc();
        let name = container.get("names").and_then(|n| n.get(0)).and_then(Value::as_str).unwrap_or("").to_owned();
        let o = reading.observe(Event::Run, reference, file);
        o.image_id = id;
        o.time = Time(created.map_or(When::Unstated, When::At));
        if !name.is_empty() {
            o.detail.insert("container".into(), name.into());
        }
    }
}
