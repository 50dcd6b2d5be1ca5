//! The case on disk: an append-only chain in SQLite, and raw evidence by digest beside it.
//!
//! `case.db` holds entries, each with the hash of the one before; `head` repeats the last position
//! and hash, so that a cut end is seen; `evidence/sha256/<hex>` holds the bytes that proofs name.
//! A transaction either is there or is not: an interrupted run leaves a valid case.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use decon_core::case::{Body, Broken, Entry, verify};
use decon_core::coverage::Coverage;
use decon_core::digest::Digest;
use decon_core::observation::Observation;
use rusqlite::{Connection, OptionalExtension as _, params};
use thiserror::Error;

/// What went wrong with a case.
#[derive(Debug, Error)]
pub enum CaseError {
    /// Another process has it open.
    #[error("the case {0} is open in another process; wait for it, or use another --case folder")]
    Locked(String),
    /// It is not a case.
    #[error("{0} is no case folder: it has no case.db; decon check --case makes one")]
    NoCase(String),
    /// A file of it cannot be read or written.
    #[error(
        "{path} cannot be {what}: {source}; free space or correct its permissions, then run again: what was written before is kept"
    )]
    File {
        /// Which.
        path: String,
        /// `read`, `written`.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The database refuses.
    #[error(
        "the case database {path}: {source}; if the disk is full, free space and run again: what was written before is kept"
    )]
    Database {
        /// Which.
        path: String,
        /// Why.
        source: rusqlite::Error,
    },
    /// The end of the chain is not there any more.
    #[error(
        "the case {0} was cut off or replaced: its head file names a later entry; see decon case verify, and use another --case folder"
    )]
    Cut(String),
    /// An entry is not what this version wrote.
    #[error("entry {0} of the case cannot be read; run: decon case verify")]
    Entry(u64),
}

/// An open case.
#[derive(Debug)]
pub struct Case {
    folder: PathBuf,
    database: Connection,
    _lock: File,
}

/// What a case holds, in the order it was written.
#[derive(Debug, Default)]
pub struct Contents {
    /// Observations, each once.
    pub observations: Vec<Observation>,
    /// The last coverage of each path.
    pub coverage: Vec<Coverage>,
    /// Advisory ids of the last consultation, whether the person named them, and mirror rules.
    pub consulted: Option<(Vec<String>, bool, Vec<String>)>,
}

/// What checking a case found.
#[derive(Debug)]
pub struct Verification {
    /// Entries in the chain.
    pub entries: u64,
    /// Hash of the last one.
    pub head: Digest,
    /// Evidence files that are sound.
    pub evidence: usize,
    /// Every break found; empty when the case is sound.
    pub broken: Vec<String>,
}

impl Case {
    /// Opens a case, making it if there is none.
    ///
    /// # Errors
    /// [`CaseError`].
    pub fn create(folder: &Path) -> Result<Self, CaseError> {
        let evidence = folder.join("evidence/sha256");
        fs::create_dir_all(&evidence).map_err(|e| file_error(&evidence, "written", e))?;
        let case = Self::open_database(folder)?;
        // Appending to a cut case would make it look whole.
        let head = fs::read_to_string(folder.join("head")).ok().and_then(|t| parse_head(&t));
        let count: i64 =
            case.database.query_row("SELECT count(*) FROM entries", [], |r| r.get(0)).map_err(|e| case.error(e))?;
        if head.is_some_and(|(seq, _)| seq > u64::try_from(count).unwrap_or(0)) {
            return Err(CaseError::Cut(folder.display().to_string()));
        }
        Ok(case)
    }

    /// Opens a case that is there.
    ///
    /// # Errors
    /// [`CaseError`].
    pub fn open(folder: &Path) -> Result<Self, CaseError> {
        if !folder.join("case.db").is_file() {
            return Err(CaseError::NoCase(folder.display().to_string()));
        }
        match Self::open_database(folder) {
            // A write-blocked copy is the usual place to verify.
            Err(CaseError::File { .. } | CaseError::Database { .. }) => Self::open_read_only(folder),
            other => other,
        }
    }

    fn open_read_only(folder: &Path) -> Result<Self, CaseError> {
        let path = folder.join("case.db");
        let lock = File::open(&path).map_err(|e| file_error(&path, "read", e))?;
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_URI;
        let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let database = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
            .map_err(|source| database_error(&path, source))?;
        Ok(Self { folder: folder.to_owned(), database, _lock: lock })
    }

