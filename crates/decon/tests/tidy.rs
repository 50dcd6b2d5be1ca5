//! The house: crate edges, file heads, lengths, names, and that every plug-in is whole.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use decon_formats::{network, pull, site, store};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join("crates"), &mut found);
    walk(&root().join("fuzz/fuzz_targets"), &mut found);
    assert!(found.len() > 80, "the sources are found");
    found
}

#[test]
fn crates_know_only_inner_rings() {
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let allowed = |name: &str| -> &[&str] {
        match name {
            "decon-core" | "decon-hunt" => &[],
            "decon-formats" => &["decon-core", "decon-hunt"],
            "decon-systems" => &["decon-core", "decon-formats"],
            "decon" => &["decon-core", "decon-formats", "decon-systems"],
            other => panic!("{other} is not in the design"),
        }
    };
    let packages = metadata["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 5);
    for package in packages {
        let name = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let inner = dependency["name"].as_str().unwrap();
            assert!(!inner.starts_with("decon") || allowed(name).contains(&inner), "{name} must not know {inner}");
        }
    }
}

#[test]
fn pure_rings_do_not_touch_the_world() {
    for (path, text) in sources() {
        let shown = path.to_string_lossy();
        if !(["decon-core/src", "decon-formats/src", "decon-hunt/src"].iter().any(|ring| shown.contains(ring))) {
            continue;
        }
        for banned in [
            "std::fs",
            "TcpStream",
            "TcpListener",
            "UdpSocket",
            "ToSocketAddrs",
            "std::thread",
            "std::process",
            "std::env",
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
        ] {
            assert!(!text.contains(banned), "{shown} uses {banned}");
        }
    }
}

#[test]
fn every_file_says_what_it_holds_and_is_short() {
    for (path, text) in sources() {
        let shown = path.display();
        assert!(text.starts_with("//! "), "{shown} does not open with //!");
        assert!(text.lines().count() <= 500, "{shown} has {} lines: split it by noun", text.lines().count());
    }
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    const BANNED: [&str; 12] = [
        "util",
        "utils",
        "helper",
        "helpers",
        "common",
        "misc",
        "manager",
        "service",
        "handler",
        "processor",
        "data",
        "info",
    ];
    for (path, _) in sources() {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(!BANNED.contains(&stem.as_str()), "{}", path.display());
    }
}

#[test]
fn nothing_is_left_undone() {
    for (path, text) in sources() {
        if path.ends_with("tests/tidy.rs") {
            continue;
        }
        for mark in ["todo!(", "unimplemented!(", "FIXME", "#[ignore"] {
            assert!(!text.contains(mark), "{} holds {mark}", path.display());
        }
    }
}

fn whole(kind: &str, name: &str, doc: &str) {
    let kebab = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    assert!(kebab, "{name} is not kebab-case");
    assert!(doc.len() > 20 && doc.ends_with('.'), "{name} has no doc");
    let fixture = root().join("fixtures").join(kind).join(name);
    assert!(fixture.is_dir(), "{} is missing", fixture.display());
    let target = format!("{kind}_{}", name.replace('-', "_"));
    let file = root().join("fuzz/fuzz_targets").join(format!("{target}.rs"));
    assert!(file.is_file(), "{} is missing", file.display());
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is not in fuzz/Cargo.toml");
}

#[test]
fn every_plug_in_has_fixture_doc_and_fuzz_target() {
    let mut names = BTreeSet::new();
    let pulls = pull::FORMATS.iter().map(|f| ("pull", f.name(), f.doc()));
    let stores = store::LAYOUTS.iter().map(|l| ("store", l.name(), l.doc()));
    let sites = site::FORMATS.iter().map(|f| ("site", f.name(), f.doc()));
    let networks = network::FORMATS.iter().map(|f| ("network", f.name(), f.doc()));
    for (kind, name, doc) in pulls.chain(stores).chain(sites).chain(networks) {
        assert!(names.insert((kind, name)), "{name} stands twice");
        whole(kind, name, doc);
    }
    for format in pull::FORMATS {
        assert!(!format.anchors().is_empty(), "{} has anchors", format.name());
    }
}

#[test]
fn every_dependency_is_explained() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    for line in table.lines().filter(|l| l.contains(" = ") && !l.starts_with('#')) {
        let name = line.split(" = ").next().unwrap();
        assert!(name.starts_with("decon") || architecture.contains(name), "ARCHITECTURE.md does not say why {name}");
    }
}

#[test]
fn the_compiled_in_advisories_are_those_of_the_folder() {
    let table = fs::read_to_string(root().join("crates/decon/src/advisories.rs")).unwrap();
    for entry in fs::read_dir(root().join("advisories")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(table.contains(&format!("advisories/{name}\")")), "{name} is not compiled in");
    }
}
