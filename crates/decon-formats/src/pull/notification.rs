//! Registry notifications and webhooks: distribution's envelope (`notifications/event.go`),
//! Harbor's `PULL_ARTIFACT`, Quay's action log. A `pull` notification also fires on HEAD.

use decon_core::digest::{Digest, Role};
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::{Reference, Repository};
use serde_json::Value;

use super::PullFormat;
use super::document::{stamp_of, text};
use super::sink::{Draft, Mark, Sink};

/// Registry notifications.
#[derive(Debug)]
pub(super) struct Notification;

impl PullFormat for Notification {
    fn name(&self) -> &'static str {
        "registry-notification"
    }
    fn doc(&self) -> &'static str {
        "Registry notifications: distribution envelopes, Harbor webhooks, Quay action logs."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["sha256:"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        distribution(value, mark, out) || harbor(value, mark, out) || quay(value, mark, out)
    }
}

fn distribution(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    let (Some(action), Some(name)) = (text(value, &["action"]), text(value, &["target", "repository"])) else {
        return false;
    };
    let method = text(value, &["request", "method"]).unwrap_or("");
    let event = match (action, method) {
        ("pull", "HEAD") => Event::Referenced,
        ("pull", _) => Event::Pulled,
        ("push", _) => Event::Pushed,
        _ => return true,
    };
    let kind = text(value, &["target", "mediaType"]).unwrap_or("");
    if !(kind.contains("manifest") || kind.contains("index") || kind.is_empty()) {
        return true;
    }
    let host = text(value, &["request", "host"]);
    let repository = match host {
        Some(host) => Repository::parse(&format!("{host}/{name}")),
        None => Repository::with_unknown_registry(name),
    };
    let Ok(repository) = repository else { return true };
    let digest = text(value, &["target", "digest"]).and_then(|d| Digest::parse(d).ok());
    let reference = Reference::new(repository, text(value, &["target", "tag"]), digest, name);
    let stamp = value.get("timestamp").map(stamp_of).unwrap_or_default();
    let client = text(value, &["request", "addr"]).map(super::distribution::without_port).unwrap_or("");
    emit(event, reference, client, text(value, &["request", "useragent"]).unwrap_or(""), mark, stamp, role(kind), out);
    true
}

fn role(kind: &str) -> Role {
    if kind.contains("index") || kind.contains("manifest.list") { Role::Index } else { Role::Unstated }
}

fn harbor(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    let event = match text(value, &["type"]) {
        Some("PULL_ARTIFACT") => Event::Pulled,
        Some("PUSH_ARTIFACT") => Event::Pushed,
        _ => return false,
    };
    let stamp = value.get("occur_at").map(stamp_of).unwrap_or_default();
    for resource in
        value.get("event_data").and_then(|d| d.get("resources")).and_then(Value::as_array).into_iter().flatten()
    {
        let digest = text(resource, &["digest"]).and_then(|d| Digest::parse(d).ok());
        let Some(Ok(reference)) = text(resource, &["resource_url"]).map(Reference::parse) else { continue };
        let tag = text(resource, &["tag"]).map(Into::into);
        let reference = Reference { tag: tag.or(reference.tag.clone()), ..reference }.with_digest(digest);
        emit(event, reference, "", text(value, &["operator"]).unwrap_or(""), mark, stamp, Role::Unstated, out);
    }
    true
}

fn quay(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    if text(value, &["kind"]) != Some("pull_repo") {
        return false;
    }
    let (space, name) = (text(value, &["metadata", "namespace"]), text(value, &["metadata", "repo"]));
    let (Some(space), Some(name)) = (space, name) else { return true };
    let Ok(repository) = Repository::with_unknown_registry(&format!("{space}/{name}")) else { return true };
    let digest = text(value, &["metadata", "manifest_digest"]).and_then(|d| Digest::parse(d).ok());
    let reference = Reference::new(repository, text(value, &["metadata", "tag"]), digest, name);
    let stamp = value
        .get("datetime")
        .map(|d| d.as_str().map_or_else(|| stamp_of(d), crate::frame::parse_go_date))
        .unwrap_or_default();
    emit(Event::Pulled, reference, text(value, &["ip"]).unwrap_or(""), "", mark, stamp, Role::Unstated, out);
    true
}

#[allow(clippy::too_many_arguments, reason = "one place that three payloads fill alike")]
fn emit(
    event: Event,
    reference: Reference,
    client: &str,
    agent: &str,
    mark: &Mark,
    stamp: crate::frame::Stamp,
    role: Role,
    out: &mut Sink,
) {
    let mut draft = Draft::image(event, reference, "registry-notification", mark.clone())
        .at(stamp)
        .with("client", client)
        .with("user-agent", agent);
    draft.role = role;
    draft.asset = (!client.is_empty()).then(|| Asset::new(AssetKind::Host, client));
    out.emit(draft);
}
