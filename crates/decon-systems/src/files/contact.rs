//! Hits as observations: who of ours was in contact with which indicator.
//!
//! A resolver asks a thousand times: one observation stands for all contacts of one asset with one
//! indicator that ended alike in one file, from the first to the last, with their number.

use std::collections::BTreeMap;

use decon_core::digest::Digest;
use decon_core::indicator::IndicatorSet;
use decon_core::observation::{Asset, AssetKind, Event, Observation, Proof, Subject, Time};
use decon_core::window::When;
use decon_formats::network::{Hit, Hunted, Outcome};
use jiff::Timestamp;

use super::{Evidence, Options};

/// What makes contacts one.
type Key<'h> = (Event, Asset, &'h str, Outcome);

/// The contacts of a file; `job` is what the file itself is about, where a line does not say who.
pub(super) fn observe(hunted: &Hunted, set: &IndicatorSet, path: &str, job: &Asset, options: &Options) -> Evidence {
    let mut groups: BTreeMap<Key<'_>, Vec<&Hit>> = BTreeMap::new();
    for hit in hunted.hits.iter().filter(|hit| hit.about.is_none()) {
        let Some(event) = event(hit) else { continue };
        let value = &*set.sought()[hit.indicator].value;
        let group = groups.entry((event, asset(hit, job), value, hit.contact.outcome)).or_default();
        // Two advisories may list one indicator: a line counts once.
        if group.last().is_none_or(|last| last.line != hit.line) {
            group.push(hit);
        }
    }
    let mut evidence = Evidence::default();
    for ((event, asset, value, outcome), hits) in groups {
        let first = hits[0];
        let raw = hunted.kept.binary_search_by_key(&first.line, |kept| kept.line).ok().map(|at| &hunted.kept[at].text);
        let blob = raw.map(|text| (Digest::of(text.as_bytes()), text.as_bytes().to_vec()));
        let proof = Proof {
            path: path.into(),
            line: Some(first.line),
            column: None,
            blob: blob.as_ref().map(|(digest, _)| digest.clone()),
        };
        evidence.blobs.extend(blob);
        let mut o = Observation::of(event, Subject::Indicator { indicator: value.into() }, asset, first.format, proof);
        o.time = Time(span(&hits, options));
        o.detail = detail(&hits, outcome);
        evidence.observations.push(o);
    }
    evidence
}

/// A contact where a format told who spoke to whom; a dated line that only names it is a lead.
fn event(hit: &Hit) -> Option<Event> {
    match hit.exact {
        true => Some(Event::Contacted),
        false => (hit.contact.at_raw.is_some() || hit.contact.at != decon_formats::frame::Stamp::Unstated)
            .then_some(Event::Cited),
    }
}

/// Who it was: the machine the line names, else what the file is about (a job's own log).
fn asset(hit: &Hit, job: &Asset) -> Asset {
    match hit.ours() {
        Some(ours) if !ours.is_empty() => Asset::new(AssetKind::Host, ours),
        _ => job.clone(),
    }
}

fn span(hits: &[&Hit], options: &Options) -> When {
    let times: Vec<Timestamp> =
        hits.iter().filter_map(|hit| hit.contact.at.resolve(options.layout.zone.as_ref())).collect();
    match (times.iter().min(), times.iter().max()) {
        (Some(first), Some(last)) if times.len() == hits.len() && first == last => When::At(*first),
        (Some(first), Some(last)) if times.len() == hits.len() => {
            When::Between { from: Some(*first), until: Some(*last) }
        }
        _ => When::Unstated,
    }
}

fn detail(hits: &[&Hit], outcome: Outcome) -> BTreeMap<Box<str>, Box<str>> {
    let mut detail: BTreeMap<Box<str>, Box<str>> = BTreeMap::new();
    let mut put = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            detail.insert(key.into(), value.into());
        }
    };
    let first = &hits[0].contact;
    put("outcome", Some(outcome.name()));
    put("matched", Some(&hits[0].text));
    put("destination", first.destination.as_deref());
    put("destination-ip", first.destination_ip.as_deref());
    put("user-agent", first.user_agent.as_deref());
    put("method", first.method.as_deref());
    put("status", first.status.as_deref());
    put("count", Some(&hits.len().to_string()));
    let bytes: u64 = hits.iter().filter_map(|hit| hit.contact.bytes_out).sum();
    put("bytes-out", (bytes > 0).then(|| bytes.to_string()).as_deref());
    detail
}
