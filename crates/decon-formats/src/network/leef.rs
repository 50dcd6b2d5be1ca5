//! LEEF 1.0 and 2.0 (IBM QRadar "Log Event Extended Format"): tab separated `key=value`, or what 2.0 names as
//! its delimiter. `devTime` has a zone only when its format says so.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame::{self, Stamp};

/// LEEF.
#[derive(Debug)]
pub(super) struct Leef;

impl NetworkFormat for Leef {
    fn name(&self) -> &'static str {
        "leef"
    }
    fn doc(&self) -> &'static str {
        "IBM's Log Event Extended Format."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = &line.whole[line.whole.find("LEEF:")?..];
        let two = text.starts_with("LEEF:2");
        let mut parts = text.splitn(if two { 7 } else { 6 }, '|');
        let head: Vec<&str> = parts.by_ref().take(if two { 6 } else { 5 }).collect();
        let body = parts.next()?;
        let named = head.get(5).copied().unwrap_or("");
        let delimiter = match named
            .strip_prefix('x')
            .or_else(|| named.strip_prefix("0x"))
            .and_then(|h| u8::from_str_radix(h, 16).ok())
        {
            Some(byte) => char::from(byte),
            None => named.chars().next().filter(|_| two).unwrap_or('\t'),
        };
        let get = |key: &str| {
            body.split(delimiter)
                .filter_map(|p| p.split_once('='))
                .find(|(k, _)| k.trim() == key)
                .and_then(|(_, v)| some(v))
        };
        let first = |keys: &[&str]| keys.iter().find_map(|k| get(k));
        let raw = get("devTime");
        let at = raw
            .as_deref()
            .map(|r| r.parse().ok().and_then(Stamp::from_epoch).unwrap_or_else(|| frame::parse_rfc3339(r)));
        let action = first(&["action", "policy", "disposition"]);
        let contact = Contact {
            at: at.unwrap_or_default().or(line.frame.stamp),
            at_raw: raw,
            source: get("src"),
            destination: first(&["dstHost", "domain", "hostname", "host", "query"]),
            destination_ip: get("dst"),
            user_agent: first(&["userAgent", "useragent"]),
            url: get("url"),
            method: get("method"),
            outcome: action.as_deref().and_then(Outcome::of_action).unwrap_or_default(),
            status: action,
            bytes_out: get("srcBytes").and_then(|n| n.parse().ok()),
        };
        Some(contact.complete())
    }
}
