//! MISP events: attributes of network types, also those inside objects (MISP "Core format").

use serde_json::Value;

use super::{Feed, of_kind};

pub(super) fn read(document: &Value) -> Feed {
    let mut feed = Feed { form: "misp", ..Feed::default() };
    walk(document, &mut feed, 0);
    feed
}

/// `response[].Event`, `Event.Attribute[]`, `Event.Object[].Attribute[]`.
fn walk(value: &Value, feed: &mut Feed, depth: u32) {
    if depth > 8 {
        return;
    }
    if let Value::Array(items) = value {
        return items.iter().for_each(|item| walk(item, feed, depth + 1));
    }
    for attribute in value.get("Attribute").and_then(Value::as_array).into_iter().flatten() {
        take(attribute, feed);
    }
    for key in ["response", "Event", "Object"] {
        if let Some(inner) = value.get(key) {
            walk(inner, feed, depth + 1);
        }
    }
}

fn take(attribute: &Value, feed: &mut Feed) {
    let text = |key: &str| attribute.get(key).and_then(Value::as_str).unwrap_or("");
    let (kind, value) = (text("type"), text("value"));
    let place = if text("uuid").is_empty() { value.to_owned() } else { text("uuid").to_owned() };
    let first = value.split('|').next().unwrap_or(value);
    match kind {
        "domain" | "hostname" | "ip-dst" | "ip-src" | "url" | "uri" => feed.take(place, of_kind(kind, value)),
        "ip-dst|port" | "ip-src|port" | "hostname|port" => feed.take(place, of_kind(kind, first)),
        "domain|ip" => value.split('|').for_each(|part| feed.take(place.clone(), of_kind(kind, part))),
        "user-agent" => feed.take(place, of_kind(kind, value)),
        _ => {}
    }
}
