//! BuildKit's root (`/var/lib/buildkit/<worker>`, Docker's `buildkit/`): bases of builds that its
//! cache still holds (`metadata_v2.db`, bucket `_main`, `cache.imageRefs`, `cache.description`).

use decon_core::coverage::GapKind;
use decon_core::observation::{Asset, Event, Time};
use decon_core::reference::Reference;
use decon_core::window::When;
use serde_json::Value;

use super::bolt::{Bolt, Bucket};
use super::{Held, Reading, StoreLayout, Tree, containerd};

/// BuildKit.
#[derive(Debug)]
pub(super) struct Buildkit;

const META: &str = "containerdmeta.db";
const CACHE: &str = "metadata_v2.db";

impl StoreLayout for Buildkit {
    fn name(&self) -> &'static str {
        "buildkit-store"
    }
    fn doc(&self) -> &'static str {
        "BuildKit's root: base images that the build cache holds."
    }
    fn claims(&self, tree: &dyn Tree) -> bool {
        tree.size(CACHE).is_some() || tree.size(META).is_some()
    }
    fn owns(&self) -> &'static [&'static str] {
        &[
            "content",
            "snapshots",
            META,
            CACHE,
            "cache.db",
            "snapshots.db",
            "history.db",
            "history_c8d.db",
            "executor",
            "net",
        ]
    }
    fn read(&self, tree: &dyn Tree, path: &str, asset: &Asset) -> Held {
        let mut reading = Reading::new(self.name(), tree, path, asset);
        if tree.size(META).is_some() {
            containerd::read(&mut reading, META, "content/blobs/sha256");
        }
        if let Some(bytes) = tree.read(CACHE, 1 << 30) {
            match Bolt::open(&bytes) {
                Ok(bolt) => cache(&bolt, &mut reading),
                Err(error) => {
                    reading.gap(GapKind::Damaged, CACHE, &error, "copy it again while the builder is stopped")
                }
            }
        }
        reading.finish()
    }
}

fn cache(bolt: &Bolt<'_>, reading: &mut Reading<'_>) {
    let Some(main) = bolt.bucket(bolt.root(), "_main") else { return };
    for (id, record) in bolt.buckets(main) {
        let created = value(bolt, record, "cache.createdAt")
            .and_then(|v| v.as_i64())
            .and_then(|n| jiff::Timestamp::from_nanosecond(n.into()).ok());
        let listed = value(bolt, record, "cache.imageRefs").unwrap_or_default();
        let mut names: Vec<String> =
            listed.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if let Some(description) = value(bolt, record, "cache.description") {
            names.extend(description.as_str().and_then(|d| d.strip_prefix("pulled from ")).map(str::to_owned));
        }
        names.sort();
        names.dedup();
        for reference in names.iter().filter_map(|n| Reference::pullable(n).ok()) {
            let o = reading.observe_with(Event::Held, reference, CACHE, None);
            o.time = Time(created.map_or(When::Unstated, When::At));
            o.detail.insert("cache-record".into(), id.as_str().into());
        }
    }
}

/// `{"value": …}`.
fn value(bolt: &Bolt<'_>, record: Bucket<'_>, key: &str) -> Option<Value> {
    let bytes = bolt.items(record).into_iter().find_map(|(k, item)| match item {
        super::bolt::Item::Value(v) if k == key.as_bytes() => Some(v.to_vec()),
        _ => None,
    })?;
    let mut value: Value = serde_json::from_slice(&bytes).ok()?;
    value.get_mut("value").map(Value::take)
}
