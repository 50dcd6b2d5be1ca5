//! Examples: an advisory's own cases, decided by the same rules as evidence.

use super::{MirrorRules, Question, judge};
use crate::advisory::{Advisory, Example};
use crate::coverage::Coverage;
use crate::observation::{Asset, AssetKind, Observation, Proof, Subject, Time};
use crate::reference::Reference;
use crate::verdict::Level;
use crate::window::{When, Window};

/// The level that an example gets from its advisory.
pub fn decide(advisory: &Advisory, example: &Example) -> Level {
    let asset = Asset::new(AssetKind::Job, "example");
    let proof = Proof { path: "example".into(), line: None, column: None, blob: None };
    let subject = match (&example.reference, &example.action) {
        (Some(reference), _) => match Reference::pullable(reference) {
            Ok(reference) => Subject::Image(reference),
            Err(_) => return Level::Clear,
        },
        (None, action) => {
            let (action, action_ref) = action.as_deref().and_then(|a| a.split_once('@')).unwrap_or_default();
            Subject::Action {
                action: action.to_ascii_lowercase().into(),
                action_ref: action_ref.into(),
                commit: example.commit.clone(),
            }
        }
    };
    let mut observation = Observation::of(example.event, subject, asset.clone(), "example", proof);
    observation.time = Time(example.at.map_or(When::Unstated, When::At));
    let coverage = Coverage {
        path: "example".into(),
        asset,
        format: "example".into(),
        window: Some(Window::ALWAYS),
        speaks: true,
        bytes: 1,
        blob: None,
        gaps: Vec::new(),
    };
    let question = Question {
        advisories: std::slice::from_ref(advisory),
        named: true,
        mirrors: &MirrorRules::default(),
        observations: &[observation],
        coverage: &[coverage],
    };
    judge(&question).level
}
