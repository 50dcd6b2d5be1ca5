//! `decon report`: the answer of a case again, without collecting. Same case, same bytes.

use anyhow::anyhow;
use decon_core::advisory::Advisory;
use decon_core::judge::{MirrorRules, Question, judge};
use decon_core::verdict::Answer;
use decon_systems::case_store::{Case, Contents};

use crate::advisories;
use crate::cli;
use crate::output::{self, Answered};

pub(crate) fn run(arguments: &cli::Report) -> anyhow::Result<u8> {
    let case = Case::open(&arguments.case)?;
    warn_if_broken(&case)?;
    let judged = rejudge(&case, &arguments.asked)?;
    let answered = Answered {
        answer: &judged.answer,
        advisories: &judged.advisories,
        contents: &judged.contents,
        case: Some(&arguments.case),
        head: Some(case.head()?),
    };
    output::write(&answered, arguments.format, arguments.output.as_deref())?;
    Ok(judged.answer.level.exit_status())
}

/// An answer from a case that was tampered with must not look like any other.
pub(crate) fn warn_if_broken(case: &Case) -> anyhow::Result<()> {
    #[allow(clippy::print_stderr, reason = "told beside the answer")]
    for line in case.verify()?.broken {
        anstream::eprintln!("decon: THIS CASE IS BROKEN: {line}");
    }
    Ok(())
}

/// A case, judged by the advisories it was opened for or by those named now.
pub(crate) struct Judged {
    pub(crate) contents: Contents,
    pub(crate) advisories: Vec<Advisory>,
    pub(crate) answer: Answer,
}

pub(crate) fn rejudge(case: &Case, asked: &cli::Asked) -> anyhow::Result<Judged> {
    let contents = case.contents()?;
    let known = advisories::load(asked.advisories.as_deref())?;
    let (before, named_before, mirror_texts) = contents.consulted.clone().unwrap_or_default();
    let names = if asked.advisory.is_empty() && named_before { before } else { asked.advisory.clone() };
    let advisories = known.named(&names)?;
    let mirrors = MirrorRules::parse(mirror_texts.iter().map(String::as_str))
        .map_err(|e| anyhow!("a mirror rule of the case: {e}"))?;
    let question = Question {
        advisories: &advisories,
        named: !names.is_empty(),
        mirrors: &mirrors,
        observations: &contents.observations,
        coverage: &contents.coverage,
    };
    let answer = judge(&question);
    Ok(Judged { answer, advisories, contents })
}
