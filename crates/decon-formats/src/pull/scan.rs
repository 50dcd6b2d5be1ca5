//! The scanner: from blocks of bytes to the few lines that matter, and those to their readers.
//!
//! Stage one is one vectorised search for the anchors of all formats over whole blocks; it never
//! looks at a line that holds none. Stage two peels the framing of candidate lines and hands
//! them to the formats whose anchors they hold, one reader a stream. Memory is bounded: a line
//! is read to 1 MiB, streams to a few thousand.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use decon_core::coverage::GapKind;
use decon_hunt::{Case, Finder, Hit, Lines};

use super::document;
use super::line::Line;
use super::sink::{Context, Mark, Parsed, Sink};
use super::suspects::Suspects;
use super::{FORMATS, Reader};
use crate::cut::{Cutter, LINE_BYTES};
use crate::frame::{self, Logfmt, Stamp};

/// More streams than this in one file are read as one.
const LANES: usize = 4096;
/// A document (JSON over many lines) is read up to this size.
const DOCUMENT_BYTES: usize = 256 << 20;

/// The search for the anchors of all formats, and which formats each belongs to.
struct Anchors {
    finder: Finder,
    masks: Vec<u64>,
}

static ANCHORS: LazyLock<Anchors> = LazyLock::new(|| {
    let mut anchors: Vec<&'static str> = vec!["section_"];
    let mut masks = vec![0u64; 1];
    for (at, format) in FORMATS.iter().enumerate() {
        for anchor in format.anchors() {
            match anchors.iter().position(|p| p == anchor) {
                Some(i) => masks[i] |= 1 << at,
                None => {
                    anchors.push(anchor);
                    masks.push(1 << at);
                }
            }
        }
    }
    let finder = Finder::new(&anchors, Case::Sensitive).expect("anchors have four bytes or more");
    Anchors { finder, masks }
});

/// Reads one log, block by block.
pub struct LogReader {
    sink: Sink,
    lanes: HashMap<Box<str>, Lane>,
    cutter: Cutter,
    started: bool,
    document: Option<Vec<u8>>,
    last_line: Vec<u8>,
    scanned: Scanned,
    suspects: Option<Arc<Suspects>>,
}

/// What the search found in a block. Made apart, so that one thread may search while another reads.
#[derive(Debug, Default)]
pub struct Scanned {
    anchored: Lines,
    suspect: Lines,
}

impl Scanned {
    /// Searches a block for what formats know, and for suspects.
    pub fn fill(&mut self, block: &[u8], suspects: Option<&Suspects>) {
        self.anchored.fill(&ANCHORS.finder, block);
        if let Some(suspects) = suspects {
            suspects.fill(block, &mut self.suspect);
        }
    }
}

#[derive(Default)]
struct Lane {
    readers: Vec<Option<Box<dyn Reader>>>,
}

impl LogReader {
    /// A reader for this evidence.
    pub fn new(context: Context) -> Self {
        let sink = Sink::new(context);
        Self {
            suspects: sink.suspects(),
            sink,
            lanes: HashMap::new(),
            cutter: Cutter::default(),
            started: false,
            document: None,
            last_line: Vec::new(),
            scanned: Scanned::default(),
        }
    }

    /// Takes the next bytes; they need not end at a line's end.
    pub fn feed(&mut self, block: &[u8]) {
        let mut scanned = std::mem::take(&mut self.scanned);
        scanned.fill(block, self.suspects.as_deref());
        self.feed_scanned(block, &scanned);
        self.scanned = scanned;
    }

    /// Takes the next bytes and what a search of them, perhaps by another thread, has found.
    pub fn feed_scanned(&mut self, block: &[u8], scanned: &Scanned) {
        if !self.started && !block.is_empty() {
            self.started = true;
            if document::begins(block) {
                self.document = Some(Vec::new());
            }
        }
        if let Some(document) = &mut self.document {
            if document.len() + block.len() <= DOCUMENT_BYTES {
                document.extend_from_slice(block);
                return;
            }
            self.sink.gap(
                GapKind::Limit,
                "this JSON document is larger than 256 MiB",
                "split it, or export one object a line",
            );
            let held = self.document.take().unwrap_or_default();
            self.feed_unscanned(&held);
        }
        self.feed_lines(block, scanned);
    }

    fn feed_unscanned(&mut self, block: &[u8]) {
        let mut scanned = Scanned::default();
        scanned.fill(block, self.suspects.as_deref());
        self.feed_lines(block, &scanned);
    }

    fn feed_lines(&mut self, block: &[u8], scanned: &Scanned) {
        let cut = self.cutter.cut(block);
        if let Some((whole, _)) = cut.carried {
            self.alone(&whole);
        }
        if let Some(range) = cut.whole {
            self.lines(block, range, scanned);
        }
        self.cutter.done(block.len(), scanned.anchored.ends);
        if let Some(number) = cut.long {
            let reason = format!("line {number} is longer than 1 MiB; the rest of it was not read");
            self.sink.gap(GapKind::Limit, &reason, "split the line if it may hold evidence");
        }
    }

