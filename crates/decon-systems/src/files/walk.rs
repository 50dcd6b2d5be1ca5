//! Finding evidence under a path: stores by their layout, everything else file by file.

use std::fs;
use std::path::{Path, PathBuf};

use decon_core::coverage::{Coverage, Gap, GapKind};
use decon_core::observation::{Asset, AssetKind};
use decon_core::window::Window;
use decon_formats::store::LAYOUTS;

use super::tree::DiskTree;
use super::{Evidence, Options, Progress, member, part, stored};

/// Something to read.
#[derive(Debug)]
pub enum Found {
    /// A file, or standard input.
    File {
        /// Its path.
        path: PathBuf,
        /// What it is called in assets: its path from the folder that was given, however that was
        /// written, so that one job has one name.
        label: String,
        /// Whether a person named this very file.
        named: bool,
        /// Its size in bytes as far as known.
        size: u64,
    },
    /// The lines of a log that begin in a range of it.
    Range {
        /// Its path.
        path: PathBuf,
        /// First byte.
        from: u64,
        /// The byte after the last.
        to: u64,
    },
    /// A folder that is an image store of this layout.
    Store {
        /// Its path.
        path: PathBuf,
        /// Position in the table of layouts.
        layout: usize,
    },
    /// Something that cannot be read, with the reason.
    Blind(PathBuf, GapKind, String, Box<str>),
}

impl Found {
    /// Bytes to read.
    pub fn size(&self) -> u64 {
        match self {
            Self::File { size, .. } => *size,
            Self::Range { from, to, .. } => to - from,
            _ => 0,
        }
    }

    /// Reads it. A defect of ours in one file must not cost the answer about the others.
    pub(super) fn read(&self, options: &Options, progress: &Progress) -> Evidence {
        let attempt = std::panic::AssertUnwindSafe(|| self.read_now(options, progress));
        std::panic::catch_unwind(attempt).unwrap_or_else(|_| {
            let path = match self {
                Self::File { path, .. } | Self::Range { path, .. } | Self::Store { path, .. } => path,
                Self::Blind(path, ..) => path,
            };
            blind(
                &path.to_string_lossy(),
                GapKind::Unsupported,
                "decon failed on it: a defect",
                "report it with the file, or a part of it",
            )
        })
    }

    fn read_now(&self, options: &Options, progress: &Progress) -> Evidence {
        match self {
            Self::File { path, label, named, .. } => {
                let evidence = member::read_file(path, label, options, progress);
                if *named && evidence.coverage.is_empty() {
                    return blind(
                        &path.to_string_lossy(),
                        GapKind::Unsupported,
                        "nothing in it was recognised: it is no text, archive or store that decon reads",
                        "give the log, archive or folder itself",
                    );
                }
                evidence
            }
            Self::Range { path, from, to } => part::read(path, (*from, *to), options, progress),
            Self::Store { path, layout } => stored::read_store(path, LAYOUTS[*layout]),
            Self::Blind(path, kind, reason, remedy) => blind(&path.to_string_lossy(), *kind, reason, remedy),
        }
    }
}

/// Evidence that is nothing but a gap.
pub(super) fn blind(path: &str, kind: GapKind, reason: &str, remedy: &str) -> Evidence {
    let gap = Gap { kind, path: path.into(), reason: reason.into(), remedy: remedy.into(), window: Window::ALWAYS };
    let coverage = Coverage {
        path: path.into(),
        asset: Asset::new(AssetKind::File, path),
        format: "none".into(),
        window: None,
        speaks: false,
        bytes: 0,
        blob: None,
        gaps: vec![gap],
    };
    Evidence { coverage: vec![coverage], ..Evidence::default() }
}

/// Folders nested deeper than this are not entered.
const DEPTH: usize = 64;

