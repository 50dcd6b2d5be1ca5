//! A hunt shared through NATS JetStream: one message a part, results stored once, progress for everybody.
//!
//! Two streams. `DECON_WORK` is a work queue: a part that is not acknowledged in time is delivered
//! again, to whoever is there. `DECON` keeps manifests and results and takes one message a subject,
//! ever: a second result of a part is refused by the server, so nothing is doubled. A job is named
//! for its manifest's digest: the same hunt sent twice is the same job.

mod job;
mod queue;
mod worker;

pub use job::{Job, Progress};
pub use queue::{Queue, QueueError};
pub use worker::{Prepare, Worker, work};
