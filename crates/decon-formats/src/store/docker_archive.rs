//! `docker save` archives: `manifest.json` names configs, tags and layers (moby `image/tarexport`).
//! New ones are OCI layouts too and are read as both: this file alone says the tags.

use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, Event};
use decon_core::reference::Reference;
use serde_json::Value;

use super::{Held, Reading, StoreLayout, Tree, nameless};

/// docker save.
#[derive(Debug)]
pub(super) struct DockerArchive;

impl StoreLayout for DockerArchive {
    fn name(&self) -> &'static str {
        "docker-archive"
    }
    fn doc(&self) -> &'static str {
        "docker save archives, old and new form, packed or unpacked."
    }
    fn claims(&self, tree: &dyn Tree) -> bool {
        let head = tree.read("manifest.json", 1 << 20).unwrap_or_default();
        head.starts_with(b"[") && memchr::memmem::find(&head, b"\"Config\"").is_some()
    }
    fn owns(&self) -> &'static [&'static str] {
        &["manifest.json", "repositories", "blobs"]
    }
    fn read(&self, tree: &dyn Tree, path: &str, asset: &Asset) -> Held {
        let mut reading = Reading::new(self.name(), tree, path, asset);
        let list = reading.json("manifest.json").unwrap_or_default();
        for image in list.as_array().into_iter().flatten() {
            read_image(image, &mut reading);
        }
        reading.finish()
    }
}

fn read_image(image: &Value, reading: &mut Reading<'_>) {
    // `<hex>.json` in old archives, `blobs/sha256/<hex>` in new ones.
    let config = image.get("Config").and_then(Value::as_str).unwrap_or("");
    let hex = config.rsplit('/').next().unwrap_or("").trim_end_matches(".json");
    let Some(id) = Digest::from_sha256_hex(hex) else { return };
    let layers = image
        .get("LayerSources")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(_, l)| l.get("digest")?.as_str());
    let layers: Vec<_> = layers.filter_map(|d| Digest::parse(d).ok()).map(|d| (Role::Layer, d)).collect();
    let tags: Vec<&str> =
        image.get("RepoTags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut references: Vec<Reference> = tags.iter().filter_map(|t| Reference::parse(t).ok()).collect();
    if references.is_empty() {
        references.push(nameless(&id));
    }
    for reference in references {
        let o = reading.observe(Event::Held, reference, "manifest.json");
        o.image_id = Some(id.clone());
    }
    if !layers.is_empty() {
        let o = reading.observe_with(Event::Comprises, nameless(&id), "manifest.json", None);
        o.role = Role::Config;
        o.parts = layers;
    }
}
