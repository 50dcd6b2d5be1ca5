//! Docker's classic store: `/var/lib/docker/image/<driver>` and `containers/`.
//!
//! moby `image/fs.go`, `reference/store.go`, `distribution/metadata/v2_metadata_service.go`,
//! `container/container.go`. The image id here is the config digest. After `docker rmi` the files
//! under `distribution/v2metadata-by-diffid` stay, with each layer's digest and source repository:
//! that is how a removed image is told.

use std::collections::{BTreeMap, BTreeSet};

use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, Event, Time};
use decon_core::reference::{Reference, Repository};
use decon_core::window::When;
use serde_json::Value;

use super::{Held, Reading, StoreLayout, Tree, nameless};
use crate::frame::parse_rfc3339;

/// Docker's graph-driver store.
#[derive(Debug)]
pub(super) struct Docker;

impl StoreLayout for Docker {
    fn name(&self) -> &'static str {
        "docker-store"
    }
    fn doc(&self) -> &'static str {
        "Docker's classic store (/var/lib/docker): images, residue of removed ones, containers."
    }
    fn claims(&self, tree: &dyn Tree) -> bool {
        drivers(tree).next().is_some() || (tree.is_folder("containers") && tree.is_folder("image"))
    }
    fn owns(&self) -> &'static [&'static str] {
        &[
            "image",
            "overlay2",
            "overlay",
            "vfs",
            "aufs",
            "btrfs",
            "zfs",
            "fuse-overlayfs",
            "windowsfilter",
            "network",
            "plugins",
            "runtimes",
            "swarm",
            "tmp",
            "rootfs",
            "trust",
        ]
    }
    fn read(&self, tree: &dyn Tree, path: &str, asset: &Asset) -> Held {
        let mut reading = Reading::new(self.name(), tree, path, asset);
        for driver in drivers(tree).collect::<Vec<_>>() {
            images(&format!("image/{driver}"), &mut reading);
        }
        containers(&mut reading);
        reading.finish()
    }
}

fn drivers(tree: &dyn Tree) -> impl Iterator<Item = String> + use<'_> {
    let folders = tree.list("image").into_iter().filter(|e| e.folder).map(|e| e.name);
    folders.filter(|d| {
        tree.size(&format!("image/{d}/repositories.json")).is_some() || tree.is_folder(&format!("image/{d}/imagedb"))
    })
}

/// What is known about one image id.
#[derive(Default)]
struct Image {
    tagged: Vec<Reference>,
    digests: Vec<Reference>,
}

fn images(root: &str, reading: &mut Reading<'_>) {
    let repositories = format!("{root}/repositories.json");
    let mut by_id: BTreeMap<Digest, Image> = BTreeMap::new();
    let listed = reading.json(&repositories).unwrap_or_default();
    for names in
        listed.get("Repositories").and_then(Value::as_object).into_iter().flatten().filter_map(|(_, v)| v.as_object())
    {
        for (name, id) in names {
            let (Ok(reference), Some(id)) = (Reference::parse(name), id.as_str().and_then(|i| Digest::parse(i).ok()))
            else {
                continue;
            };
            let image = by_id.entry(id).or_default();
            if reference.digest.is_some() { image.digests.push(reference) } else { image.tagged.push(reference) }
        }
    }
    let layers = layer_digests(root, reading);
    let present = configs(root, &layers, &mut by_id, reading);
    for (id, image) in &by_id {
        image_observations(root, &repositories, id, image, reading);
    }
    residue(root, &layers, &present, reading);
}

fn image_observations(root: &str, file: &str, id: &Digest, image: &Image, reading: &mut Reading<'_>) {
    let updated = reading.file(&format!("{root}/imagedb/metadata/sha256/{}/lastUpdated", id.hex()));
    let updated = updated.and_then(|bytes| parse_rfc3339(&String::from_utf8_lossy(&bytes)).utc());
    let mut references: Vec<Reference> = Vec::new();
    for tagged in &image.tagged {
        let digests: Vec<_> = image.digests.iter().filter(|d| d.repository == tagged.repository).collect();
        if digests.is_empty() {
            references.push(tagged.clone());
        }
        references.extend(digests.iter().map(|d| tagged.clone().with_digest(d.digest.clone())));
    }
    let untagged = |d: &&Reference| !image.tagged.iter().any(|t| t.repository == d.repository);
    references.extend(image.digests.iter().filter(untagged).cloned());
    if references.is_empty() {
        references.push(nameless(id));
    }
    for reference in references {
        let o = reading.observe(Event::Held, reference, file);
        o.image_id = Some(id.clone());
        o.time = Time(updated.map_or(When::Unstated, When::At));
    }
}

/// Layer digests and their source repositories by diff id.
fn layer_digests(root: &str, reading: &mut Reading<'_>) -> BTreeMap<String, Vec<(Digest, String)>> {
    let folder = format!("{root}/distribution/v2metadata-by-diffid/sha256");
    let mut layers: BTreeMap<String, Vec<(Digest, String)>> = BTreeMap::new();
    for entry in reading.tree().list(&folder) {
        let records = reading.json(&format!("{folder}/{}", entry.name)).unwrap_or_default();
        for record in records.as_array().into_iter().flatten() {
            let digest = record.get("Digest").and_then(Value::as_str).and_then(|d| Digest::parse(d).ok());
            let source = record.get("SourceRepository").and_then(Value::as_str).unwrap_or("");
            if let Some(digest) = digest {
                layers.entry(entry.name.clone()).or_default().push((digest, source.to_owned()));
            }
        }
    }
    layers
}

