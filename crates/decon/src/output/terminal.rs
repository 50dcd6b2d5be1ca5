//! One screen for a person: the answer, assets by level with the reason, gaps, what to do next.

use std::fmt::Write as _;

use decon_core::verdict::{Level, Verdict};

use super::{Answered, escape, view};

/// Rows of each part; the rest is counted.
const ROWS: usize = 14;
const FEW: usize = 6;
const STEPS: usize = 12;

fn colour(level: Level) -> &'static str {
    match level {
        Level::Clear => "\u{1b}[32m",
        Level::Cited | Level::Unknown => "\u{1b}[33m",
        _ => "\u{1b}[31m",
    }
}

const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// The whole screen, with colours that the stream strips where there is no terminal.
pub(super) fn render(answered: &Answered<'_>) -> String {
    let parts = answered.parts();
    let mut out = String::new();
    let level = parts.answer.level;
    let _ = writeln!(out, "{BOLD}{}{}{PLAIN}  {}", colour(level), level.name().to_uppercase(), view::headline(&parts));
    incidents(&parts, &mut out);
    let rows = view::rows(&parts);
    table("Assets", &rows, ROWS, &mut out);
    let acquitted = view::acquitted(&parts);
    table("Named, but not bad", &acquitted, FEW, &mut out);
    gaps(&parts, &mut out);
    unseen(&parts, &mut out);
    let next = view::next(answered);
    if !next.is_empty() {
        let _ = writeln!(out, "\n{BOLD}Next{PLAIN}");
        for step in next.iter().take(STEPS) {
            let _ = writeln!(out, "  {}", escape::terminal(step));
        }
        if next.len() > STEPS {
            let _ = writeln!(out, "  {DIM}and {} more: --format markdown or html lists all{PLAIN}", next.len() - STEPS);
        }
    }
    if let (Some(case), Some(head)) = (answered.case, &answered.head) {
        let _ = writeln!(out, "\n{DIM}case {}, head {head}{PLAIN}", case.display());
    }
    out
}

fn incidents(parts: &super::Parts<'_>, out: &mut String) {
    let mut found: Vec<_> =
        parts.answer.advisories.iter().filter(|a| a.level.is_some_and(|l| l > Level::Clear)).collect();
    found.sort_by_key(|a| std::cmp::Reverse(a.level));
    for answer in found {
        let level = answer.level.unwrap_or(Level::Clear);
        let title = view::advisory(parts, &answer.advisory).map_or("", |a| &*a.title);
        let _ =
            writeln!(out, "  {}{:9}{PLAIN} {:24} {}", colour(level), level.name(), answer.advisory, clip(title, 90));
    }
    let clear: Vec<&str> =
        parts.answer.advisories.iter().filter(|a| a.level == Some(Level::Clear)).map(|a| &*a.advisory).collect();
    if !clear.is_empty() {
        let _ = writeln!(out, "  {}clear{PLAIN}     {}", colour(Level::Clear), clear.join(", "));
    }
    let _ = writeln!(
        out,
        "  {DIM}{} observations, {} assets, {} sources{PLAIN}",
        parts.answer.observations,
        parts.answer.assets,
        parts.contents.coverage.len()
    );
}

/// Incidents that nothing given bears on: said, so that nobody takes them for clear.
fn unseen(parts: &super::Parts<'_>, out: &mut String) {
    let unseen = view::not_looked_at(parts);
    if !unseen.is_empty() {
        let _ = writeln!(
            out,
            "\n{BOLD}Not looked at{PLAIN}  {} incidents: nothing given covers their time or names them",
            unseen.len()
        );
        for few in unseen.chunks(5) {
            let _ = writeln!(out, "  {DIM}{}{PLAIN}", few.join(", "));
        }
    }
}

fn table(title: &str, rows: &[&Verdict], limit: usize, out: &mut String) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{BOLD}{title}{PLAIN}");
    for verdict in rows.iter().take(limit) {
        let (reason, more) = view::reason(verdict);
        let more = if more > 0 { format!(" (+{more} more)") } else { String::new() };
        let asset = escape::terminal(&verdict.asset.to_string()).into_owned();
        let _ = writeln!(
            out,
            "  {}{:9}{PLAIN} {}  {DIM}{} {}{PLAIN}",
            colour(verdict.level),
            verdict.level.name(),
            clip(&asset, 80),
            verdict.id,
            verdict.advisory
        );
        let _ = writeln!(out, "            {}{more}", clip(&escape::terminal(&reason), 150));
    }
    if rows.len() > limit {
        let _ = writeln!(out, "  {DIM}and {} more: --format html or json lists all{PLAIN}", rows.len() - limit);
    }
}

fn gaps(parts: &super::Parts<'_>, out: &mut String) {
    let gaps = view::gaps(parts);
    if gaps.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{BOLD}Could not be looked at{PLAIN}");
    for (gap, paths) in gaps.iter().take(FEW + 2) {
        let more = if paths.len() > 1 { format!(" and {} more", paths.len() - 1) } else { String::new() };
        let _ = writeln!(
            out,
            "  {}{more}: {}",
            clip(&escape::terminal(paths[0]), 80),
            clip(&escape::terminal(&gap.reason), 140)
        );
        let _ = writeln!(out, "            {DIM}{}{PLAIN}", gap.remedy);
    }
    if gaps.len() > FEW + 2 {
        let _ = writeln!(out, "  {DIM}and {} more kinds of gaps{PLAIN}", gaps.len() - FEW - 2);
    }
}

/// Long names keep their end, which tells more than their beginning.
fn clip(text: &str, width: usize) -> String {
    let length = text.chars().count();
    if length <= width {
        return text.to_owned();
    }
    let head: String = text.chars().take(width / 3).collect();
    let tail: String = text.chars().skip(length - (width - width / 3 - 1)).collect();
    format!("{head}…{tail}")
}
