//! Shapes: JSON records told by the keys they have, and where their fields are.
//!
//! A format is a table of key names. A key is looked for as it stands (`id.orig_h` is one key in
//! Zeek's JSON) and then as a path (`http.hostname`); `[0]` is the first of a list.

use serde_json::Value;

use super::contact::{Contact, Outcome, some};
use crate::frame::{self, Stamp};

/// Where a format keeps what. Alternatives stand in the order of preference.
#[derive(Debug)]
pub(super) struct Shape {
    /// Keys that all must be there.
    pub(super) needs: &'static [&'static str],
    /// Keys of which one must be there; none listed means none needed.
    pub(super) any: &'static [&'static str],
    pub(super) at: &'static [&'static str],
    pub(super) source: &'static [&'static str],
    pub(super) destination: &'static [&'static str],
    pub(super) destination_ip: &'static [&'static str],
    pub(super) user_agent: &'static [&'static str],
    pub(super) url: &'static [&'static str],
    pub(super) method: &'static [&'static str],
    pub(super) status: &'static [&'static str],
    pub(super) bytes_out: &'static [&'static str],
    /// Whether times without zone are UTC, by the format's documentation.
    pub(super) utc: bool,
}

impl Shape {
    /// A shape that has nothing.
    pub(super) const EMPTY: Self = Self {
        needs: &[],
        any: &[],
        at: &[],
        source: &[],
        destination: &[],
        destination_ip: &[],
        user_agent: &[],
        url: &[],
        method: &[],
        status: &[],
        bytes_out: &[],
        utc: false,
    };

    /// The fields of a record of this shape.
    pub(super) fn read(&self, value: &Value) -> Option<Contact> {
        let has = |key: &&str| find(value, key).is_some_and(|v| !v.is_null());
        if !self.needs.iter().all(has) || !(self.any.is_empty() || self.any.iter().any(has)) {
            return None;
        }
        Some(self.fill(|key| find(value, key).and_then(text)).complete())
    }

    /// A contact from what `cell` gives for a key; [`Contact::complete`] is the caller's.
    pub(super) fn fill(&self, cell: impl Fn(&str) -> Option<Box<str>>) -> Contact {
        let first = |keys: &[&str]| keys.iter().find_map(|key| cell(key));
        let at_raw = first(self.at);
        Contact {
            at: at_raw.as_deref().map(|raw| self.time(raw)).unwrap_or_default(),
            at_raw,
            source: first(self.source),
            destination: first(self.destination),
            destination_ip: first(self.destination_ip),
            user_agent: first(self.user_agent),
            url: first(self.url),
            method: first(self.method),
            status: first(self.status),
            bytes_out: first(self.bytes_out).and_then(|n| n.parse().ok()),
            outcome: Outcome::Unknown,
        }
    }

    fn time(&self, raw: &str) -> Stamp {
        match raw.parse() {
            Ok(number) => Stamp::from_epoch(number).unwrap_or_default(),
            Err(_) => zoned(frame::parse_rfc3339(raw), self.utc),
        }
    }
}

/// A local time of a format that is documented to write UTC.
pub(super) fn zoned(stamp: Stamp, utc: bool) -> Stamp {
    match stamp {
        Stamp::Local(local) if utc => {
            local.to_zoned(jiff::tz::TimeZone::UTC).map_or(stamp, |z| Stamp::Utc(z.timestamp()))
        }
        _ => stamp,
    }
}

/// What stands under a key, or under a path of keys.
pub(super) fn find<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    if let Some(there) = value.get(key) {
        return Some(there);
    }
    let (head, rest) = key.split_once('.').map_or((key, None), |(head, rest)| (head, Some(rest)));
    let (name, listed) = head.strip_suffix("[0]").map_or((head, false), |name| (name, true));
    let mut inner = value.get(name)?;
    if listed {
        inner = inner.as_array()?.first()?;
    }
    match rest {
        Some(rest) => find(inner, rest),
        None if listed => Some(inner),
        None => None,
    }
}

/// A string, number or first string of a list, if it says anything.
pub(super) fn text(value: &Value) -> Option<Box<str>> {
    match value {
        Value::String(text) => some(text),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Array(items) => items.iter().find_map(text),
        _ => None,
    }
}
