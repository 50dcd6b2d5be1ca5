//! Results in a folder: a manifest and a file a part, each written beside its name and then renamed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use decon_core::digest::Digest;
use thiserror::Error;

use super::{Manifest, PartOutcome};

/// Why a folder of results cannot be used.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The disk or the rights.
    #[error("{path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is no manifest, or another one's.
    #[error("{path}: {reason}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A folder of results.
#[derive(Debug)]
pub struct ResultFolder {
    path: PathBuf,
    digest: Digest,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |error| StoreError::Io { path, error }
}

impl ResultFolder {
    /// Makes the folder for this manifest, or opens it if it is of this manifest already.
    ///
    /// # Errors
    /// The folder holds results of another hunt, or cannot be written.
    pub fn create(path: &Path, manifest: &Manifest) -> Result<Self, StoreError> {
        fs::create_dir_all(path).map_err(failed(path))?;
        let file = path.join("manifest.jsonl");
        let digest = manifest.digest();
        match fs::read_to_string(&file) {
            Ok(text) if Digest::of(text.as_bytes()) == digest => {}
            Ok(_) => {
                let reason = "the folder holds results of another hunt: other logs (or grown ones), indicators or \
                              options; take another folder, or make the manifest once with `decon hunt manifest`";
                return Err(StoreError::Manifest { path: file, reason: reason.into() });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => write(&file, &manifest.text())?,
            Err(error) => return Err(failed(&file)(error)),
        }
        Ok(Self { path: path.to_owned(), digest })
    }

    /// Opens a folder with its manifest.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn open(path: &Path) -> Result<(Self, Manifest), StoreError> {
        let file = path.join("manifest.jsonl");
        let text = fs::read_to_string(&file).map_err(failed(&file))?;
        let manifest = Manifest::parse(&text).map_err(|reason| StoreError::Manifest { path: file, reason })?;
        Ok((Self { path: path.to_owned(), digest: manifest.digest() }, manifest))
    }

    /// Which manifest it is of.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    fn file(&self, part: usize) -> PathBuf {
        self.path.join(format!("part-{part:06}.jsonl"))
    }

    /// Keeps the result of a part.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&self, part: usize, outcome: &PartOutcome) -> Result<(), StoreError> {
        write(&self.file(part), &outcome.text(&self.digest, part))
    }

    /// The result of a part, if it is there and whole.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub fn get(&self, part: usize) -> Result<PartOutcome, String> {
        let file = self.file(part);
        let text = fs::read_to_string(&file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "there is no result of it".to_owned(),
            _ => format!("{}: {error}", file.display()),
        })?;
        PartOutcome::parse(&text, &self.digest, part).map_err(|reason| format!("{}: {reason}", file.display()))
    }
}

/// Whole or not at all, whenever the machine stops; two workers may write the same at once.
fn write(path: &Path, text: &str) -> Result<(), StoreError> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.and_then(|()| fs::rename(&beside, path)).map_err(failed(path))
}
