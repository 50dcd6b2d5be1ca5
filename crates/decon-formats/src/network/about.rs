//! Lines that talk *about* an indicator: lists, rules, queries, advisories. They are no contact.

use decon_core::indicator::{IndicatorSet, Target};
use serde_json::Value;

use super::contact::Contact;

/// Why a line is only about an indicator; `None` where it may be a contact.
///
/// Only what no exact format has claimed is asked; [`elsewhere`] is for what one has.
pub(super) fn reason(text: &str, json: Option<&Value>, indicators: usize) -> Option<&'static str> {
    let line = text.trim();
    let lower = line.to_ascii_lowercase();
    let starts = |words: &[&str]| words.iter().any(|w| lower.starts_with(w));
    let holds = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    if json.is_some_and(is_indicator_record) || holds(&["domain-name:value", "ipv4-addr:value", "network-traffic:"]) {
        Some("threat intelligence")
    } else if indicators >= 3 {
        Some("a list of indicators")
    } else if starts(&["0.0.0.0 ", "127.0.0.1 ", "::1 ", ":: ", "0.0.0.0\t", "127.0.0.1\t"]) {
        Some("a hosts file")
    } else if starts(&["address=/", "server=/", "local=/", "local-zone:", "zone \"", "||", "@@||", "dnsmasq:address=/"])
        || holds(&[" cname .", " in cname ."])
    {
        Some("a blocklist")
    } else if !line.contains(char::is_whitespace) && !line.contains(['=', ':', '"', '{']) {
        Some("a bare list")
    } else if starts(&["alert ", "drop ", "reject ", "rule ", "#fields\tindicator"])
        || holds(&["content:\"", "dns.query;", "intel::domain", "intel::addr"])
    {
        Some("a detection rule")
    } else if holds(&[
        "decon hunt",
        "decon check",
        "grep ",
        "rg -",
        "zgrep",
        "zcat ",
        "awk ",
        "jq ",
        "index=",
        "devicenetworkevents",
    ]) {
        Some("a search for it")
    } else if holds(&[
        "indicator of compromise",
        "indicators of compromise",
        " iocs",
        "ioc:",
        "threat feed",
        "blocklist",
        "advisory",
    ]) {
        Some("a text about it")
    } else {
        None
    }
}

/// STIX, MISP, feeds: records whose subject is the indicator itself.
fn is_indicator_record(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or("");
    matches!(
        text("type"),
        "indicator" | "bundle" | "domain-name" | "ipv4-addr" | "domain" | "ip-dst" | "hostname" | "url"
    ) && (value.get("pattern").is_some() || value.get("value").is_some() || value.get("objects").is_some())
        || ["indicator", "ioc", "threat_type", "to_ids"].iter().any(|key| value.get(*key).is_some())
}

/// Why a web request that a format has read is no contact: it went elsewhere, and its path, query or
/// referer names the indicator.
pub(super) fn elsewhere(set: &IndicatorSet, indicator: usize, contact: &Contact) -> Option<&'static str> {
    contact.url.as_ref()?;
    let there = match &set.sought()[indicator].target {
        Target::UserAgent(agent) => {
            let agent = agent.to_ascii_lowercase();
            contact.user_agent.as_ref().is_none_or(|told| told.to_ascii_lowercase().contains(&agent))
        }
        Target::Url { host, .. } => contact.destination.as_deref().is_some_and(|to| to.eq_ignore_ascii_case(host)),
        _ => {
            let sides = [&contact.destination, &contact.destination_ip, &contact.source];
            sides.into_iter().flatten().any(|side| set.of_host(side).contains(&indicator))
        }
    };
    (!there).then_some("a path, query or referer of a request that went elsewhere")
}

/// Whether a format told who spoke to whom: then it is a contact, whatever else stands there.
pub(super) fn is_exact(format: &str, contact: &Contact) -> bool {
    !matches!(format, "text" | "json" | "key-value" | "csv")
        || (contact.source.is_some() && (contact.destination.is_some() || contact.destination_ip.is_some()))
}
