//! A hunt shared through NATS JetStream: sending it, working on it, watching and collecting it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use decon_core::indicator::Sought;
use decon_systems::nats::{Job, Queue, Worker, work as work_on};
use decon_systems::shard::Manifest;

use super::shared;
use super::sought;
use crate::cli::{self, Server};

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

async fn connect(server: &Server) -> anyhow::Result<Queue> {
    let url = server.nats.as_deref().ok_or_else(|| anyhow!("--nats URL is missing"))?;
    Ok(Queue::connect(url, server.nats_creds.as_deref()).await?)
}

/// `decon hunt LOG… --nats URL`: sends the parts, waits for the results and tells them.
pub(super) fn send(arguments: &cli::Hunt, sought: Vec<Sought>) -> anyhow::Result<u8> {
    let asked = sought::asked(&arguments.search, &arguments.reading);
    let paths = arguments.paths.iter().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()));
    let manifest = shared::make(&paths.collect::<Vec<_>>(), sought, asked, &arguments.cutting)?;
    let parts = manifest.parts.len();
    runtime()?.block_on(async {
        let job = Job::send(connect(&arguments.server).await?, manifest).await?;
        shared::tell(&format!("job {}: {parts} parts sent", job.id));
        if arguments.detach {
            shared::tell(&format!("when it is done: decon hunt merge --nats URL --job {}", job.id));
            return Ok(0);
        }
        let mut told = usize::MAX;
        loop {
            // The server may be away for a while; its streams are on disk.
            if let Ok(progress) = job.progress().await {
                if progress.done != told {
                    told = progress.done;
                    shared::tell(&format!("job {}: {told} of {parts} parts done", job.id));
                }
                if progress.done == parts {
                    return tell_job(&job, &arguments.telling).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    })
}

/// `decon hunt merge --nats URL --job ID`.
pub(super) fn merge(wanted: &cli::HuntMerge) -> anyhow::Result<u8> {
    let id = wanted.job.as_deref().ok_or_else(|| anyhow!("--job ID is missing; `decon hunt status` lists them"))?;
    runtime()?.block_on(async {
        let job = Job::find(connect(&wanted.server).await?, id).await?;
        tell_job(&job, &wanted.telling).await
    })
}

async fn tell_job(job: &Job, telling: &cli::Telling) -> anyhow::Result<u8> {
    let mut outcomes = job.collect().await?;
    shared::tell_merged(&job.manifest, telling, |at| {
        outcomes.remove(&at).ok_or_else(|| "there is no result of it yet".to_owned())
    })
}

/// `decon hunt status --nats URL`: a line a job.
pub(super) fn status(wanted: &cli::HuntStatus) -> anyhow::Result<u8> {
    use std::io::Write as _;
    let all = runtime()?.block_on(async { anyhow::Ok(Job::all(&connect(&wanted.server).await?).await?) })?;
    let mut out = std::io::stdout().lock();
    for progress in &all {
        writeln!(out, "{}  {} of {} parts done", progress.job, progress.done, progress.parts)?;
    }
    if all.is_empty() {
        shared::tell("no job was sent to this server");
    }
    Ok(0)
}

/// `decon hunt work --nats URL`.
pub(super) fn work(wanted: &cli::HuntWork) -> anyhow::Result<u8> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let worker = Worker {
        at_once: wanted.at_once.unwrap_or(cores),
        ack_wait: Duration::from_secs(wanted.ack_wait),
        until_idle: wanted.until_idle.map(Duration::from_secs),
    };
    let done = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&done);
    let prepare = |manifest: &Manifest| shared::options(manifest).map_err(|e| format!("{e:#}"));
    runtime()?.block_on(async {
        let queue = connect(&wanted.server).await?;
        shared::tell("waiting for work");
        let tell = move |text: String| {
            count.fetch_add(1, Ordering::Relaxed);
            shared::tell(&text);
        };
        anyhow::Ok(work_on(queue, worker, Arc::new(prepare), tell).await?)
    })?;
    shared::tell(&format!("idle after {} parts", done.load(Ordering::Relaxed)));
    Ok(0)
}
