//! What one part gave, as JSON lines with an end mark: a half-written result is told from a whole one.

use std::fmt::Write as _;

use decon_core::coverage::Gap;
use decon_core::digest::Digest;
use decon_formats::network::Kept;
use serde::{Deserialize, Serialize};

use crate::files::Evidence;

/// What one part gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartOutcome {
    /// The files in it: one, or the members of an archive.
    pub files: Vec<FileOutcome>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// What one file, or a range of one, gave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOutcome {
    /// Its path, members of archives after `!`.
    pub path: Box<str>,
    /// Bytes searched.
    pub bytes: u64,
    /// Lines, counted from the part's first.
    pub lines: u64,
    /// Lines that were cut, counted in the same way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub long: Vec<u64>,
    /// The lines that matter.
    #[serde(skip)]
    pub kept: Vec<Kept>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Entry {
    Result { manifest: Digest, part: usize },
    File(FileOutcome),
    Kept(Kept),
    Gap(Gap),
    End { entries: usize, digest: Digest },
}

/// What was read of a part, which kept its lines.
pub fn outcome_of(evidence: Evidence) -> PartOutcome {
    let gaps = evidence.coverage.into_iter().flat_map(|c| c.gaps).collect();
    let files = evidence.hunted.into_iter().map(|file| FileOutcome {
        path: file.path,
        bytes: file.bytes,
        lines: file.hunted.lines,
        long: file.hunted.long,
        kept: file.hunted.kept,
    });
    PartOutcome { files: files.collect(), gaps }
}

impl PartOutcome {
    /// As JSON lines.
    pub fn text(&self, manifest: &Digest, part: usize) -> String {
        let mut text = String::new();
        let mut entries = 0;
        let mut line = |entry: &Entry| {
            let _ = writeln!(text, "{}", serde_json::json!(entry));
            entries += 1;
        };
        line(&Entry::Result { manifest: manifest.clone(), part });
        for file in &self.files {
            line(&Entry::File(FileOutcome { kept: Vec::new(), ..file.clone() }));
            file.kept.iter().for_each(|kept| line(&Entry::Kept(kept.clone())));
        }
        self.gaps.iter().for_each(|gap| line(&Entry::Gap(gap.clone())));
        let digest = Digest::of(text.as_bytes());
        let _ = writeln!(text, "{}", serde_json::json!(Entry::End { entries, digest }));
        text
    }

    /// Reads the result of a part of this manifest.
    ///
    /// # Errors
    /// It is of another manifest or part, broken off, or no result.
    pub fn parse(text: &str, manifest: &Digest, part: usize) -> Result<Self, String> {
        let mut outcome = Self::default();
        let mut ended = false;
        let whole = text.trim_end().rfind('\n').map_or("", |at| &text[..=at]);
        for (n, line) in text.lines().enumerate() {
            let entry = serde_json::from_str(line).map_err(|e| format!("line {}: {e}", n + 1))?;
            match entry {
                _ if ended => return Err(format!("line {}: something follows the end", n + 1)),
                Entry::Result { manifest: m, part: p } if n == 0 && m == *manifest && p == part => {}
                Entry::Result { .. } => return Err("it is of another hunt or part".into()),
                _ if n == 0 => return Err("it does not say which part it is of".into()),
                Entry::File(file) => outcome.files.push(file),
                Entry::Kept(kept) => outcome.files.last_mut().ok_or("a line of no file")?.kept.push(kept),
                Entry::Gap(gap) => outcome.gaps.push(gap),
                Entry::End { digest, .. } if digest != Digest::of(whole.as_bytes()) => {
                    return Err("it was changed".into());
                }
                Entry::End { entries, .. } => ended = entries == n,
            }
        }
        if ended { Ok(outcome) } else { Err("it breaks off".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_survives_its_text_and_a_cut_one_is_refused() {
        let kept = |line| Kept { line, offset: line * 10, text: "a \"quoted\"\tline \u{fffd}".into() };
        let file = FileOutcome { path: "a!b".into(), bytes: 9, lines: 3, long: vec![2], kept: vec![kept(1), kept(3)] };
        let outcome = PartOutcome { files: vec![file.clone(), FileOutcome { kept: vec![], ..file }], gaps: vec![] };
        let id = Digest::of(b"manifest");
        let text = outcome.text(&id, 7);
        assert_eq!(PartOutcome::parse(&text, &id, 7).as_ref(), Ok(&outcome));
        assert!(PartOutcome::parse(&text, &id, 8).is_err());
        assert!(PartOutcome::parse(&text, &Digest::of(b"other"), 7).is_err());
        for (cut, _) in text.trim_end().char_indices() {
            assert!(PartOutcome::parse(&text[..cut], &id, 7).is_err(), "cut at {cut}");
        }
    }
}
