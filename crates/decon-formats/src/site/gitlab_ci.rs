//! GitLab CI: `image` and `services`, at the top, in `default` and in every job, with the
//! variables of the same file (GitLab, "CI/CD YAML syntax reference").

use std::collections::BTreeMap;

use super::{Site, SiteFormat, base, image_site, is_yaml, roots, scalar_site, span_of};
use crate::yaml::{Node, Scalar};

/// GitLab CI.
#[derive(Debug)]
pub(super) struct GitlabCi;

impl SiteFormat for GitlabCi {
    fn name(&self) -> &'static str {
        "gitlab-ci"
    }
    fn doc(&self) -> &'static str {
        "GitLab CI files: images and services of jobs."
    }
    fn claims(&self, path: &str) -> bool {
        is_yaml(path) && (base(path).contains(".gitlab-ci.") || path.contains(".gitlab/ci/"))
    }
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)> {
        let mut sites = Vec::new();
        for root in roots(text)? {
            let variables = variables(&root);
            read(&root, &variables, &mut sites);
            for (_, job) in root.entries() {
                read(job, &variables, &mut sites);
            }
        }
        Ok(sites)
    }
}

fn variables(root: &Node) -> BTreeMap<String, String> {
    let entries = root.get("variables").map(Node::entries).unwrap_or_default();
    let text = |v: &Node| v.text().or_else(|| v.get("value").and_then(Node::text)).map(str::to_owned);
    entries.iter().filter_map(|(k, v)| Some((k.text()?.to_owned(), text(v)?))).collect()
}

fn read(node: &Node, variables: &BTreeMap<String, String>, sites: &mut Vec<Site>) {
    let named = |n: &Node, sites: &mut Vec<Site>| match n {
        Node::Scalar(scalar) => sites.push(site(scalar, variables)),
        Node::Map(_) => {
            if let Some(Node::Scalar(scalar)) = n.get("name") {
                sites.push(site(scalar, variables));
            }
        }
        _ => {}
    };
    node.get("image").into_iter().for_each(|i| named(i, sites));
    node.get("services").map(Node::items).unwrap_or_default().iter().for_each(|s| named(s, sites));
}

/// `$NAME` and `${NAME}` of the file's own variables are filled in.
fn site(scalar: &Scalar, variables: &BTreeMap<String, String>) -> Site {
    if !scalar.text.contains('$') {
        return scalar_site(scalar);
    }
    let mut text = scalar.text.clone();
    for (name, value) in variables.iter().rev() {
        text = text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    let mut site = image_site(
        &text,
        scalar.start + usize::from(scalar.quoted),
        scalar.line,
        scalar.column + usize::from(scalar.quoted),
    );
    site.span = span_of(scalar);
    site
}
