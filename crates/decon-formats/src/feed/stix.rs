//! STIX 2.1 bundles: indicators whose pattern compares network values with `=`, joined by `OR`.
//!
//! Source: OASIS STIX 2.1, section 9 "STIX Patterning". What needs more than that is refused.

use decon_core::indicator::Sought;
use serde_json::Value;

use super::{Feed, of_kind};

pub(super) fn read(bundle: &Value) -> Feed {
    let mut feed = Feed { form: "stix", ..Feed::default() };
    for (at, object) in bundle.get("objects").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or("");
        let place = if text("id").is_empty() { format!("object {}", at + 1) } else { text("id").to_owned() };
        match text("type") {
            "indicator" if matches!(text("pattern_type"), "stix" | "") => pattern(text("pattern"), &place, &mut feed),
            "indicator" => feed.refused.push((place, format!("its pattern is {}, not stix", text("pattern_type")))),
            "domain-name" | "ipv4-addr" | "ipv6-addr" | "url" => feed.take(place, Sought::parse(text("value"))),
            _ => {}
        }
    }
    feed
}

/// `[domain-name:value = 'x' OR ipv4-addr:value = 'y'] OR [url:value = 'z']`
fn pattern(pattern: &str, place: &str, feed: &mut Feed) {
    let upper = pattern.to_ascii_uppercase();
    let hard = [" AND ", " FOLLOWEDBY ", " NOT ", " MATCHES ", " LIKE ", " WITHIN ", " REPEATS "]
        .iter()
        .find(|op| upper.contains(**op));
    if let Some(operator) = hard {
        feed.refused.push((place.to_owned(), format!("its pattern uses{}, which is not read", operator.trim_end())));
        return;
    }
    for comparison in pattern.split(" OR ").map(|c| c.trim().trim_matches(['[', ']', '(', ')', ' '])) {
        let Some((path, value)) = comparison.split_once('=') else {
            feed.refused.push((place.to_owned(), format!("{comparison:?} is no comparison")));
            continue;
        };
        let value = value.trim().trim_matches('\'').replace("\\'", "'").replace("\\\\", "\\");
        let path = path.trim();
        let kind = if path.contains("User-Agent") { "user-agent" } else { path.split(':').next().unwrap_or("") };
        match kind {
            "domain-name" | "ipv4-addr" | "ipv6-addr" | "url" | "hostname" | "user-agent" => {
                feed.take(place.to_owned(), of_kind(kind, &value))
            }
            _ => feed.refused.push((place.to_owned(), format!("{path} is no indicator of contact"))),
        }
    }
}
