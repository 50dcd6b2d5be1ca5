//! Kubernetes events: `kubectl describe`, `get events`, `kubectl events`, and their JSON.
//!
//! Messages from `pkg/kubelet/images/image_manager.go`, all versions. Ages are relative to when
//! kubectl ran, rows stand for several events, and no event holds a digest.

use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::Reference;
use serde_json::Value;

use super::document::{stamp_of, text};
use super::line::{Line, quoted_after};
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame::Stamp;

/// Kubernetes events.
#[derive(Debug)]
pub(super) struct KubernetesEvents;

impl PullFormat for KubernetesEvents {
    fn name(&self) -> &'static str {
        "kubernetes-events"
    }
    fn doc(&self) -> &'static str {
        "Kubernetes events as kubectl prints them and as JSON: pulls, cached images, failures."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["ulling", "ulled", "Container image", "to pull image"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Table>::default())
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        if text(value, &["kind"]).is_some_and(|k| k == "Audit") {
            return false;
        }
        let Some(body) = text(value, &["message"]).or_else(|| text(value, &["note"])) else { return false };
        if text(value, &["reason"]).is_none() {
            return false;
        }
        let Some((reference, event)) = message(body) else { return true };
        let times =
            ["lastTimestamp", "deprecatedLastTimestamp", "eventTime", "firstTimestamp", "deprecatedFirstTimestamp"];
        let stamp = times
            .iter()
            .filter_map(|k| value.get(*k))
            .map(stamp_of)
            .find(|s| *s != Stamp::Unstated)
            .unwrap_or_default();
        let mut draft = Draft::image(event, reference, "kubernetes-events", mark.clone()).at(stamp);
        let host = text(value, &["source", "host"]).or_else(|| text(value, &["deprecatedSource", "host"]));
        draft.asset = host.filter(|h| !h.is_empty()).map(|h| Asset::new(AssetKind::Host, h));
        if let Some(pod) = text(value, &["involvedObject", "name"]).or_else(|| text(value, &["regarding", "name"])) {
            let space = text(value, &["involvedObject", "namespace"])
                .or_else(|| text(value, &["regarding", "namespace"]))
                .unwrap_or("default");
            draft = draft.with("pod", &format!("{space}/{pod}"));
        }
        // A row that stands for many happened at its first time too.
        let first = ["firstTimestamp", "deprecatedFirstTimestamp"].iter().filter_map(|k| value.get(*k)).map(stamp_of);
        let first = first.fold(Stamp::Unstated, Stamp::or);
        if first != Stamp::Unstated && first != draft.stamp {
            out.emit(draft.clone().at(first));
        }
        out.emit(draft);
        true
    }
}

#[derive(Debug, Default)]
struct Table {
    /// `Pulling` rows that no `Pulled` row has answered yet.
    open: Vec<(Reference, Mark)>,
    told: Vec<(Reference, Event, Option<String>)>,
}

impl Reader for Table {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let journal = line.fields.is_some() || line.text.contains("reason=\"");
        let Some((reference, event)) = message(line.text).filter(|_| !journal) else { return };
        if !is_row(line.text) {
            return;
        }
        let object = object_of(line.text);
        match event {
            Event::Referenced => {
                self.open.push((reference, Mark::at(line)));
                return;
            }
            Event::Failed => {
                let key = (reference.clone(), event, object.clone());
                self.open.retain(|(r, _)| *r != reference);
                if self.told.iter().any(|t| t.0 == key.0 && t.1 == key.1) {
                    return;
                }
                self.told.push(key);
            }
            _ => self.open.retain(|(r, _)| *r != reference),
        }
        let mut draft = Draft::image(event, reference, "kubernetes-events", Mark::at(line));
        if let Some(host) = line.text.split("kubelet, ").nth(1).and_then(|r| r.split_whitespace().next()) {
            draft.asset = Some(Asset::new(AssetKind::Host, host));
        } else if let Some(pod) = object {
            draft.asset = Some(Asset::new(AssetKind::Workload, &pod));
        }
        out.emit(draft);
    }

    fn end(&mut self, out: &mut Sink) {
        for (reference, mark) in std::mem::take(&mut self.open) {
            if !self.told.iter().any(|(told, ..)| *told == reference) {
                out.emit(Draft::image(Event::Referenced, reference, "kubernetes-events", mark));
            }
        }
    }
}

/// A row of a table has type and reason before the message; prose has not.
fn is_row(text: &str) -> bool {
    let typed = text.contains("Normal") || text.contains("Warning");
    let reason = ["Pulling", "Pulled", "Failed", "BackOff", "ErrImageNeverPull", "InspectFailed"]
        .iter()
        .any(|r| text.contains(r));
    typed && reason
}

/// `pod/name` of `kubectl get events`, with the namespace when `-A` printed it.
fn object_of(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let at = words.iter().position(|w| w.starts_with("pod/") || w.starts_with("Pod/"))?;
    let name = &words[at][4..];
    Some(if at >= 4 { format!("{}/{name}", words[0]) } else { name.to_owned() })
}

/// What an event's message says about which image.
pub(super) fn message(text: &str) -> Option<(Reference, Event)> {
    let image = |before: &str| quoted_after(text, before).and_then(|i| Reference::pullable(i).ok());
    if let Some(reference) = image("uccessfully pulled image ") {
        return Some((reference, Event::Pulled));
    }
    if let Some(reference) = image("Container image ") {
        let here = text.contains("already present on machine");
        return Some((reference, if here { Event::Cached } else { Event::Failed }));
    }
    if let Some(reference) = image("Failed to pull image ").or_else(|| image("Back-off pulling image ")) {
        return Some((reference, Event::Failed));
    }
    let reference = image("Pulling image ").or_else(|| image("pulling image "))?;
    Some((reference, Event::Referenced))
}
