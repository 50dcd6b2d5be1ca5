//! Where readers put what they found: observations with their raw bytes, gaps, wishes for more.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use decon_core::coverage::{Gap, GapKind};
use decon_core::digest::{Digest, DigestPrefix, Role};
use decon_core::observation::{Asset, AssetKind, Event, Observation, Proof, Subject, Time};
use decon_core::reference::Reference;
use decon_core::window::{When, Window};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::line::Line;
use super::request::Requests;
use super::suspects::{Mention, Suspects};
use crate::frame::Stamp;

/// What is known about a piece of evidence before it is read.
#[derive(Debug, Clone)]
pub struct Context {
    /// Its path, members of archives after `!`.
    pub path: Box<str>,
    /// The asset it is about, unless a line says otherwise.
    pub asset: Asset,
    /// The zone that a person vouches for, for times without one.
    pub zone: Option<TimeZone>,
    /// What bounds the time of the whole: a job's start and end.
    pub bounds: Window,
    /// Digests not to be overlooked even in lines that no format understands.
    pub suspects: Option<Arc<Suspects>>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Parsed {
    /// What it shows.
    pub observations: Vec<Observation>,
    /// The raw bytes that show it, by digest.
    pub blobs: HashMap<Digest, Vec<u8>>,
    /// What it hides.
    pub gaps: Vec<Gap>,
    /// First and last time that lines told.
    pub window: Option<Window>,
    /// Whether its first or last line is stamped, as a log's are; prose and code quote times too.
    pub dated: bool,
}

/// The raw lines of one event, and where they begin.
#[derive(Debug, Clone, Default)]
pub struct Mark {
    /// First line.
    pub line: u64,
    /// Time of the first line.
    pub stamp: Stamp,
    /// Host that the framing named.
    pub host: Option<Box<str>>,
    bytes: Vec<u8>,
}

/// More raw bytes than this are not kept for one event.
const MARK_BYTES: usize = 64 * 1024;

impl Mark {
    /// Starts with this line.
    pub fn at(line: &Line<'_>) -> Self {
        let mut mark =
            Self { line: line.number, stamp: line.stamp, host: line.host.map(Into::into), bytes: Vec::new() };
        mark.join(line);
        mark
    }

    /// Adds a line of the same event.
    pub fn join(&mut self, line: &Line<'_>) {
        let room = MARK_BYTES.saturating_sub(self.bytes.len() + 1);
        if !self.bytes.strip_suffix(b"\n").is_some_and(|before| before.ends_with(line.raw)) {
            self.bytes.extend_from_slice(&line.raw[..line.raw.len().min(room)]);
            self.bytes.push(b'\n');
        }
    }

    /// A mark of bytes that are not a line: a document's value.
    pub fn of_bytes(line: u64, bytes: &[u8]) -> Self {
        Self { line, bytes: bytes[..bytes.len().min(MARK_BYTES)].to_vec(), ..Self::default() }
    }
}

/// An observation in the making.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What happened.
    pub event: Event,
    /// About what.
    pub subject: Subject,
    /// By which format.
    pub format: &'static str,
    /// When.
    pub stamp: Stamp,
    /// The lines that say so.
    pub mark: Mark,
    /// What the digest names.
    pub role: Role,
    /// A cut digest.
    pub prefix: Option<DigestPrefix>,
    /// The config digest.
    pub image_id: Option<Digest>,
    /// Other digests of the same image.
    pub parts: Vec<(Role, Digest)>,
    /// The local image shared with other events.
    pub thread: Option<Box<str>>,
    /// Where, if the lines say it.
    pub asset: Option<Asset>,
    /// What else they say.
    pub detail: BTreeMap<Box<str>, Box<str>>,
}

impl Draft {
    /// An event about an image, at the time of its mark.
    pub fn image(event: Event, reference: Reference, format: &'static str, mark: Mark) -> Self {
        Self::new(event, Subject::Image(reference), format, mark)
    }

    /// An event, at the time of its mark.
    pub fn new(event: Event, subject: Subject, format: &'static str, mark: Mark) -> Self {
        Self {
            event,
            subject,
            format,
            stamp: mark.stamp,
            mark,
            role: Role::Unstated,
            prefix: None,
            image_id: None,
            parts: Vec::new(),
            thread: None,
            asset: None,
            detail: BTreeMap::new(),
        }
    }

    /// At this time.
    #[must_use]
    pub fn at(mut self, stamp: Stamp) -> Self {
        self.stamp = stamp;
        self
    }

    /// With something else that the evidence says.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.detail.insert(key.into(), value.chars().take(300).collect::<String>().into());
        }
        self
    }
}

/// Collects what readers find.
#[derive(Debug)]
pub struct Sink {
    context: Context,
    parsed: Parsed,
    requests: Requests,
    /// How many lines each format still wants, and which want any.
    wanted: [u16; 64],
    hungry: u64,
    reading: usize,
    open_from: usize,
    last_marker: Option<Timestamp>,
    /// The first line that names each suspect.
    mentions: BTreeMap<Digest, (Reference, Mark)>,
}

impl Sink {
    /// An empty sink for this evidence.
    pub fn new(context: Context) -> Self {
        Self {
            context,
            parsed: Parsed::default(),
            requests: Requests::default(),
            wanted: [0; 64],
            hungry: 0,
            reading: 0,
            open_from: 0,
            last_marker: None,
            mentions: BTreeMap::new(),
        }
    }

    /// How many observations there are so far.
    pub(super) fn count(&self) -> usize {
        self.parsed.observations.len()
    }

    /// The path of the evidence.
    pub fn path(&self) -> &str {
        &self.context.path
    }

