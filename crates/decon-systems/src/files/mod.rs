//! Files: folders, logs, archives and copied image stores, found under any path.
//!
//! Folders respect no ignore file. Symbolic links inside a folder are not followed: a loop must
//! not hang, and a link must not lead out of what was given.

mod archive;
mod blocks;
mod capture;
mod contact;
mod decode;
mod limits;
mod log;
mod member;
mod part;
mod stored;
mod tree;
mod walk;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use decon_core::coverage::Coverage;
use decon_core::digest::Digest;
use decon_core::observation::Observation;
use decon_formats::network::{Hunted, Hunter, Layout};
use decon_formats::pull::Suspects;
pub(crate) use log::too_long;
pub use part::{Part, parts};
pub use walk::Found;

/// How evidence is read.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What a person vouches for: the zone of times that have none, and how network logs are laid out.
    pub layout: Arc<Layout>,
    /// Whether files that gave observations are hashed whole, for custody.
    pub hash_files: bool,
    /// Whether raw bytes of observations are kept.
    pub keep_blobs: bool,
    /// Digests not to be overlooked even where no format understands what names them.
    pub suspects: Option<Arc<Suspects>>,
    /// What network logs are hunted for.
    pub hunt: Option<Arc<Hunter>>,
    /// Whether lines with hits are kept as they stand: for a case, or to be read again elsewhere.
    pub keep_lines: bool,
    /// Whether nothing else is looked for: no images, no stores, no files that name images.
    pub only_hunt: bool,
    /// Threads for one file: more than one where files are fewer than cores. [`collect`] sets it.
    pub threads: usize,
}

/// What one file, archive or store gave.
#[derive(Debug, Default)]
pub struct Evidence {
    /// What it shows.
    pub observations: Vec<Observation>,
    /// What was looked at, and what could not be.
    pub coverage: Vec<Coverage>,
    /// Raw bytes by digest.
    pub blobs: Vec<(Digest, Vec<u8>)>,
    /// What the hunt found, a log each.
    pub hunted: Vec<HuntedFile>,
}

/// One log that was hunted through.
#[derive(Debug)]
pub struct HuntedFile {
    /// Its path, members of archives after `!`.
    pub path: Box<str>,
    /// Its size in bytes, decompressed.
    pub bytes: u64,
    /// What it held.
    pub hunted: Hunted,
}

impl Evidence {
    fn extend(&mut self, other: Self) {
        self.observations.extend(other.observations);
        self.coverage.extend(other.coverage);
        self.blobs.extend(other.blobs);
        self.hunted.extend(other.hunted);
    }
}

/// How far the reading is, and whether it shall stop. Shared with a progress bar.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of files to read.
    pub total: AtomicU64,
    /// Bytes of files read.
    pub done: AtomicU64,
    /// Set to stop after the files that are being read.
    pub stop: AtomicBool,
}

/// Reads everything under these paths, in parallel, and hands it on in the order of the paths.
///
/// `-` is standard input. Nothing fails: what cannot be read is a gap.
pub fn collect(paths: &[PathBuf], options: &Options, progress: &Progress, each: impl FnMut(Evidence)) {
    let found: Vec<Found> = paths.iter().flat_map(|path| walk::walk(path, !options.only_hunt)).collect();
    collect_found(&found, options, progress, each);
}

/// Reads these, in parallel, and hands them on in their order.
pub fn collect_found(found: &[Found], options: &Options, progress: &Progress, mut each: impl FnMut(Evidence)) {
    progress.total.store(found.iter().map(Found::size).sum(), Ordering::Relaxed);
    // Large files first, so that no core ends up alone with the largest one.
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(found[*i].size()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = &Options { threads: cores.div_ceil(found.len().max(1)), ..options.clone() };
    let (send, receive) = mpsc::sync_channel::<(usize, Evidence)>(64);
    let turn = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (order, turn) = (&order, &turn);
        for _ in 0..cores {
            let send = send.clone();
            scope.spawn(move || {
                while let Some(at) = order.get(turn.fetch_add(1, Ordering::Relaxed)).copied() {
                    let stopped = progress.stop.load(Ordering::Relaxed);
                    let evidence = if stopped { Evidence::default() } else { found[at].read(options, progress) };
                    // The receiver lives as long as this scope.
                    let _ = send.send((at, evidence));
                }
            });
        }
        drop(send);
        let mut waiting: Vec<Option<Evidence>> = (0..found.len()).map(|_| None).collect();
        let mut next = 0;
        for (at, evidence) in receive {
            waiting[at] = Some(evidence);
            while let Some(evidence) = waiting.get_mut(next).and_then(Option::take) {
                each(evidence);
                next += 1;
            }
        }
    });
}
