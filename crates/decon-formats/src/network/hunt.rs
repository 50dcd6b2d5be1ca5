//! The hunt: from blocks of bytes to hits, each with what its line says.
//!
//! Stage one finds candidate lines by the bytes that every spelling of an indicator must have.
//! Stage two undoes encodings and compares names and addresses properly, and only then is a line
//! read by the formats.

use std::collections::HashMap;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use decon_core::indicator::{Found, IndicatorSet, Target};
use decon_core::window::Window;
use decon_hunt::{Case, Finder, Hit as Place, HostFinder, Lines};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::contact::Contact;
use super::header::Header;
use super::layout::Layout;
use super::line::NetLine;
use super::spelling;
use super::{FORMATS, NetworkFormat, about};
use crate::base64;
use crate::cut::Cutter;
use crate::frame;

/// What header lines begin with; they are read wherever they stand in a file.
const HEADERS: [&str; 4] = ["#fields", "#separator", "#path\t", "#Fields:"];
/// What is said of a look-alike.
pub const LEAD: &str = "a look-alike of a publisher's domain: a lead, not a hit";
/// Names remembered by one thread.
const KNOWN: usize = 1 << 18;
/// Text inside text inside text; deeper is not looked for.
const DEPTH: u32 = 3;
/// Bytes of a line that are kept and looked at; a record of a network log is far shorter.
const LINE_BYTES: usize = 1 << 18;

/// More spellings than this are not searched as literals: names and addresses then by their dots.
const FEW: usize = 120;

/// Indicators made ready for searching. Made once, shared by all readers.
#[derive(Debug)]
pub struct Hunter {
    set: IndicatorSet,
    finder: Finder,
    /// Names and addresses, where there are many.
    hosts: Option<HostFinder>,
    deep: bool,
}

impl Hunter {
    /// Makes ready; `deep` looks for base64 forms too. `None` where the literals are more than 65,000.
    pub fn new(set: IndicatorSet, deep: bool) -> Option<Self> {
        let encoded = spelling::encoded(set.sought());
        let spellings = set.sought().iter().map(|sought| spelling::needles(&sought.target, deep).len());
        let few = spellings
            .scan(HEADERS.len() + encoded.len(), |sum, more| {
                *sum += more;
                Some(*sum)
            })
            .all(|sum| sum <= FEW);
        // What is inside base64 has no dots to be found at.
        let at_dots = !few && !deep;
        let mut needles: Vec<Vec<u8>> = HEADERS.iter().map(|h| h.as_bytes().to_vec()).collect();
        for sought in set.sought().iter().filter(|s| !(at_dots && spelling::stands_at_dots(&s.target))) {
            needles.extend(spelling::needles(&sought.target, deep));
        }
        if at_dots {
            needles.extend(spelling::encoded_dots());
        } else {
            needles.extend(encoded);
        }
        needles.sort();
        needles.dedup();
        let hosts = at_dots.then(|| spelling::hosts(set.sought()));
        let finder = Finder::new(&needles, Case::Insensitive).ok()?;
        Some(Self { set, finder, hosts, deep })
    }

    /// What a line holds, in base64 too where that is asked for.
    fn found(&self, text: &str) -> Vec<Found> {
        let mut found = self.set.find(text);
        if self.deep {
            for plain in base64::runs(text) {
                let new = self.set.find(&plain);
                found.extend(
                    new.into_iter().filter(|f| !found.iter().any(|g| g.indicator == f.indicator)).collect::<Vec<_>>(),
                );
            }
        }
        found
    }

    fn search(&self, block: &[u8], scanned: &mut HuntScanned) {
        let HuntScanned { lines, known } = scanned;
        lines.fill_with(block, |hits| {
            self.finder.find(block, hits);
            if let Some(hosts) = &self.hosts {
                hosts.find(block, hits);
                hits.sort_unstable();
            }
            if self.set.has_similar() {
                decon_hunt::each_name(block, |at, name| {
                    if known.is_like(name, &self.set) {
                        hits.push(Place { start: at, needle: usize::MAX });
                    }
                });
                hits.sort_unstable();
            }
        });
    }

    /// The indicators.
    pub fn set(&self) -> &IndicatorSet {
        &self.set
    }
}

