//! `decon hunt`: network logs, at disk speed, for indicators of contact.

#[cfg(feature = "nats")]
mod queue;
mod shared;
mod sought;
mod teller;

use std::io::Write as _;
use std::sync::Arc;

use decon_formats::rule;
use decon_systems::files::{self, Evidence, Options};

use super::progress;
use crate::cli::{self, HuntAction};
pub(super) use sought::hunter;
use teller::Teller;

pub(crate) fn run(arguments: &cli::Hunt) -> anyhow::Result<u8> {
    match &arguments.action {
        Some(HuntAction::Manifest(wanted)) => return shared::manifest(wanted),
        #[cfg(feature = "nats")]
        Some(HuntAction::Merge(wanted)) if wanted.server.nats.is_some() => return queue::merge(wanted),
        Some(HuntAction::Merge(wanted)) => return shared::merge(wanted),
        #[cfg(feature = "nats")]
        Some(HuntAction::Work(wanted)) => return queue::work(wanted),
        #[cfg(feature = "nats")]
        Some(HuntAction::Status(wanted)) => return queue::status(wanted),
        None => {}
    }
    let sought = sought::sought(&arguments.search)?;
    if let Some(rules) = rule::RULES.iter().find(|rules| arguments.emit.as_deref() == Some(rules.name())) {
        std::io::stdout().lock().write_all(rule::emit(*rules, &sought).as_bytes())?;
        return Ok(0);
    }
    #[cfg(feature = "nats")]
    if arguments.server.nats.is_some() {
        return queue::send(arguments, sought);
    }
    if let Some(folder) = &arguments.results {
        return shared::shard(arguments, sought, folder);
    }
    let asked = sought::asked(&arguments.search, &arguments.reading);
    let layout = sought::layout(&asked)?;
    let hunter = sought::hunter(sought, asked.deep)?;
    let options =
        Options { layout: Arc::clone(&layout), hunt: Some(Arc::clone(&hunter)), only_hunt: true, ..Options::default() };
    let mut teller = Teller::new(&hunter, &layout, &arguments.telling)?;
    let progress = progress::stoppable();
    let shown = progress::show(&progress);
    files::collect(&arguments.paths, &options, &progress, |evidence: Evidence| teller.take(evidence));
    drop(shown);
    teller.end()
}
