//! `decon advisory`: list, show, validate, new.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use decon_core::advisory::{Advisory, Claim};
use decon_core::judge::decide;

use crate::advisories;
use crate::cli;

/// Every key an advisory may have.
const TEMPLATE: &str = include_str!("advisory_template.toml");

pub(crate) fn run(arguments: &cli::Advisory) -> anyhow::Result<u8> {
    match arguments {
        cli::Advisory::List { advisories } => list(&advisories::load(advisories.as_deref())?.all),
        cli::Advisory::Show { id, advisories } => show(advisories::load(advisories.as_deref())?.find(id)?),
        cli::Advisory::Validate { files } => validate(files),
        cli::Advisory::New { id } => {
            write!(std::io::stdout().lock(), "{}", TEMPLATE.replace("ID", id))?;
            Ok(0)
        }
    }
}

fn list(all: &[Advisory]) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    for advisory in all {
        writeln!(out, "{:26} {:9} {}", advisory.id, format!("{:?}", advisory.severity).to_lowercase(), advisory.title)?;
    }
    Ok(0)
}

fn show(advisory: &Advisory) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{} ({})\n{}\n\n{}", advisory.id, advisory.aliases.join(", "), advisory.title, advisory.summary)?;
    for pattern in &advisory.repositories {
        writeln!(out, "repository {pattern}")?;
    }
    for window in &advisory.windows {
        writeln!(
            out,
            "\nwindow of {}",
            if window.tags.is_empty() { "every tag".into() } else { window.tags.join(", ") }
        )?;
        window.claims.iter().try_for_each(|c| claim(&mut out, c))?;
    }
    writeln!(out)?;
    for artifact in &advisory.artifacts {
        let platform = artifact.platform.as_deref().unwrap_or("");
        let word = format!("{:?}", artifact.disposition).to_lowercase();
        writeln!(
            out,
            "{word:4} {:8} {platform:14} {}  {}  by {}",
            artifact.role.name(),
            artifact.digest,
            artifact.tags.join(","),
            artifact.sources.join(", ")
        )?;
    }
    for action in &advisory.actions {
        writeln!(out, "\naction {} ({} refs, {} commits)", action.repository, action.refs.len(), action.commits.len())?;
        action.claims.iter().try_for_each(|c| claim(&mut out, c))?;
    }
    writeln!(out)?;
    for indicator in &advisory.indicators {
        let shared = if indicator.shared_with.is_empty() {
            String::new()
        } else {
            format!(", also of {}", indicator.shared_with.join(", "))
        };
        let (kind, confidence) =
            (format!("{:?}", indicator.kind).to_lowercase(), format!("{:?}", indicator.confidence).to_lowercase());
        writeln!(out, "indicator {kind} {} ({confidence}{shared})", decon_core::indicator::defang(&indicator.value))?;
    }
    writeln!(out)?;
    for advice in &advisory.advice {
        writeln!(out, "- {} [{}]", advice.step, advice.source)?;
    }
    for (key, address) in &advisory.sources {
        writeln!(out, "source {key}: {address}")?;
    }
    Ok(0)
}

fn claim(out: &mut impl std::io::Write, claim: &Claim) -> std::io::Result<()> {
    let end = |t: Option<jiff::Timestamp>| t.map_or("not stated".to_owned(), |t| t.to_string());
    let note = claim.note.as_ref().map_or(String::new(), |n| format!(" ({n})"));
    writeln!(out, "  {} to {} by {}{note}", end(claim.window.from), end(claim.window.until), claim.source)
}

fn validate(files: &[PathBuf]) -> anyhow::Result<u8> {
    let mut out = std::io::stdout().lock();
    let mut wrong = 0;
    for path in files {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => bail!("{} cannot be read: {error}", path.display()),
        };
        match Advisory::parse(&text) {
            Err(error) => {
                wrong += 1;
                writeln!(out, "{}:{}: {}; {}", path.display(), error.line, error.message, error.remedy)?;
            }
            Ok(advisory) => {
                let failed = advisory.examples.iter().filter(|e| decide(&advisory, e) != e.level);
                for example in failed {
                    wrong += 1;
                    let level = decide(&advisory, example);
                    writeln!(
                        out,
                        "{}: example {:?} is {} and must be {}; correct the example or the data",
                        path.display(),
                        example.name,
                        level.name(),
                        example.level.name()
                    )?;
                }
                writeln!(
                    out,
                    "{}: {} artifacts, {} examples",
                    path.display(),
                    advisory.artifacts.len(),
                    advisory.examples.len()
                )?;
            }
        }
    }
    Ok(u8::from(wrong > 0))
}
