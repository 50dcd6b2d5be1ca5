//! What a contact means: who reached an indicator, and whether the image was seen on the same asset.
//!
//! A name that other campaigns use too does not prove this one; a name that is shared hosting is a
//! lead until something else on the asset speaks for it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Finding;
use super::assess::first_step;
use crate::advisory::{Advisory, AdvisoryIndex, Confidence, Indicator};
use crate::digest::Digest;
use crate::indicator::defang;
use crate::observation::{Asset, Event, Observation, Subject};
use crate::verdict::{Level, Reason, Verdict};
use crate::window::When;

/// Everything one contact means; `images` are the verdicts about images and actions.
///
/// Verdicts that contacts themselves gave may stand there too: only lower levels are looked at.
pub(super) fn assess<'a>(
    index: &AdvisoryIndex<'a>,
    o: &Observation,
    id: &Digest,
    images: &BTreeMap<(Box<str>, Asset), Verdict>,
) -> Vec<Finding<'a>> {
    let Subject::Indicator { indicator } = &o.subject else { return Vec::new() };
    let listed = index.indicator(indicator).iter();
    listed.map(|(advisory, indicator)| finding(advisory, indicator, o, id, images)).collect()
}

fn finding<'a>(
    advisory: &'a Advisory,
    indicator: &Indicator,
    o: &Observation,
    id: &Digest,
    images: &BTreeMap<(Box<str>, Asset), Verdict>,
) -> Finding<'a> {
    let mut steps = vec![first_step(o), listing(advisory, indicator)];
    let seen = images.get(&(advisory.id.clone(), o.asset.clone())).and_then(|v| image_before(v, o.when()));
    let in_use = indicator.active.may_contain(&o.when());
    let alone = seen.is_none();
    let doubtful = indicator.confidence == Confidence::Low;
    let level = match o.event {
        Event::Contacted if !in_use => Level::Clear,
        Event::Contacted if doubtful && alone => Level::Cited,
        Event::Contacted => Level::Contacted,
        _ => Level::Cited,
    };
    steps.extend(indicator.note.iter().map(|note| format!("a caution: {note}")));
    if !in_use {
        steps.push("it happened outside the time the indicator is known to have been in use".into());
    } else if doubtful && alone && level == Level::Cited {
        steps.push("the sources are not sure of it and nothing else speaks for it here: a lead".into());
    }
    if alone && !indicator.shared_with.is_empty() {
        let others = indicator.shared_with.join(", ");
        steps
            .push(format!("{others} used it too: without the image on the same asset it does not prove this incident"));
    }
    steps.extend(seen.iter().map(|seen| format!("on the same asset: {}", seen.text)));
    steps.push(format!("{} an indicator is {}", o.event.name(), level.name()));
    let text = sentence(indicator, o, seen.as_ref());
    let steps = steps.into_iter().map(Into::into).collect();
    Finding { advisory, reason: Reason { level, observation: id.clone(), text: text.into(), steps, when: o.when() } }
}

fn listing(advisory: &Advisory, indicator: &Indicator) -> String {
    let sure = format!("{:?}", indicator.confidence).to_lowercase();
    let kind = indicator.kind.name();
    format!(
        "{} lists {} as {kind} ({sure} confidence, by {})",
        advisory.id,
        defang(&indicator.value),
        indicator.sources.join(", ")
    )
}

/// What the same asset did with the image, and how long before.
struct Seen {
    text: String,
    brief: String,
}

/// The image's latest event that may have come before the contact, else any event.
fn image_before(verdict: &Verdict, contact: When) -> Option<Seen> {
    let image = verdict.because.iter().filter(|r| r.level > Level::Unknown && r.level < Level::Contacted);
    let at = contact.latest();
    let key = |r: &&Reason| {
        let when = r.when.earliest();
        let before = at.is_none() || when.is_none() || when <= at;
        (before, when, std::cmp::Reverse(r.text.clone()))
    };
    let reason = image.max_by_key(key)?;
    let gap = instant(reason.when).zip(instant(contact)).map(|(image, contact)| distance(image, contact));
    let text = format!("{}{}", reason.text, gap.as_deref().map_or(String::new(), |g| format!(", {g} the contact")));
    let brief = match gap {
        Some(gap) => format!("the asset {} ({gap})", reason.text),
        None => format!("the asset {}", reason.text),
    };
    Some(Seen { text, brief })
}

/// When it began, as far as that is told.
fn instant(when: When) -> Option<Timestamp> {
    when.earliest().or(when.latest())
}

/// `2 min before`.
fn distance(image: Timestamp, contact: Timestamp) -> String {
    let (seconds, word) = match contact.as_second() - image.as_second() {
        after if after >= 0 => (after, "before"),
        before => (-before, "after"),
    };
    match seconds {
        0..120 => format!("{seconds} s {word}"),
        120..7200 => format!("{} min {word}", seconds / 60),
        7200..172_800 => format!("{} h {word}", seconds / 3600),
        _ => format!("{} d {word}", seconds / 86_400),
    }
}

fn sentence(indicator: &Indicator, o: &Observation, seen: Option<&Seen>) -> String {
    let detail = |key: &str| o.detail.get(key).map(|v| &**v);
    let value = defang(&indicator.value);
    let did = match (o.event, detail("outcome")) {
        (Event::Contacted, Some("blocked")) => format!("tried to reach {value} and was blocked"),
        (Event::Contacted, Some("attempted")) => format!("tried to reach {value}"),
        (Event::Contacted, Some("resolved")) => format!("looked up {value}"),
        (Event::Contacted, Some("sent")) => format!("reached {value}"),
        (Event::Contacted, _) => format!("was in contact with {value}"),
        _ => format!("a line names {value}"),
    };
    let times = detail("count").filter(|n| *n != "1").map_or(String::new(), |n| format!(", {n} times"));
    let bytes = detail("bytes-out").map_or(String::new(), |n| format!(", {n} bytes out"));
    let shared =
        (!indicator.shared_with.is_empty()).then(|| format!("; {} used it too", indicator.shared_with.join(", ")));
    let joined = seen.map(|seen| format!("; {}", seen.brief)).or(shared).unwrap_or_default();
    format!("{did}{times}{bytes}{joined}")
}
