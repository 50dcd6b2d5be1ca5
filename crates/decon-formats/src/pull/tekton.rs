//! Tekton TaskRun status: `steps[].imageID` and sidecars are what really ran, by digest
//! (tektoncd/pipeline `pkg/apis/pipeline/v1/taskrun_types.go`).

use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::Reference;
use serde_json::Value;

use super::PullFormat;
use super::document::{stamp_of, text};
use super::sink::{Draft, Mark, Sink};
use crate::frame::Stamp;

/// Tekton TaskRuns.
#[derive(Debug)]
pub(super) struct Tekton;

impl PullFormat for Tekton {
    fn name(&self) -> &'static str {
        "tekton"
    }
    fn doc(&self) -> &'static str {
        "Tekton TaskRun status (JSON or YAML): images of steps and sidecars by digest."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["sha256:"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        if text(value, &["kind"]) != Some("TaskRun") {
            return false;
        }
        let name = text(value, &["metadata", "name"]).unwrap_or("");
        let space = text(value, &["metadata", "namespace"]).unwrap_or("default");
        for list in ["steps", "sidecars"] {
            let steps = value.get("status").and_then(|s| s.get(list)).and_then(Value::as_array);
            for step in steps.into_iter().flatten() {
                let id = text(step, &["imageID"]).unwrap_or("");
                let id = id.split_once("://").map_or(id, |(_, rest)| rest);
                let Ok(reference) = Reference::parse(id) else { continue };
                let started = ["terminated", "running"].iter().find_map(|k| step.get(*k)?.get("startedAt"));
                let mut draft = Draft::image(Event::Run, reference, "tekton", mark.clone());
                draft = draft
                    .at(started.map_or(Stamp::Unstated, stamp_of))
                    .with("step", text(step, &["name"]).unwrap_or(""));
                draft.asset = Some(Asset::new(AssetKind::Workload, &format!("{space}/{name}")));
                out.emit(draft);
            }
        }
        true
    }
}
