//! ClickHouse over a table of raw lines: a search for the words first, boundaries after it.

use super::terms::{FOUR_ONLY, one_line};
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
        let found = "extractAll(message, '\\\\d{1,3}(?:\\\\.\\\\d{1,3}){3}')";
        let within = |range: &String| {
            format!("arrayExists(a -> isIPAddressInRange(toString(toIPv4OrDefault(a)), '{range}'), {found})")
        };
        let (four, six) = terms.ranges_by_kind();
        let left: String =
            six.iter().map(|range| self.comment(&format!("Not in here: {range}: {FOUR_ONLY}"))).collect();
        let words: Vec<String> = terms.words().map(|word| string(&word)).collect();
        let text = terms.pattern().map(|pattern| {
            let (words, pattern) = (words.join(", "), string(&pattern));
            format!("(multiSearchAnyCaseInsensitiveUTF8(message, [{words}])\n       AND match(message, {pattern}))")
        });
        let any: Vec<String> = text.into_iter().chain(four.iter().map(within)).collect();
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
