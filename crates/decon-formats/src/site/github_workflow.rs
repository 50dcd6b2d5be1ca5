//! GitHub workflows: `container`, `services`, `uses` of steps and of called workflows
//! (GitHub, "Workflow syntax"). Gitea and Forgejo read the same.

use super::{Site, SiteFormat, image_of, is_yaml, roots, uses_site};
use crate::yaml::Node;

/// GitHub workflows.
#[derive(Debug)]
pub(super) struct GithubWorkflow;

impl SiteFormat for GithubWorkflow {
    fn name(&self) -> &'static str {
        "github-workflow"
    }
    fn doc(&self) -> &'static str {
        "GitHub, Gitea and Forgejo workflows: job containers, services, actions."
    }
    fn claims(&self, path: &str) -> bool {
        is_yaml(path)
            && [".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/"].iter().any(|f| path.contains(f))
    }
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)> {
        let mut sites = Vec::new();
        for root in roots(text)? {
            for (_, job) in root.get("jobs").map(Node::entries).unwrap_or_default() {
                read_job(job, &mut sites);
            }
        }
        Ok(sites)
    }
}

fn read_job(job: &Node, sites: &mut Vec<Site>) {
    match job.get("container") {
        Some(Node::Scalar(_)) => job.get("container").into_iter().for_each(|c| image_of(c, sites)),
        Some(map) => map.get("image").into_iter().for_each(|i| image_of(i, sites)),
        None => {}
    }
    for (_, service) in job.get("services").map(Node::entries).unwrap_or_default() {
        service.get("image").into_iter().for_each(|i| image_of(i, sites));
    }
    let steps = job.get("steps").map(Node::items).unwrap_or_default();
    for uses in steps.iter().map(|s| s.get("uses")).chain([job.get("uses")]).flatten() {
        if let Node::Scalar(scalar) = uses {
            sites.extend(uses_site(scalar));
        }
    }
}
