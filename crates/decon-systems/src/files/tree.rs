//! Trees of files that a store layout is read from: a folder on disk, or an archive's members.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use decon_formats::store::{Entry, Tree};

/// A folder on disk. Nothing above it and no link out of it is read.
#[derive(Debug)]
pub(super) struct DiskTree {
    root: PathBuf,
}

impl DiskTree {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn inside(&self, path: &str) -> Option<PathBuf> {
        let safe = !path.starts_with('/') && path.split('/').all(|part| part != "..");
        safe.then(|| self.root.join(path))
    }
}

impl Tree for DiskTree {
    fn list(&self, path: &str) -> Vec<Entry> {
        let Some(entries) = self.inside(path).and_then(|p| fs::read_dir(p).ok()) else { return Vec::new() };
        let mut entries: Vec<Entry> = entries
            .filter_map(Result::ok)
            .filter_map(|e| {
                let kind = e.file_type().ok()?;
                Some(Entry {
                    name: e.file_name().to_string_lossy().into_owned(),
                    folder: kind.is_dir(),
                    file: kind.is_file(),
                })
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    fn read(&self, path: &str, limit: u64) -> Option<Vec<u8>> {
        let path = self.inside(path)?;
        // A pipe in place of a file would wait for ever.
        if !fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn first_bytes(&self, folder: &str, names: &[String]) -> Vec<Option<u8>> {
        let Some(folder) = self.inside(folder) else { return vec![None; names.len()] };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = names.len().div_ceil(threads).max(1024);
        std::thread::scope(|scope| {
            let parts: Vec<_> = names
                .chunks(share)
                .map(|part| scope.spawn(|| part.iter().map(|name| first_byte(&folder.join(name))).collect::<Vec<_>>()))
                .collect();
            parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|_| vec![None; share])).collect()
        })
    }

    fn size(&self, path: &str) -> Option<u64> {
        let meta = fs::symlink_metadata(self.inside(path)?).ok()?;
        meta.is_file().then_some(meta.len())
    }

    fn is_folder(&self, path: &str) -> bool {
        self.inside(path).and_then(|p| fs::symlink_metadata(p).ok()).is_some_and(|m| m.is_dir())
    }
}

fn first_byte(path: &Path) -> Option<u8> {
    let mut byte = [0];
    (File::open(path).ok()?.read(&mut byte).ok()? == 1).then_some(byte[0])
}

/// Members of an archive held in memory.
#[derive(Debug, Default)]
pub(super) struct HeldTree {
    pub(super) members: BTreeMap<String, Vec<u8>>,
}

impl Tree for HeldTree {
    fn list(&self, path: &str) -> Vec<Entry> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut entries: Vec<Entry> = Vec::new();
        for name in self.members.keys().filter_map(|k| k.strip_prefix(&prefix)) {
            let (first, folder) = name.split_once('/').map_or((name, false), |(first, _)| (first, true));
            if entries.last().is_none_or(|e| e.name != first) {
                entries.push(Entry { name: first.to_owned(), folder, file: !folder });
            }
        }
        entries
    }

    fn read(&self, path: &str, limit: u64) -> Option<Vec<u8>> {
        let bytes = self.members.get(path)?;
        let end = usize::try_from(limit).unwrap_or(usize::MAX).min(bytes.len());
        Some(bytes[..end].to_vec())
    }

    fn size(&self, path: &str) -> Option<u64> {
        self.members.get(path).map(|b| b.len() as u64)
    }

    fn is_folder(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        self.members.range(prefix.clone()..).next().is_some_and(|(k, _)| k.starts_with(&prefix))
    }
}