    /// Asks for the next lines, for the format that reads now, whether or not they look interesting.
    pub fn want(&mut self, lines: u16) {
        let wanted = &mut self.wanted[self.reading];
        *wanted = lines.min(400).max(*wanted);
        self.hungry |= 1 << self.reading;
    }

    /// The format whose reader gets a line now, by its place in the table.
    pub(super) fn reads(&mut self, format: usize) {
        self.reading = format;
    }

    /// The formats that want the next line, one bit each; counts down.
    pub(super) fn takes_any(&mut self) -> u64 {
        let hungry = self.hungry;
        let mut left = hungry;
        while left != 0 {
            let format = left.trailing_zeros() as usize;
            left &= left - 1;
            self.wanted[format] = self.wanted[format].saturating_sub(1);
            if self.wanted[format] == 0 {
                self.hungry &= !(1 << format);
            }
        }
        hungry
    }

    /// Records a request that a registry or a proxy logged.
    pub fn request(&mut self, request: super::request::Request) {
        let ready = self.requests.add(request);
        for draft in ready {
            self.emit(draft);
        }
    }

    /// Records the time of the first or the last line.
    pub(super) fn edge(&mut self, stamp: Stamp) {
        self.parsed.dated |= stamp.resolve(self.context.zone.as_ref()).is_some();
        self.saw(stamp);
    }

    /// Records that a line was written at this time.
    pub fn saw(&mut self, stamp: Stamp) {
        if let Some(at) = stamp.resolve(self.context.zone.as_ref()) {
            let one = Window { from: Some(at), until: at.checked_add(SignedDuration::from_nanos(1)).ok() };
            self.parsed.window = Some(self.parsed.window.map_or(one, |w| w.union(one)));
        }
    }

    /// A marker with a time of its own stands here: it bounds what has no time before and after.
    pub fn marker(&mut self, at: Timestamp) {
        for o in &mut self.parsed.observations[self.open_from..] {
            if let When::Between { until: until @ None, .. } = &mut o.time.0 {
                *until = Some(at);
            } else if o.time.0 == When::Unstated {
                o.time.0 = When::Between { from: None, until: Some(at) };
            }
        }
        self.open_from = self.parsed.observations.len();
        self.last_marker = Some(at);
        self.saw(Stamp::Utc(at));
    }

    /// Records a gap.
    pub fn gap(&mut self, kind: GapKind, reason: &str, remedy: &str) {
        let gap = Gap {
            kind,
            path: self.context.path.clone(),
            reason: reason.into(),
            remedy: remedy.into(),
            window: Window::ALWAYS,
        };
        if !self.parsed.gaps.contains(&gap) && self.parsed.gaps.len() < 1000 {
            self.parsed.gaps.push(gap);
        }
    }

    fn when(&self, stamp: Stamp) -> When {
        if let Some(at) = stamp.resolve(self.context.zone.as_ref()) {
            return When::At(at);
        }
        if let Stamp::Local(local) = stamp {
            // Without a zone it may be any from UTC-12 to UTC+14.
            let utc = jiff::tz::Offset::UTC.to_timestamp(local).ok();
            let shift = |hours: i64| utc.and_then(|t| t.checked_add(SignedDuration::from_hours(hours)).ok());
            return When::Between { from: shift(-14), until: shift(12) };
        }
        let from = self.last_marker.or(self.context.bounds.from);
        match (from, self.context.bounds.until) {
            (None, None) => When::Unstated,
            (from, until) => When::Between { from, until },
        }
    }

    /// Records an observation.
    pub fn emit(&mut self, draft: Draft) {
        let blob = Digest::of(&draft.mark.bytes);
        let line = (draft.mark.line > 0).then_some(draft.mark.line);
        let proof = Proof { path: self.context.path.clone(), line, column: None, blob: Some(blob.clone()) };
        let host = draft.mark.host.as_deref().map(|h| Asset::new(AssetKind::Host, h));
        let asset = draft.asset.or(host).unwrap_or_else(|| self.context.asset.clone());
        let mut o = Observation::of(draft.event, draft.subject, asset, draft.format, proof);
        o.time = Time(self.when(draft.stamp));
        o.role = draft.role;
        o.digest_prefix = draft.prefix;
        o.image_id = draft.image_id;
        o.parts = draft.parts;
        o.thread = draft.thread;
        o.detail = draft.detail;
        if let (Stamp::Local(local), false) = (draft.stamp, matches!(o.time.0, When::At(_))) {
            o.detail.insert("local-time".into(), local.to_string().into());
        }
        if self.parsed.observations.last() != Some(&o) {
            self.parsed.blobs.entry(blob).or_insert(draft.mark.bytes);
            self.parsed.observations.push(o);
        }
    }

    /// The suspects to look for.
    pub(super) fn suspects(&self) -> Option<Arc<Suspects>> {
        self.context.suspects.clone()
    }

    /// A suspect is named here, whatever the line is.
    pub(super) fn mention(&mut self, mention: Mention<'_>) {
        if !self.mentions.contains_key(mention.digest) {
            let mark = Mark::of_bytes(mention.line, mention.raw);
            self.mentions.insert(mention.digest.clone(), (mention.reference, mark));
        }
    }

    /// Ends the reading.
    pub fn finish(mut self) -> Parsed {
        for draft in std::mem::take(&mut self.requests).finish() {
            self.emit(draft);
        }
        for (digest, (reference, mark)) in std::mem::take(&mut self.mentions) {
            if !self.parsed.observations.iter().any(|o| o.is_about(&digest)) {
                self.emit(Draft::image(Event::Cited, reference, "mention", mark));
            }
        }
        self.parsed
    }
}
