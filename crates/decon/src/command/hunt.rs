//! `decon hunt`: network logs, at disk speed, for indicators of contact.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use decon_core::indicator::{IndicatorSet, Sought};
use decon_formats::network::{Hunter, Layout, LogFormat};
use decon_formats::{feed, rule};
use decon_systems::files::{self, Evidence, Options};

use super::{progress, tell_gaps, zone};
use crate::advisories;
use crate::cli::{self, HuntForm};
use crate::output::escape;
use crate::output::hunt::{Summary, line};

pub(crate) fn run(arguments: &cli::Hunt) -> anyhow::Result<u8> {
    let sought = sought(arguments)?;
    if let Some(rules) = rule::RULES.iter().find(|rules| arguments.emit.as_deref() == Some(rules.name())) {
        std::io::stdout().lock().write_all(rule::emit(*rules, &sought).as_bytes())?;
        return Ok(0);
    }
    let layout = Arc::new(layout(arguments)?);
    let hunter = Hunter::new(IndicatorSet::new(sought), arguments.deep).map(Arc::new);
    let hunter = hunter.ok_or_else(|| anyhow!("there are too many indicators for one run; split the list"))?;
    let options =
        Options { layout: Arc::clone(&layout), hunt: Some(Arc::clone(&hunter)), only_hunt: true, ..Options::default() };
    let ignored = arguments.ignore.as_deref().map(ignore_list).transpose()?.unwrap_or_default();
    let mut summary = Summary::new(hunter.set(), layout.zone.clone(), (arguments.since, arguments.until), ignored);
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let progress = progress::stoppable();
    let shown = progress::show(&progress);
    let mut failure = None;
    files::collect(&arguments.paths, &options, &progress, |evidence: Evidence| {
        for file in &evidence.hunted {
            for hit in summary.take(file) {
                if arguments.format == HuntForm::Jsonl && failure.is_none() {
                    failure = writeln!(out, "{}", line(hunter.set(), &file.path, hit, summary.zone())).err();
                }
            }
        }
        summary.cover(evidence.coverage);
    });
    drop(shown);
    if let Some(error) = failure {
        return Err(error).context("the hits cannot be written");
    }
    match arguments.format {
        HuntForm::Terminal => write!(out, "{}", summary.text())?,
        HuntForm::Jsonl => tell_gaps(summary.gaps()),
    }
    out.flush()?;
    Ok(summary.exit_status())
}

/// What a person vouches for.
fn layout(arguments: &cli::Hunt) -> anyhow::Result<Layout> {
    let logformat = arguments.logformat.as_deref().map(LogFormat::parse).transpose();
    let flow = arguments.flow_fields.as_deref().map(Layout::flow_fields).transpose();
    Ok(Layout {
        zone: zone::parse(arguments.reading.assume_tz.as_deref())?,
        year: arguments.year,
        logformat: logformat.map_err(|e| anyhow!("--logformat: {e}"))?,
        flow: flow.map_err(|e| anyhow!("--flow-fields: {e}"))?.unwrap_or_default(),
    })
}

/// What is looked for: what a person gave, what files list, else what advisories list.
fn sought(arguments: &cli::Hunt) -> anyhow::Result<Vec<Sought>> {
    let mut sought = Vec::new();
    for value in &arguments.indicator {
        sought.push(Sought::parse(value).map_err(|error| anyhow!("--indicator {value:?}: {error}"))?);
    }
    for path in &arguments.indicators {
        sought.extend(listed(path)?);
    }
    let given = !sought.is_empty();
    if !given || !arguments.asked.advisory.is_empty() {
        let known = advisories::load(arguments.asked.advisories.as_deref())?;
        for advisory in known.named(&arguments.asked.advisory)? {
            sought.extend(Sought::of_advisory(&advisory).into_iter().flatten());
        }
    }
    if sought.is_empty() {
        bail!("nothing to look for: the advisories named list no name, address, URL or user agent");
    }
    Ok(sought)
}

#[allow(clippy::print_stderr, reason = "what is not looked for is told")]
fn listed(path: &Path) -> anyhow::Result<Vec<Sought>> {
    let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let feed = feed::read(&bytes);
    for (place, reason) in feed.refused.iter().take(20) {
        anstream::eprintln!("decon: {}: {place} is not looked for: {}", path.display(), escape::terminal(reason));
    }
    if feed.refused.len() > 20 {
        anstream::eprintln!("decon: {}: {} more are not looked for", path.display(), feed.refused.len() - 20);
    }
    if feed.sought.is_empty() {
        bail!("{} lists nothing that can be looked for", path.display());
    }
    Ok(feed.sought)
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
        list.push((source.to_ascii_lowercase(), reason.trim().to_owned()));
    }
    Ok(list)
}
