//! Every format, layout and site format against its fixtures, found by path: `<name>/<case>` and
//! `<name>/<case>.jsonl`. `UPDATE_FIXTURES=1` writes what is found; read the difference.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use decon_core::observation::{Asset, AssetKind, Observation};
use decon_core::window::Window;
use decon_formats::pull::{Context, LogReader};
use decon_formats::store::{Entry, Tree};
use decon_formats::{pull, site, store};

fn root(kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(kind)
}

fn cases(kind: &str, name: &str) -> Vec<PathBuf> {
    let folder = root(kind).join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} has no fixture", folder.display()));
    let mut cases: Vec<PathBuf> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_none_or(|e| e != "jsonl")).collect();
    cases.sort();
    assert!(!cases.is_empty(), "{} has no fixture", folder.display());
    cases
}

/// Compares with the expectation beside the case, line by line.
fn compare(case: &Path, observations: &[Observation], gaps: usize) {
    let mut found: Vec<String> = observations.iter().map(|o| serde_json::to_string(o).unwrap()).collect();
    found.push(format!("{{\"gaps\":{gaps}}}"));
    let expectation = case.with_file_name(format!("{}.jsonl", case.file_stem().unwrap().to_string_lossy()));
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        fs::write(&expectation, found.join("\n") + "\n").unwrap();
    }
    let wanted = fs::read_to_string(&expectation).unwrap_or_else(|_| panic!("{} is missing", expectation.display()));
    let wanted: Vec<&str> = wanted.lines().collect();
    assert_eq!(found, wanted, "{}", case.display());
}

fn read_log(bytes: &[u8], block: usize) -> pull::Parsed {
    let context = Context {
        path: "case.log".into(),
        asset: Asset::new(AssetKind::Job, "case"),
        zone: None,
        bounds: Window::ALWAYS,
        suspects: None,
    };
    let mut reader = LogReader::new(context);
    bytes.chunks(block).for_each(|chunk| reader.feed(chunk));
    reader.finish()
}

#[test]
fn every_pull_format_reads_its_fixtures() {
    for format in pull::FORMATS {
        let mut told = false;
        for case in cases("pull", format.name()) {
            let parsed = read_log(&fs::read(&case).unwrap(), 1 << 20);
            told |= parsed.observations.iter().any(|o| &*o.format == format.name()) || !parsed.gaps.is_empty();
            let kept = |o: &Observation| o.proof.blob.as_ref().is_some_and(|b| parsed.blobs.contains_key(b));
            assert!(parsed.observations.iter().all(kept), "every proof's bytes are kept");
            compare(&case, &parsed.observations, parsed.gaps.len());
        }
        assert!(told, "{} tells something in its own fixtures", format.name());
    }
}

#[test]
fn how_a_log_is_cut_into_blocks_does_not_matter() {
    for format in pull::FORMATS {
        for case in cases("pull", format.name()) {
            let bytes = fs::read(&case).unwrap();
            // A document is told from its first block; files are read in blocks of 1 MiB.
            if bytes.starts_with(b"{") || bytes.starts_with(b"[") || bytes.starts_with(b"apiVersion") {
                continue;
            }
            let whole = read_log(&bytes, 1 << 20);
            for block in [7, 64, 100] {
                assert_eq!(
                    whole.observations,
                    read_log(&bytes, block).observations,
                    "{} in blocks of {block}",
                    case.display()
                );
            }
        }
    }
}

struct Folder(PathBuf);

impl Tree for Folder {
    fn list(&self, path: &str) -> Vec<Entry> {
        let read = fs::read_dir(self.0.join(path)).into_iter().flatten().map(|e| e.unwrap());
        let mut entries: Vec<Entry> = read
            .map(|e| Entry {
                name: e.file_name().to_string_lossy().into_owned(),
                folder: e.path().is_dir(),
                file: e.path().is_file(),
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }
    fn read(&self, path: &str, limit: u64) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.0.join(path)).ok()?;
        bytes.truncate(usize::try_from(limit).unwrap());
        Some(bytes)
    }
    fn size(&self, path: &str) -> Option<u64> {
        fs::metadata(self.0.join(path)).ok().filter(fs::Metadata::is_file).map(|m| m.len())
    }
    fn is_folder(&self, path: &str) -> bool {
        self.0.join(path).is_dir()
    }
}

#[test]
fn every_store_layout_reads_its_fixtures() {
    let asset = Asset::new(AssetKind::Host, "case");
    for layout in store::LAYOUTS {
        for case in cases("store", layout.name()) {
            let tree = Folder(case.clone());
            assert!(layout.claims(&tree), "{}", case.display());
            let held = layout.read(&tree, "case", &asset);
            assert!(held.observations.iter().all(|o| &*o.format == layout.name()));
            let text = format!("{:?}", held.observations);
            assert!(!text.contains("never-to-be-seen"), "a secret's value never enters");
            compare(&case, &held.observations, held.gaps.len());
        }
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() { files(&entry, found) } else { found.push(entry) }
    }
}

#[test]
fn every_site_format_reads_its_fixtures() {
    for format in site::FORMATS {
        for case in cases("site", format.name()) {
            let mut inside = Vec::new();
            files(&case, &mut inside);
            assert_eq!(inside.len(), 1, "one file a case: {}", case.display());
            let path = inside[0].to_string_lossy();
            assert!(site::claiming(&path).any(|f| f.name() == format.name()), "{path} is claimed by {}", format.name());
            let text = fs::read_to_string(&inside[0]).unwrap();
            let mut gaps = Vec::new();
            let observations = site::observe(*format, &text, "case", &Asset::new(AssetKind::File, "case"), &mut gaps);
            for site in format.sites(&text).unwrap_or_default() {
                assert!(
                    text.get(site.span.clone()).is_some_and(|t| !t.is_empty()),
                    "{:?} is a span of the text",
                    site.span
                );
            }
            compare(&case, &observations, gaps.len());
        }
    }
}

#[test]
fn hostile_bytes_never_panic() {
    // Every fixture cut at many places, with a byte turned around: a first net before fuzzing.
    let mut inside = Vec::new();
    files(&root("pull"), &mut inside);
    for path in inside.iter().filter(|p| p.extension().is_some_and(|e| e == "log")) {
        let bytes = fs::read(path).unwrap();
        for cut in (0..bytes.len()).step_by(97) {
            let mut part = bytes[..cut].to_vec();
            read_log(&part, 1 << 20);
            if let Some(byte) = part.get_mut(cut / 2) {
                *byte ^= 0x80;
            }
            read_log(&part, 1 << 20);
        }
    }
}
