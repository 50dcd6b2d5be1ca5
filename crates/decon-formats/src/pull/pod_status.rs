//! Pod status: `kubectl get pods -o json|yaml`, and what holds the same `containerStatuses`.
//!
//! `imageID` is the digest that ran: `repo@sha256:…`, with `docker-pullable://` on old nodes, or
//! a bare config digest where an image had none. `image` is the name as the runtime knows it.

use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::Reference;
use serde_json::Value;

use super::PullFormat;
use super::document::{stamp_of, text};
use super::sink::{Draft, Mark, Sink};
use crate::frame::Stamp;

/// Pod status.
#[derive(Debug)]
pub(super) struct PodStatus;

const LISTS: [&str; 3] = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];

impl PullFormat for PodStatus {
    fn name(&self) -> &'static str {
        "pod-status"
    }
    fn doc(&self) -> &'static str {
        "Kubernetes Pod status (kubectl get pods -o json or yaml): what runs, by digest."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["sha256:"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        let status = value.get("status").filter(|s| s.is_object()).unwrap_or(value);
        if !LISTS.iter().any(|list| status.get(*list).is_some_and(Value::is_array)) {
            return false;
        }
        let name = text(value, &["metadata", "name"]);
        let space = text(value, &["metadata", "namespace"]).unwrap_or("default");
        let asset = name.map(|n| Asset::new(AssetKind::Workload, &format!("{space}/{n}")));
        let node = text(value, &["spec", "nodeName"]).unwrap_or("");
        for list in LISTS {
            for container in status.get(list).and_then(Value::as_array).into_iter().flatten() {
                read(container, asset.clone(), node, mark, out);
            }
        }
        true
    }
}

fn read(container: &Value, asset: Option<Asset>, node: &str, mark: &Mark, out: &mut Sink) {
    let id = text(container, &["imageID"]).unwrap_or("");
    let id = id.split_once("://").map_or(id, |(_, rest)| rest);
    let by_digest = Reference::parse(id).ok().filter(|r| r.digest.is_some());
    let named =
        text(container, &["image"]).filter(|i| !i.starts_with("sha256:")).and_then(|i| Reference::pullable(i).ok());
    let Some(mut reference) = named.or_else(|| by_digest.clone()) else { return };
    reference.digest = by_digest.and_then(|r| r.digest).or(reference.digest);
    let (event, stamp) = state(container);
    let mut draft = Draft::image(event, reference, "pod-status", mark.clone()).at(stamp);
    draft.image_id = Digest::parse(id).ok();
    draft.asset = asset;
    draft = draft.with("node", node).with("container", text(container, &["name"]).unwrap_or(""));
    if let Some(count) = container.get("restartCount").and_then(Value::as_u64).filter(|c| *c > 0) {
        draft = draft.with("restarts", &count.to_string());
    }
    // A restarted container ran before too.
    let before = ["running", "terminated"].iter().find_map(|k| container.get("lastState")?.get(k)?.get("startedAt"));
    if let Some(before) = before.map(stamp_of).filter(|b| *b != stamp && event == Event::Run) {
        out.emit(draft.clone().at(before));
    }
    out.emit(draft);
}

/// Running or terminated means that it ran; waiting names it, or says that the pull fails.
fn state(container: &Value) -> (Event, Stamp) {
    for place in ["state", "lastState"] {
        for kind in ["running", "terminated"] {
            if let Some(at) = container.get(place).and_then(|s| s.get(kind)).and_then(|k| k.get("startedAt")) {
                return (Event::Run, stamp_of(at));
            }
        }
    }
    let reason = text(container, &["state", "waiting", "reason"]).unwrap_or("");
    let failed = matches!(reason, "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull");
    let started = container.get("containerID").and_then(Value::as_str).is_some_and(|c| !c.is_empty());
    let event = match (failed, started) {
        (true, false) => Event::Failed,
        (_, true) => Event::Run,
        _ => Event::Referenced,
    };
    (event, Stamp::Unstated)
}