/// Reads every config; says which diff ids live images have, and what each is built on.
fn configs(
    root: &str,
    layers: &BTreeMap<String, Vec<(Digest, String)>>,
    by_id: &mut BTreeMap<Digest, Image>,
    reading: &mut Reading<'_>,
) -> BTreeSet<String> {
    let folder = format!("{root}/imagedb/content/sha256");
    let mut present = BTreeSet::new();
    let mut chains: BTreeMap<Vec<String>, Digest> = BTreeMap::new();
    let mut all = Vec::new();
    for entry in reading.tree().list(&folder) {
        let Some(id) = Digest::from_sha256_hex(&entry.name) else { continue };
        let Some(config) = reading.json(&format!("{folder}/{}", entry.name)) else { continue };
        let diffs = config.get("rootfs").and_then(|r| r.get("diff_ids")).and_then(Value::as_array);
        let diffs: Vec<String> = diffs
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter_map(|d| d.split(':').nth(1))
            .map(str::to_owned)
            .collect();
        by_id.entry(id.clone()).or_default();
        present.extend(diffs.iter().cloned());
        chains.insert(diffs.clone(), id.clone());
        all.push((id, diffs));
    }
    for (id, diffs) in all {
        let mut parts: Vec<(Role, Digest)> = diffs
            .iter()
            .filter_map(|d| layers.get(d))
            .flatten()
            .map(|(digest, _)| (Role::Layer, digest.clone()))
            .collect();
        // An image whose layers begin with all of another's was built on it.
        let bases = (1..diffs.len()).filter_map(|n| chains.get(&diffs[..n]));
        parts.extend(bases.map(|base| (Role::Unstated, base.clone())));
        if !parts.is_empty() {
            let o = reading.observe_with(Event::Comprises, nameless(&id), &format!("{folder}/{}", id.hex()), None);
            o.role = Role::Config;
            o.parts = parts;
        }
    }
    present
}

/// Layers of no live image, with the repository they came from.
fn residue(
    root: &str,
    layers: &BTreeMap<String, Vec<(Digest, String)>>,
    present: &BTreeSet<String>,
    reading: &mut Reading<'_>,
) {
    for (diff, records) in layers.iter().filter(|(diff, _)| !present.contains(*diff)) {
        for (digest, source) in records {
            let reference = match Repository::parse(source) {
                Ok(repository) => Reference::new(repository, None, Some(digest.clone()), source),
                Err(_) => nameless(digest),
            };
            let file = format!("{root}/distribution/v2metadata-by-diffid/sha256/{diff}");
            let o = reading.observe(Event::Residue, reference, &file);
            o.role = Role::Layer;
        }
    }
}

fn containers(reading: &mut Reading<'_>) {
    for entry in reading.tree().list("containers").into_iter().filter(|e| e.folder) {
        let file = format!("containers/{}/config.v2.json", entry.name);
        let Some(config) = reading.json(&file) else { continue };
        let host = reading.json(&format!("containers/{}/hostconfig.json", entry.name)).unwrap_or_default();
        container(&file, &config, &host, reading);
    }
}

fn container(file: &str, config: &Value, host: &Value, reading: &mut Reading<'_>) {
    let text = |path: &[&str]| path.iter().try_fold(config, |v, k| v.get(*k)).and_then(Value::as_str).unwrap_or("");
    let id = Digest::parse(text(&["Image"])).ok();
    let named = Reference::pullable(text(&["Config", "Image"])).ok();
    let Some(reference) = named.or_else(|| id.as_ref().map(nameless)) else { return };
    let started = parse_rfc3339(text(&["State", "StartedAt"])).utc().filter(|t| t.as_second() > 0);
    let created = parse_rfc3339(text(&["Created"])).utc();
    let event = if started.is_some() { Event::Run } else { Event::Referenced };
    let details = [
        ("container", text(&["Name"]).trim_start_matches('/').to_owned()),
        ("created", created.map_or_else(String::new, |t| t.to_string())),
        (
            "finished",
            parse_rfc3339(text(&["State", "FinishedAt"]))
                .utc()
                .filter(|t| t.as_second() > 0)
                .map_or_else(String::new, |t| t.to_string()),
        ),
        ("mounts", mounts(config)),
        ("environment-names", environment_names(config)),
        (
            "privileged",
            if host.get("Privileged").and_then(Value::as_bool) == Some(true) { "true".into() } else { String::new() },
        ),
    ];
    // The file holds values of variables: it is not kept as evidence, only its place is named.
    let o = reading.observe_with(event, reference, file, None);
    o.image_id = id;
    o.time = Time(started.or(created).map_or(When::Unstated, When::At));
    for (key, value) in details.into_iter().filter(|(_, v)| !v.is_empty()) {
        o.detail.insert(key.into(), value.into());
    }
}

fn mounts(config: &Value) -> String {
    let points = config.get("MountPoints").and_then(Value::as_object);
    let one = |(target, point): (&String, &Value)| {
        let source = point
            .get("Source")
            .and_then(Value::as_str)
            .filter(|s| !s.is_empty())
            .or_else(|| point.get("Name").and_then(Value::as_str));
        format!("{}:{target}", source.unwrap_or(""))
    };
    points.into_iter().flatten().map(one).collect::<Vec<_>>().join(", ")
}

/// Names only: a value never enters.
fn environment_names(config: &Value) -> String {
    let list = config.get("Config").and_then(|c| c.get("Env")).and_then(Value::as_array);
    let names = list.into_iter().flatten().filter_map(Value::as_str).map(|e| e.split('=').next().unwrap_or(""));
    names.collect::<Vec<_>>().join(", ")
}
