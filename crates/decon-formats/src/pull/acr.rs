//! Azure Container Registry: `ContainerRegistryRepositoryEvents` as Log Analytics rows and as
//! diagnostic records. Tag and digest stand on one record; key case varies by export.

use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::{Reference, Repository};
use serde_json::Value;

use super::PullFormat;
use super::document::stamp_of;
use super::sink::{Draft, Mark, Sink};

/// Azure Container Registry events.
#[derive(Debug)]
pub(super) struct Acr;

impl PullFormat for Acr {
    fn name(&self) -> &'static str {
        "acr"
    }
    fn doc(&self) -> &'static str {
        "Azure Container Registry repository events: pulls with tag, digest, caller."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["sha256:"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        let category = field(value, "category").or_else(|| field(value, "Type"));
        let ours = category.as_deref() == Some("ContainerRegistryRepositoryEvents")
            || (field(value, "LoginServer").is_some() && field(value, "Repository").is_some());
        if !ours {
            return false;
        }
        let ok = field(value, "ResultType").is_none_or(|r| r.starts_with('2') || r.starts_with('3'));
        let event = match field(value, "OperationName").as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("pull") if ok => Event::Pulled,
            Some("pull") => Event::Failed,
            Some("push") if ok => Event::Pushed,
            _ => return true,
        };
        let (server, name) = (field(value, "LoginServer"), field(value, "Repository").unwrap_or_default());
        let repository = match server {
            Some(host) => Repository::parse(&format!("{host}/{name}")),
            None => Repository::with_unknown_registry(&name),
        };
        let Ok(repository) = repository else { return true };
        let digest = field(value, "Digest").and_then(|d| Digest::parse(&d).ok());
        let reference =
            Reference::new(repository, field(value, "Tag").filter(|t| !t.is_empty()).as_deref(), digest, &name);
        let stamp = lookup(value, "TimeGenerated").or_else(|| lookup(value, "time")).map(stamp_of).unwrap_or_default();
        let client = field(value, "CallerIpAddress").unwrap_or_default();
        let mut draft = Draft::image(event, reference, "acr", mark.clone()).at(stamp).with("client", &client);
        draft = draft
            .with("user", &field(value, "Identity").unwrap_or_default())
            .with("user-agent", &field(value, "UserAgent").unwrap_or_default());
        draft.asset =
            (!client.is_empty()).then(|| Asset::new(AssetKind::Host, super::distribution::without_port(&client)));
        out.emit(draft);
        true
    }
}

/// A field by name in any letter case, at the top or under `properties`.
fn lookup<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let in_map = |map: &'v Value| map.as_object()?.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v);
    in_map(value).or_else(|| in_map(value.get("properties").or_else(|| value.get("Properties"))?))
}

fn field(value: &Value, name: &str) -> Option<String> {
    match lookup(value, name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
