//! SARIF 2.1.0, for code scanning: one rule an incident, one result a verdict.

use decon_core::observation::Observation;
use decon_core::verdict::{Level, Verdict};
use serde_json::{Value, json};

use super::{Answered, view};

/// The whole log.
pub(super) fn render(answered: &Answered<'_>) -> anyhow::Result<String> {
    let parts = answered.parts();
    let rules: Vec<Value> = parts
        .advisories
        .iter()
        .map(|a| json!({"id": a.id, "name": a.id, "shortDescription": {"text": a.title}, "fullDescription": {"text": a.summary}, "helpUri": a.sources.values().find(|s| s.starts_with("https://"))}))
        .collect();
    let by_id: std::collections::HashMap<_, &Observation> =
        answered.contents.observations.iter().map(|o| (o.id(), o)).collect();
    let results: Vec<Value> = view::rows(&parts).into_iter().map(|v| result(v, &by_id)).collect();
    let notes: Vec<Value> = parts
        .answer
        .gaps
        .iter()
        .map(|g| json!({"level": "warning", "message": {"text": format!("{}: {}; {}", g.path, g.reason, g.remedy)}}))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "decon", "semanticVersion": env!("CARGO_PKG_VERSION"), "informationUri": env!("CARGO_PKG_REPOSITORY"), "rules": rules}},
            "invocations": [{"executionSuccessful": true, "exitCode": parts.answer.level.exit_status(), "toolExecutionNotifications": notes}],
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn result(verdict: &Verdict, by_id: &std::collections::HashMap<decon_core::digest::Digest, &Observation>) -> Value {
    let level = match verdict.level {
        Level::Clear | Level::Cited => "note",
        Level::Unknown => "warning",
        _ => "error",
    };
    let (reason, _) = view::reason(verdict);
    let locations: Vec<Value> = verdict
        .because
        .iter()
        .take(20)
        .filter_map(|r| by_id.get(&r.observation))
        .map(|o| {
            let mut region = json!({});
            if let Some(line) = o.proof.line {
                region["startLine"] = json!(line);
            }
            if let Some(column) = o.proof.column {
                region["startColumn"] = json!(column);
            }
            let mut place = json!({"artifactLocation": {"uri": uri(&o.proof.path)}});
            if o.proof.line.is_some() {
                place["region"] = region;
            }
            json!({"physicalLocation": place})
        })
        .collect();
    json!({
        "ruleId": verdict.advisory,
        "level": level,
        "message": {"text": format!("{}: {} {reason}", verdict.level.name(), verdict.asset)},
        "locations": locations,
        "partialFingerprints": {"deconVerdict/v1": verdict.id},
    })
}

/// A relative path as a URI: what RFC 3986 does not allow is percent-encoded.
fn uri(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&b);
    path.trim_start_matches("./")
        .bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
