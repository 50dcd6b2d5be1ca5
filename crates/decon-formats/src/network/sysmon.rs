//! Sysmon events 3 (connection) and 22 (DNS query), as XML and as the JSON that shippers make.
//!
//! Source: Microsoft "Sysmon events". `UtcTime` is UTC. `DestinationHostname` is a reverse look-up.

use serde_json::Value;

use super::NetworkFormat;
use super::contact::{Contact, Outcome, some};
use super::line::{JsonFormat, NetLine};
use super::shape::{Shape, find, text, zoned};
use crate::frame;

/// Sysmon as JSON.
pub(super) const SYSMON_JSON: JsonFormat = JsonFormat {
    name: "sysmon-json",
    doc: "Sysmon connections and DNS queries as JSON (winlogbeat, NXLog, Event).",
    shape: Shape {
        any: &[
            "DestinationIp",
            "QueryName",
            "winlog.event_data.DestinationIp",
            "winlog.event_data.QueryName",
            "Event.EventData.DestinationIp",
            "Event.EventData.QueryName",
            "EventData.DestinationIp",
            "EventData.QueryName",
            "event_data.DestinationIp",
            "event_data.QueryName",
        ],
        needs: &[],
        at: &[
            "UtcTime",
            "winlog.event_data.UtcTime",
            "Event.EventData.UtcTime",
            "EventData.UtcTime",
            "event_data.UtcTime",
            "Event.System.TimeCreated.SystemTime",
            "Event.System.TimeCreated.#attributes.SystemTime",
            "System.TimeCreated.SystemTime",
            "@timestamp",
            "TimeCreated",
            "EventTime",
        ],
        source: &[
            "Computer",
            "winlog.computer_name",
            "computer_name",
            "Event.System.Computer",
            "System.Computer",
            "Hostname",
            "host.name",
            "SourceIp",
        ],
        destination: &[
            "QueryName",
            "DestinationHostname",
            "winlog.event_data.QueryName",
            "winlog.event_data.DestinationHostname",
            "Event.EventData.QueryName",
            "Event.EventData.DestinationHostname",
            "EventData.QueryName",
            "EventData.DestinationHostname",
            "event_data.QueryName",
            "event_data.DestinationHostname",
        ],
        destination_ip: &[
            "DestinationIp",
            "winlog.event_data.DestinationIp",
            "Event.EventData.DestinationIp",
            "EventData.DestinationIp",
            "event_data.DestinationIp",
        ],
        status: &["QueryStatus", "winlog.event_data.QueryStatus", "Event.EventData.QueryStatus"],
        utc: true,
        ..Shape::EMPTY
    },
    finish,
};

fn finish(value: &Value, mut contact: Contact) -> Contact {
    let answered = ["QueryResults", "winlog.event_data.QueryResults", "Event.EventData.QueryResults"]
        .iter()
        .filter_map(|k| find(value, k))
        .find_map(text);
    contact.outcome = if answered.is_some() { Outcome::Resolved } else { Outcome::Attempted };
    contact
}

/// Sysmon as XML, an event a line.
#[derive(Debug)]
pub(super) struct SysmonXml;

impl NetworkFormat for SysmonXml {
    fn name(&self) -> &'static str {
        "sysmon-xml"
    }
    fn doc(&self) -> &'static str {
        "Sysmon connections and DNS queries as event XML."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let text = line.whole;
        if !text.contains("<EventData>") {
            return None;
        }
        let value = |name: &str| data(text, name).and_then(some);
        let system = attribute(text, "SystemTime").map(frame::parse_rfc3339);
        let written = value("UtcTime").map(|t| zoned(frame::parse_rfc3339(&t), true));
        let contact = Contact {
            at: system.or(written).unwrap_or_default(),
            at_raw: attribute(text, "SystemTime").map(Into::into).or_else(|| value("UtcTime")),
            source: element(text, "Computer").and_then(some).or_else(|| value("SourceIp")),
            destination: value("QueryName").or_else(|| value("DestinationHostname")),
            destination_ip: value("DestinationIp"),
            status: value("QueryStatus"),
            outcome: if value("QueryResults").is_some() { Outcome::Resolved } else { Outcome::Attempted },
            ..Contact::default()
        };
        Some(contact.complete())
    }
}

/// `<Data Name='x'>value</Data>`
fn data<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = text;
    while let Some(at) = rest.find("Name=") {
        rest = &rest[at + 5..];
        let quote = rest.chars().next().filter(|q| matches!(q, '"' | '\''))?;
        let (found, after) = rest[1..].split_once(quote)?;
        rest = after;
        if found == name {
            return after.strip_prefix('>')?.split('<').next();
        }
    }
    None
}

fn attribute<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let after = &text[text.find(&format!("{name}="))? + name.len() + 1..];
    let quote = after.chars().next().filter(|q| matches!(q, '"' | '\''))?;
    after[1..].split(quote).next()
}

fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let after = &text[text.find(&format!("<{name}>"))? + name.len() + 2..];
    after.split('<').next()
}
