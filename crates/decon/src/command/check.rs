//! `decon check`: collect, judge, keep the case, print the answer.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::anyhow;
use decon_core::advisory::Advisory;
use decon_core::case::Body;
use decon_core::coverage::{Coverage, Gap, GapKind};
use decon_core::indicator::Sought;
use decon_core::judge::{MirrorRules, Question, judge};
use decon_core::observation::{Asset, AssetKind};
use decon_core::window::Window;
use decon_formats::network::Hunter;
use decon_formats::pull::Suspects;
use decon_systems::case_store::{Case, Contents};
use decon_systems::files::{self, Evidence, Options};
use jiff::Timestamp;

use super::{hunt, progress, zone};
use crate::advisories;
use crate::cli;
use crate::output::{self, Answered};

/// Observations are written to the case in portions, so that an interrupted run keeps them.
const PORTION: usize = 1000;

pub(crate) fn run(arguments: &cli::Check) -> anyhow::Result<u8> {
    let known = advisories::load(arguments.asked.advisories.as_deref())?;
    let asked = known.named(&arguments.asked.advisory)?;
    let options = Options {
        layout: zone::layout(&arguments.reading)?,
        hash_files: true,
        keep_blobs: arguments.case.is_some(),
        keep_lines: arguments.case.is_some(),
        suspects: Suspects::new(asked.iter().flat_map(|a| a.bad().map(|artifact| artifact.digest.clone())))
            .map(Arc::new),
        hunt: hunter(&asked)?,
        ..Options::default()
    };
    let mirrors =
        MirrorRules::parse(arguments.mirror.iter().map(String::as_str)).map_err(|e| anyhow!("--mirror: {e}"))?;
    let paths = if arguments.paths.is_empty() { this_machine() } else { arguments.paths.clone() };
    let mut case = arguments.case.as_deref().map(Case::create).transpose()?;
    let named = !arguments.asked.advisory.is_empty();
    let mut intake = Intake {
        case: case.as_mut(),
        contents: Contents::default(),
        waiting: Vec::new(),
        now: Timestamp::now().to_string(),
    };
    intake.open(&asked, named, &known.digest, &arguments.mirror)?;
    collect(&paths, &options, &mut intake)?;
    let collected = intake.contents;
    let contents = match &case {
        Some(case) => case.contents()?,
        None => collected,
    };
    let question = Question {
        advisories: &asked,
        named,
        mirrors: &mirrors,
        observations: &contents.observations,
        coverage: &contents.coverage,
    };
    let answer = judge(&question);
    let head = case.as_ref().map(Case::head).transpose()?;
    let answered =
        Answered { answer: &answer, advisories: &asked, contents: &contents, case: arguments.case.as_deref(), head };
    output::write(&answered, arguments.format, arguments.output.as_deref())?;
    Ok(answer.level.exit_status())
}

/// What the incidents list as indicators; those that would match everybody's traffic are left out.
fn hunter(asked: &[Advisory]) -> anyhow::Result<Option<Arc<Hunter>>> {
    let sought: Vec<Sought> = asked.iter().flat_map(Sought::of_advisory).flatten().collect();
    if sought.is_empty() { Ok(None) } else { hunt::hunter(sought, false).map(Some) }
}

/// Where engines keep their stores, and the folder we are in.
fn this_machine() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let known = [
        PathBuf::from("/var/lib/docker"),
        PathBuf::from("/var/lib/containerd"),
        PathBuf::from("/var/lib/containers/storage"),
        PathBuf::from("/var/lib/rancher/k3s/agent/containerd"),
        PathBuf::from("/var/lib/rancher/rke2/agent/containerd"),
        PathBuf::from("/var/lib/buildkit"),
        home.join(".local/share/containers/storage"),
        home.join(".local/share/docker"),
    ];
    known.into_iter().filter(|p| p.is_dir()).chain([PathBuf::from(".")]).collect()
}

/// What is collected goes into the case before anything is concluded from it.
struct Intake<'c> {
    case: Option<&'c mut Case>,
    contents: Contents,
    waiting: Vec<Body>,
    now: String,
}

impl Intake<'_> {
    fn open(
        &mut self,
        asked: &[Advisory],
        named: bool,
        digest: &decon_core::digest::Digest,
        mirrors: &[String],
    ) -> anyhow::Result<()> {
        self.waiting.push(Body::Opened { version: env!("CARGO_PKG_VERSION").into() });
        let ids = asked.iter().map(|a| a.id.to_string()).collect();
        self.waiting.push(Body::Consulted {
            advisories: ids,
            named,
            digest: digest.clone(),
            mirrors: mirrors.to_vec(),
        });
        self.flush()
    }

    fn take(&mut self, evidence: Evidence) -> anyhow::Result<()> {
        if let Some(case) = &self.case {
            for (digest, bytes) in &evidence.blobs {
                case.keep(digest, bytes)?;
            }
            self.waiting.extend(evidence.observations.into_iter().map(|o| Body::Observed { observation: Box::new(o) }));
            self.waiting.extend(evidence.coverage.into_iter().map(|coverage| Body::Covered { coverage }));
            if self.waiting.len() > PORTION {
                self.flush()?;
            }
        } else {
            self.contents.observations.extend(evidence.observations);
            self.contents.coverage.extend(evidence.coverage);
        }
        Ok(())
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(case) = &mut self.case {
            case.append(waiting, &self.now)?;
        }
        Ok(())
    }
}

fn collect(paths: &[PathBuf], options: &Options, intake: &mut Intake<'_>) -> anyhow::Result<()> {
    let progress = progress::stoppable();
    let shown = progress::show(&progress);
    let mut failure = None;
    files::collect(paths, options, &progress, |evidence| {
        if failure.is_none() {
            failure = intake.take(evidence).err();
            if failure.is_some() {
                // Reading on would only find what cannot be kept.
                progress.stop.store(true, Ordering::Relaxed);
            }
        }
    });
    drop(shown);
    if let Some(error) = failure {
        return Err(error);
    }
    if progress.stop.load(Ordering::Relaxed) {
        intake.take(Evidence { coverage: vec![stopped(paths)], ..Evidence::default() })?;
    }
    intake.flush()
}

/// A stopped run has not looked at everything, and says so.
fn stopped(paths: &[PathBuf]) -> Coverage {
    let path: Box<str> = paths.first().map_or(Path::new("."), PathBuf::as_path).to_string_lossy().into();
    let gap = Gap {
        kind: GapKind::Unreadable,
        path: path.clone(),
        reason: "the run was stopped before everything was read".into(),
        remedy: "run the same command again".into(),
        window: Window::ALWAYS,
    };
    Coverage {
        path: "(stopped)".into(),
        asset: Asset::new(AssetKind::File, &path),
        format: "none".into(),
        window: None,
        speaks: false,
        bytes: 0,
        blob: None,
        gaps: vec![gap],
    }
}
