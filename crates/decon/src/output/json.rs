//! The answer as JSON: one document, or one line a verdict and a gap.

use decon_core::verdict::Answer;
use serde::Serialize;

use super::Answered;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    exit_status: u8,
    case_head: Option<String>,
    #[serde(flatten)]
    answer: &'a Answer,
    coverage: &'a [decon_core::coverage::Coverage],
}

/// One document.
pub(super) fn render(answered: &Answered<'_>) -> anyhow::Result<String> {
    let document = Document {
        schema: "decon.answer/1",
        exit_status: answered.answer.level.exit_status(),
        case_head: answered.head.as_ref().map(ToString::to_string),
        answer: answered.answer,
        coverage: &answered.contents.coverage,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

#[derive(Serialize)]
struct Line<'a, T> {
    kind: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

/// One line each.
pub(super) fn render_lines(answered: &Answered<'_>) -> anyhow::Result<String> {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    for body in &answered.answer.advisories {
        line(serde_json::to_string(&Line { kind: "advisory", body })?);
    }
    for body in &answered.answer.verdicts {
        line(serde_json::to_string(&Line { kind: "verdict", body })?);
    }
    for body in &answered.answer.gaps {
        line(serde_json::to_string(&serde_json::json!({"kind": "gap", "gap": body}))?);
    }
    Ok(out)
}
