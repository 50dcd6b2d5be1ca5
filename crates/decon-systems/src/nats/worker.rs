//! A worker: takes a part, tells the server that it is alive while it reads, stores the result, and
//! only then acknowledges. Whatever stops it before that, somebody else gets the part.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Consumer, pull};
use async_nats::jetstream::{AckKind, Message};
use decon_core::coverage::GapKind;
use decon_core::digest::Digest;
use futures_util::StreamExt as _;
use tokio::sync::Mutex;

use super::job::Job;
use super::queue::{Queue, QueueError, while_};
use crate::files::{self, Evidence, Options, Progress};
use crate::shard::{Manifest, PartOutcome, outcome_of};

/// A part that one worker cannot open may be open to another; after this many the gap stands.
const TRIES: i64 = 3;

/// How a worker works.
#[derive(Debug, Clone, Copy)]
pub struct Worker {
    /// Parts at the same time.
    pub at_once: usize,
    /// Without a sign of life for this long, the server gives a part to another worker.
    pub ack_wait: Duration,
    /// Ends when nothing came for this long.
    pub until_idle: Option<Duration>,
}

/// Makes ready how the parts of a manifest are read.
pub type Prepare = dyn Fn(&Manifest) -> Result<Options, String> + Send + Sync;

/// A job as a worker knows it.
struct Known {
    manifest: Manifest,
    /// Made once: it is that of the whole text, which may be large.
    digest: Digest,
    options: Options,
}

struct Bench {
    queue: Queue,
    worker: Worker,
    prepare: Arc<Prepare>,
    jobs: Mutex<HashMap<Box<str>, Arc<Known>>>,
}

/// Works until it is idle for as long as asked, or for ever; `tell` gets a line for every part.
///
/// # Errors
/// The consumer cannot be made.
pub async fn work(
    queue: Queue,
    worker: Worker,
    prepare: Arc<Prepare>,
    tell: impl Fn(String) + Send + Sync + 'static,
) -> Result<(), QueueError> {
    let config = pull::Config {
        durable_name: Some("workers".into()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: worker.ack_wait,
        max_ack_pending: 20_000,
        ..pull::Config::default()
    };
    let consumer: Consumer<pull::Config> =
        queue.work.get_or_create_consumer("workers", config).await.map_err(while_("the consumer cannot be made"))?;
    let bench = Arc::new(Bench { queue, worker, prepare, jobs: Mutex::default() });
    let tell = Arc::new(tell);
    let hands = (0..worker.at_once.max(1)).map(|_| {
        let (bench, consumer, tell) = (Arc::clone(&bench), consumer.clone(), Arc::clone(&tell));
        tokio::spawn(async move { bench.hand(consumer, &*tell).await })
    });
    let hands: Vec<_> = hands.collect();
    for hand in hands {
        hand.await.map_err(while_("a defect stopped a worker"))?;
    }
    Ok(())
}

impl Bench {
    /// One part after the other.
    async fn hand(&self, consumer: Consumer<pull::Config>, tell: &(impl Fn(String) + Sync)) {
        let mut idle = tokio::time::Instant::now();
        loop {
            match next(&consumer).await {
                Some(message) => {
                    let told = self.part(&message).await;
                    tell(told.unwrap_or_else(|error| format!("{error}; it goes back to the queue")));
                    idle = tokio::time::Instant::now();
                }
                None if self.worker.until_idle.is_some_and(|limit| idle.elapsed() >= limit) => return,
                // The server may be away: asking again at once would only heat the room.
                None => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Searches the part of a message; what to tell about it.
    async fn part(&self, message: &Message) -> Result<String, QueueError> {
        let mut words = message.subject.split('.');
        let named = (words.next(), words.next(), words.next(), words.next().and_then(|n| n.parse::<usize>().ok()));
        let (_, Some(id), _, Some(part)) = named else {
            let _ = message.ack_with(AckKind::Term).await;
            return Ok("a message that names no part was dropped".into());
        };
        let known = match self.known(id).await {
            Ok(known) if part < known.manifest.parts.len() => known,
            Ok(_) => {
                let _ = message.ack_with(AckKind::Term).await;
                return Ok(format!("part {part}, which job {id} does not have, was dropped"));
            }
            Err(error) => {
                let _ = message.ack_with(AckKind::Nak(Some(Duration::from_secs(2)))).await;
                return Err(error);
            }
        };
        let searching = tokio::task::spawn_blocking({
            let known = Arc::clone(&known);
            move || search(&known, part)
        });
        let outcome = self.alive(message, searching).await?;
        let delivered = message.info().map_or(1, |info| info.delivered);
        if cannot_open(&outcome) && delivered < TRIES {
            let _ = message.ack_with(AckKind::Nak(Some(Duration::from_secs(1)))).await;
            return Ok(format!("part {} of job {id} cannot be opened here; another worker may", part + 1));
        }
        let text = outcome.text(&known.digest, part);
        let storing = async {
            self.queue.store(&format!("decon.{id}.result.{part}"), &text).await;
            Ok::<_, String>(())
        };
        self.alive(message, storing).await?;
        // Unheard, it is delivered again, and the second result is refused: nothing is doubled.
        let _ = message.double_ack().await;
        let kept: usize = outcome.files.iter().map(|file| file.kept.len()).sum();
        Ok(format!("part {} of {} of job {id}: {kept} lines kept", part + 1, known.manifest.parts.len()))
    }

    /// Waits for a step of the work and tells the server meanwhile that it goes on.
    async fn alive<T, E: std::fmt::Display>(
        &self,
        message: &Message,
        step: impl Future<Output = Result<T, E>>,
    ) -> Result<T, QueueError> {
        let mut beat = tokio::time::interval(self.worker.ack_wait / 3);
        let mut step = std::pin::pin!(step);
        loop {
            tokio::select! {
                done = &mut step => return done.map_err(while_("a part could not be searched")),
                _ = beat.tick() => { let _ = message.ack_with(AckKind::Progress).await; }
            }
        }
    }

    async fn known(&self, id: &str) -> Result<Arc<Known>, QueueError> {
        let mut jobs = self.jobs.lock().await;
        if let Some(known) = jobs.get(id) {
            return Ok(Arc::clone(known));
        }
        let manifest = Job::find(self.queue.clone(), id).await?.manifest;
        let options = (self.prepare)(&manifest).map_err(while_("the job cannot be understood"))?;
        let known = Arc::new(Known { digest: manifest.digest(), manifest, options });
        // One job after the other is the rule; a hundred would fill the memory.
        if jobs.len() > 8 {
            jobs.clear();
        }
        jobs.insert(id.into(), Arc::clone(&known));
        Ok(known)
    }
}

async fn next(consumer: &Consumer<pull::Config>) -> Option<Message> {
    let mut batch = consumer.fetch().max_messages(1).expires(Duration::from_secs(1)).messages().await.ok()?;
    batch.next().await?.ok()
}

fn search(known: &Known, part: usize) -> PartOutcome {
    let found = [known.manifest.parts[part].found()];
    let mut all = PartOutcome::default();
    files::collect_found(&found, &known.options, &Progress::default(), |evidence: Evidence| all = outcome_of(evidence));
    all
}

/// Whether this machine does not see the file at all.
fn cannot_open(outcome: &PartOutcome) -> bool {
    outcome.files.is_empty()
        && outcome.gaps.iter().any(|gap| matches!(gap.kind, GapKind::Unreadable | GapKind::Expired))
}
