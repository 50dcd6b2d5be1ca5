//! Compose files: `services.*.image` (compose-spec). `${X:-default}` names its default.

use super::{Site, SiteFormat, base, image_site, is_yaml, roots, scalar_site};
use crate::yaml::{Node, Scalar};

/// Compose files.
#[derive(Debug)]
pub(super) struct Compose;

impl SiteFormat for Compose {
    fn name(&self) -> &'static str {
        "compose-file"
    }
    fn doc(&self) -> &'static str {
        "Compose files: images of services."
    }
    fn claims(&self, path: &str) -> bool {
        let name = base(path);
        is_yaml(path)
            && (name.starts_with("docker-compose") || name.starts_with("compose") || name.starts_with("podman-compose"))
    }
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)> {
        let mut sites = Vec::new();
        for root in roots(text)? {
            // `x-…` fragments are merged into services through anchors.
            let fragments = root.entries().iter().filter(|(k, _)| k.text().is_some_and(|k| k.starts_with("x-")));
            for (_, service) in root.get("services").map(Node::entries).unwrap_or_default().iter().chain(fragments) {
                if let Some(Node::Scalar(image)) = service.get("image") {
                    sites.push(site(image));
                }
            }
        }
        Ok(sites)
    }
}

fn site(image: &Scalar) -> Site {
    match with_defaults(&image.text) {
        Some(decided) if decided != image.text => {
            let mut site = image_site(
                &decided,
                image.start + usize::from(image.quoted),
                image.line,
                image.column + usize::from(image.quoted),
            );
            site.span.end = site.span.start + image.text.len();
            site
        }
        _ => scalar_site(image),
    }
}

/// `${X:-a}` and `${X-a}` become `a`; a variable without default decides nothing.
pub(super) fn with_defaults(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        out.push_str(&rest[..at]);
        let (inside, tail) = rest[at + 2..].split_once('}')?;
        let (_, default) = inside.split_once(":-").or_else(|| inside.split_once('-'))?;
        out.push_str(default);
        rest = tail;
    }
    out.push_str(rest);
    (!out.contains('$')).then_some(out)
}
