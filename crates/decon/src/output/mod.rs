//! The answer, rendered: functions of a case, without clock and without network.
//!
//! All text from evidence is hostile: each form escapes it for its reader.

pub(crate) mod escape;
mod html;
pub(crate) mod hunt;
mod json;
mod markdown;
mod sarif;
mod terminal;
mod timeline;
mod view;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use decon_core::advisory::Advisory;
use decon_core::digest::Digest;
use decon_core::verdict::Answer;
use decon_systems::case_store::Contents;

use crate::cli::Form;

/// An answer with what it was made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) answer: &'a Answer,
    pub(crate) advisories: &'a [Advisory],
    pub(crate) contents: &'a Contents,
}

/// An answer, with the head of the case it stands in.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) answer: &'a Answer,
    pub(crate) advisories: &'a [Advisory],
    pub(crate) contents: &'a Contents,
    pub(crate) case: Option<&'a Path>,
    pub(crate) head: Option<Digest>,
}

impl<'a> Answered<'a> {
    pub(crate) fn parts(&self) -> Parts<'a> {
        Parts { answer: self.answer, advisories: self.advisories, contents: self.contents }
    }
}

/// `report.html` is meant to be HTML.
fn by_ending(file: Option<&Path>) -> Form {
    match file.and_then(|f| f.extension()).and_then(|e| e.to_str()) {
        Some("html" | "htm") => Form::Html,
        Some("json") => Form::Json,
        Some("jsonl" | "ndjson") => Form::Jsonl,
        Some("md" | "markdown") => Form::Markdown,
        Some("sarif") => Form::Sarif,
        _ => Form::Terminal,
    }
}

/// Writes the answer in this form, to a file or to standard output.
pub(crate) fn write(answered: &Answered<'_>, form: Option<Form>, file: Option<&Path>) -> anyhow::Result<()> {
    let form = form.unwrap_or_else(|| by_ending(file));
    if form == Form::Terminal && file.is_none() {
        let mut out = anstream::stdout().lock();
        return Ok(out.write_all(terminal::render(answered).as_bytes())?);
    }
    let text = match form {
        Form::Terminal => anstream::adapter::strip_str(&terminal::render(answered)).to_string(),
        Form::Json => json::render(answered)?,
        Form::Jsonl => json::render_lines(answered)?,
        Form::Markdown => markdown::render(answered),
        Form::Sarif => sarif::render(answered)?,
        Form::Html => html::render(answered),
    };
    match file {
        Some(path) => {
            fs::write(path, text).with_context(|| format!("the answer cannot be written to {}", path.display()))
        }
        None => Ok(std::io::stdout().lock().write_all(text.as_bytes())?),
    }
}
