//! `action.yml`: `runs.image`, and `uses` of composite steps (GitHub, "Metadata syntax").

use super::{Site, SiteFormat, base, image_of, roots, uses_site};
use crate::yaml::Node;

/// GitHub actions.
#[derive(Debug)]
pub(super) struct Action;

impl SiteFormat for Action {
    fn name(&self) -> &'static str {
        "github-action"
    }
    fn doc(&self) -> &'static str {
        "GitHub action metadata (action.yml): its image and the actions its steps use."
    }
    fn claims(&self, path: &str) -> bool {
        matches!(base(path), "action.yml" | "action.yaml")
    }
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)> {
        let mut sites = Vec::new();
        for root in roots(text)? {
            let Some(runs) = root.get("runs") else { continue };
            // `Dockerfile` builds from the repository itself.
            if runs.get("image").and_then(Node::text).is_some_and(|i| i.starts_with("docker://")) {
                runs.get("image").into_iter().for_each(|i| image_of(i, &mut sites));
            }
            for step in runs.get("steps").map(Node::items).unwrap_or_default() {
                if let Some(Node::Scalar(uses)) = step.get("uses") {
                    sites.extend(uses_site(uses));
                }
            }
        }
        Ok(sites)
    }
}
