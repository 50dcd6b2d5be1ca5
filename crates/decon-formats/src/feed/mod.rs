//! Lists of indicators as people pass them on: plain text, CSV, JSON lines, STIX 2.1, MISP.
//!
//! Every entry is read or refused with its place and reason; nothing is skipped in silence.

mod misp;
mod stix;

use decon_core::indicator::{IndicatorError, Sought, Target};
use serde_json::Value;

use crate::network::cells;

/// What a list held.
#[derive(Debug, Default)]
pub struct Feed {
    /// What it is: `plain`, `csv`, `json`, `stix`, `misp`.
    pub form: &'static str,
    /// The indicators.
    pub sought: Vec<Sought>,
    /// What was not taken: place (line or object) and reason.
    pub refused: Vec<(String, String)>,
}

impl Feed {
    fn take(&mut self, place: String, read: Result<Sought, IndicatorError>) {
        match read {
            Ok(sought) => self.sought.push(sought),
            Err(error) => self.refused.push((place, error.to_string())),
        }
    }
}

/// Reads a list of any form.
pub fn read(bytes: &[u8]) -> Feed {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with(['{', '[']) {
        let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(text).into_iter().collect();
        match documents {
            Ok(documents) => return json(&documents),
            Err(error) => {
                let reason = format!("the JSON is damaged: {error}");
                return Feed {
                    form: "json",
                    refused: vec![(format!("line {}", error.line()), reason)],
                    ..Feed::default()
                };
            }
        }
    }
    match named_column(text) {
        Some(column) => csv(text, column),
        None => plain(text),
    }
}

fn plain(text: &str) -> Feed {
    let mut feed = Feed { form: "plain", ..Feed::default() };
    for (number, line) in text.lines().enumerate() {
        // A comment begins at a `#` that no URL holds.
        let line = line.split(" #").next().unwrap_or(line).trim();
        if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("//") {
            continue;
        }
        // A hosts file's line has the name behind an address of nowhere.
        let line = ["0.0.0.0 ", "127.0.0.1 "].iter().find_map(|sink| line.strip_prefix(sink)).unwrap_or(line);
        let place = format!("line {}", number + 1);
        let line = line.trim_start_matches(['-', '*', '+', '\u{2022}', ' ', '\t']);
        match Sought::parse(line) {
            Err(error @ IndicatorError::Unknown(_)) => match words(line) {
                words if words.is_empty() => feed.take(place, Err(error)),
                words => feed.sought.extend(words),
            },
            read => feed.take(place, read),
        }
    }
    feed
}

/// `Domain: evil[.]example, 198[.]51[.]100[.]7 (C2)`: the words of a line that are indicators.
fn words(line: &str) -> Vec<Sought> {
    let words =
        line.split([' ', '\t', ',', ';', '|']).map(|word| word.trim_matches(['"', '\'', '`', '(', ')', '<', '>']));
    let dotted = words.filter(|word| word.contains('.') && !word.contains('@') && !word.ends_with(['.', ':']));
    dotted.filter_map(|word| Sought::parse(word).ok()).collect()
}

/// The column of a CSV header that holds the values.
fn named_column(text: &str) -> Option<usize> {
    let header = cells(text.lines().next()?);
    let names = [
        "indicator",
        "value",
        "ioc",
        "ioc_value",
        "indicator_value",
        "observable",
        "domain",
        "ip",
        "url",
        "fqdn",
        "hostname",
    ];
    let position = |name: &&str| header.iter().position(|cell| cell.trim().eq_ignore_ascii_case(name));
    (header.len() > 1 || names.contains(&header[0].trim().to_ascii_lowercase().as_str()))
        .then(|| names.iter().find_map(position))
        .flatten()
}

fn csv(text: &str, column: usize) -> Feed {
    let mut feed = Feed { form: "csv", ..Feed::default() };
    for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let row = cells(line);
        let value = row.get(column).map_or("", |v| v.trim());
        // Hashes and mail addresses stand in the same lists; network logs do not hold them.
        if is_hash(value) || value.contains('@') {
            feed.refused.push((format!("line {}", number + 1), "is no indicator of contact".into()));
        } else {
            feed.take(format!("line {}", number + 1), Sought::parse(value));
        }
    }
    feed
}

fn is_hash(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 64 | 128) && value.bytes().all(|b| b.is_ascii_hexdigit())
}

fn json(documents: &[Value]) -> Feed {
    if let [one] = documents {
        if one.get("type").and_then(Value::as_str) == Some("bundle") {
            return stix::read(one);
        }
        if one.get("Event").is_some() || one.get("response").is_some() || one.get("Attribute").is_some() {
            return misp::read(one);
        }
    }
    let mut feed = Feed { form: "json", ..Feed::default() };
    let listed = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    for (number, entry) in documents.iter().flat_map(listed).enumerate() {
        let keys =
            ["indicator", "value", "ioc", "ioc_value", "observable", "domain", "hostname", "ip", "url", "user_agent"];
        let value = keys.iter().find_map(|key| entry.get(*key)).and_then(Value::as_str).or_else(|| entry.as_str());
        match value {
            Some(value) => feed.take(format!("object {}", number + 1), Sought::parse(value)),
            None => feed.refused.push((format!("object {}", number + 1), "has no key indicator, value or ioc".into())),
        }
    }
    feed
}

/// A value of a kind that the list names.
fn of_kind(kind: &str, value: &str) -> Result<Sought, IndicatorError> {
    match kind {
        "user-agent" => Ok(Sought::new(Target::agent(value)?, value)),
        _ => Sought::parse(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        read(text.as_bytes()).sought.iter().map(|s| s.value.to_string()).collect()
    }

    #[test]
    fn all_forms_are_read() {
        let wanted = ["audit.checkmarx.cx", "94.154.172.43"];
        assert_eq!(values("# a list\naudit[.]checkmarx[.]cx # C2\n\n94.154.172[.]43\n"), wanted);
        assert_eq!(values("type,value\ndomain,audit[.]checkmarx[.]cx\nip,94.154.172.43\nsha256,\n").len(), 2);
        assert_eq!(values("{\"value\":\"audit.checkmarx.cx\"}\n{\"ioc\":\"94.154.172.43\"}\n"), wanted);
        let stix = r#"{"type":"bundle","id":"bundle--1","objects":[
            {"type":"indicator","pattern_type":"stix","pattern":"[domain-name:value = 'audit.checkmarx.cx'] OR [ipv4-addr:value = '94.154.172.43']"},
            {"type":"malware","name":"x"},
            {"type":"indicator","pattern_type":"stix","pattern":"[file:hashes.'SHA-256' = 'aa']"}]}"#;
        assert_eq!(values(stix), wanted);
        assert_eq!(read(stix.as_bytes()).refused.len(), 1);
        let misp = r#"{"Event":{"info":"x","Attribute":[{"type":"domain","value":"audit.checkmarx.cx","to_ids":true}],
            "Object":[{"Attribute":[{"type":"ip-dst|port","value":"94.154.172.43|443"},{"type":"sha256","value":"aa"}]}]}}"#;
        assert_eq!(values(misp), wanted);
    }

    #[test]
    fn what_is_refused_is_told() {
        let feed = read(b"com\nevil.example.org\n");
        assert_eq!(feed.sought.len(), 1);
        assert_eq!(feed.refused[0].0, "line 1");
        assert_eq!(read(b"{\"value\":").refused.len(), 1);
    }
}
