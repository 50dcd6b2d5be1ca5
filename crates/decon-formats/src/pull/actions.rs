//! GitHub Actions: actions that a job fetched, and images that the runner announces.
//!
//! Source: actions/runner `ActionManager.cs` (`Download action repository 'o/r@ref' (SHA:…)`),
//! `ContainerOperationProvider.cs`. Pulls and starts are docker's own lines and are read there.

use decon_core::observation::{Event, Subject};

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};

/// GitHub Actions job logs.
#[derive(Debug)]
pub(super) struct Actions;

impl PullFormat for Actions {
    fn name(&self) -> &'static str {
        "github-actions"
    }
    fn doc(&self) -> &'static str {
        "GitHub Actions job logs: which actions a job fetched, with the commit (SHA)."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["Download action", "Download immutable"]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::new(Downloads))
    }
}

#[derive(Debug)]
struct Downloads;

impl Reader for Downloads {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        for opening in ["Download action repository '", "Download immutable action package '"] {
            let Some(rest) = line.text.trim_start().strip_prefix(opening) else { continue };
            let Some((name, tail)) = rest.split_once('\'') else { continue };
            let Some(subject) = subject(name, tail) else { continue };
            out.emit(Draft::new(Event::Action, subject, "github-actions", Mark::at(line)));
        }
    }
}

/// `owner/repository[/path]@ref` and ` (SHA:<40 hex>)`.
fn subject(name: &str, tail: &str) -> Option<Subject> {
    let (path, action_ref) = name.split_once('@')?;
    let mut parts = path.split('/');
    let (owner, repository) = (parts.next()?, parts.next()?);
    let commit = tail.split_once("(SHA:").and_then(|(_, t)| t.split(')').next());
    let commit = commit.filter(|c| c.len() == 40 && c.bytes().all(|b| b.is_ascii_hexdigit()));
    Some(Subject::Action {
        action: format!("{owner}/{repository}").to_ascii_lowercase().into(),
        action_ref: action_ref.into(),
        commit: commit.map(|c| c.to_ascii_lowercase().into()),
    })
}
