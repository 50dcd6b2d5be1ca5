//! Logs: text fed to the readers that are asked for, and what came of it as evidence.

use std::io;
use std::sync::Arc;

use decon_core::coverage::{Coverage, Gap, GapKind};
use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Observation};
use decon_core::window::{When, Window};
use decon_formats::network::{HuntReader, HuntScanned, Hunter};
use decon_formats::pull::{LogReader, Parsed, Scanned};

use super::member::{Origin, broken};
use super::{Evidence, HuntedFile, Options, contact};

/// What reads a log: for images, for contacts, or for both.
pub(super) struct Readers {
    pull: Option<LogReader>,
    hunt: Option<HuntReader>,
}

impl Readers {
    fn new(origin: &Origin<'_>, asset: &Asset) -> Self {
        let options = origin.options;
        let pull = (!options.only_hunt).then(|| LogReader::new(origin.context(asset)));
        let hunt = options.hunt.clone().map(|hunter| hunt_reader(hunter, options));
        Self { pull, hunt }
    }

    /// Takes the next bytes.
    pub(super) fn feed(&mut self, block: &[u8]) {
        if let Some(pull) = &mut self.pull {
            pull.feed(block);
        }
        if let Some(hunt) = &mut self.hunt {
            hunt.feed(block);
        }
    }

    /// Takes the next bytes and what a search of them has found.
    pub(super) fn feed_scanned(&mut self, block: &[u8], scan: &Scan) {
        if let Some(pull) = &mut self.pull {
            pull.feed_scanned(block, &scan.pull);
        }
        if let Some(hunt) = &mut self.hunt {
            hunt.feed_scanned(block, &scan.hunt);
        }
    }
}

/// A reader of network logs, as these options want it.
pub(super) fn hunt_reader(hunter: Arc<Hunter>, options: &Options) -> HuntReader {
    HuntReader::new(hunter, Arc::clone(&options.layout)).keeping(options.keep_lines)
}

/// What a search of a block found, for each reader.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pull: Scanned,
    hunt: HuntScanned,
}

impl Scan {
    pub(super) fn fill(&mut self, block: &[u8], options: &Options) {
        if !options.only_hunt {
            self.pull.fill(block, options.suspects.as_deref());
        }
        if let Some(hunter) = &options.hunt {
            self.hunt.fill(block, hunter);
        }
    }
}

/// A log; `pump` gives it to the readers, and says how many bytes it had and how it ended.
pub(super) fn read(origin: &Origin<'_>, pump: impl FnOnce(&mut Readers) -> (u64, io::Result<()>)) -> Evidence {
    let asset = asset_of(&origin.label);
    let mut readers = Readers::new(origin, &asset);
    let (bytes, ended) = pump(&mut readers);
    let mut gaps: Vec<Gap> = ended.err().map(|error| broken(&origin.path, &error)).into_iter().collect();
    let hunted = readers.hunt.map(HuntReader::finish);
    let parsed = readers.pull.map(LogReader::finish).unwrap_or_default();
    if bytes == 0 && gaps.is_empty() && origin.path == "-" {
        return origin.blind(
            GapKind::Expired,
            "standard input was empty",
            "see whether the command before the pipe failed",
        );
    }
    if bytes == 0 && gaps.is_empty() && is_log_name(&origin.path) {
        return origin.blind(
            GapKind::Expired,
            "the log is empty",
            "find out whether it expired, was erased or never written",
        );
    }
    gaps.extend(parsed.gaps.iter().cloned());
    gaps.extend(hunted.iter().flat_map(|h| h.long.iter()).map(|line| too_long(&origin.path, *line)));
    let mut coverage = cover(&parsed, origin, asset, bytes, gaps);
    if let Some(hunted) = &hunted {
        coverage.window = coverage.window.or(hunted.window);
    }
    let mut evidence = finish(parsed.observations, parsed.blobs.into_iter().collect(), coverage, origin);
    if let (Some(hunted), Some(hunter), false) = (&hunted, &origin.options.hunt, origin.options.only_hunt) {
        let contacts = contact::observe(hunted, hunter.set(), &origin.path, &asset_of(&origin.label), origin.options);
        evidence.observations.extend(contacts.observations);
        evidence.blobs.extend(contacts.blobs);
        return evidence;
    }
    let path = origin.path.as_str().into();
    evidence.hunted.extend(hunted.map(|hunted| HuntedFile { path, bytes, hunted }));
    evidence
}

/// A line that was cut.
pub(crate) fn too_long(path: &str, line: u64) -> Gap {
    Gap {
        kind: GapKind::Limit,
        path: path.into(),
        reason: format!("line {line} is longer than 1 MiB; the rest of it was not searched").into(),
        remedy: "split the line if it may hold evidence".into(),
        window: Window::ALWAYS,
    }
}

pub(super) fn cover(parsed: &Parsed, origin: &Origin<'_>, asset: Asset, bytes: u64, gaps: Vec<Gap>) -> Coverage {
    let format = parsed.observations.first().map_or("text", |o| &o.format);
    let mut window = parsed.window;
    // What has no stamp but is bounded is covered as far as its bounds reach.
    if window.is_none() && !parsed.observations.is_empty() {
        let all = parsed.observations.iter().map(Observation::when);
        let bounded: Option<Vec<Window>> = all
            .map(|w| match w {
                When::Between { from: Some(from), until: Some(until) } => {
                    Some(Window { from: Some(from), until: Some(until) })
                }
                _ => None,
            })
            .collect();
        window = bounded.and_then(|w| w.into_iter().reduce(Window::union));
    }
    Coverage {
        path: origin.path.as_str().into(),
        asset,
        format: format.into(),
        window,
        speaks: parsed.dated || !parsed.observations.is_empty(),
        bytes,
        blob: None,
        gaps,
    }
}

pub(super) fn finish(
    observations: Vec<Observation>,
    blobs: Vec<(Digest, Vec<u8>)>,
    coverage: Coverage,
    origin: &Origin<'_>,
) -> Evidence {
    let blobs = if origin.options.keep_blobs { blobs } else { Vec::new() };
    Evidence { observations, coverage: vec![coverage], blobs, ..Evidence::default() }
}

/// A log is about the job whose log it is: its path without what only stores it.
pub(super) fn asset_of(path: &str) -> Asset {
    let mut name = path;
    while let Some(stripped) = [".gz", ".zst", ".xz", ".bz2", ".log", ".txt", ".out", ".json", ".jsonl"]
        .iter()
        .find_map(|e| name.strip_suffix(e))
    {
        name = stripped;
    }
    Asset::new(AssetKind::Job, if name.is_empty() { path } else { name })
}

pub(super) fn is_log_name(path: &str) -> bool {
    let name = path.rsplit(['/', '!']).next().unwrap_or(path).to_ascii_lowercase();
    name.contains(".log") || name.contains("trace") || name.contains("console") || name.ends_with(".out")
}
