//! A job: sent, watched and collected, from any machine that reaches the server.

use std::collections::{BTreeMap, BTreeSet};

use super::queue::{Queue, QueueError, Stored, subjects, while_};
use crate::shard::{Manifest, PartOutcome};

/// A hunt that workers share.
#[derive(Debug)]
pub struct Job {
    queue: Queue,
    /// Its name on the server: the start of its manifest's digest.
    pub id: Box<str>,
    /// What is looked for, where, and in which parts.
    pub manifest: Manifest,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The job.
    pub job: Box<str>,
    /// Its parts.
    pub parts: usize,
    /// Parts that have a result.
    pub done: usize,
}

impl Job {
    /// Sends a hunt to the workers: parts that have a result already are not searched again.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn send(queue: Queue, manifest: Manifest) -> Result<Self, QueueError> {
        let id: Box<str> = manifest.digest().hex()[..16].into();
        let job = Self { queue, id, manifest };
        job.queue.store(&format!("decon.{}.manifest", job.id), &job.manifest.text()).await;
        let done = job.results().await?;
        let waiting = job.waiting().await?;
        for part in (0..job.manifest.parts.len()).filter(|at| !done.contains_key(at) && !waiting.contains(at)) {
            let subject = format!("decon.{}.work.{part}", job.id);
            job.queue.publish(&subject, Vec::new()).await;
        }
        Ok(job)
    }

    /// A job that was sent before.
    ///
    /// # Errors
    /// There is none of this name.
    pub async fn find(queue: Queue, id: &str) -> Result<Self, QueueError> {
        let subject = format!("decon.{id}.manifest");
        let stored = queue.stored(&format!("{subject}.>")).await?;
        let stored = stored.get(&subject).ok_or_else(|| QueueError::new("no such job", id))?;
        let text = queue.text(&subject, stored).await?;
        let manifest = Manifest::parse(&text).map_err(while_("the job's manifest cannot be read"))?;
        Ok(Self { queue, id: id.into(), manifest })
    }

    /// Every job on the server, with how far it is.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn all(queue: &Queue) -> Result<Vec<Progress>, QueueError> {
        let mut all = Vec::new();
        for subject in queue.stored("decon.*.manifest.>").await?.keys() {
            let Some(id) = subject.split('.').nth(1) else { continue };
            all.push(Self::find(queue.clone(), id).await?.progress().await?);
        }
        Ok(all)
    }

    /// How far it is.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn progress(&self) -> Result<Progress, QueueError> {
        Ok(Progress { job: self.id.clone(), parts: self.manifest.parts.len(), done: self.results().await?.len() })
    }

    /// The results that are there, by part.
    ///
    /// # Errors
    /// The server does not answer, or gives what is no result.
    pub async fn collect(&self) -> Result<BTreeMap<usize, PartOutcome>, QueueError> {
        let digest = self.manifest.digest();
        let mut outcomes = BTreeMap::new();
        for (part, stored) in self.results().await? {
            let text = self.queue.text(&format!("decon.{}.result.{part}", self.id), &stored).await?;
            let outcome = PartOutcome::parse(&text, &digest, part);
            outcomes.insert(part, outcome.map_err(while_(&format!("the result of part {part} cannot be read")))?);
        }
        Ok(outcomes)
    }

    async fn results(&self) -> Result<BTreeMap<usize, Stored>, QueueError> {
        let stored = self.queue.stored(&format!("decon.{}.result.>", self.id)).await?;
        let numbered = |(subject, stored): (String, Stored)| {
            let part: usize = subject.rsplit('.').next()?.parse().ok()?;
            (part < self.manifest.parts.len()).then_some((part, stored))
        };
        Ok(stored.into_iter().filter_map(numbered).collect())
    }

    /// Parts that are in the queue or being worked on.
    async fn waiting(&self) -> Result<BTreeSet<usize>, QueueError> {
        let subjects = subjects(&self.queue.work, &format!("decon.{}.work.>", self.id)).await?;
        Ok(subjects.iter().filter_map(|subject| subject.rsplit('.').next()?.parse().ok()).collect())
    }
}
