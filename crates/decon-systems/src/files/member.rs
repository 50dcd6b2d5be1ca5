//! One file, however it is wrapped: opened, unwrapped layer by layer, and read as what it is.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use decon_core::coverage::{Coverage, Gap, GapKind};
use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Event, Observation, Proof, Subject};
use decon_core::window::Window;
use decon_formats::pull::{Context, LogReader};
use decon_formats::site;
use sha2::Digest as _;

use super::decode::{self, Bounded, Magic};
use super::{Evidence, Options, Progress, archive, blocks, limits, log, walk};

/// A file from this size on is shared between threads, where some are idle.
const LARGE: u64 = 16 << 20;
/// Files that name images are configuration; a larger one is data.
const SITE_BYTES: u64 = 16 << 20;

/// Where a stream came from.
pub(super) struct Origin<'o> {
    /// Path with archive members after `!`.
    pub(super) path: String,
    /// The same as assets are called.
    pub(super) label: String,
    /// How many archives it lies in.
    pub(super) depth: u32,
    pub(super) options: &'o Options,
}

impl Origin<'_> {
    pub(super) fn inner(&self, name: &str) -> Self {
        Self {
            path: format!("{}!{name}", self.path),
            label: format!("{}!{name}", self.label),
            depth: self.depth + 1,
            options: self.options,
        }
    }

    /// What a log reader is told about this.
    pub(super) fn context(&self, asset: &Asset) -> Context {
        Context {
            path: self.path.as_str().into(),
            asset: asset.clone(),
            zone: self.options.layout.zone.clone(),
            bounds: Window::ALWAYS,
            suspects: self.options.suspects.clone(),
        }
    }

    pub(super) fn blind(&self, kind: GapKind, reason: &str, remedy: &str) -> Evidence {
        walk::blind(&self.path, kind, reason, remedy)
    }
}

/// Reads a file or standard input.
pub(super) fn read_file(path: &Path, label: &str, options: &Options, progress: &Progress) -> Evidence {
    let origin = Origin { path: path.to_string_lossy().into_owned(), label: label.to_owned(), depth: 0, options };
    if path == Path::new("-") {
        return read_stream(Box::new(io::stdin()), 0, &origin);
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            return origin.blind(
                GapKind::Unreadable,
                &format!("cannot be opened: {error}"),
                "run with the rights to read it, or copy it as root",
            );
        }
    };
    let size = file.metadata().map_or(0, |m| m.len());
    let told = AtomicU64::new(0);
    let tell = |bytes: u64| {
        told.fetch_add(bytes, Ordering::Relaxed);
        progress.done.fetch_add(bytes, Ordering::Relaxed);
    };
    let mut evidence = read_open(file, size, &origin, &tell);
    if options.hash_files && !evidence.observations.is_empty() {
        let whole = hash(path);
        evidence.coverage.iter_mut().filter(|c| *c.path == *origin.path).for_each(|c| c.blob.clone_from(&whole));
    }
    tell(size.saturating_sub(told.load(Ordering::Relaxed)));
    evidence
}

fn hash(path: &Path) -> Option<Digest> {
    let mut file = File::open(path).ok()?;
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; blocks::BLOCK];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(Digest::from_sha256_bytes(&hasher.finalize())),
            n => hasher.update(&buffer[..n]),
        }
    }
}

fn read_open(mut file: File, size: u64, origin: &Origin<'_>, tell: &(dyn Fn(u64) + Sync)) -> Evidence {
    let mut head = vec![0; decode::HEAD];
    let seekable = file.stream_position().is_ok() && size > 0;
    if !seekable {
        return read_stream(Box::new(file), size, origin);
    }
    let n = fill(&mut file, &mut head).unwrap_or(0);
    head.truncate(n);
    if file.rewind().is_err() {
        return origin.blind(GapKind::Unreadable, "cannot be read from its start", "copy it to a disk");
    }
    match decode::magic(&head) {
        Magic::Zip => archive::zip(BufReader::new(file), origin),
        Magic::Text if size >= LARGE && origin.options.threads > 1 && !is_site(origin) => {
            read_large(&file, size, origin, tell)
        }
        _ => read_stream(Box::new(file), size, origin),
    }
}

