//! FortiGate (FortiOS "Log Message Reference"): `key=value` with `logid` and `devname`. `eventtime` is
//! UTC, in nanoseconds or on old versions in seconds; `date`/`time` are local, with `tz` beside.

use super::contact::{Contact, Outcome, some};
use super::{NetLine, NetworkFormat};
use crate::frame::{self, Logfmt, Stamp};

/// FortiGate.
#[derive(Debug)]
pub(super) struct Fortigate;

impl NetworkFormat for Fortigate {
    fn name(&self) -> &'static str {
        "fortigate"
    }
    fn doc(&self) -> &'static str {
        "FortiGate key=value logs: traffic, webfilter, DNS."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let at = ["date=", "eventtime=", "logver=", "timestamp="].iter().filter_map(|k| line.whole.find(k)).min()?;
        let fields = Logfmt::claim(&line.whole[at..])?;
        let get = |key: &str| fields.get(key).and_then(|v| some(&v));
        get("logid").or_else(|| get("devid"))?;
        let written = get("date").zip(get("time")).map(|(date, time)| format!("{date} {time}"));
        let zone = get("tz").unwrap_or_default();
        let local = written.as_deref().map(|w| frame::parse_rfc3339(&format!("{w}{zone}")));
        let event = get("eventtime").and_then(|e| e.parse().ok()).and_then(Stamp::from_epoch);
        let action = get("action").or_else(|| get("utmaction"));
        let sent = get("sentbyte").and_then(|n| n.parse().ok());
        let blocked = [get("utmaction"), action.clone()]
            .into_iter()
            .flatten()
            .any(|a| Outcome::of_action(&a) == Some(Outcome::Blocked));
        // A DNS filter redirects to its own page.
        let blocked = blocked || (get("subtype").as_deref() == Some("dns") && action.as_deref() == Some("redirect"));
        let contact = Contact {
            at: event.or(local).unwrap_or_default(),
            at_raw: written.map(Into::into).or_else(|| get("eventtime")),
            source: get("srcip").or_else(|| get("srcname")),
            destination: get("hostname").or_else(|| get("qname")).or_else(|| get("dstname")).or_else(|| get("sni")),
            destination_ip: get("dstip"),
            user_agent: get("agent").or_else(|| get("useragent")),
            url: get("url"),
            method: get("httpmethod").or_else(|| get("method")),
            outcome: match action.as_deref() {
                _ if blocked => Outcome::Blocked,
                Some("timeout" | "start" | "client-rst" | "server-rst") => Outcome::Attempted,
                Some(_) if sent.unwrap_or(0) > 0 => Outcome::Sent,
                Some(_) => Outcome::Attempted,
                None => Outcome::Unknown,
            },
            status: action,
            bytes_out: sent,
        };
        Some(contact.complete())
    }
}
