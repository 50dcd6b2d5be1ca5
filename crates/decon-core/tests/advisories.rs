//! Every advisory in the repository parses, and decides its own examples and counter-examples.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use decon_core::advisory::Advisory;
use decon_core::judge::decide;
use decon_core::verdict::Level;

fn all() -> Vec<(String, Advisory)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../advisories");
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let advisory = Advisory::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert_eq!(path.file_stem().unwrap().to_string_lossy(), &*advisory.id, "the file is named for the id");
            (path.display().to_string(), advisory)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn every_advisory_decides_its_examples() {
    let mut wrong = Vec::new();
    for (path, advisory) in all() {
        assert!(!advisory.examples.is_empty(), "{path} has examples");
        assert!(advisory.examples.iter().any(|e| e.level == Level::Clear), "{path} has a counter-example");
        for example in &advisory.examples {
            let level = decide(&advisory, example);
            if level != example.level {
                wrong.push(format!(
                    "{path}: {:?} is {} and must be {}",
                    example.name,
                    level.name(),
                    example.level.name()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_thirteen_incidents_are_here_and_complete() {
    let all = all();
    assert_eq!(all.len(), 13);
    let bad: BTreeSet<_> = all.iter().flat_map(|(_, a)| a.bad().map(|x| x.digest.clone())).collect();
    let commits: BTreeSet<_> = all
        .iter()
        .flat_map(|(_, a)| &a.actions)
        .flat_map(|a| &a.commits)
        .filter(|c| c.commit.len() == 40)
        .map(|c| c.commit.clone())
        .collect();
    let files: BTreeSet<_> = all.iter().flat_map(|(_, a)| &a.files).filter_map(|f| f.digest.clone()).collect();
    // Counts of the research: 69 digests (layers of the XZ images apart), 113 commits (two of them good), 41 files.
    assert!(bad.len() >= 69, "{}", bad.len());
    assert!(commits.len() >= 113, "{}", commits.len());
    assert_eq!(files.len(), 41);
}

#[test]
fn no_digest_is_bad_to_one_advisory_and_good_to_another() {
    let all = all();
    let bad: BTreeSet<_> = all.iter().flat_map(|(_, a)| a.bad().map(|x| x.digest.clone())).collect();
    for (path, advisory) in &all {
        for good in advisory.good() {
            assert!(!bad.contains(&good.digest), "{path}: {}", good.digest);
        }
    }
}
