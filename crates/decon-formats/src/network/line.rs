//! One line as network formats see it.

use serde_json::Value;

use super::NetworkFormat;
use super::contact::Contact;
use super::header::Header;
use super::shape::Shape;
use crate::frame::Frame;

/// A line, its framing taken off beside it.
#[derive(Debug)]
pub struct NetLine<'a> {
    /// The line as it stands, without terminal sequences.
    pub whole: &'a str,
    /// What its framing told, and what is left.
    pub frame: &'a Frame<'a>,
    /// The JSON object in it, if it is one.
    pub json: Option<&'a Value>,
    /// The columns that the file has named.
    pub header: &'a Header,
}

impl<'a> NetLine<'a> {
    /// What stands behind syslog headers and stamps.
    pub fn text(&self) -> &'a str {
        self.frame.text
    }
}

/// A JSON format: its keys, and what is to be decided from more than one of them.
#[derive(Debug)]
pub(super) struct JsonFormat {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    pub(super) shape: Shape,
    pub(super) finish: fn(&Value, Contact) -> Contact,
}

impl NetworkFormat for JsonFormat {
    fn name(&self) -> &'static str {
        self.name
    }
    fn doc(&self) -> &'static str {
        self.doc
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let value = line.json?;
        let mut contact = (self.finish)(value, self.shape.read(value)?);
        contact.at = contact.at.or(line.frame.stamp);
        contact.source = contact.source.or_else(|| line.frame.host.map(Into::into));
        Some(contact)
    }
}
