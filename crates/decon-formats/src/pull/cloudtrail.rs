//! Amazon ECR in CloudTrail: `BatchGetImage` with tag or digest, and the cache fills of
//! pull-through rules as EventBridge records (AWS documentation, "Logging Amazon ECR actions").
//! A multi-arch pull is a call by tag and calls by digest of the same caller within a second.

use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::{Reference, Repository};
use serde_json::Value;

use super::PullFormat;
use super::document::{stamp_of, text};
use super::sink::{Draft, Mark, Sink};

/// CloudTrail records of ECR.
#[derive(Debug)]
pub(super) struct Cloudtrail;

impl PullFormat for Cloudtrail {
    fn name(&self) -> &'static str {
        "cloudtrail-ecr"
    }
    fn doc(&self) -> &'static str {
        "CloudTrail records of Amazon ECR: image manifests fetched, and pull-through cache fills."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["ecr.amazonaws.com", "sha256:"]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        if text(value, &["detail-type"]) == Some("ECR Pull Through Cache Action") {
            return cache_fill(value, mark, out);
        }
        if text(value, &["eventSource"]) != Some("ecr.amazonaws.com") {
            return false;
        }
        let failed = text(value, &["errorCode"]).is_some();
        let event = match text(value, &["eventName"]) {
            Some("BatchGetImage") if failed => Event::Failed,
            Some("BatchGetImage") => Event::Pulled,
            Some("PutImage") if !failed => Event::Pushed,
            _ => return true,
        };
        let parameters = value.get("requestParameters");
        let ids = parameters.and_then(|p| p.get("imageIds")).and_then(Value::as_array);
        for id in ids.into_iter().flatten() {
            call(value, event, text(id, &["imageTag"]), text(id, &["imageDigest"]), mark, out);
        }
        if event == Event::Pushed {
            let tag = parameters.and_then(|p| text(p, &["imageTag"]));
            call(
                value,
                event,
                tag,
                value.get("responseElements").and_then(|r| text(r, &["image", "imageId", "imageDigest"])),
                mark,
                out,
            );
        }
        true
    }
}

fn host(value: &Value) -> Option<String> {
    let region = text(value, &["awsRegion"]).or_else(|| text(value, &["region"]))?;
    let account = text(value, &["requestParameters", "registryId"])
        .or_else(|| text(value, &["recipientAccountId"]))
        .or_else(|| text(value, &["account"]));
    let suffix = if region.starts_with("cn-") { ".com.cn" } else { ".com" };
    Some(format!("{}.dkr.ecr.{region}.amazonaws{suffix}", account?))
}

fn repository(value: &Value, name: &str) -> Option<Repository> {
    match host(value) {
        Some(host) => Repository::parse(&format!("{host}/{name}")).ok(),
        None => Repository::with_unknown_registry(name).ok(),
    }
}

fn call(value: &Value, event: Event, tag: Option<&str>, digest: Option<&str>, mark: &Mark, out: &mut Sink) {
    let name = text(value, &["requestParameters", "repositoryName"]).unwrap_or("");
    let Some(repository) = repository(value, name) else { return };
    let reference = Reference::new(repository, tag, digest.and_then(|d| Digest::parse(d).ok()), name);
    let who =
        text(value, &["userIdentity", "arn"]).or_else(|| text(value, &["userIdentity", "invokedBy"])).unwrap_or("");
    let client = text(value, &["sourceIPAddress"]).unwrap_or("");
    let stamp = value.get("eventTime").map(stamp_of).unwrap_or_default();
    let mut draft = Draft::image(event, reference, "cloudtrail-ecr", mark.clone()).at(stamp);
    draft =
        draft.with("user", who).with("client", client).with("user-agent", text(value, &["userAgent"]).unwrap_or(""));
    let asset = if client.parse::<std::net::IpAddr>().is_ok() || who.is_empty() { client } else { who };
    draft.asset = (!asset.is_empty()).then(|| Asset::new(AssetKind::Host, asset));
    out.emit(draft);
}

fn cache_fill(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    let Some(detail) = value.get("detail") else { return true };
    let prefix = text(detail, &["ecr-repository-prefix"]).unwrap_or("");
    let name = text(detail, &["repository-name"]).unwrap_or("");
    let whole = if name.starts_with(prefix) { name.to_owned() } else { format!("{prefix}/{name}") };
    let Some(repository) = repository(value, &whole) else { return true };
    let digest = text(detail, &["image-digest"]).and_then(|d| Digest::parse(d).ok());
    let reference = Reference::new(repository, text(detail, &["image-tag"]), digest, name);
    let event = if text(detail, &["sync-status"]) == Some("SUCCESS") { Event::Pulled } else { Event::Failed };
    let stamp = value.get("time").map(stamp_of).unwrap_or_default();
    let mut draft = Draft::image(event, reference, "cloudtrail-ecr", mark.clone()).at(stamp);
    draft = draft.with("upstream", text(detail, &["upstream-registry-url"]).unwrap_or(""));
    draft.asset = host(value).map(|h| Asset::new(AssetKind::Registry, &h));
    out.emit(draft);
    true
}
