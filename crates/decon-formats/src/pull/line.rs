//! One line as readers see it: content, what its framing told, and its raw bytes.

use crate::frame::{Logfmt, Stamp};

/// A line without its framing.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Number in the file, from 1.
    pub number: u64,
    /// The bytes as they stand there, without line end.
    pub raw: &'a [u8],
    /// The content.
    pub text: &'a str,
    /// When it was written.
    pub stamp: Stamp,
    /// The stream it belongs to.
    pub lane: &'a str,
    /// The machine, where the framing names it.
    pub host: Option<&'a str>,
    /// The program, where the framing names it.
    pub unit: Option<&'a str>,
    /// Whether the framing marks it as a command.
    pub command: bool,
    /// The fields, where it is a logfmt line; `text` is then its message.
    pub fields: Option<Logfmt<'a>>,
}

impl<'a> Line<'a> {
    /// A field of a logfmt line.
    pub fn field(&self, name: &str) -> Option<std::borrow::Cow<'a, str>> {
        self.fields.and_then(|f| f.get(name))
    }

    /// What stands between the first `"` after `before` and the next one.
    pub fn quoted(&self, before: &str) -> Option<&'a str> {
        quoted_after(self.text, before)
    }
}

/// What stands in quotes right after `before`; `\"` counts as a quote.
pub(super) fn quoted_after<'t>(text: &'t str, before: &str) -> Option<&'t str> {
    let at = text.find(before)? + before.len();
    let rest = text[at..].trim_start_matches('\\').strip_prefix('"')?;
    let end = rest.find('"').unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches('\\'))
}
