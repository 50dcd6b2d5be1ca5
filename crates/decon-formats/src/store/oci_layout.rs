//! OCI image layout, folder or tar (image-spec `image-layout.md`): skopeo, umoci, buildx, docker save.

use std::collections::BTreeSet;

use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, Event};
use decon_core::reference::Reference;
use serde_json::Value;

use super::{Held, Reading, StoreLayout, Tree, containerd, nameless};

/// OCI layout.
#[derive(Debug)]
pub(super) struct OciLayout;

impl StoreLayout for OciLayout {
    fn name(&self) -> &'static str {
        "oci-layout"
    }
    fn doc(&self) -> &'static str {
        "OCI image layout, as folder or tar: images with their families."
    }
    fn claims(&self, tree: &dyn Tree) -> bool {
        tree.size("oci-layout").is_some() && tree.size("index.json").is_some()
    }
    fn owns(&self) -> &'static [&'static str] {
        &["blobs", "index.json", "oci-layout"]
    }
    fn read(&self, tree: &dyn Tree, path: &str, asset: &Asset) -> Held {
        let mut reading = Reading::new(self.name(), tree, path, asset);
        let index = reading.json("index.json").unwrap_or_default();
        let mut seen = BTreeSet::new();
        for descriptor in index.get("manifests").and_then(Value::as_array).into_iter().flatten() {
            let Some(digest) = descriptor.get("digest").and_then(Value::as_str).and_then(|d| Digest::parse(d).ok())
            else {
                continue;
            };
            let kind = descriptor.get("mediaType").and_then(Value::as_str).unwrap_or("");
            let role = if kind.contains("index") || kind.contains("list") { Role::Index } else { Role::Manifest };
            let o = reading.observe(Event::Held, name(descriptor, &digest), "index.json");
            o.role = role;
            containerd::family(&digest, "blobs/sha256", &mut seen, &mut reading);
        }
        reading.finish()
    }
}

/// `io.containerd.image.name` is a whole reference, `org.opencontainers.image.ref.name` may be one or a bare tag.
fn name(descriptor: &Value, digest: &Digest) -> Reference {
    let annotation = |key: &str| descriptor.get("annotations").and_then(|a| a.get(key)).and_then(Value::as_str);
    let whole = annotation("io.containerd.image.name")
        .or_else(|| annotation("org.opencontainers.image.ref.name").filter(|n| n.contains(['/', ':'])));
    whole.and_then(|n| Reference::parse(n).ok()).unwrap_or_else(|| nameless(digest)).with_digest(Some(digest.clone()))
}
