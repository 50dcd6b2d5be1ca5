//! Google Artifact Registry and Container Registry audit logs (`protoPayload.methodName`
//! `Docker-GetManifest`, `Docker-HeadManifest`). Data Access logs are off by default.

use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::{Reference, Repository};
use serde_json::Value;

use super::PullFormat;
use super::document::{stamp_of, text};
use super::sink::{Draft, Mark, Sink};

/// Google audit logs.
#[derive(Debug)]
pub(super) struct Gar;

impl PullFormat for Gar {
    fn name(&self) -> &'static str {
        "gar-audit"
    }
    fn doc(&self) -> &'static str {
        "Google Artifact Registry audit logs: manifests fetched, by whom."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["protoPayload"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        let Some(payload) = value.get("protoPayload") else { return false };
        let failed = payload.get("status").and_then(|s| s.get("code")).and_then(Value::as_i64).is_some_and(|c| c != 0);
        let event = match text(payload, &["methodName"]) {
            Some("Docker-GetManifest" | "Docker-HeadManifest") if failed => Event::Failed,
            Some("Docker-GetManifest") => Event::Pulled,
            Some("Docker-HeadManifest") => Event::Referenced,
            Some("Docker-PutManifest") if !failed => Event::Pushed,
            _ => return true,
        };
        let Some(reference) = reference(payload) else { return true };
        let client = text(payload, &["requestMetadata", "callerIp"]).unwrap_or("");
        let who = text(payload, &["authenticationInfo", "principalEmail"]).unwrap_or("");
        let stamp = value.get("timestamp").map(stamp_of).unwrap_or_default();
        let mut draft = Draft::image(event, reference, "gar-audit", mark.clone())
            .at(stamp)
            .with("client", client)
            .with("user", who);
        draft = draft.with("user-agent", text(payload, &["requestMetadata", "callerSuppliedUserAgent"]).unwrap_or(""));
        let asset = if client.is_empty() { who } else { client };
        draft.asset = (!asset.is_empty()).then(|| Asset::new(AssetKind::Host, asset));
        out.emit(draft);
        true
    }
}

/// `projects/P/locations/L/repositories/R/dockerImages/name%2Fsub` and the requested URL's tag.
fn reference(payload: &Value) -> Option<Reference> {
    let resource = text(payload, &["resourceName"])?.replace("%2F", "/").replace("%2f", "/");
    let mut parts = resource.split('/');
    let mut after = |key: &str| parts.by_ref().skip_while(|p| *p != key).nth(1).map(str::to_owned);
    let (project, location, repository) = (after("projects")?, after("locations")?, after("repositories")?);
    let image = resource.split("/dockerImages/").nth(1).unwrap_or("");
    let image = image.split(['@', ':']).next().unwrap_or(image);
    let url = text(payload, &["request", "requestUrl"]).unwrap_or("");
    let wanted = url.rsplit_once("/manifests/").map(|(_, t)| t.split('?').next().unwrap_or(t));
    let wanted = wanted.or_else(|| resource.rsplit_once('@').map(|(_, d)| d)).unwrap_or("");
    let from_url = || url.split("/v2/").nth(1)?.rsplit_once("/manifests/").map(|(n, _)| n.to_owned());
    let path = if image.is_empty() { from_url()? } else { format!("{project}/{repository}/{image}") };
    let repository = Repository::parse(&format!("{location}-docker.pkg.dev/{path}")).ok()?;
    let digest = Digest::parse(wanted).ok();
    let tag = (digest.is_none()).then_some(wanted);
    Some(Reference::new(repository, tag, digest, &resource))
}
