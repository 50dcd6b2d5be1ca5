//! Judgement: advisories over observations and coverage give verdicts.
//!
//! The laws: order does not matter; twice is once; more observations never lower a level (only an
//! event's own recorded digest acquits that event); clear implies coverage without gaps; every
//! verdict lists what it rests on and what stands against it; a known-good digest never raises.

mod assess;
mod contact;
mod event;
mod example;
mod mirror;

pub use example::decide;
pub use mirror::{MirrorRule, MirrorRules};

use std::collections::{BTreeMap, BTreeSet};

use crate::advisory::{Advisory, AdvisoryIndex};
use crate::correlate::Correlation;
use crate::coverage::{Coverage, Gap, GapKind};
use crate::observation::{Asset, Observation};
use crate::verdict::{AdvisoryAnswer, Answer, Level, Reason, Verdict};
use crate::window::{When, Window};

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The advisories asked about.
    pub advisories: &'a [Advisory],
    /// Whether the person named these advisories: then each must be answered.
    pub named: bool,
    /// Which names stand for which.
    pub mirrors: &'a MirrorRules,
    /// What evidence shows.
    pub observations: &'a [Observation],
    /// What was looked at.
    pub coverage: &'a [Coverage],
}

/// What one observation means for one advisory.
#[derive(Debug, Clone)]
struct Finding<'a> {
    advisory: &'a Advisory,
    reason: Reason,
}

/// Judges.
pub fn judge(question: &Question<'_>) -> Answer {
    let index = AdvisoryIndex::new(question.advisories);
    let relevance = assess::Relevance::new(&index, question.mirrors);
    let observations: BTreeMap<_, _> = relevant(question, &relevance).into_iter().map(|o| (o.id(), o)).collect();
    let correlation = Correlation::new(&index, observations.values().copied());
    let mut verdicts: BTreeMap<(Box<str>, Asset), Verdict> = BTreeMap::new();
    for (id, o) in &observations {
        for finding in assess::assess(&relevance, &correlation, o, id) {
            file(&mut verdicts, finding, o);
        }
    }
    for (id, o) in &observations {
        for finding in contact::assess(&index, o, id, &verdicts) {
            file(&mut verdicts, finding, o);
        }
    }
    let leads: BTreeSet<Box<str>> = verdicts.keys().map(|(advisory, _)| advisory.clone()).collect();
    let mut answer = Answer {
        level: Level::Clear,
        advisories: Vec::new(),
        verdicts: Vec::new(),
        gaps: all_gaps(question.coverage),
        assets: asset_count(question),
        observations: question.observations.len(),
    };
    for advisory in question.advisories {
        answer_one(question, advisory, leads.contains(&advisory.id), &mut verdicts, &mut answer);
    }
    conclude(&mut answer, verdicts);
    answer
}

/// The observations that can bear on any advisory, in two passes: those that name something
/// listed, and those that belong to the image families of the first.
fn relevant<'o>(question: &Question<'o>, relevance: &assess::Relevance<'_, '_>) -> Vec<&'o Observation> {
    let families = relevance.family_members(question.observations);
    let threads = relevance.threads(question.observations, &families);
    question
        .observations
        .iter()
        .filter(|o| relevance.concerns(o, &families) || o.thread.as_ref().is_some_and(|t| threads.contains(t)))
        .collect()
}

fn file(verdicts: &mut BTreeMap<(Box<str>, Asset), Verdict>, finding: Finding<'_>, o: &Observation) {
    let advisory = &finding.advisory.id;
    let verdict = verdicts.entry((advisory.clone(), o.asset.clone())).or_insert_with(|| Verdict {
        id: Verdict::id_of(advisory, &o.asset),
        advisory: advisory.clone(),
        asset: o.asset.clone(),
        level: Level::Clear,
        because: Vec::new(),
        acquitted: Vec::new(),
        despite: Vec::new(),
    });
    verdict.level = verdict.level.max(finding.reason.level);
    if finding.reason.level == Level::Clear {
        verdict.acquitted.push(finding.reason);
    } else {
        verdict.because.push(finding.reason);
    }
}

