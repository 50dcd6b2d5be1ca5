//! The answer as Markdown, for tickets and pull requests.

use std::fmt::Write as _;

use decon_core::verdict::Verdict;

use super::escape::markdown as e;
use super::{Answered, view};

/// The whole document.
pub(super) fn render(answered: &Answered<'_>) -> String {
    let parts = answered.parts();
    let mut out = String::new();
    let _ = writeln!(out, "# {}: {}\n", parts.answer.level.name().to_uppercase(), e(&view::headline(&parts)));
    let _ = writeln!(out, "| incident | level | assets |\n|---|---|---|");
    for answer in &parts.answer.advisories {
        let level = answer.level.map_or("not looked at", |l| l.name());
        let _ = writeln!(out, "| {} | {level} | {} |", e(&answer.advisory), answer.assets);
    }
    table("Assets", &view::rows(&parts), &mut out);
    table("Named, but not bad", &view::acquitted(&parts), &mut out);
    let gaps = view::gaps(&parts);
    if !gaps.is_empty() {
        let _ = writeln!(out, "\n## Could not be looked at\n");
        for (gap, paths) in gaps {
            let paths: Vec<String> = paths.iter().take(5).map(|p| e(p)).collect();
            let _ = writeln!(out, "- {}: {}; {}", paths.join(", "), e(&gap.reason), e(&gap.remedy));
        }
    }
    let next = view::next(answered);
    if !next.is_empty() {
        let _ = writeln!(out, "\n## Next\n");
        next.iter().for_each(|step| {
            let _ = writeln!(out, "- {}", e(step));
        });
    }
    if let Some(head) = &answered.head {
        let _ = writeln!(out, "\nHead of the case: `{head}`");
    }
    out
}

fn table(title: &str, rows: &[&Verdict], out: &mut String) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {title}\n\n| level | asset | incident | why | verdict |\n|---|---|---|---|---|");
    for verdict in rows {
        let (reason, more) = view::reason(verdict);
        let more = if more > 0 { format!(" (+{more})") } else { String::new() };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {}{more} | {} |",
            verdict.level.name(),
            e(&verdict.asset.to_string()),
            e(&verdict.advisory),
            e(&reason),
            verdict.id
        );
    }
}