/// What the search found in a block. Made apart, so that one thread may search while another reads.
#[derive(Debug, Default)]
pub struct HuntScanned {
    lines: Lines,
    known: Known,
}

/// Names that were compared with the publishers' already: a log has few names, many times.
#[derive(Debug, Default)]
struct Known(HashMap<u64, bool>);

impl Known {
    fn is_like(&mut self, name: &[u8], set: &IndicatorSet) -> bool {
        if self.0.len() >= KNOWN {
            self.0.clear();
        }
        let mut hasher = std::hash::DefaultHasher::new();
        name.hash(&mut hasher);
        let like = || std::str::from_utf8(name).is_ok_and(|name| !set.like(name).is_empty());
        *self.0.entry(hasher.finish()).or_insert_with(like)
    }
}

impl HuntScanned {
    /// Searches a block.
    pub fn fill(&mut self, block: &[u8], hunter: &Hunter) {
        hunter.search(block, self);
    }
}

/// One indicator in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which indicator, by its place in the set.
    pub indicator: usize,
    /// What stands there: the name with what is in front of it, the address.
    pub text: Box<str>,
    /// What the line says.
    pub contact: Contact,
    /// The format that read it; `text` where none did.
    pub format: &'static str,
    /// The line, from 1.
    pub line: u64,
    /// Offset of the line's first byte in the (decompressed) file.
    pub offset: u64,
    /// Why the line is only about the indicator.
    pub about: Option<&'static str>,
    /// Whether a format told who spoke to whom.
    pub exact: bool,
}

impl Hit {
    /// Our side of the contact: a flow log also has the answers, whose source is the indicator.
    pub fn ours(&self) -> Option<&str> {
        let answer = self.contact.source.as_deref() == Some(&*self.text);
        if answer { self.contact.destination_ip.as_deref() } else { self.contact.source.as_deref() }
    }
}

/// A line as it stands in its file, or in the part of it that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The line, from 1.
    pub line: u64,
    /// Offset of its first byte in the (decompressed) file.
    pub offset: u64,
    /// The text, invalid UTF-8 replaced, cut at 256 KiB.
    pub text: Box<str>,
}

/// What a file held.
#[derive(Debug, Default)]
pub struct Hunted {
    /// Hits, in the order of lines.
    pub hits: Vec<Hit>,
    /// First and last time that lines of known formats told.
    pub window: Option<Window>,
    /// Lines in the file.
    pub lines: u64,
    /// Lines that were cut because they are too long.
    pub long: Vec<u64>,
    /// Lines with hits, and those that may name columns, where [`HuntReader::keeping`] asked for them.
    pub kept: Vec<Kept>,
}

/// Reads one network log, block by block.
#[derive(Debug)]
pub struct HuntReader {
    hunter: Arc<Hunter>,
    layout: Arc<Layout>,
    cutter: Cutter,
    header: Header,
    hunted: Hunted,
    scanned: HuntScanned,
    begun: bool,
    keep: bool,
}

impl HuntReader {
    /// A reader that looks for these; `layout` is what a person vouches for.
    pub fn new(hunter: Arc<Hunter>, layout: Arc<Layout>) -> Self {
        let header = Header { flow: layout.flow.clone(), ..Header::default() };
        Self {
            hunter,
            layout,
            cutter: Cutter::default(),
            header,
            hunted: Hunted::default(),
            scanned: HuntScanned::default(),
            begun: false,
            keep: false,
        }
    }

    /// Keeps the lines that have hits.
    #[must_use]
    pub fn keeping(self, keep: bool) -> Self {
        Self { keep, ..self }
    }

    /// Begins at this offset of the file, behind a line end. Lines count from there.
    #[must_use]
    pub fn beginning(mut self, offset: u64) -> Self {
        self.begun = offset > 0;
        self.cutter.offset = offset;
        self
    }

