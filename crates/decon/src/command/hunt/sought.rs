//! What a hunt looks for and how it reads lines, from the command line.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use decon_core::indicator::{IndicatorSet, Sought};
use decon_formats::feed;
use decon_formats::network::{Hunter, Layout};
use decon_systems::shard::Asked;

use crate::advisories;
use crate::cli::{Reading, Search};
use crate::command::zone;
use crate::output::escape;

/// How lines are read, as it was written.
pub(super) fn asked(search: &Search, reading: &Reading) -> Asked {
    Asked {
        deep: search.deep,
        assume_tz: reading.assume_tz.clone(),
        year: reading.year,
        logformat: reading.logformat.clone(),
        flow_fields: reading.flow_fields.clone(),
    }
}

/// What was asked, as it is read.
pub(super) fn layout(asked: &Asked) -> anyhow::Result<Arc<Layout>> {
    zone::layout(&Reading {
        assume_tz: asked.assume_tz.clone(),
        year: asked.year,
        logformat: asked.logformat.clone(),
        flow_fields: asked.flow_fields.clone(),
    })
}

/// Indicators made ready for searching.
pub(crate) fn hunter(sought: Vec<Sought>, deep: bool) -> anyhow::Result<Arc<Hunter>> {
    let hunter = Hunter::new(IndicatorSet::new(sought), deep).map(Arc::new);
    hunter.ok_or_else(|| anyhow!("there are too many indicators for one run; split the list"))
}

/// What is looked for: what a person gave, what files list, else what advisories list.
pub(super) fn sought(search: &Search) -> anyhow::Result<Vec<Sought>> {
    let mut sought = Vec::new();
    for value in &search.indicator {
        sought.push(Sought::parse(value).map_err(|error| anyhow!("--indicator {value:?}: {error}"))?);
    }
    for path in &search.indicators {
        sought.extend(listed(path)?);
    }
    let given = !sought.is_empty();
    let listed = !given || !search.asked.advisory.is_empty();
    if listed || search.similar {
        let known = advisories::load(search.asked.advisories.as_deref())?;
        for advisory in known.named(&search.asked.advisory)? {
            if listed {
                sought.extend(Sought::of_advisory(&advisory).into_iter().flatten());
            }
            if search.similar {
                sought.extend(Sought::look_alikes(&advisory, &search.known_good));
            }
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
