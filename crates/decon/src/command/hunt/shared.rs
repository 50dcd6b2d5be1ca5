//! A hunt shared by several processes or machines: the manifest, a shard of it, and the merge.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use decon_core::indicator::Sought;
use decon_systems::files::{self, Found, Options};
use decon_systems::shard::{self, Manifest, PartOutcome, ResultFolder, Shard};

use super::sought;
use super::teller::Teller;
use crate::cli::{self, Cutting};
use crate::command::progress;

/// `decon hunt manifest LOG…`: prints the manifest.
pub(super) fn manifest(wanted: &cli::HuntManifest) -> anyhow::Result<u8> {
    let sought = sought::sought(&wanted.search)?;
    let manifest = make(&wanted.paths, sought, sought::asked(&wanted.search, &wanted.reading), &wanted.cutting)?;
    std::io::stdout().lock().write_all(manifest.text().as_bytes())?;
    Ok(0)
}

/// Cuts the logs into parts.
pub(super) fn make(
    paths: &[std::path::PathBuf],
    sought: Vec<Sought>,
    asked: shard::Asked,
    cutting: &Cutting,
) -> anyhow::Result<Manifest> {
    if paths.iter().any(|p| p.as_os_str() == "-") {
        bail!("standard input cannot be shared: give files or folders that every worker sees");
    }
    // What cannot be read as written must not be found out by every worker.
    sought::layout(&asked)?;
    Ok(Manifest { asked, sought, parts: files::parts(paths, cutting.part_mib << 20) })
}

/// Searches one shard and keeps its results; gives 0 when all of its parts have one.
pub(super) fn shard(arguments: &cli::Hunt, sought: Vec<Sought>, folder: &Path) -> anyhow::Result<u8> {
    let manifest = match &arguments.manifest {
        Some(file) => {
            let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
            Manifest::parse(&text).map_err(|e| anyhow::anyhow!("{}: {e}", file.display()))?
        }
        None => {
            let asked = sought::asked(&arguments.search, &arguments.reading);
            make(&arguments.paths, sought, asked, &arguments.cutting)?
        }
    };
    let results = ResultFolder::create(folder, &manifest)?;
    let shard = arguments.shard.unwrap_or(Shard::WHOLE);
    let mine = manifest.of_shard(shard);
    let done: BTreeSet<usize> = if arguments.resume {
        mine.iter().copied().filter(|at| results.get(*at).is_ok()).collect()
    } else {
        BTreeSet::new()
    };
    let todo: Vec<usize> = mine.iter().copied().filter(|at| !done.contains(at)).collect();
    search(&manifest, &todo, |at, outcome| results.put(at, &outcome).map_err(Into::into))?;
    let again = if done.is_empty() { String::new() } else { format!(", {} had a result already", done.len()) };
    tell(&format!(
        "shard {}/{}: {} of {} parts searched{again}; when all shards are done: decon hunt merge {}",
        shard.number,
        shard.of,
        todo.len(),
        manifest.parts.len(),
        folder.display()
    ));
    Ok(0)
}

/// Searches these parts, on all cores, and hands on what each gave.
pub(super) fn search(
    manifest: &Manifest,
    todo: &[usize],
    mut put: impl FnMut(usize, PartOutcome) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let options = options(manifest)?;
    let found: Vec<Found> = todo.iter().map(|at| manifest.parts[*at].found()).collect();
    let progress = progress::stoppable();
    let shown = progress::show(&progress);
    let mut failure = None;
    let mut next = todo.iter();
    files::collect_found(&found, &options, &progress, |evidence| {
        let Some(at) = next.next() else { return };
        // A stopped reader gives nothing, which must not be kept as a result.
        let stopped = progress.stop.load(std::sync::atomic::Ordering::Relaxed);
        if failure.is_none() && !stopped {
            failure = put(*at, shard::outcome_of(evidence)).err();
            progress.stop.store(failure.is_some(), std::sync::atomic::Ordering::Relaxed);
        }
    });
    drop(shown);
    match failure {
        Some(error) => Err(error),
        None if progress.stop.load(std::sync::atomic::Ordering::Relaxed) => bail!("stopped; run again with --resume"),
        None => Ok(()),
    }
}

/// How parts of this manifest are read.
pub(super) fn options(manifest: &Manifest) -> anyhow::Result<Options> {
    let layout = sought::layout(&manifest.asked)?;
    let hunt = Some(sought::hunter(manifest.sought.clone(), manifest.asked.deep)?);
    Ok(Options { layout, hunt, only_hunt: true, keep_lines: true, ..Options::default() })
}

/// `decon hunt merge DIR…`: tells the results of all shards as one run would.
pub(super) fn merge(wanted: &cli::HuntMerge) -> anyhow::Result<u8> {
    let mut folders: Vec<ResultFolder> = Vec::new();
    let mut manifest: Option<Manifest> = None;
    for path in &wanted.results {
        let (folder, its) = ResultFolder::open(path)?;
        if folders.first().is_some_and(|first| first.digest() != folder.digest()) {
            bail!("{} holds results of another hunt than {}", path.display(), wanted.results[0].display());
        }
        manifest.get_or_insert(its);
        folders.push(folder);
    }
    let Some(manifest) = manifest else { bail!("no results were given") };
    tell_merged(&manifest, &wanted.telling, |at| {
        let mut why = "there is no result of it".to_owned();
        for folder in &folders {
            match folder.get(at) {
                Ok(outcome) => return Ok(outcome),
                Err(reason) => why = reason,
            }
        }
        Err(why)
    })
}

/// Tells the results of all parts as one run would.
pub(super) fn tell_merged(
    manifest: &Manifest,
    telling: &cli::Telling,
    result: impl FnMut(usize) -> Result<PartOutcome, String>,
) -> anyhow::Result<u8> {
    let layout = sought::layout(&manifest.asked)?;
    let hunter = sought::hunter(manifest.sought.clone(), manifest.asked.deep)?;
    let mut teller = Teller::new(&hunter, &layout, telling)?;
    shard::merge(manifest, &hunter, &Arc::clone(&layout), result, |evidence| teller.take(evidence));
    teller.end()
}

#[allow(clippy::print_stderr, reason = "what was done is told beside the results")]
pub(super) fn tell(text: &str) {
    anstream::eprintln!("decon: {text}");
}