    /// Reads lines again that other readers of the same hunt have kept, in their order.
    pub fn replay<'k>(&mut self, kept: impl IntoIterator<Item = &'k Kept>) {
        for Kept { line, offset, text } in kept {
            if *offset == 0 {
                self.begin(text.as_bytes());
            }
            self.line(text.as_bytes(), *line, *offset);
        }
    }

    /// Takes the next bytes; they need not end at a line's end.
    pub fn feed(&mut self, block: &[u8]) {
        let mut scanned = std::mem::take(&mut self.scanned);
        scanned.fill(block, &self.hunter);
        self.feed_scanned(block, &scanned);
        self.scanned = scanned;
    }

    /// Takes the next bytes and what a search of them has found.
    pub fn feed_scanned(&mut self, block: &[u8], scanned: &HuntScanned) {
        let cut = self.cutter.cut(block);
        if let Some((whole, offset)) = cut.carried {
            self.begin(&whole);
            self.alone(&whole, offset);
        }
        if let Some(range) = cut.whole {
            self.begin(&block[range.clone()]);
            let hits = scanned.lines.found.iter().filter(|l| l.start >= range.start && l.start <= range.end);
            for line in hits {
                let (number, offset) =
                    (self.cutter.line + line.before as u64 + 1, self.cutter.offset + line.start as u64);
                self.line(&block[line.start..line.end], number, offset);
            }
        }
        self.cutter.done(block.len(), scanned.lines.ends);
        self.hunted.long.extend(cut.long);
    }

    /// Ends the reading.
    pub fn finish(mut self) -> Hunted {
        if let Some((last, offset)) = self.cutter.last() {
            self.begin(&last);
            self.alone(&last, offset);
            self.cutter.line += 1;
        }
        self.hunted.lines = self.cutter.line;
        self.hunted
    }

    /// The file's first line may name its columns.
    fn begin(&mut self, text: &[u8]) {
        if !self.begun {
            self.begun = true;
            let end = memchr::memchr(b'\n', text).unwrap_or(text.len()).min(LINE_BYTES);
            let first = String::from_utf8_lossy(&text[..end]);
            self.header.take(&first, true);
            self.keep(first.trim_end_matches('\r'), 1, 0);
        }
    }

    fn read(&self, text: &str) -> Read {
        let own = self.layout.logformat.as_ref().and_then(|format| format.read(text));
        let mut read = match own {
            Some(contact) => Read { contact, format: "squid", json: None },
            None => interpret(text, &self.header, 0),
        };
        let contact = &mut read.contact;
        contact.at = self.layout.place(contact.at, contact.at_raw.as_deref(), text);
        read
    }

    fn keep(&mut self, text: &str, line: u64, offset: u64) {
        if self.keep && self.hunted.kept.last().is_none_or(|last| last.offset != offset) {
            self.hunted.kept.push(Kept { line, offset, text: text.into() });
        }
    }

    fn alone(&mut self, whole: &[u8], offset: u64) {
        let mut scanned = HuntScanned::default();
        self.hunter.search(whole, &mut scanned);
        if !scanned.lines.found.is_empty() {
            self.line(whole, self.cutter.line + 1, offset);
        }
    }

    fn line(&mut self, raw: &[u8], number: u64, offset: u64) {
        let text = String::from_utf8_lossy(&raw[..raw.len().min(LINE_BYTES)]);
        let text = text.trim_end_matches('\r');
        if text.starts_with('#') && self.header.take(text, false) {
            self.keep(text, number, offset);
            return;
        }
        let found = self.hunter.found(text);
        if found.is_empty() {
            return;
        }
        self.keep(text, number, offset);
        let read = self.read(text);
        let indicators = found.len();
        let exact = about::is_exact(read.format, &read.contact);
        let told = if exact { None } else { about::reason(text, read.json.as_ref(), indicators) };
        if let Some(one) = self.layout.window(read.contact.at) {
            self.hunted.window = Some(self.hunted.window.map_or(one, |w| w.union(one)));
        }
        for Found { indicator, text } in found {
            let contact = completed(read.contact.clone(), &text);
            let about = match self.hunter.set.sought()[indicator].target {
                Target::LookAlike { .. } => Some(LEAD),
                _ => told.or_else(|| about::elsewhere(&self.hunter.set, indicator, &read.contact)),
            };
            self.hunted.hits.push(Hit {
                indicator,
                text,
                contact,
                format: read.format,
                line: number,
                offset,
                about,
                exact,
            });
        }
    }
}

