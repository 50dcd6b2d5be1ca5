//! Sites: places in files where an image or an action is named, with their exact bytes.
//!
//! A [`SiteFormat`] returns spans and, where a name cannot be decided, the reason. The same sites
//! serve to observe (`cited`) and, later, to pin, so that the two cannot disagree. One file and
//! one line in [`FORMATS`] each.

mod action;
mod compose;
mod dockerfile;
mod github_workflow;
mod gitlab_ci;
mod jenkinsfile;
mod kubernetes;
mod lines;

use std::ops::Range;

use decon_core::coverage::{Gap, GapKind};
use decon_core::observation::{Asset, Event, Observation, Proof, Subject};
use decon_core::reference::Reference;
use decon_core::window::Window;

use crate::yaml::{Node, Scalar};

/// Something named in a file.
#[derive(Debug, Clone)]
pub struct Site {
    /// The bytes of the name, without quotes.
    pub span: Range<usize>,
    /// Line, from 1.
    pub line: u64,
    /// Column in bytes, from 1.
    pub column: u64,
    /// What it names, or why that cannot be decided.
    pub subject: Result<Subject, String>,
}

/// One format of files that name images.
pub trait SiteFormat: Sync {
    /// Its name in observations, kebab-case. Public: it never changes.
    fn name(&self) -> &'static str;
    /// One sentence.
    fn doc(&self) -> &'static str;
    /// Whether a file of this path is one.
    fn claims(&self, path: &str) -> bool;
    /// Every site in it; an error says why the text is none of this format.
    ///
    /// # Errors
    /// Line and reason.
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)>;
}

/// Every format. The last takes what YAML the others leave.
pub const FORMATS: &[&dyn SiteFormat] = &[
    &action::Action,
    &compose::Compose,
    &dockerfile::Dockerfile,
    &github_workflow::GithubWorkflow,
    &gitlab_ci::GitlabCi,
    &jenkinsfile::Jenkinsfile,
    &kubernetes::Kubernetes,
];

/// The format that claims this path.
pub fn claiming(path: &str) -> impl Iterator<Item = &'static dyn SiteFormat> {
    FORMATS.iter().copied().filter(move |f| f.claims(path)).take(1)
}

/// The citations in a text. What is no sound text of its format is read line by line, with a gap.
pub fn observe(
    format: &dyn SiteFormat,
    text: &str,
    path: &str,
    asset: &Asset,
    gaps: &mut Vec<Gap>,
) -> Vec<Observation> {
    let sites = format.sites(text).unwrap_or_else(|(line, reason)| {
        // Templates of Helm and the like are no YAML and not meant to be.
        if !text.contains("{{") {
            gaps.push(Gap {
                kind: GapKind::Damaged,
                path: path.into(),
                reason: format!("is no sound {} file (line {line}: {reason}); it was read line by line", format.name())
                    .into(),
                remedy: "look at what it names".into(),
                window: Window::ALWAYS,
            });
        }
        lines::sites(text)
    });
    let cited = |site: Site| {
        let proof = Proof { path: path.into(), line: Some(site.line), column: Some(site.column), blob: None };
        Some(Observation::of(Event::Cited, site.subject.ok()?, asset.clone(), format.name(), proof))
    };
    sites.into_iter().filter_map(cited).collect()
}

/// The file's own name.
fn base(path: &str) -> &str {
    path.rsplit(['/', '!', '\\']).next().unwrap_or(path)
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

/// A site for an image written here.
fn image_site(text: &str, start: usize, line: usize, column: usize) -> Site {
    let subject = match text {
        t if t.contains(['$', '{', '<', '%']) => Err(format!("{t} is not decided in this file")),
        t => {
            Reference::pullable(t.strip_prefix("docker://").unwrap_or(t)).map(Subject::Image).map_err(|e| e.to_string())
        }
    };
    Site { span: start..start + text.len(), line: line as u64, column: column as u64, subject }
}

/// A site for a scalar that names an image.
fn scalar_site(scalar: &Scalar) -> Site {
    let quote = usize::from(scalar.quoted);
    let mut site = image_site(&scalar.text, scalar.start + quote, scalar.line, scalar.column + quote);
    site.span = span_of(scalar);
    site
}

/// Where a scalar's value stands: without its quotes; of a folded or escaped one, all of it.
fn span_of(scalar: &Scalar) -> Range<usize> {
    let quote = usize::from(scalar.quoted);
    let (start, end) = (scalar.start + quote, scalar.end.saturating_sub(quote));
    let short = if scalar.plain { end.min(start + scalar.text.len()) } else { end };
    start..short.max(start)
}

/// A site for `owner/repository@ref` (or `docker://image`).
fn uses_site(scalar: &Scalar) -> Option<Site> {
    let text = scalar.text.as_str();
    if text.starts_with("docker://") {
        return Some(scalar_site(scalar));
    }
    // `./path` is in the same repository.
    let (path, action_ref) = text.split_once('@').filter(|(p, _)| !p.starts_with('.'))?;
    let mut parts = path.split('/');
    let (owner, repository) = (parts.next()?, parts.next()?);
    let quote = usize::from(scalar.quoted);
    let hex = action_ref.len() == 40 && action_ref.bytes().all(|b| b.is_ascii_hexdigit());
    let subject = Subject::Action {
        action: format!("{owner}/{repository}").to_ascii_lowercase().into(),
        action_ref: action_ref.into(),
        commit: hex.then(|| action_ref.to_ascii_lowercase().into()),
    };
    Some(Site {
        span: span_of(scalar),
        line: scalar.line as u64,
        column: (scalar.column + quote) as u64,
        subject: Ok(subject),
    })
}

/// `image: x` and `image: {name: x}`.
fn image_of(node: &Node, sites: &mut Vec<Site>) {
    match node {
        Node::Scalar(scalar) if !scalar.text.is_empty() => sites.push(scalar_site(scalar)),
        Node::Map(_) => node.get("name").or_else(|| node.get("image")).into_iter().for_each(|n| image_of(n, sites)),
        _ => {}
    }
}

/// The documents of a text.
fn roots(text: &str) -> Result<Vec<Node>, (usize, String)> {
    Ok(crate::yaml::documents(text)?.into_iter().filter_map(|d| d.root).collect())
}
