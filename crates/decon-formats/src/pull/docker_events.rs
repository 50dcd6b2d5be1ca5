//! `docker events` and `podman events`, as text and as JSON (docker/cli `system/events.go`,
//! podman `libpod/events/events.go`). The stamp is the client's local time with its offset.

use decon_core::digest::Digest;
use decon_core::observation::Event;
use decon_core::reference::Reference;
use serde_json::Value;

use super::document::text;
use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame::Stamp;

/// Engine events.
#[derive(Debug)]
pub(super) struct DockerEvents;

impl PullFormat for DockerEvents {
    fn name(&self) -> &'static str {
        "docker-events"
    }
    fn doc(&self) -> &'static str {
        "docker and podman events, text and JSON: pulls and container starts."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["image pull ", "container start ", "\"Action\"", "\"pull\""]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Events))
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        let Some(kind) = text(value, &["Type"]).filter(|k| matches!(*k, "image" | "container")) else { return false };
        let Some(action) =
            text(value, &["Action"]).or_else(|| text(value, &["Status"])).or_else(|| text(value, &["status"]))
        else {
            return false;
        };
        let attribute =
            |name: &str| text(value, &["Actor", "Attributes", name]).or_else(|| text(value, &["Attributes", name]));
        let named = text(value, &["Name"]).or_else(|| text(value, &["Actor", "ID"])).or_else(|| text(value, &["id"]));
        let image = match kind {
            "image" => named,
            _ => attribute("image").or_else(|| text(value, &["from"])).or_else(|| text(value, &["Image"])),
        };
        let nanos = value
            .get("timeNano")
            .and_then(Value::as_i64)
            .and_then(|n| jiff::Timestamp::from_nanosecond(n.into()).ok())
            .map(Stamp::Utc);
        let stamp = nanos.or_else(|| value.get("time").map(super::document::stamp_of)).unwrap_or_default();
        emit(kind, action, image, text(value, &["ID"]), mark.clone(), stamp, out);
        true
    }
}

#[derive(Debug)]
struct Events;

impl Reader for Events {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        // podman writes Go's long time: what is left of it stands before the type.
        let Some((kind, rest)) = ["image ", "container "].iter().find_map(|k| {
            let at = line.text.find(k).filter(|at| *at < 40)?;
            Some((k.trim_end(), &line.text[at + k.len()..]))
        }) else {
            return;
        };
        let before = line.text.split(kind).next().unwrap_or("").trim();
        let only_time = before.is_empty()
            || before.split_whitespace().all(|w| {
                w.starts_with(['+', '-', 'm']) || w.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            });
        let stamped = line.stamp != Stamp::Unstated || line.unit == Some("podman");
        if !stamped || !only_time {
            return;
        }
        let mut words = rest.split_whitespace();
        let (Some(action), Some(mut id)) = (words.next(), words.next()) else { return };
        let mut image_id = None;
        if let Some(digest) = Digest::from_sha256_hex(id) {
            image_id = Some(digest);
            id = words.next().unwrap_or("");
        }
        let attribute =
            rest.split_once('(').and_then(|(_, a)| a.split([',', ')']).find_map(|p| p.trim().strip_prefix("image=")));
        let image = if kind == "image" { Some(id) } else { attribute };
        let id_text = image_id.as_ref().map(|d| d.hex().to_owned());
        emit(kind, action, image, id_text.as_deref(), Mark::at(line), line.stamp, out);
    }
}

fn emit(kind: &str, action: &str, image: Option<&str>, id: Option<&str>, mark: Mark, stamp: Stamp, out: &mut Sink) {
    let event = match (kind, action) {
        ("image", "pull") => Event::Pulled,
        ("image", "pull-error") => Event::Failed,
        ("container", "start") => Event::Run,
        _ => return,
    };
    let Some(reference) = image.and_then(|i| Reference::pullable(i).ok()) else { return };
    let mut draft = Draft::image(event, reference, "docker-events", mark).at(stamp);
    if kind == "image" {
        draft.image_id = id.and_then(Digest::from_sha256_hex);
    }
    out.emit(draft);
}
