//! Jenkinsfiles: `docker { image 'x' }`, `docker.image('x')`, `agent { docker 'x' }`,
//! `image: x` of pod templates, and shell steps that pull or run.

use super::{Site, SiteFormat, base, image_site};

/// Jenkinsfiles.
#[derive(Debug)]
pub(super) struct Jenkinsfile;

impl SiteFormat for Jenkinsfile {
    fn name(&self) -> &'static str {
        "jenkinsfile"
    }
    fn doc(&self) -> &'static str {
        "Jenkinsfiles: images of docker agents, docker.image() and pod templates."
    }
    fn claims(&self, path: &str) -> bool {
        let name = base(path).to_ascii_lowercase();
        name.starts_with("jenkinsfile") || name.ends_with(".jenkinsfile")
    }
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)> {
        let mut sites = Vec::new();
        let mut offset = 0;
        for (number, line) in text.split('\n').enumerate() {
            let code = line.trim_start();
            if !code.starts_with("//") && !code.starts_with('*') {
                read(line, offset, number + 1, &mut sites);
            }
            offset += line.len() + 1;
        }
        Ok(sites)
    }
}

/// What stands before the quoted name of an image.
const OPENINGS: [&str; 6] = ["docker.image(", "image ", "image: ", "image(", "docker ", "withDockerContainer("];

fn read(line: &str, offset: usize, number: usize, sites: &mut Vec<Site>) {
    for opening in OPENINGS {
        for (at, _) in line.match_indices(opening) {
            let word_before = line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
            let start = at + opening.len();
            let Some(quote) = line[start..].chars().next().filter(|c| matches!(c, '\'' | '"')) else {
                if opening == "image: " && !word_before {
                    plain(line, start, offset, number, sites);
                }
                continue;
            };
            let Some(end) = line[start + 1..].find(quote).filter(|_| !word_before) else { continue };
            let name = &line[start + 1..start + 1 + end];
            let column = start + 2;
            if !sites.iter().any(|s| s.span.start == offset + start + 1) && !name.is_empty() {
                sites.push(image_site(name, offset + start + 1, number, column));
            }
        }
    }
}

/// `image: x` in the YAML of a pod template.
fn plain(line: &str, start: usize, offset: usize, number: usize, sites: &mut Vec<Site>) {
    let rest = &line[start..];
    let start = start + rest.len() - rest.trim_start().len();
    let name = rest.split_whitespace().next().unwrap_or("");
    if !name.is_empty() {
        sites.push(image_site(name, offset + start, number, start + 1));
    }
}