fn answer_one(
    question: &Question<'_>,
    advisory: &Advisory,
    lead: bool,
    verdicts: &mut BTreeMap<(Box<str>, Asset), Verdict>,
    answer: &mut Answer,
) {
    let window = advisory.window();
    let covered = question.coverage.iter().any(|c| covers(c, &window));
    // An incident without bounds in time is not brought up by evidence of just any time.
    let bounded = window != Window::ALWAYS;
    let dated = bounded && question.coverage.iter().any(|c| c.window.is_some_and(|w| w.overlaps(&window)));
    let in_scope = question.named || lead || dated || (covered && question.advisories.len() == 1);
    if !in_scope {
        answer.advisories.push(AdvisoryAnswer { advisory: advisory.id.clone(), level: None, covered, assets: 0 });
        return;
    }
    for coverage in question.coverage {
        attach_gaps(advisory, &window, coverage, verdicts);
    }
    let mine = || verdicts.values().filter(|v| v.advisory == advisory.id);
    let highest = mine().map(|v| v.level).max().unwrap_or(Level::Clear);
    let blind = !covered && highest < Level::Unknown;
    if blind {
        answer.gaps.push(no_evidence(advisory, window));
    }
    let level = if blind { Level::Unknown } else { highest };
    let assets = mine().filter(|v| v.level > Level::Clear).count();
    answer.advisories.push(AdvisoryAnswer { advisory: advisory.id.clone(), level: Some(level), covered, assets });
}

/// Whether this evidence may speak about that time: undated events may.
fn covers(coverage: &Coverage, window: &Window) -> bool {
    coverage.speaks && coverage.window.is_none_or(|w| w.overlaps(window))
}

fn attach_gaps(
    advisory: &Advisory,
    window: &Window,
    coverage: &Coverage,
    verdicts: &mut BTreeMap<(Box<str>, Asset), Verdict>,
) {
    let gaps: Vec<&Gap> = coverage.gaps.iter().filter(|g| g.window.overlaps(window)).collect();
    if gaps.is_empty() {
        return;
    }
    let verdict = verdicts.entry((advisory.id.clone(), coverage.asset.clone())).or_insert_with(|| Verdict {
        id: Verdict::id_of(&advisory.id, &coverage.asset),
        advisory: advisory.id.clone(),
        asset: coverage.asset.clone(),
        level: Level::Unknown,
        because: Vec::new(),
        acquitted: Vec::new(),
        despite: Vec::new(),
    });
    verdict.level = verdict.level.max(Level::Unknown);
    verdict.despite.extend(gaps.into_iter().cloned());
}

fn no_evidence(advisory: &Advisory, window: Window) -> Gap {
    let span = match (window.from, window.until) {
        (Some(from), Some(until)) => format!("{from} to {until}"),
        (Some(from), None) => format!("{from} and after"),
        (None, Some(until)) => format!("before {until}"),
        (None, None) => "any time".to_owned(),
    };
    Gap {
        kind: GapKind::NoEvidence,
        path: advisory.id.clone(),
        reason: format!("nothing that was given covers {span}").into(),
        remedy: "add CI logs, registry or daemon logs, or copied image stores of that time".into(),
        window,
    }
}

fn all_gaps(coverage: &[Coverage]) -> Vec<Gap> {
    let gaps: BTreeSet<Gap> = coverage.iter().flat_map(|c| c.gaps.iter().cloned()).collect();
    gaps.into_iter().collect()
}

fn asset_count(question: &Question<'_>) -> usize {
    let seen = question.observations.iter().map(|o| &o.asset);
    let looked = question.coverage.iter().map(|c| &c.asset);
    seen.chain(looked).collect::<std::collections::HashSet<_>>().len()
}

fn conclude(answer: &mut Answer, verdicts: BTreeMap<(Box<str>, Asset), Verdict>) {
    let scoped: BTreeSet<&str> = answer.advisories.iter().filter(|a| a.level.is_some()).map(|a| &*a.advisory).collect();
    answer.verdicts = verdicts.into_values().filter(|v| scoped.contains(&*v.advisory)).collect();
    for verdict in &mut answer.verdicts {
        // What has a time comes first, and early before late.
        let key = |r: &Reason| {
            let when = order(r.when);
            (std::cmp::Reverse(r.level), when.is_none(), when, r.text.clone(), r.observation.clone())
        };
        verdict.because.sort_by_key(key);
        verdict.acquitted.sort_by_key(key);
        verdict.despite.sort();
        verdict.despite.dedup();
    }
    answer.verdicts.sort_by(|a, b| (b.level, &a.advisory, &a.asset).cmp(&(a.level, &b.advisory, &b.asset)));
    answer.level = answer.advisories.iter().filter_map(|a| a.level).max().unwrap_or(Level::Unknown);
    if answer.level == Level::Clear && !answer.gaps.is_empty() {
        answer.level = Level::Unknown;
    }
    // With nothing answered, the highest of nothing is unknown, which `unwrap_or` above says.
}

fn order(when: When) -> Option<jiff::Timestamp> {
    when.earliest().or(when.latest())
}