/// A large log, searched by several threads.
fn read_large(file: &File, size: u64, origin: &Origin<'_>, tell: &(dyn Fn(u64) + Sync)) -> Evidence {
    log::read(origin, |readers| {
        let mut bytes = 0;
        let search = |block: &[u8], scan: &mut log::Scan| scan.fill(block, origin.options);
        let ended = blocks::ordered(file, size, origin.options.threads, search, |block, scan| {
            readers.feed_scanned(block, scan);
            bytes += block.len() as u64;
            tell(block.len() as u64);
        });
        (bytes, ended)
    })
}

/// Reads until the buffer is full or the input ends.
pub(super) fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < buffer.len() {
        match input.read(&mut buffer[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return if n > 0 { Ok(n) } else { Err(error) },
        }
    }
    Ok(n)
}

/// Reads a stream whatever it holds; `size` is that of the file it comes from, 0 when unknown.
pub(super) fn read_stream(mut input: Box<dyn Read + Send + '_>, size: u64, origin: &Origin<'_>) -> Evidence {
    if origin.depth > limits::DEPTH {
        return origin.blind(
            GapKind::Limit,
            "archives are nested too deep",
            "unpack the outer ones and give the folder",
        );
    }
    let mut head = vec![0; decode::HEAD];
    let n = match fill(&mut *input, &mut head) {
        Ok(n) => n,
        Err(error) => {
            return origin.blind(
                GapKind::Unreadable,
                &format!("cannot be read: {error}"),
                "copy it from a sound medium",
            );
        }
    };
    head.truncate(n);
    let magic = decode::magic(&head);
    let input = decode::rejoin(head, input);
    match magic {
        Magic::Gzip | Magic::Zstd | Magic::Xz | Magic::Bzip2 | Magic::Utf16Le | Magic::Utf16Be | Magic::Capture => {
            match decode::decompress(magic, input) {
                Ok(inside) => {
                    let deeper = Origin {
                        path: origin.path.clone(),
                        label: origin.label.clone(),
                        depth: origin.depth + 1,
                        options: origin.options,
                    };
                    read_stream(Box::new(Bounded::new(inside, size)), size, &deeper)
                }
                Err(error) => {
                    origin.blind(GapKind::Damaged, &format!("cannot be decompressed: {error}"), "export it again")
                }
            }
        }
        Magic::Tar => archive::tar(input, origin),
        Magic::Zip => archive::held_zip(input, origin),
        // A log that begins with damage is still a log; other binaries are no evidence.
        Magic::Binary if log::is_log_name(&origin.path) => {
            let mut evidence = read_text(input, origin);
            let gap = origin.blind(
                GapKind::Damaged,
                "it begins with bytes that no log, archive or compressed file has; what is text in it was searched",
                "see that it was copied whole and is what its name says",
            );
            evidence.coverage.extend(gap.coverage);
            evidence
        }
        Magic::Binary if origin.options.only_hunt => origin.blind(
            GapKind::Unsupported,
            "it is no text, archive, compressed file or capture that can be read",
            "export it as text, or copy it again if it should be one",
        ),
        Magic::Binary => Evidence::default(),
        Magic::Text => read_text(input, origin),
    }
}

/// Text: a file that names images, or a log.
fn read_text(mut input: Box<dyn BufRead + Send + '_>, origin: &Origin<'_>) -> Evidence {
    if !origin.options.only_hunt {
        let sites: Vec<_> = site::claiming(&origin.path).collect();
        if !sites.is_empty() {
            return read_site(input, &sites, origin);
        }
    }
    log::read(origin, |readers| {
        let mut block = vec![0; blocks::BLOCK];
        let mut bytes = 0;
        loop {
            match fill(&mut *input, &mut block) {
                Ok(0) => return (bytes, Ok(())),
                Ok(n) => {
                    readers.feed(&block[..n]);
                    bytes += n as u64;
                }
                Err(error) => return (bytes, Err(error)),
            }
        }
    })
}