/// A line as a format read it.
struct Read {
    contact: Contact,
    format: &'static str,
    json: Option<Value>,
}

/// Where no format told the destination, it is what was found.
fn completed(mut contact: Contact, text: &str) -> Contact {
    if contact.destination.is_none() && contact.destination_ip.is_none() {
        match text.parse::<std::net::IpAddr>() {
            Ok(_) => contact.destination_ip = Some(text.into()),
            Err(_) if decon_core::indicator::is_host(&text.to_ascii_lowercase()) => {
                contact.destination = Some(text.into())
            }
            Err(_) => {}
        }
    }
    contact
}

/// Reads a line with one format alone: what its fuzz target does.
pub fn read_as(format: &dyn NetworkFormat, text: &str, header: &Header) -> Option<Contact> {
    let (clean, _) = frame::plain(text);
    let frame = frame::peel(&clean);
    let json = object(&clean);
    format.read(&NetLine { whole: &clean, frame: &frame, json: json.as_ref(), header })
}

fn interpret(text: &str, header: &Header, depth: u32) -> Read {
    let (clean, _) = frame::plain(text);
    let peeled = frame::peel(&clean);
    let json = object(&clean);
    if let Some(value) = json {
        let records = records(&value);
        let read = |record: &Value| {
            let line = NetLine { whole: &clean, frame: &peeled, json: Some(record), header };
            FORMATS.iter().find_map(|f| f.read(&line).map(|contact| (contact, f.name())))
        };
        let mut best: Option<(Contact, &'static str)> = None;
        for (contact, format) in records.iter().filter_map(|record| read(record)) {
            if best.as_ref().is_none_or(|(_, name)| *name == "json" && format != "json") {
                best = Some((contact, format));
            }
        }
        let inner = if depth < DEPTH { inner_text(&value) } else { None };
        let inner = inner.map(|inner| interpret(inner, header, depth + 1)).filter(|read| read.format != "text");
        let (contact, format) = best.unwrap_or_default();
        return match inner {
            // A record around a line: the line says more, the record perhaps when.
            Some(mut inner) if matches!(format, "json" | "") => {
                inner.contact.at = inner.contact.at.or(contact.at);
                inner.contact.at_raw = inner.contact.at_raw.or(contact.at_raw);
                inner
            }
            _ => Read { contact, format: if format.is_empty() { "json" } else { format }, json: Some(value) },
        };
    }
    let line = NetLine { whole: &clean, frame: &peeled, json: None, header };
    match FORMATS.iter().find_map(|f| f.read(&line).map(|contact| (contact, f.name()))) {
        Some((contact, format)) => Read { contact, format, json: None },
        None => Read { contact: Contact { at: peeled.stamp, ..Contact::default() }, format: "text", json: None },
    }
}

/// The JSON object in a line, behind a header perhaps.
fn object(text: &str) -> Option<Value> {
    let at = text.find('{').filter(|at| *at < 1024)?;
    let mut stream = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
    stream.next()?.ok().filter(Value::is_object)
}

/// A record and the records that exporters wrap.
fn records(value: &Value) -> Vec<&Value> {
    let wrappers = ["event", "_source", "result", "data", "payload", "record", "fields", "flow"];
    let inner = wrappers.iter().filter_map(|key| value.get(*key)).filter(|v| v.is_object());
    let mut records = vec![value];
    for inner in inner {
        records.push(inner);
        records.extend(wrappers.iter().filter_map(|key| inner.get(*key)).filter(|v| v.is_object()));
    }
    records
}

/// The line that a record wraps.
fn inner_text(value: &Value) -> Option<&str> {
    const KEYS: [&str; 12] = [
        "_raw",
        "raw",
        "log",
        "message",
        "msg",
        "MESSAGE",
        "full_log",
        "text",
        "line",
        "textPayload",
        "original",
        "rawLog",
    ];
    let here = KEYS.iter().filter_map(|key| value.get(*key)).find_map(Value::as_str);
    let below = ["event", "result", "_source"]
        .iter()
        .filter_map(|k| value.get(*k)?.get("original").or_else(|| value.get(*k)?.get("_raw")));
    here.or_else(|| below.into_iter().find_map(Value::as_str)).filter(|text| text.len() > 16)
}
