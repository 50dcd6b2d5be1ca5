//! ClickHouse over a table of raw lines: a search for the words first, boundaries after it.

use super::terms::{escaped, one_line};
use super::{RuleFormat, Terms};

/// ClickHouse.
#[derive(Debug)]
pub(super) struct Clickhouse;

impl RuleFormat for Clickhouse {
    fn name(&self) -> &'static str {
        "clickhouse"
    }
    fn doc(&self) -> &'static str {
        "ClickHouse query over a table of raw lines; put in your names for logs, timestamp and message."
    }
    fn comment(&self, text: &str) -> String {
        format!("-- {text}\n")
    }
    fn write(&self, terms: &Terms) -> String {
        let urls = terms.urls.iter().map(|(host, path)| format!("{host}{path}"));
        let agents = terms.agents.iter().map(|agent| agent.to_string());
        let addresses = terms.addresses.iter().map(ToString::to_string);
        let words: Vec<String> = terms
            .names
            .keys()
            .map(|n| n.to_string())
            .chain(addresses.clone())
            .chain(urls.clone())
            .chain(agents.clone())
            .collect();
        let words: Vec<String> = words.iter().map(|word| string(word)).collect();
        let addresses = addresses.map(|a| format!("(^|[^0-9a-f.:]){}($|[^0-9.])", escaped(&a)));
        let texts = urls.chain(agents).map(|text| escaped(&text));
        let either: Vec<String> = terms.name_pattern().into_iter().chain(addresses).chain(texts).collect();
        let found = "extractAll(message, '\\\\d{1,3}(?:\\\\.\\\\d{1,3}){3}')";
        let within = |range: String| {
            format!("arrayExists(a -> isIPAddressInRange(toString(toIPv4OrDefault(a)), '{range}'), {found})")
        };
        let (four, six): (Vec<_>, Vec<_>) = terms.ranges.iter().partition(|(first, _)| first.is_ipv4());
        let left: String = six
            .iter()
            .map(|(first, bits)| self.comment(&format!("Not in here: {first}/{bits}: ranges are IPv4 only")))
            .collect();
        let ranges = four.iter().map(|(first, bits)| within(format!("{first}/{bits}")));
        let mut any = Vec::new();
        if !words.is_empty() {
            any.push(format!(
                "(multiSearchAnyCaseInsensitiveUTF8(message, [{}])\n       AND match(message, {}))",
                words.join(", "),
                string(&format!("(?i){}", either.join("|")))
            ));
        }
        any.extend(ranges);
        if any.is_empty() {
            return left;
        }
        format!("{left}SELECT timestamp, message\nFROM logs\nWHERE {}\nORDER BY timestamp;\n", any.join("\n   OR "))
    }
}

/// A single-quoted string, where a backslash escapes.
fn string(text: &str) -> String {
    format!("'{}'", one_line(text).replace('\\', "\\\\").replace('\'', "\\'"))
}
