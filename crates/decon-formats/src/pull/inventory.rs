//! Image inventories as JSON: what engines, `crictl` and Kubernetes nodes say they hold.
//!
//! `docker image inspect`, `docker images --format json`, `podman images --format json`,
//! `crictl images -o json`, `kubectl get nodes -o json` (`status.images`), and `docker inspect` and
//! `docker ps --format json` of containers. An inventory tells what is there, not since when.
//! Sources: moby `api/types/image`, docker/cli `cli/command/formatter`, podman `entities.ImageSummary`,
//! cri-api `Image`, Kubernetes `ContainerImage`.

use decon_core::digest::Digest;
use decon_core::observation::{Asset, AssetKind, Event};
use decon_core::reference::Reference;
use serde_json::Value;

use super::PullFormat;
use super::document::{stamp_of, text};
use super::sink::{Draft, Mark, Sink};
use crate::frame::Stamp;
use crate::store::nameless;

const NAME: &str = "image-inventory";

/// Image inventories.
#[derive(Debug)]
pub(super) struct Inventory;

impl PullFormat for Inventory {
    fn name(&self) -> &'static str {
        NAME
    }
    fn doc(&self) -> &'static str {
        "Inventories as JSON: docker and podman images and inspect, crictl images, Kubernetes nodes."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["epoDigests", "epoTags", "\"Repository\"", "\"Image\""]
    }
    fn json(&self, value: &Value, mark: &Mark, out: &mut Sink) -> bool {
        node(value, mark, out) || container(value, mark, out) || row(value, mark, out) || image(value, mark, out)
    }
}

/// Strings of an array under either spelling.
fn strings<'v>(value: &'v Value, keys: [&str; 2]) -> Option<Vec<&'v str>> {
    let list = keys.into_iter().find_map(|key| value.get(key))?;
    let list = if list.is_null() { &[][..] } else { list.as_array()?.as_slice() };
    Some(list.iter().filter_map(Value::as_str).filter(|name| !name.contains("<none>")).collect())
}

/// An identifier with or without `sha256:`.
fn identified(id: &str) -> Option<Digest> {
    Digest::parse(id).ok().or_else(|| Digest::from_sha256_hex(id))
}

/// The identifier of an image under any spelling of its key.
fn identity(value: &Value) -> Option<Digest> {
    ["Id", "id", "ID"].iter().find_map(|key| text(value, &[key])).and_then(identified)
}

fn image(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    let digests = strings(value, ["RepoDigests", "repoDigests"]);
    let tags = strings(value, ["RepoTags", "repoTags"]);
    if digests.is_none() && tags.is_none() {
        return false;
    }
    let id = identity(value);
    let parse = |names: Option<Vec<&str>>| -> Vec<Reference> {
        names.into_iter().flatten().filter_map(|name| Reference::parse(name).ok()).collect()
    };
    let digests = parse(digests);
    let mut tags = parse(tags);
    if tags.is_empty() {
        tags = parse(strings(value, ["Names", "names"]));
    }
    let own = text(value, &["Digest"]).and_then(|digest| Digest::parse(digest).ok());
    for tag in &mut tags {
        let listed = digests.iter().find(|d| d.repository == tag.repository).and_then(|d| d.digest.clone());
        tag.digest = tag.digest.take().or(listed).or_else(|| own.clone());
    }
    // One repository may have several digests: what no tag has taken stands by itself.
    let loose =
        digests.into_iter().filter(|d| !tags.iter().any(|t| t.repository == d.repository && t.digest == d.digest));
    let mut held: Vec<Reference> = loose.collect();
    held.splice(0..0, tags);
    if held.is_empty() {
        held.extend(id.as_ref().map(nameless));
    }
    for reference in held {
        let mut draft = Draft::image(Event::Held, reference, NAME, mark.clone());
        draft.image_id.clone_from(&id);
        out.emit(draft);
    }
    true
}

/// One object a line, as `--format json` prints rows of `docker images` and `docker ps`.
fn row(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    if let (Some(repository), Some(tag), Some(_)) =
        (text(value, &["Repository"]), text(value, &["Tag"]), value.get("ID"))
    {
        let digest = text(value, &["Digest"]).and_then(|digest| Digest::parse(digest).ok());
        let name = if tag == "<none>" { repository.to_owned() } else { format!("{repository}:{tag}") };
        let named = Reference::parse(&name).ok().filter(|_| repository != "<none>");
        if let Some(mut reference) = named.or_else(|| digest.as_ref().map(nameless)) {
            reference.digest = reference.digest.take().or(digest);
            let mut draft = Draft::image(Event::Held, reference, NAME, mark.clone());
            draft.image_id = identity(value);
            out.emit(draft);
        }
        return true;
    }
    let of_container =
        value.get("RunningFor").is_some() || (value.get("Command").is_some() && value.get("Names").is_some());
    let Some(image) = text(value, &["Image"]).filter(|_| of_container) else { return false };
    if let Ok(reference) = Reference::pullable(image) {
        let name = text(value, &["Names"]).unwrap_or("");
        out.emit(Draft::image(Event::Run, reference, NAME, mark.clone()).at(Stamp::Unstated).with("container", name));
    }
    true
}

/// `docker inspect` of a container: the image as named, its id, and when it was started.
fn container(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    let Some(named) = text(value, &["Config", "Image"]).filter(|_| value.get("State").is_some_and(Value::is_object))
    else {
        return false;
    };
    let id = text(value, &["Image"]).and_then(identified);
    let named = Reference::pullable(named).ok().filter(|_| Digest::parse(named).is_err());
    let Some(reference) = named.or_else(|| id.as_ref().map(nameless)) else { return true };
    // Docker writes the year 1 for what was created and never started.
    let started = text(value, &["State", "StartedAt"]).filter(|at| !at.starts_with("0001-"));
    let event = if started.is_some() { Event::Run } else { Event::Held };
    let stamp = value.get("State").and_then(|s| s.get("StartedAt")).filter(|_| started.is_some()).map(stamp_of);
    let mut draft = Draft::image(event, reference, NAME, mark.clone()).at(stamp.unwrap_or_default());
    draft.image_id = id;
    let name = text(value, &["Name"]).unwrap_or("").trim_start_matches('/');
    out.emit(draft.with("container", name));
    true
}

/// A Kubernetes node lists the images it holds (the largest fifty, unless told otherwise).
fn node(value: &Value, mark: &Mark, out: &mut Sink) -> bool {
    let Some(images) = value.get("status").and_then(|s| s.get("images")).and_then(Value::as_array) else {
        return false;
    };
    let asset = text(value, &["metadata", "name"]).map(|name| Asset::new(AssetKind::Host, name));
    for image in images {
        let names: Vec<Reference> = strings(image, ["names", "names"])
            .into_iter()
            .flatten()
            .filter_map(|name| Reference::parse(name).ok())
            .collect();
        let tagged = names.iter().find(|name| name.tag.is_some());
        let digested = names.iter().find(|name| name.digest.is_some());
        let Some(mut reference) = tagged.or(digested).cloned() else { continue };
        reference.digest = reference.digest.take().or_else(|| digested.and_then(|d| d.digest.clone()));
        let mut draft = Draft::image(Event::Held, reference, NAME, mark.clone());
        draft.asset.clone_from(&asset);
        out.emit(draft);
    }
    true
}
