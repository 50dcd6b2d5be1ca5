//! Merging: results of parts, read in order, give what one run gives.

use std::sync::Arc;

use decon_core::coverage::{Coverage, Gap, GapKind};
use decon_core::window::Window;
use decon_formats::network::{HuntReader, Hunted, Hunter, Layout};

use super::Manifest;
use super::outcome::{FileOutcome, PartOutcome};
use crate::files::{Evidence, HuntedFile, too_long};

/// Hands on the evidence of every part, in the order of one run; ranges of one file come as one.
///
/// A part without result is a gap: it was not looked at.
pub fn merge(
    manifest: &Manifest,
    hunter: &Arc<Hunter>,
    layout: &Arc<Layout>,
    mut result: impl FnMut(usize) -> Result<PartOutcome, String>,
    mut each: impl FnMut(Evidence),
) {
    let mut open: Option<(Joined, Vec<Gap>)> = None;
    for (at, part) in manifest.parts.iter().enumerate() {
        let outcome = result(at).unwrap_or_else(|why| missing(manifest, at, &why));
        let follows = part.range.is_some_and(|(from, _)| from > 0);
        if !follows && let Some((joined, gaps)) = open.take() {
            each(joined.end(gaps));
        }
        if part.range.is_none() {
            each(whole(outcome, hunter, layout));
            continue;
        }
        let new = || (Joined::new(&part.path, hunter, layout), Vec::new());
        let (joined, gaps) = open.get_or_insert_with(new);
        gaps.extend(outcome.gaps);
        outcome.files.into_iter().for_each(|file| joined.add(file));
    }
    if let Some((joined, gaps)) = open {
        each(joined.end(gaps));
    }
}

fn missing(manifest: &Manifest, at: usize, why: &str) -> PartOutcome {
    let part = &manifest.parts[at];
    let place = part.range.map_or(String::new(), |(from, to)| format!(" bytes {from} to {to}"));
    let counting = if part.range.is_some() { "; the lines behind it are counted without it" } else { "" };
    let gap = Gap {
        kind: GapKind::NoEvidence,
        path: part.path.clone(),
        reason: format!("part {} of {}{place} was not searched: {why}{counting}", at + 1, manifest.parts.len()).into(),
        remedy: "run its shard again with --resume, then merge again".into(),
        window: Window::ALWAYS,
    };
    PartOutcome { files: Vec::new(), gaps: vec![gap] }
}

/// Files that were read whole.
fn whole(outcome: PartOutcome, hunter: &Arc<Hunter>, layout: &Arc<Layout>) -> Evidence {
    let mut evidence = Evidence { coverage: vec![coverage(outcome.gaps)], ..Evidence::default() };
    for file in outcome.files {
        let mut joined = Joined::new(&file.path, hunter, layout);
        joined.add(file);
        evidence.hunted.push(joined.file());
    }
    evidence
}

fn coverage(gaps: Vec<Gap>) -> Coverage {
    use decon_core::observation::{Asset, AssetKind};
    Coverage {
        path: "(merged)".into(),
        asset: Asset::new(AssetKind::File, "(merged)"),
        format: "text".into(),
        window: None,
        speaks: false,
        bytes: 0,
        blob: None,
        gaps,
    }
}

/// Ranges of one file, joined.
struct Joined {
    path: Box<str>,
    reader: HuntReader,
    bytes: u64,
    lines: u64,
    long: Vec<u64>,
    read: bool,
}

impl Joined {
    fn new(path: &str, hunter: &Arc<Hunter>, layout: &Arc<Layout>) -> Self {
        let reader = HuntReader::new(Arc::clone(hunter), Arc::clone(layout));
        Self { path: path.into(), reader, bytes: 0, lines: 0, long: Vec::new(), read: false }
    }

    fn add(&mut self, mut file: FileOutcome) {
        file.kept.iter_mut().for_each(|kept| kept.line += self.lines);
        self.reader.replay(&file.kept);
        self.long.extend(file.long.iter().map(|line| line + self.lines));
        self.lines += file.lines;
        self.bytes += file.bytes;
        self.read = true;
    }

    fn file(self) -> HuntedFile {
        let hunted = Hunted { lines: self.lines, long: self.long, ..self.reader.finish() };
        HuntedFile { path: self.path, bytes: self.bytes, hunted }
    }

    fn end(self, mut gaps: Vec<Gap>) -> Evidence {
        // Only here are they numbered as in the whole file.
        gaps.extend(self.long.iter().map(|line| too_long(&self.path, *line)));
        let hunted = if self.read { vec![self.file()] } else { Vec::new() };
        Evidence { coverage: vec![coverage(gaps)], hunted, ..Evidence::default() }
    }
}
