//! `key=value` lines of no known product, by the usual key names.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat, usual};
use crate::frame::Logfmt;

/// key=value.
#[derive(Debug)]
pub(super) struct KeyValue;

impl NetworkFormat for KeyValue {
    fn name(&self) -> &'static str {
        "key-value"
    }
    fn doc(&self) -> &'static str {
        "key=value lines of no known product (iptables, Sophos, SonicWall, Check Point)."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let whole = line.whole;
        let begins = |at: &usize| *at == 0 || whole.as_bytes()[at - 1] == b' ';
        let fields = (0..whole.len()).filter(begins).find_map(|at| Logfmt::claim(whole.get(at..)?))?;
        let fields: Vec<(String, Box<str>)> = fields
            .fields()
            .filter_map(|(key, value)| Some((usual::plain(key), some(value.trim_end_matches([',', ';']))?)))
            .collect();
        let mut contact = usual::contact(|name| fields.iter().find(|(key, _)| key == name).map(|(_, v)| v.clone()))?;
        contact.at = contact.at.or(line.frame.stamp);
        // Linux' firewall says it in the prefix that the rule's author chose.
        if contact.outcome == Outcome::Unknown && ["BLOCK]", "DROP", "REJECT"].iter().any(|word| whole.contains(word)) {
            contact.outcome = Outcome::Blocked;
        }
        Some(contact)
    }
}