    /// A line that lay in two blocks, or the last one, without a line end.
    fn alone(&mut self, whole: &[u8]) {
        let mut scanned = Scanned::default();
        scanned.fill(whole, self.suspects.as_deref());
        self.lines(whole, 0..whole.len(), &scanned);
    }

    /// Whole lines of a block, without the last line end.
    fn lines(&mut self, block: &[u8], range: Range<usize>, scanned: &Scanned) {
        self.mentions(block, &range, &scanned.suspect);
        let lines = &scanned.anchored;
        let mut number = self.cutter.line + u64::from(range.start > 0);
        if number == 0 {
            let end = memchr::memchr(b'\n', block).unwrap_or(block.len());
            self.note_time(&block[..end]);
        }
        let mut found = lines.found.iter().filter(|f| f.start >= range.start && f.start <= range.end).peekable();
        let mut at = range.start;
        while at <= range.end {
            while found.next_if(|f| f.start < at).is_some() {}
            let any = self.sink.takes_any();
            let (end, mask) = match found.peek() {
                Some(next) if any == 0 || next.start == at => {
                    at = next.start;
                    number = self.cutter.line + next.before as u64;
                    (next.end, mask_of(&lines.hits[next.hits.clone()]))
                }
                None if any == 0 => break,
                _ => (memchr::memchr(b'\n', &block[at..range.end]).map_or(range.end, |n| at + n), 0),
            };
            number += 1;
            self.physical(number, &block[at..end], mask, any);
            at = end + 1;
        }
        let text = &block[range.start..range.end];
        let last = memchr::memrchr(b'\n', text).map_or(text, |n| &text[n + 1..]);
        if !last.is_empty() {
            self.last_line.clear();
            self.last_line.extend_from_slice(&last[..last.len().min(400)]);
        }
    }

    fn mentions(&mut self, block: &[u8], range: &Range<usize>, lines: &Lines) {
        let Some(suspects) = self.suspects.as_deref() else { return };
        for line in lines.found.iter().filter(|l| l.start >= range.start && l.start <= range.end) {
            let number = self.cutter.line + line.before as u64 + 1;
            for hit in &lines.hits[line.hits.clone()] {
                self.sink.mention(suspects.mention(*hit, line.start, &block[line.start..line.end], number));
            }
        }
    }

    fn note_time(&mut self, raw: &[u8]) {
        let text = String::from_utf8_lossy(&raw[..raw.len().min(400)]);
        let (plain, stamp) = frame::plain(&text);
        self.sink.edge(stamp.or(frame::peel(&plain).stamp));
    }

    /// One physical line: its parts between carriage returns share number and time.
    fn physical(&mut self, number: u64, raw: &[u8], mask: u64, any: u64) {
        let text = String::from_utf8_lossy(&raw[..raw.len().min(LINE_BYTES)]);
        // A power loss or copytruncate leaves NULs in front.
        let text = Cow::Borrowed(text.trim_start_matches('\0'));
        let (plain, stamp) =
            if text.contains('\r') { (Cow::Borrowed(&*text), Stamp::Unstated) } else { frame::plain(&text) };
        let mut carried = stamp;
        for segment in frame::segments(&plain) {
            let (clean, apc) = frame::plain(segment);
            carried = self.segment(number, raw, &clean, apc.or(carried), mask, any);
        }
    }

    fn segment(&mut self, number: u64, raw: &[u8], text: &str, carried: Stamp, mask: u64, any: u64) -> Stamp {
        if self.section(text) {
            return carried;
        }
        let peeled = frame::peel(text);
        let stamp = peeled.stamp.or(carried);
        if peeled.text.trim().is_empty() {
            return stamp;
        }
        self.sink.saw(stamp);
        if peeled.text.starts_with('{') && self.json_line(number, raw, &peeled, stamp, mask) {
            return stamp;
        }
        let fields = Logfmt::claim(peeled.text);
        let message = fields.and_then(|f| f.get("msg"));
        let told = fields.and_then(|f| f.get("time").or_else(|| f.get("ts")));
        let inner = told.map_or(Stamp::Unstated, |t| frame::parse_rfc3339(&t));
        let line = Line {
            number,
            raw,
            text: message.as_deref().unwrap_or(peeled.text),
            stamp: inner.or(stamp),
            lane: &peeled.lane,
            host: peeled.host,
            unit: peeled.unit,
            command: peeled.command,
            fields,
        };
        self.dispatch(&line, mask, any);
        stamp
    }

    /// `section_start:1776861302:name`: GitLab's markers bound the time of what has none.
    fn section(&mut self, text: &str) -> bool {
        let bare = text.trim_start();
        let bare = bare.get(bare.find("section_").filter(|at| *at < 40).unwrap_or(0)..).unwrap_or(bare);
        let Some(rest) = bare.strip_prefix("section_start:").or_else(|| bare.strip_prefix("section_end:")) else {
            return false;
        };
        let seconds = rest.split(':').next().and_then(|s| s.parse::<i64>().ok());
        if let Some(at) = seconds.filter(|s| *s > 1_000_000_000).and_then(|s| jiff::Timestamp::from_second(s).ok()) {
            self.sink.marker(at);
        }
        true
    }