    fn open_database(folder: &Path) -> Result<Self, CaseError> {
        let lock_path = folder.join("lock");
        let lock = File::options()
            .create(true)
            .append(true)
            .open(&lock_path)
            .map_err(|e| file_error(&lock_path, "written", e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(CaseError::Locked(folder.display().to_string())),
            Err(TryLockError::Error(e)) => return Err(file_error(&lock_path, "locked", e)),
        }
        let path = folder.join("case.db");
        let database = Connection::open(&path).map_err(|source| database_error(&path, source))?;
        let case = Self { folder: folder.to_owned(), database, _lock: lock };
        case.database
            .execute_batch(
                "PRAGMA synchronous = NORMAL;
                 CREATE TABLE IF NOT EXISTS entries (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
                 CREATE TABLE IF NOT EXISTS known (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;",
            )
            .map_err(|e| case.error(e))?;
        Ok(case)
    }

    fn error(&self, source: rusqlite::Error) -> CaseError {
        database_error(&self.folder.join("case.db"), source)
    }

    /// The folder of the case.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends what is not there yet; gives how many entries were added.
    ///
    /// # Errors
    /// [`CaseError`]; nothing of the call is kept then.
    pub fn append(&mut self, bodies: Vec<Body>, now: &str) -> Result<u64, CaseError> {
        let path = self.folder.join("case.db");
        let (added, seq, hash) = write(&mut self.database, bodies, now).map_err(|e| database_error(&path, e))?;
        self.write_head(seq, &hash)?;
        Ok(added)
    }

    /// The head repeats the end of the chain outside the database.
    fn write_head(&self, seq: u64, hash: &Digest) -> Result<(), CaseError> {
        let path = self.folder.join("head");
        write_atomically(&path, format!("{seq} {hash}\n").as_bytes()).map_err(|e| file_error(&path, "written", e))
    }

    /// Keeps raw bytes under their digest.
    ///
    /// # Errors
    /// [`CaseError::File`].
    pub fn keep(&self, digest: &Digest, bytes: &[u8]) -> Result<(), CaseError> {
        let path = self.evidence(digest);
        if path.exists() {
            return Ok(());
        }
        write_atomically(&path, bytes).map_err(|e| file_error(&path, "written", e))
    }

    /// Where bytes of this digest are kept.
    pub fn evidence(&self, digest: &Digest) -> PathBuf {
        self.folder.join("evidence/sha256").join(digest.hex())
    }

    /// Everything in the case.
    ///
    /// # Errors
    /// [`CaseError`].
    pub fn contents(&self) -> Result<Contents, CaseError> {
        let mut contents = Contents::default();
        let mut coverage: BTreeMap<Box<str>, Coverage> = BTreeMap::new();
        for entry in self.entries()? {
            match serde_json::from_str(&entry.body).map_err(|_| CaseError::Entry(entry.seq))? {
                Body::Observed { observation } => contents.observations.push(*observation),
                Body::Covered { coverage: c } => {
                    coverage.insert(c.path.clone(), c);
                }
                Body::Consulted { advisories, named, mirrors, .. } => {
                    contents.consulted = Some((advisories, named, mirrors))
                }
                Body::Opened { .. } => {}
            }
        }
        contents.coverage = coverage.into_values().collect();
        Ok(contents)
    }

    fn entries(&self) -> Result<Vec<Entry>, CaseError> {
        let mut statement = self
            .database
            .prepare("SELECT seq, at, body, previous, hash FROM entries ORDER BY rowid")
            .map_err(|e| self.error(e))?;
        let digest = |text: String| Digest::parse(&text).unwrap_or_else(|_| Digest::of(text.as_bytes()));
        let rows = statement.query_map([], |row| {
            let seq: i64 = row.get(0)?;
            Ok(Entry {
                seq: u64::try_from(seq).unwrap_or(0),
                at: row.get(1)?,
                body: row.get(2)?,
                previous: digest(row.get(3)?),
                hash: digest(row.get(4)?),
            })
        });
        rows.and_then(Iterator::collect).map_err(|e| self.error(e))
    }

    /// Checks chain, head and evidence.
    ///
    /// # Errors
    /// [`CaseError`] when it cannot be read at all; what is broken is in the result.
    pub fn verify(&self) -> Result<Verification, CaseError> {
        let entries = self.entries()?;
        let mut broken = Vec::new();
        let head = fs::read_to_string(self.folder.join("head")).ok().and_then(|t| parse_head(&t));
        if head.is_none() {
            broken.push("the head file is missing or unreadable: the end of the chain cannot be checked".to_owned());
        }
        let last = entries.last().map_or_else(Entry::genesis, |e| e.hash.clone());
        let named = evidence_of(&entries);
        let count = entries.len() as u64;
        if let Err(error) = verify(entries.into_iter(), head.as_ref()) {
            broken.push(Broken::to_string(&error));
        }
        let mut evidence = 0;
        for digest in &named {
            match fs::read(self.evidence(digest)) {
                Ok(bytes) if Digest::of(&bytes) == *digest => evidence += 1,
                Ok(_) => broken.push(format!("evidence {digest} was edited: its bytes give another digest")),
                Err(error) => broken.push(format!("evidence {digest} cannot be read: {error}")),
            }
        }
        Ok(Verification { entries: count, head: last, evidence, broken })
    }

    /// The hash of the last entry.
    ///
    /// # Errors
    /// [`CaseError`].
    pub fn head(&self) -> Result<Digest, CaseError> {
        let hash: Option<String> = self
            .database
            .query_row("SELECT hash FROM entries ORDER BY seq DESC LIMIT 1", [], |r| r.get(0))
            .optional()
            .map_err(|e| self.error(e))?;
        Ok(hash.and_then(|h| Digest::parse(&h).ok()).unwrap_or_else(Entry::genesis))
    }
}

/// The digests of kept bytes that observations name.
fn evidence_of(entries: &[Entry]) -> std::collections::BTreeSet<Digest> {
    let kept = |e: &Entry| match serde_json::from_str(&e.body) {
        Ok(Body::Observed { observation }) => observation.proof.blob.clone(),
        _ => None,
    };
    entries.iter().filter_map(kept).collect()
}

fn parse_head(text: &str) -> Option<(u64, Digest)> {
    let (seq, hash) = text.trim().split_once(' ')?;
    Some((seq.parse().ok()?, Digest::parse(hash).ok()?))
}

/// What makes two bodies the same: their content.
fn identity(body: &Body, text: &str) -> Digest {
    match body {
        Body::Opened { .. } => Digest::of(b"opened"),
        _ => Digest::of(text.as_bytes()),
    }
}

fn write(database: &mut Connection, bodies: Vec<Body>, now: &str) -> rusqlite::Result<(u64, u64, Digest)> {
    let transaction = database.transaction()?;
    let last: Option<(i64, String)> = transaction
        .query_row("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1", [], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let (mut seq, mut hash) = last.map_or((0, Entry::genesis()), |(seq, hash)| {
        (u64::try_from(seq).unwrap_or(0), Digest::parse(&hash).unwrap_or_else(|_| Entry::genesis()))
    });
    let mut added = 0;
    {
        let mut know = transaction.prepare("INSERT OR IGNORE INTO known (id) VALUES (?1)")?;
        let mut insert =
            transaction.prepare("INSERT INTO entries (seq, at, body, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut seen: HashSet<Digest> = HashSet::new();
        for body in bodies {
            let text = serde_json::to_string(&body).unwrap_or_default();
            let id = identity(&body, &text);
            if !seen.insert(id.clone()) || know.execute(params![id.as_str()])? == 0 {
                continue;
            }
            let entry = Entry::new(seq + 1, now.to_owned(), text, hash);
            let position = i64::try_from(entry.seq).unwrap_or(i64::MAX);
            insert.execute(params![position, entry.at, entry.body, entry.previous.as_str(), entry.hash.as_str()])?;
            seq = entry.seq;
            hash = entry.hash;
            added += 1;
        }
    }
    transaction.commit()?;
    Ok((added, seq, hash))
}

/// A reader sees the old file or the new one, never half of one.
fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("new-{}", std::process::id()));
    let result =
        File::create(&temporary).and_then(|mut f| f.write_all(bytes)).and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

fn file_error(path: &Path, what: &'static str, source: std::io::Error) -> CaseError {
    CaseError::File { path: path.display().to_string(), what, source }
}

fn database_error(path: &Path, source: rusqlite::Error) -> CaseError {
    CaseError::Database { path: path.display().to_string(), source }
}
