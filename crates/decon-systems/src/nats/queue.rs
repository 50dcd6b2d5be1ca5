//! The connection, the two streams, and texts larger than a message, stored in pieces.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use async_nats::jetstream::context::Context;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, Stream};
use async_nats::{ConnectOptions, jetstream};
use decon_core::digest::Digest;
use futures_util::TryStreamExt as _;
use thiserror::Error;

/// Bytes of one message: half of the server's default limit.
const PIECE: usize = 512 << 10;

/// What went wrong, in the user's words.
#[derive(Debug, Error)]
#[error("{doing}: {error}")]
pub struct QueueError {
    doing: String,
    error: String,
}

impl QueueError {
    pub(super) fn new(doing: &str, error: impl std::fmt::Display) -> Self {
        Self { doing: doing.into(), error: error.to_string() }
    }
}

/// Makes errors of one step.
pub(super) fn while_<E: std::fmt::Display>(doing: &str) -> impl Fn(E) -> QueueError {
    move |error| QueueError::new(doing, error)
}

/// A connection to a server with both streams.
#[derive(Debug, Clone)]
pub struct Queue {
    pub(super) context: Context,
    pub(super) work: Stream,
    pub(super) kept: Stream,
}

impl Queue {
    /// Connects, and makes the streams where they are not there yet.
    ///
    /// # Errors
    /// No server there, no rights, or no JetStream.
    pub async fn connect(url: &str, credentials: Option<&Path>) -> Result<Self, QueueError> {
        let options = match credentials {
            Some(file) => {
                let read = ConnectOptions::with_credentials_file(file).await;
                read.map_err(while_(&format!("{} cannot be read as credentials", file.display())))?
            }
            None => ConnectOptions::new(),
        };
        // A worker outlives its server's restart.
        let options = options.name("decon").max_reconnects(None).event_callback(|_| async {});
        let client = options.connect(url).await.map_err(while_("no connection to the NATS server"))?;
        let context = jetstream::new(client);
        let doing = "the streams cannot be made (does the server run with JetStream, -js?)";
        let work = Config {
            name: "DECON_WORK".into(),
            subjects: vec!["decon.*.work.*".into()],
            retention: RetentionPolicy::WorkQueue,
            ..Config::default()
        };
        let kept = Config {
            name: "DECON".into(),
            subjects: vec!["decon.*.manifest.>".into(), "decon.*.result.>".into()],
            discard: DiscardPolicy::New,
            discard_new_per_subject: true,
            max_messages_per_subject: 1,
            ..Config::default()
        };
        Ok(Self {
            work: context.get_or_create_stream(work).await.map_err(while_(doing))?,
            kept: context.get_or_create_stream(kept).await.map_err(while_(doing))?,
            context,
        })
    }

    /// Publishes until the server has it: its restart, or a lost connection, is waited for.
    pub(super) async fn publish(&self, subject: &str, payload: Vec<u8>) {
        let payload = bytes::Bytes::from(payload);
        let mut pause = Duration::from_millis(100);
        loop {
            let message = PublishMessage::build().message_id(subject).payload(payload.clone());
            let stored = match self.context.send_publish(subject.to_owned(), message).await {
                Ok(acknowledged) => acknowledged.await.is_ok(),
                Err(_) => false,
            };
            // Refused may mean that it is there already.
            if stored || self.kept.get_last_raw_message_by_subject(subject).await.is_ok() {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    /// Stores a text under this subject, in pieces that name their number and the text's digest.
    pub(super) async fn store(&self, subject: &str, text: &str) {
        let digest = Digest::of(text.as_bytes());
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(PIECE).collect();
        for (n, piece) in pieces.iter().enumerate() {
            let subject = format!("{subject}.{}.{n}.{}", &digest.hex()[..16], pieces.len());
            self.publish(&subject, piece.to_vec()).await;
        }
    }

    /// The texts stored under subjects of this form that are whole, by what stands before their pieces.
    pub(super) async fn stored(&self, filter: &str) -> Result<BTreeMap<String, Stored>, QueueError> {
        let mut pieces: BTreeMap<(String, Stored), usize> = BTreeMap::new();
        for subject in subjects(&self.kept, filter).await? {
            if let Some(of) = piece_of(&subject) {
                *pieces.entry(of).or_default() += 1;
            }
        }
        let mut whole = BTreeMap::new();
        for ((name, stored), there) in pieces {
            if there == stored.pieces {
                whole.entry(name).or_insert(stored);
            }
        }
        Ok(whole)
    }

    /// A text that is stored whole.
    pub(super) async fn text(&self, subject: &str, stored: &Stored) -> Result<String, QueueError> {
        let mut bytes = Vec::new();
        for n in 0..stored.pieces {
            let subject = format!("{subject}.{}.{n}.{}", stored.digest, stored.pieces);
            let message = self.kept.get_last_raw_message_by_subject(&subject).await;
            bytes.extend_from_slice(&message.map_err(while_("a stored text cannot be read"))?.payload);
        }
        if !Digest::of(&bytes).hex().starts_with(&*stored.digest) {
            return Err(QueueError::new("a stored text cannot be read", "its digest is another one"));
        }
        String::from_utf8(bytes).map_err(while_("a stored text cannot be read"))
    }
}

/// The subjects of this form that a stream holds messages of.
pub(super) async fn subjects(stream: &Stream, filter: &str) -> Result<Vec<String>, QueueError> {
    let doing = "the server does not tell what it holds";
    let subjects = stream.info_with_subjects(filter).await.map_err(while_(doing))?;
    subjects.map_ok(|(subject, _)| subject).try_collect().await.map_err(while_(doing))
}

/// `name.digest.n.pieces`: what a piece belongs to.
fn piece_of(subject: &str) -> Option<(String, Stored)> {
    let mut words = subject.rsplitn(4, '.');
    let (pieces, _, digest, name) = (words.next()?.parse().ok()?, words.next()?, words.next()?, words.next()?);
    Some((name.to_owned(), Stored { digest: digest.into(), pieces }))
}

/// A text that the server has whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stored {
    pub(super) digest: Box<str>,
    pub(super) pieces: usize,
}
