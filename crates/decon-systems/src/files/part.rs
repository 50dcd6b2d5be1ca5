//! Parts: the work of a hunt cut so that several processes or machines share it.
//!
//! Large plain text is cut at bytes; a line belongs to the part in which it begins. What is
//! compressed, archived or UTF-16 cannot be entered in its middle and stays whole.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use decon_core::coverage::{Coverage, Gap, GapKind};
use decon_core::observation::{Asset, AssetKind};
use decon_core::window::Window;
use serde::{Deserialize, Serialize};

use super::decode::{self, Magic};
use super::member::{self, broken};
use super::walk::{self, Found, blind};
use super::{Evidence, HuntedFile, Options, Progress, blocks, log};

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The file.
    pub path: Box<str>,
    /// Bytes to read.
    pub bytes: u64,
    /// First byte and the byte after the last, where it is a range of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(u64, u64)>,
    /// Whether a person named this very file.
    #[serde(default)]
    pub named: bool,
    /// Why there is nothing to read, found when the parts were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// Everything under these paths, in their order; plain text is cut into ranges of about this size.
pub fn parts(paths: &[PathBuf], size: u64) -> Vec<Part> {
    let found = paths.iter().flat_map(|path| walk::walk(path, false));
    found.flat_map(|found| parts_of(&found, size)).collect()
}

fn parts_of(found: &Found, size: u64) -> Vec<Part> {
    let (path, named, bytes) = match found {
        Found::File { path, named, size, .. } => (path, *named, *size),
        Found::Range { path, .. } | Found::Store { path, .. } | Found::Blind(path, ..) => (path, false, 0),
    };
    let part = Part { path: path.to_string_lossy().into(), bytes, range: None, named, gap: None };
    let gap = |kind, reason: &str, remedy: &str| {
        let path = part.path.clone();
        let gap = Gap { kind, path, reason: reason.into(), remedy: remedy.into(), window: Window::ALWAYS };
        vec![Part { bytes: 0, gap: Some(gap), ..part.clone() }]
    };
    if let Found::Blind(_, kind, reason, remedy) = found {
        return gap(*kind, reason, remedy);
    }
    if path.to_str().is_none() {
        return gap(
            GapKind::Unsupported,
            "its name is not UTF-8",
            "give it under another name, or hunt without shards",
        );
    }
    let size = size.max(1 << 16);
    if bytes < 2 * size || !is_plain(path) {
        return vec![part];
    }
    let pieces = bytes / size;
    let edge = |n: u64| if n == pieces { bytes } else { n * size };
    let ranges = (0..pieces).map(|n| (edge(n), edge(n + 1)));
    ranges.map(|(from, to)| Part { range: Some((from, to)), bytes: to - from, ..part.clone() }).collect()
}

/// Whether lines may be read from anywhere on.
fn is_plain(path: &Path) -> bool {
    let mut head = vec![0; decode::HEAD];
    let Ok(n) = File::open(path).and_then(|mut file| member::fill(&mut file, &mut head)) else { return false };
    decode::magic(&head[..n]) == Magic::Text
}

impl Part {
    /// What is to be read; a gap reads as itself.
    pub fn found(&self) -> Found {
        let path = PathBuf::from(&*self.path);
        match (&self.gap, self.range) {
            (Some(gap), _) => Found::Blind(path, gap.kind, gap.reason.to_string(), gap.remedy.clone()),
            (None, Some((from, to))) => Found::Range { path, from, to },
            (None, None) => Found::File { label: self.path.to_string(), path, named: self.named, size: self.bytes },
        }
    }
}

/// Reads the lines that begin in this range.
pub(super) fn read(path: &Path, range: (u64, u64), options: &Options, progress: &Progress) -> Evidence {
    let name = path.to_string_lossy();
    let Some(hunter) = options.hunt.clone() else { return Evidence::default() };
    let opened = File::open(path).and_then(|mut file| begin(&mut file, range.0).map(|start| (file, start)));
    let (mut file, start) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let reason = format!("cannot be read from byte {}: {error}", range.0);
            return blind(&name, GapKind::Unreadable, &reason, "see that every worker sees the same file");
        }
    };
    let mut reader = log::hunt_reader(hunter, options).beginning(start);
    let mut fed = 0;
    let ended = pump(&mut file, start, range.1, |block| {
        reader.feed(block);
        fed += block.len() as u64;
        progress.done.fetch_add(block.len() as u64, Ordering::Relaxed);
    });
    let hunted = reader.finish();
    let coverage = Coverage {
        path: name.as_ref().into(),
        asset: Asset::new(AssetKind::File, &name),
        format: "text".into(),
        window: hunted.window,
        speaks: false,
        bytes: fed,
        blob: None,
        gaps: ended.err().map(|error| broken(&name, &error)).into_iter().collect(),
    };
    let file = HuntedFile { path: name.as_ref().into(), bytes: fed, hunted };
    Evidence { coverage: vec![coverage], hunted: vec![file], ..Evidence::default() }
}

/// Goes behind the line end at or before the range's first byte; gives where that is.
fn begin(file: &mut File, from: u64) -> io::Result<u64> {
    if from == 0 {
        return Ok(0);
    }
    file.seek(SeekFrom::Start(from - 1))?;
    let mut at = from - 1;
    let mut block = vec![0; blocks::BLOCK];
    loop {
        let n = member::fill(file, &mut block)?;
        match memchr::memchr(b'\n', &block[..n]) {
            Some(end) => {
                let start = at + end as u64 + 1;
                file.seek(SeekFrom::Start(start))?;
                return Ok(start);
            }
            None if n < block.len() => return Ok(at + n as u64),
            None => at += n as u64,
        }
    }
}

/// Feeds what begins before `to`, to the end of its last line.
fn pump(file: &mut File, start: u64, to: u64, mut feed: impl FnMut(&[u8])) -> io::Result<()> {
    let mut block = vec![0; blocks::BLOCK];
    let mut at = start;
    let mut whole = true;
    while at < to || !whole {
        let room = if at < to { usize::try_from(to - at).unwrap_or(usize::MAX).min(block.len()) } else { block.len() };
        let n = match file.read(&mut block[..room]) {
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if n == 0 {
            let shorter = io::Error::new(io::ErrorKind::UnexpectedEof, "it became shorter since the parts were made");
            return if at < to { Err(shorter) } else { Ok(()) };
        }
        let end = if at < to { n } else { memchr::memchr(b'\n', &block[..n]).map_or(n, |end| end + 1) };
        feed(&block[..end]);
        whole = block[end - 1] == b'\n';
        at += n as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line begins in exactly one range, whatever the cuts.
    #[test]
    fn ranges_give_every_line_once() {
        let path = std::env::temp_dir().join(format!("decon-part-{}", std::process::id()));
        let text = "a\n\nbcd\nlonger than a range is\n\n\nlast without end";
        std::fs::write(&path, text).expect("written");
        for size in 1..text.len() as u64 + 1 {
            let (mut read, mut from) = (String::new(), 0);
            while from < text.len() as u64 {
                let to = (from + size).min(text.len() as u64);
                let mut file = File::open(&path).expect("opened");
                let start = begin(&mut file, from).expect("found");
                pump(&mut file, start, to, |block| read.push_str(std::str::from_utf8(block).expect("text")))
                    .expect("read");
                from = to;
            }
            assert_eq!(read, text, "ranges of {size}");
        }
        std::fs::remove_file(&path).expect("removed");
    }
}
