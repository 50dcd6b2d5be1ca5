//! Telling what was found: hits as they come, or a summary at the end.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use decon_formats::network::{Hunter, Layout};
use decon_systems::files::Evidence;

use crate::cli::{HuntForm, Telling};
use crate::command::tell_gaps;
use crate::output::hunt::{Summary, line};

/// Takes evidence in order and tells it in the form that was asked for.
pub(super) struct Teller<'h> {
    hunter: &'h Hunter,
    form: HuntForm,
    summary: Summary<'h>,
    out: std::io::BufWriter<std::io::StdoutLock<'static>>,
    failure: Option<std::io::Error>,
}

impl<'h> Teller<'h> {
    pub(super) fn new(hunter: &'h Hunter, layout: &Arc<Layout>, telling: &Telling) -> anyhow::Result<Self> {
        if telling.since.zip(telling.until).is_some_and(|(since, until)| since >= until) {
            bail!("--since must be before --until");
        }
        let ignored = telling.ignore.as_deref().map(ignore_list).transpose()?.unwrap_or_default();
        Ok(Self {
            hunter,
            form: telling.format,
            summary: Summary::new(hunter.set(), layout.zone.clone(), (telling.since, telling.until), ignored),
            out: std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock()),
            failure: None,
        })
    }

    pub(super) fn take(&mut self, evidence: Evidence) {
        for file in &evidence.hunted {
            for hit in self.summary.take(file) {
                if self.form == HuntForm::Jsonl && self.failure.is_none() {
                    let line = line(self.hunter.set(), &file.path, hit, self.summary.zone());
                    self.failure = writeln!(self.out, "{line}").err();
                }
            }
        }
        self.summary.cover(evidence.coverage);
    }

    /// Tells the rest; gives the exit status.
    pub(super) fn end(mut self) -> anyhow::Result<u8> {
        if let Some(error) = self.failure {
            return Err(error).context("the hits cannot be written");
        }
        match self.form {
            HuntForm::Terminal => write!(self.out, "{}", self.summary.text())?,
            HuntForm::Jsonl => tell_gaps(self.summary.gaps()),
        }
        self.out.flush()?;
        Ok(self.summary.exit_status())
    }
}

/// `10.0.0.9 our scanner`: source and reason.
fn ignore_list(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let mut list = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(n, l)| (n + 1, l.trim())) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((source, reason)) = line.split_once(char::is_whitespace) else {
            bail!("{} line {number}: a reason is missing behind {line:?}", path.display());
        };
        if source.contains('/') {
            bail!("{} line {number}: {source} is a range; name each address or host", path.display());
        }
        list.push((source.to_ascii_lowercase(), reason.trim().to_owned()));
    }
    Ok(list)
}
