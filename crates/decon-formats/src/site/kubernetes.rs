//! Kubernetes manifests and other YAML: every `image` of a container list, wherever a kind puts
//! its pod (Deployment, CronJob, List, custom resources), and image volumes.

use decon_core::observation::Subject;
use decon_core::reference::Reference;

use super::{Site, SiteFormat, is_yaml, roots, scalar_site};
use crate::yaml::Node;

/// Kubernetes YAML.
#[derive(Debug)]
pub(super) struct Kubernetes;

impl SiteFormat for Kubernetes {
    fn name(&self) -> &'static str {
        "kubernetes"
    }
    fn doc(&self) -> &'static str {
        "Kubernetes manifests and other YAML: images of containers."
    }
    fn claims(&self, path: &str) -> bool {
        is_yaml(path)
    }
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)> {
        let mut sites = Vec::new();
        for root in roots(text)? {
            find(&root, 0, &mut sites);
        }
        Ok(sites)
    }
}

const LISTS: [&str; 5] = ["containers", "initContainers", "ephemeralContainers", "steps", "sidecars"];

/// `repository: x`, `tag: y`, `digest: z`, with `registry` or without: how Helm values name an image.
fn helm(node: &Node) -> Option<Site> {
    let Some(Node::Scalar(repository)) = node.get("repository") else { return None };
    let text = |key: &str| node.get(key).and_then(Node::text).filter(|t| !t.is_empty());
    let (tag, digest) = (text("tag"), text("digest").or_else(|| text("sha")));
    tag.or(digest)?;
    let mut name = text("registry").map_or_else(String::new, |r| format!("{r}/"));
    name.push_str(&repository.text);
    name.push_str(&tag.map_or_else(String::new, |t| format!(":{t}")));
    name.push_str(
        &digest.map_or_else(String::new, |d| if d.contains(':') { format!("@{d}") } else { format!("@sha256:{d}") }),
    );
    let mut site = scalar_site(repository);
    site.subject = Reference::pullable(&name).map(Subject::Image).map_err(|e| e.to_string());
    Some(site)
}

fn find(node: &Node, depth: usize, sites: &mut Vec<Site>) {
    if depth > 64 {
        return;
    }
    if let Some(site) = helm(node) {
        sites.push(site);
    }
    for item in node.items() {
        find(item, depth + 1, sites);
    }
    for (key, value) in node.entries() {
        let key = key.text().unwrap_or("");
        if LISTS.contains(&key) {
            for container in value.items() {
                if let Some(Node::Scalar(image)) = container.get("image") {
                    sites.push(scalar_site(image));
                }
            }
        } else if key == "image" && node.get("name").is_none() {
            // An image volume, or a kind of one container (`image: {reference: x}`).
            if let Some(Node::Scalar(image)) = value.get("reference") {
                sites.push(scalar_site(image));
            } else if let Node::Scalar(image) = value
                && image.text.contains([':', '/', '@'])
            {
                sites.push(scalar_site(image));
            }
        }
        find(value, depth + 1, sites);
    }
}
