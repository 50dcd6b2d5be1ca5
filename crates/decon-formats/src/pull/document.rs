//! JSON evidence: whole documents, one object a line, and wrappers around log lines.

use decon_core::coverage::GapKind;
use serde_json::Value;

use super::FORMATS;
use super::sink::{Mark, Sink};
use crate::base64;
use crate::frame::{self, Stamp};

/// Deeper than this nothing is looked for.
const DEPTH: usize = 64;

/// Whether evidence that begins so is one document rather than lines.
pub(super) fn begins(block: &[u8]) -> bool {
    let start = block.iter().position(|b| !b.is_ascii_whitespace() && *b != 0xef && *b != 0xbb && *b != 0xbf);
    let Some(start) = start else { return false };
    let after = block[start + 1..].iter().copied().find(|b| !b.is_ascii_whitespace());
    match (block[start], after) {
        (b'[', Some(b'{' | b'[' | b'"' | b']')) => true,
        (b'{', Some(b'"' | b'}')) => {
            let line = &block[start..];
            let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
            let whole_line = serde_json::from_slice::<serde::de::IgnoredAny>(&line[..end]).is_ok();
            let stored = memchr::memmem::find(&line[..end], b"\"step_id\"").is_some();
            !whole_line || stored || line.len() == end || line[end..].iter().all(u8::is_ascii_whitespace)
        }
        _ => yaml_kind(block),
    }
}

/// `kubectl get … -o yaml` begins with its API version.
fn yaml_kind(block: &[u8]) -> bool {
    let head = &block[..block.len().min(65536)];
    let status = memchr::memmem::find(head, b"containerStatuses:").is_some()
        || memchr::memmem::find(head, b"\nkind: List").is_some();
    (head.starts_with(b"apiVersion:") || head.starts_with(b"---\napiVersion:") || head.starts_with(b"- apiVersion:"))
        && status
}

/// Reads a whole document; an error means that it is none and its lines are to be read.
pub(super) fn read(bytes: &[u8], sink: &mut Sink) -> Result<(), ()> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with(['{', '[']) {
        let documents = crate::yaml::values(text);
        for part in documents.iter().flatten() {
            value(part, &Mark::of_bytes(0, &[]), sink, 0);
        }
        return if documents.is_ok() { Ok(()) } else { Err(()) };
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut any = false;
    let mut from = 0;
    while let Some(next) = stream.next() {
        match next {
            Ok(part) => {
                any = true;
                let to = stream.byte_offset();
                let line = text[..from].bytes().filter(|b| *b == b'\n').count() as u64 + 1;
                let mark = Mark::of_bytes(line, text.as_bytes().get(from..to).unwrap_or_default());
                value(&part, &mark, sink, 0);
                from = to;
            }
            Err(error) if any || error.is_eof() => {
                let reason = format!("the JSON breaks off or is damaged at line {}: {error}", error.line());
                sink.gap(GapKind::Damaged, &reason, "export it again; what stands before was read");
                return if any { Ok(()) } else { Err(()) };
            }
            Err(error) => {
                if error.to_string().contains("recursion") {
                    sink.gap(
                        GapKind::Limit,
                        "the JSON is nested deeper than 128 levels",
                        "no exporter writes that; look at the file",
                    );
                }
                return Err(());
            }
        }
    }
    Ok(())
}

/// Offers a value to every format; where none takes it, its parts.
pub(super) fn value(value: &Value, mark: &Mark, sink: &mut Sink, depth: usize) {
    if depth > DEPTH || !(value.is_object() || value.is_array()) {
        return;
    }
    for format in FORMATS {
        if format.json(value, mark, sink) {
            return;
        }
    }
    match value {
        Value::Array(items) => items.iter().for_each(|v| self::value(v, mark, sink, depth + 1)),
        Value::Object(map) => {
            if depth == 0 && wrapped_line(value).is_some() {
                return;
            }
            for v in map.values() {
                self::value(v, mark, sink, depth + 1);
            }
        }
        _ => {}
    }
}

/// Log lines that a CI's API returns as one JSON array (CircleCI `message`, Drone `out`,
/// Woodpecker `data` in base64), with their times.
pub(super) fn lines_of(bytes: &[u8]) -> Option<Vec<(String, Stamp)>> {
    // Woodpecker stores one object a line; cloud exports nest the records in an object.
    let values: Vec<Value> = serde_json::Deserializer::from_slice(bytes).into_iter().collect::<Result<_, _>>().ok()?;
    let mut lines = Vec::new();
    values.iter().for_each(|value| gather(value, 0, &mut lines));
    (!lines.is_empty()).then_some(lines)
}

/// Records with a line of text in them: `message`, `textPayload`, `jsonPayload.MESSAGE`, `log`.
fn gather(value: &Value, depth: usize, lines: &mut Vec<(String, Stamp)>) {
    if depth > 6 {
        return;
    }
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| gather(item, depth + 1, lines));
    }
    let Value::Object(map) = value else { return };
    let outer = ["timestamp", "time", "@timestamp"]
        .iter()
        .filter_map(|k| map.get(*k))
        .map(stamp_of)
        .fold(Stamp::Unstated, Stamp::or);
    if let Some(text) = map.get("textPayload").and_then(Value::as_str) {
        lines.push((text.to_owned(), outer));
    } else if let Some((text, stamp, _)) = wrapped_line(value) {
        lines.push((text, stamp.or(outer)));
    } else {
        for inner in map.values().filter(|v| v.is_object() || v.is_array()) {
            gather(inner, depth + 1, lines);
        }
    }
}

/// The log line inside a wrapper: Docker's json-file, the journal's export, shippers' records.
pub(super) fn wrapped_line(value: &Value) -> Option<(String, Stamp, Option<String>)> {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    if value.get("step_id").is_some() {
        // Woodpecker's log store: base64, and seconds since the step began.
        return Some((base64::decode(text("data")?)?, Stamp::Unstated, None));
    }
    let key = ["log", "MESSAGE", "message", "msg", "out", "text", "line"].into_iter().find(|k| text(k).is_some())?;
    let line = text(key)?.to_owned();
    let stamp = ["time", "timestamp", "@timestamp", "ts"]
        .into_iter()
        .filter_map(|k| value.get(k))
        .map(stamp_of)
        .fold(Stamp::Unstated, Stamp::or);
    let journal = text("__REALTIME_TIMESTAMP")
        .and_then(|t| t.parse::<f64>().ok())
        .and_then(|t| Stamp::from_epoch_seconds(t / 1e6));
    let lane = text("_HOSTNAME").or_else(|| text("stream")).map(str::to_owned);
    // A registry's JSON record has its own fields besides the message; formats read those.
    Some((line, journal.unwrap_or(stamp), lane))
}

/// A JSON time: RFC 3339 text, or an epoch of plausible size.
pub(super) fn stamp_of(value: &Value) -> Stamp {
    match value {
        Value::String(text) => frame::parse_rfc3339(text),
        Value::Number(number) => number.as_f64().and_then(Stamp::from_epoch).unwrap_or_default(),
        _ => Stamp::Unstated,
    }
}

/// A text field found by a path of keys.
pub(super) fn text<'v>(value: &'v Value, path: &[&str]) -> Option<&'v str> {
    path.iter().try_fold(value, |v, key| v.get(key)).and_then(Value::as_str)
}
