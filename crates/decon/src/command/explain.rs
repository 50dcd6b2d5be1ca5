//! `decon explain`: every step from bytes to level.

use std::fs;
use std::io::Write as _;

use anyhow::bail;
use decon_core::observation::Observation;
use decon_core::verdict::{Reason, Verdict};
use decon_systems::case_store::{Case, Contents};

use super::report::{rejudge, warn_if_broken};
use crate::cli;
use crate::output::escape;

pub(crate) fn run(arguments: &cli::Explain) -> anyhow::Result<u8> {
    let case = Case::open(&arguments.case)?;
    warn_if_broken(&case)?;
    let judged = rejudge(&case, &arguments.asked)?;
    let fits = |v: &&Verdict| v.id.starts_with(arguments.verdict.as_str());
    let found: Vec<&Verdict> = judged.answer.verdicts.iter().filter(fits).collect();
    let verdict = match found[..] {
        [verdict] => verdict,
        [] => bail!("no verdict of this case begins with {:?}; decon report --case lists them", arguments.verdict),
        _ => bail!("{} verdicts begin with {:?}; write more of the id", found.len(), arguments.verdict),
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}  {}  {}: {}", verdict.id, verdict.level.name(), verdict.advisory, verdict.level.meaning())?;
    writeln!(out, "asset {}", escape::terminal(&verdict.asset.to_string()))?;
    for reason in verdict.because.iter().chain(&verdict.acquitted) {
        tell(reason, &judged.contents, &case, &mut out)?;
    }
    for gap in &verdict.despite {
        writeln!(out, "\ndespite  {}: {}; {}", escape::terminal(&gap.path), escape::terminal(&gap.reason), gap.remedy)?;
    }
    Ok(0)
}

fn tell(reason: &Reason, contents: &Contents, case: &Case, out: &mut impl std::io::Write) -> anyhow::Result<()> {
    writeln!(out, "\n{}  {}", reason.level.name(), escape::terminal(&reason.text))?;
    for (number, step) in reason.steps.iter().enumerate() {
        writeln!(out, "  {}. {}", number + 1, escape::terminal(step))?;
    }
    let Some(observation) = contents.observations.iter().find(|o| o.id() == reason.observation) else { return Ok(()) };
    for (key, value) in &observation.detail {
        writeln!(out, "     {key}: {}", escape::terminal(value))?;
    }
    writeln!(out, "  observation {}", reason.observation)?;
    bytes_of(observation, case, out)
}

/// The kept bytes, as far as a screen takes them.
fn bytes_of(observation: &Observation, case: &Case, out: &mut impl std::io::Write) -> anyhow::Result<()> {
    let Some(blob) = &observation.proof.blob else {
        writeln!(out, "  bytes not kept; they stand in {}", escape::terminal(&observation.proof.path))?;
        return Ok(());
    };
    let path = case.evidence(blob);
    writeln!(out, "  bytes {}", path.display())?;
    let Ok(bytes) = fs::read(&path) else {
        writeln!(out, "  (missing: run decon case verify)")?;
        return Ok(());
    };
    let text = String::from_utf8_lossy(&bytes);
    for line in text.lines().take(12) {
        let short: String = line.chars().take(220).collect();
        writeln!(out, "    | {}", escape::terminal(&short))?;
    }
    Ok(())
}
