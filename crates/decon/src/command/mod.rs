//! One thin file a verb: arguments as meant, the work elsewhere.

mod advisory;
mod case;
mod check;
mod explain;
mod hunt;
mod observe;
mod progress;
mod report;
mod zone;

use std::path::PathBuf;

use decon_core::coverage::Gap;

use crate::cli::{Cli, Command, HuntAction};
use crate::output::escape;

/// Runs a command; gives the exit status.
pub(crate) fn run(mut cli: Cli) -> anyhow::Result<u8> {
    let paths = match &mut cli.command {
        Command::Check(arguments) => &mut arguments.paths,
        Command::Observe(arguments) => &mut arguments.paths,
        Command::Hunt(arguments) => match &mut arguments.action {
            Some(HuntAction::Manifest(wanted)) => &mut wanted.paths,
            _ => &mut arguments.paths,
        },
        _ => &mut Vec::new(),
    };
    *paths = std::mem::take(paths).into_iter().flat_map(expand).collect();
    if let Some(missing) = paths
        .iter()
        .find(|p| p.as_os_str() != "-" && p.symlink_metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound))
    {
        let image = decon_core::reference::Reference::parse(&missing.to_string_lossy()).is_ok();
        let hint =
            if image { "; decon reads evidence, not registries: give it logs, stores or a repository" } else { "" };
        #[allow(clippy::print_stderr, reason = "a wrong call is told")]
        {
            anstream::eprintln!("decon: no such file or folder: {}{hint}", missing.display());
        }
        return Ok(2);
    }
    match cli.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Observe(arguments) => observe::run(&arguments),
        Command::Hunt(arguments) => hunt::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Advisory(arguments) => advisory::run(&arguments),
        Command::Case(arguments) => case::run(&arguments),
    }
}

/// What a pattern stands for, where a shell has not expanded it; a file of that very name comes first.
fn expand(path: PathBuf) -> Vec<PathBuf> {
    let pattern = path.to_str().filter(|p| p.contains(['*', '?', '[']) && path.symlink_metadata().is_err());
    let found: Vec<PathBuf> = pattern.and_then(|p| glob::glob(p).ok()).into_iter().flatten().flatten().collect();
    if found.is_empty() { vec![path] } else { found }
}

/// Gaps, beside a stream of JSON lines.
#[allow(clippy::print_stderr, reason = "what could not be read is told beside the stream")]
fn tell_gaps(gaps: &[Gap]) {
    for gap in gaps {
        let (path, reason) = (escape::terminal(&gap.path), escape::terminal(&gap.reason));
        anstream::eprintln!("decon: gap: {path}: {reason}; {}", gap.remedy);
    }
}
