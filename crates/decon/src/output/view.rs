//! What every form shows: the same rows, the same words.

use std::collections::BTreeMap;

use decon_core::advisory::Advisory;
use decon_core::coverage::{Gap, GapKind};
use decon_core::verdict::{Level, Reason, Verdict};
use decon_core::window::When;

use super::{Answered, Parts, escape};

/// The answer in one sentence.
pub(super) fn headline(parts: &Parts<'_>) -> String {
    let count = |level: Level| parts.answer.verdicts.iter().filter(|v| v.level == level).count();
    let level = parts.answer.level;
    let assets = count(level);
    let things = if assets == 1 { "asset" } else { "assets" };
    match level {
        Level::Clear => {
            let unseen = not_looked_at(parts).len();
            let rest = if unseen == 0 { String::new() } else { format!(" {unseen} incidents were not looked at.") };
            format!("Nothing matched and no gap in what was looked at, {} assets.{rest}", parts.answer.assets)
        }
        Level::Cited => format!(
            "A known-bad image is named in {assets} {}; no sign that it was pulled.",
            if assets == 1 { "file" } else { "files" }
        ),
        Level::Unknown => "Evidence that would answer is missing. This is not a clear.".to_owned(),
        Level::Exposed => format!(
            "{assets} {things} pulled or ran an affected tag in the attack window; the digest was not recorded."
        ),
        Level::Present => format!("Malicious content is or was on {assets} {things}."),
        Level::Executed => format!("A known-bad image ran on {assets} {things}."),
        Level::Contacted => format!("{assets} {things} reached the attacker's infrastructure."),
    }
}

/// Verdicts that say something, highest first; those that are only gaps stand among the gaps.
pub(super) fn rows<'a>(parts: &Parts<'a>) -> Vec<&'a Verdict> {
    parts.answer.verdicts.iter().filter(|v| v.level > Level::Clear && !v.because.is_empty()).collect()
}

/// Verdicts that a digest or the time acquitted.
pub(super) fn acquitted<'a>(parts: &Parts<'a>) -> Vec<&'a Verdict> {
    parts.answer.verdicts.iter().filter(|v| v.level == Level::Clear && !v.acquitted.is_empty()).collect()
}

/// `2026-04-22 12:41:07Z`, a span, or nothing.
pub(super) fn when(when: When) -> String {
    let short = |t: jiff::Timestamp| {
        t.to_string().replacen('T', " ", 1).split('.').next().unwrap_or("").trim_end_matches('Z').to_owned() + "Z"
    };
    match when {
        When::At(at) => short(at),
        When::Between { from: Some(from), until: Some(until) } => {
            format!("between {} and {}", short(from), short(until))
        }
        When::Between { from: Some(from), until: None } => format!("after {}", short(from)),
        When::Between { from: None, until: Some(until) } => format!("before {}", short(until)),
        _ => "time not recorded".to_owned(),
    }
}

/// The reason a row shows, and how many more there are.
pub(super) fn reason(verdict: &Verdict) -> (String, usize) {
    let all = if verdict.because.is_empty() { &verdict.acquitted } else { &verdict.because };
    let first = all.first();
    let text = first.map_or_else(String::new, |r: &Reason| format!("{}, {}", r.text, when(r.when)));
    (text, all.len().saturating_sub(1))
}

/// Gaps, those that are alike together: reason, what to do, where.
pub(super) fn gaps<'a>(parts: &Parts<'a>) -> Vec<(&'a Gap, Vec<&'a str>)> {
    let mut alike: BTreeMap<(GapKind, &str, &str), Vec<&'a Gap>> = BTreeMap::new();
    for gap in &parts.answer.gaps {
        alike.entry((gap.kind, &gap.reason, &gap.remedy)).or_default().push(gap);
    }
    alike.into_values().filter_map(|gaps| Some((*gaps.first()?, gaps.iter().map(|g| &*g.path).collect()))).collect()
}

/// Incidents about which nothing that was given says anything.
pub(super) fn not_looked_at<'a>(parts: &Parts<'a>) -> Vec<&'a str> {
    parts.answer.advisories.iter().filter(|a| a.level.is_none()).map(|a| &*a.advisory).collect()
}

/// The advisory of an id.
pub(super) fn advisory<'a>(parts: &Parts<'a>, id: &str) -> Option<&'a Advisory> {
    parts.advisories.iter().find(|a| *a.id == *id)
}

/// What to do next, in order.
pub(super) fn next(answered: &Answered<'_>) -> Vec<String> {
    let parts = answered.parts();
    let mut steps = Vec::new();
    let rows = rows(&parts);
    match (answered.case, rows.first()) {
        (Some(case), Some(verdict)) => {
            let case = escape::shell(&case.to_string_lossy());
            steps.push(format!("decon explain {} --case {case}", verdict.id));
            steps.push(format!("decon report --case {case} --format html --output report.html"));
        }
        (None, Some(_)) => {
            steps.push("decon check … --case ./case    keeps the evidence, and lets you explain a verdict".to_owned())
        }
        _ => {}
    }
    let worst: Vec<&Verdict> = rows.into_iter().filter(|v| v.level >= Level::Exposed).collect();
    let mut told: Vec<&str> = Vec::new();
    for verdict in worst {
        if told.contains(&&*verdict.advisory) {
            continue;
        }
        told.push(&verdict.advisory);
        if let Some(advisory) = advisory(&parts, &verdict.advisory) {
            steps.extend(advisory.advice.iter().map(|a| format!("{}: {}", advisory.id, a.step)));
        }
    }
    if parts.answer.advisories.iter().any(|a| a.level.is_some() && !a.covered) {
        steps.push(
            "add evidence of the attack windows: expired CI logs may live in buckets, log shippers, runner disks"
                .to_owned(),
        );
    }
    steps
}
