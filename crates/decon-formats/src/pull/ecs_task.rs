//! Amazon ECS tasks: `aws ecs describe-tasks` and task state change events, which name the digest
//! that ran. Source: the ECS API reference, types `Task` and `Container` (`image`, `imageDigest`).

use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::Reference;
use serde_json::Value;

use super::PullFormat;
use super::document::{stamp_of, text};
use super::sink::{Draft, Mark, Sink};
use crate::frame::Stamp;

/// ECS tasks.
#[derive(Debug)]
pub(super) struct EcsTask;

impl PullFormat for EcsTask {
    fn name(&self) -> &'static str {
        "ecs-task"
    }
    fn doc(&self) -> &'static str {
        "Amazon ECS tasks (describe-tasks, task state change events): images with digest and times."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["taskArn", "imageDigest"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        let Some(task) = text(value, &["taskArn"]) else { return false };
        let Some(containers) = value.get("containers").and_then(Value::as_array) else { return false };
        let time = |key: &str| value.get(key).map(stamp_of).filter(|stamp| *stamp != Stamp::Unstated);
        let started = time("startedAt");
        let pulled = time("pullStoppedAt").or_else(|| time("pullStartedAt"));
        let asset = Asset::new(AssetKind::Workload, &format!("ecs/{}", task.rsplit(':').next().unwrap_or(task)));
        for container in containers {
            let Some(image) = text(container, &["image"]).and_then(|i| Reference::pullable(i).ok()) else { continue };
            let mut reference = image;
            let digest = text(container, &["imageDigest"]).and_then(|d| Digest::parse(d).ok());
            reference.digest = reference.digest.take().or(digest);
            let ran = container.get("runtimeId").is_some_and(|id| !id.is_null()) || started.is_some();
            let (event, stamp) = match (ran, pulled) {
                (true, _) => (Event::Run, started.or(pulled)),
                (false, Some(_)) => (Event::Pulled, pulled),
                (false, None) => (Event::Referenced, time("createdAt")),
            };
            let mut draft = Draft::image(event, reference, "ecs-task", mark.clone()).at(stamp.unwrap_or_default());
            draft.asset = Some(asset.clone());
            out.emit(draft.with("container", text(container, &["name"]).unwrap_or("")));
        }
        true
    }
}