/// Everything to read under a path, in the order of names; image stores as such, if they are asked for.
pub(super) fn walk(path: &Path, stores: bool) -> Vec<Found> {
    let mut found = Vec::new();
    if path == Path::new("-") {
        found.push(Found::File { path: path.to_owned(), label: "standard input".into(), named: true, size: 0 });
        return found;
    }
    // A path that a person names may be a link or a pipe; below a folder neither is followed.
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Walk { root: path, stores }.folder(path, 0, &mut found),
        Ok(meta) => {
            found.push(Found::File { path: path.to_owned(), label: label(path, path), named: true, size: meta.len() })
        }
        Err(error) => found.push(unreadable(path, &error)),
    }
    found
}

fn unreadable(path: &Path, error: &std::io::Error) -> Found {
    let (kind, remedy) = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            (GapKind::Unreadable, "run with the rights to read it, or copy it as root")
        }
        std::io::ErrorKind::NotFound => (GapKind::Expired, "check the path; it may have been removed while we read"),
        _ => (GapKind::Unreadable, "copy it from a sound medium and try again"),
    };
    Found::Blind(path.to_owned(), kind, format!("cannot be read: {error}"), remedy.into())
}

/// `evidence/ci/a.log`, whether `evidence`, `./evidence` or `/work/evidence` was given.
fn label(path: &Path, root: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    match root.file_name() {
        Some(name) => Path::new(name).join(below).to_string_lossy().trim_end_matches('/').to_owned(),
        None => below.to_string_lossy().into_owned(),
    }
}

/// A case of our own is no evidence: it would be told as assets that do not exist.
fn is_case(path: &Path) -> bool {
    path.join("case.db").is_file() && path.join("evidence/sha256").is_dir()
}

/// Device nodes (Docker keeps one in `volumes/`) hold no log.
fn is_device(kind: fs::FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_block_device() || kind.is_char_device()
}

/// A layout owns a name, or all names with a beginning (`io.containerd.*`).
fn owned_name(name: &str, owned: &str) -> bool {
    owned.strip_suffix('*').map_or(name == owned, |start| name.starts_with(start))
}

/// A walk from one path on.
struct Walk<'w> {
    root: &'w Path,
    stores: bool,
}

impl Walk<'_> {
    fn folder(&self, path: &Path, depth: usize, found: &mut Vec<Found>) {
        if is_case(path) {
            return;
        }
        if depth > DEPTH {
            found.push(Found::Blind(
                path.to_owned(),
                GapKind::Limit,
                format!("nested deeper than {DEPTH} folders"),
                "give the inner folder as a path of its own".into(),
            ));
            return;
        }
        let tree = DiskTree::new(path);
        let layouts: Vec<usize> = (0..LAYOUTS.len()).filter(|i| self.stores && LAYOUTS[*i].claims(&tree)).collect();
        found.extend(layouts.iter().map(|layout| Found::Store { path: path.to_owned(), layout: *layout }));
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return found.push(unreadable(path, &error)),
        };
        let mut entries: Vec<_> = entries.filter_map(Result::ok).collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let inner = entry.path();
            let name = entry.file_name();
            let owned =
                layouts.iter().any(|i| LAYOUTS[*i].owns().iter().any(|o| owned_name(&name.to_string_lossy(), o)));
            if !owned && name != ".git" {
                self.entry(&inner, &entry, depth, found);
            }
        }
    }

    fn entry(&self, path: &Path, entry: &fs::DirEntry, depth: usize, found: &mut Vec<Found>) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => self.folder(path, depth + 1, found),
            Ok(kind) if kind.is_file() => {
                let size = entry.metadata().map_or(0, |m| m.len());
                found.push(Found::File { path: path.to_owned(), label: label(path, self.root), named: false, size });
            }
            // What a link names is evidence where it lies, if it lies under the path given.
            Ok(kind) if kind.is_symlink() => {}
            Ok(kind) if is_device(kind) => {}
            Ok(_) => found.push(Found::Blind(
                path.to_owned(),
                GapKind::Unsupported,
                "is a pipe or a socket".into(),
                "nothing, if no evidence was expected in it".into(),
            )),
            Err(error) => found.push(unreadable(path, &error)),
        }
    }
}
