//! Image stores: a layout from the formats over a tree from here, as evidence.

use std::path::Path;

use decon_core::coverage::Coverage;
use decon_core::observation::Asset;
use decon_formats::store::{StoreLayout, Tree};

use super::Evidence;
use super::tree::DiskTree;

/// Reads a store on disk.
pub(super) fn read_store(path: &Path, layout: &dyn StoreLayout) -> Evidence {
    let tree = DiskTree::new(path);
    read_tree(&tree, layout, &path.to_string_lossy())
}

/// Reads a store wherever it lies.
pub(super) fn read_tree(tree: &dyn Tree, layout: &dyn StoreLayout, path: &str) -> Evidence {
    let asset = Asset::new(layout.asset_kind(), &host_of(path));
    let held = layout.read(tree, path, &asset);
    let coverage = Coverage {
        path: path.into(),
        asset,
        format: layout.name().into(),
        window: None,
        speaks: true,
        bytes: held.bytes,
        blob: None,
        gaps: held.gaps,
    };
    Evidence {
        observations: held.observations,
        coverage: vec![coverage],
        blobs: held.blobs.into_iter().collect(),
        ..Evidence::default()
    }
}

/// The machine a store was copied from: what stands before the store's usual place, else the path;
/// its own `etc/hostname` where the copy has one.
fn host_of(path: &str) -> String {
    let places = [
        "/var/lib/docker",
        "/var/lib/containerd",
        "/var/lib/containers",
        "/var/lib/rancher",
        "/var/lib/registry",
        "/.local/share/containers",
        "/var/lib/buildkit",
    ];
    let Some(at) = places.iter().filter_map(|p| path.find(p)).min() else { return path.to_owned() };
    let root = &path[..at];
    let named = std::fs::read_to_string(Path::new(if root.is_empty() { "/" } else { root }).join("etc/hostname")).ok();
    let named = named
        .map(|n| n.trim().to_owned())
        .filter(|n| !n.is_empty() && n.len() < 256 && !n.contains(char::is_whitespace));
    named.unwrap_or_else(|| if root.is_empty() { "localhost".to_owned() } else { root.to_owned() })
}