fn is_site(origin: &Origin<'_>) -> bool {
    !origin.options.only_hunt && site::claiming(&origin.path).next().is_some()
}

pub(super) fn broken(path: &str, error: &io::Error) -> Gap {
    let limit = error.kind() == io::ErrorKind::FileTooLarge;
    Gap {
        kind: if limit { GapKind::Limit } else { GapKind::Damaged },
        path: path.into(),
        reason: if limit { error.to_string().into() } else { format!("it breaks off or is damaged: {error}").into() },
        remedy: "get a whole copy; what stands before was read".into(),
        window: Window::ALWAYS,
    }
}

fn read_site(
    input: Box<dyn BufRead + Send + '_>,
    sites: &[&'static dyn site::SiteFormat],
    origin: &Origin<'_>,
) -> Evidence {
    let mut bytes = Vec::new();
    let mut gaps = Vec::new();
    if let Err(error) = input.take(SITE_BYTES).read_to_end(&mut bytes) {
        gaps.push(broken(&origin.path, &error));
    }
    if bytes.len() as u64 == SITE_BYTES {
        gaps.push(Gap {
            kind: GapKind::Limit,
            path: origin.path.as_str().into(),
            reason: "larger than 16 MiB; the rest was not read".into(),
            remedy: "no such file is written by hand; look at it".into(),
            window: Window::ALWAYS,
        });
    }
    let asset = Asset::new(AssetKind::File, &origin.label);
    let text = String::from_utf8_lossy(&bytes);
    let mut observations = Vec::new();
    for format in sites {
        observations.extend(site::observe(*format, &text, &origin.path, &asset, &mut gaps));
    }
    // What `kubectl get -o yaml` printed is a record of what ran, not a file that names images.
    let record =
        [&b"containerStatuses:"[..], b"kind: TaskRun", b"kind: Event"].iter().any(|mark| contains(&bytes, mark));
    if record {
        let context = origin.context(&asset);
        let mut reader = LogReader::new(context);
        reader.feed(&bytes);
        let parsed = reader.finish();
        if !parsed.observations.is_empty() {
            let gaps = parsed.gaps.clone();
            let coverage = log::cover(&parsed, origin, log::asset_of(&origin.label), bytes.len() as u64, gaps);
            return log::finish(parsed.observations, parsed.blobs.into_iter().collect(), coverage, origin);
        }
    }
    mention(&bytes, origin, &asset, &mut observations);
    let blob = (!observations.is_empty()).then(|| (Digest::of(&bytes), bytes.clone()));
    observations.iter_mut().for_each(|o| o.proof.blob = blob.as_ref().map(|(digest, _)| digest.clone()));
    let coverage = Coverage {
        path: origin.path.as_str().into(),
        asset,
        format: sites.first().map_or("site", |s| s.name()).into(),
        window: None,
        speaks: true,
        bytes: bytes.len() as u64,
        blob: None,
        gaps,
    };
    log::finish(observations, blob.into_iter().collect(), coverage, origin)
}

/// Suspects that no format saw in the file.
fn mention(bytes: &[u8], origin: &Origin<'_>, asset: &Asset, observations: &mut Vec<Observation>) {
    for mention in origin.options.suspects.iter().flat_map(|suspects| suspects.mentions(bytes)) {
        if !observations.iter().any(|o| o.is_about(mention.digest)) {
            let proof = Proof { path: origin.path.as_str().into(), line: Some(mention.line), column: None, blob: None };
            let subject = Subject::Image(mention.reference);
            observations.push(Observation::of(Event::Cited, subject, asset.clone(), "mention", proof));
        }
    }
}

fn contains(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|w| w == mark)
}