    /// A JSON object a line: a wrapper around a line, or a record of some format.
    fn json_line(&mut self, number: u64, raw: &[u8], peeled: &frame::Frame<'_>, stamp: Stamp, mask: u64) -> bool {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(peeled.text.trim()) else { return false };
        if let Some((text, inner, lane)) = document::wrapped_line(&value) {
            for part in text.lines() {
                let (plain, _) = frame::plain(part);
                let frame = frame::peel(&plain);
                let fields = Logfmt::claim(frame.text);
                let message = fields.and_then(|f| f.get("msg"));
                let line = Line {
                    number,
                    raw,
                    text: message.as_deref().unwrap_or(frame.text),
                    stamp: frame.stamp.or(inner).or(stamp),
                    lane: lane.as_deref().unwrap_or(&frame.lane),
                    host: frame.host.or(peeled.host),
                    unit: frame.unit.or(peeled.unit),
                    command: frame.command,
                    fields,
                };
                self.sink.saw(line.stamp);
                self.dispatch(&line, mask, 0);
            }
        }
        let mut mark = Mark::of_bytes(number, raw);
        mark.stamp = stamp;
        document::value(&value, &mark, &mut self.sink, 0);
        true
    }

    fn dispatch(&mut self, line: &Line<'_>, mask: u64, any: u64) {
        let key = if self.lanes.len() < LANES || self.lanes.contains_key(line.lane) { line.lane } else { "" };
        if !self.lanes.contains_key(key) {
            let lane = Lane { readers: FORMATS.iter().map(|_| None).collect() };
            self.lanes.insert(key.into(), lane);
        }
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let mut left = mask | any;
        while left != 0 {
            let at = left.trailing_zeros() as usize;
            left &= left - 1;
            let slot = &mut lane.readers[at];
            // A reader that has begun also sees the lines it asked for.
            if slot.is_none() && mask & (1 << at) != 0 {
                *slot = FORMATS[at].reader();
            }
            if let Some(reader) = slot {
                self.sink.reads(at);
                reader.line(line, &mut self.sink);
            }
        }
    }

    /// Ends the reading.
    pub fn finish(mut self) -> Parsed {
        if let Some(document) = self.document.take() {
            for mention in self.suspects.as_deref().map(|s| s.mentions(&document)).unwrap_or_default() {
                self.sink.mention(mention);
            }
            match document::read(&document, &mut self.sink) {
                // No record of any format: then its records may hold lines of logs.
                Ok(()) if self.sink.count() == 0 => {
                    if let Some(lines) = document::lines_of(&document) {
                        self.array(&lines);
                        return self.end();
                    }
                    return self.sink.finish();
                }
                Ok(()) => return self.sink.finish(),
                Err(()) => self.feed_unscanned(&document),
            }
        }
        self.end()
    }

    /// Lines that an API returned as an array; they are numbered as a person would see them.
    fn array(&mut self, lines: &[(String, Stamp)]) {
        let mut hits = Vec::new();
        for (text, stamp) in lines {
            for raw in text.lines() {
                self.cutter.line += 1;
                let any = self.sink.takes_any();
                hits.clear();
                ANCHORS.finder.find(raw.as_bytes(), &mut hits);
                let mask = mask_of(&hits);
                if mask | any == 0 {
                    continue;
                }
                for segment in frame::segments(raw) {
                    let (clean, apc) = frame::plain(segment);
                    self.segment(self.cutter.line, raw.as_bytes(), &clean, apc.or(*stamp), mask, any);
                }
            }
        }
    }

    fn end(mut self) -> Parsed {
        if let Some((last, _)) = self.cutter.last() {
            self.alone(&last);
        }
        let last = std::mem::take(&mut self.last_line);
        self.note_time(&last);
        let mut lanes: Vec<_> = std::mem::take(&mut self.lanes).into_iter().collect();
        lanes.sort_by(|a, b| a.0.cmp(&b.0));
        for (_, lane) in &mut lanes {
            for reader in lane.readers.iter_mut().flatten() {
                reader.end(&mut self.sink);
            }
        }
        self.sink.finish()
    }
}

/// Reads lines with one format alone, every line, anchored or not: what its fuzz target does.
pub fn read_as(name: &str, bytes: &[u8], context: Context) -> Parsed {
    let mut reader = LogReader::new(context);
    let only = FORMATS.iter().position(|f| f.name() == name).map_or(0, |at| 1 << at);
    for (number, raw) in bytes.split(|b| *b == b'\n').enumerate() {
        reader.physical(number as u64 + 1, raw, only, 0);
    }
    reader.end()
}

/// The formats whose anchors these are.
fn mask_of(hits: &[Hit]) -> u64 {
    hits.iter().fold(0, |mask, hit| mask | ANCHORS.masks[hit.needle])
}
