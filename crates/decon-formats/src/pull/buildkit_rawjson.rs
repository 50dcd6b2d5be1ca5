//! BuildKit `--progress=rawjson`: one SolveStatus a line (client/graph.go).
//!
//! `vertexes[].digest` is the digest of an operation, not of an image: only names count here.
//! Vertices of one build stand on many lines, so a build's base is decided by its vertex:
//! `cached`, or completed with blobs named in `statuses[].id`.

use decon_core::observation::Event;
use serde_json::Value;

use super::document::{stamp_of, text};
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, buildkit};
use crate::frame::Stamp;

/// BuildKit progress as JSON.
#[derive(Debug)]
pub(super) struct BuildkitRawjson;

impl PullFormat for BuildkitRawjson {
    fn name(&self) -> &'static str {
        "buildkit-rawjson"
    }
    fn doc(&self) -> &'static str {
        "BuildKit progress as JSON (--progress=rawjson): bases of builds with their digests."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["sha256:"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        let vertexes = value.get("vertexes").and_then(Value::as_array);
        let statuses = value.get("statuses").and_then(Value::as_array);
        if vertexes.is_none() && statuses.is_none() {
            return false;
        }
        let fetching = |vertex: &str| {
            let of = |s: &&Value| text(s, &["vertex"]) == Some(vertex);
            let blob = |s: &Value| {
                text(s, &["id"]).is_some_and(|id| id.starts_with("sha256:") || id.starts_with("extracting sha256:"))
            };
            statuses.is_some_and(|all| all.iter().filter(of).any(blob))
        };
        for vertex in vertexes.into_iter().flatten() {
            read(vertex, fetching(text(vertex, &["digest"]).unwrap_or("")), mark, out);
        }
        true
    }
}

/// A vertex is told when it ends; its first appearance has no end.
fn read(vertex: &Value, fetched: bool, mark: &Mark, out: &mut Sink) {
    let Some(name) = text(vertex, &["name"]) else { return };
    let completed = vertex.get("completed").map_or(Stamp::Unstated, stamp_of);
    let failed = text(vertex, &["error"]).is_some_and(|e| !e.is_empty());
    let cached = vertex.get("cached").and_then(Value::as_bool).unwrap_or(false);
    if completed == Stamp::Unstated && !cached {
        return;
    }
    let event = match (failed, cached, fetched) {
        (true, ..) => Event::Failed,
        (_, true, _) => Event::Cached,
        (_, _, true) => Event::Pulled,
        // Blob lines may stand on lines of their own; completed and not cached is no proof of either.
        _ => Event::Pulled,
    };
    if let Some(reference) = buildkit::metadata(name) {
        let event = if failed { Event::Failed } else { Event::Referenced };
        out.emit(Draft::image(event, reference, "buildkit-rawjson", mark.clone()).at(completed));
        return;
    }
    let image = name.split("FROM ").nth(1).or_else(|| name.strip_prefix("docker-image://"));
    if let Some((reference, prefix)) = image.and_then(|i| buildkit::base_reference(i.split_whitespace().next()?)) {
        let mut draft = Draft::image(event, reference, "buildkit-rawjson", mark.clone()).at(completed);
        draft.prefix = prefix;
        out.emit(draft);
    }
}
