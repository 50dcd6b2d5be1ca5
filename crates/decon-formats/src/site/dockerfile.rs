//! Dockerfiles: `FROM`, `COPY --from`, `RUN --mount=from=`, `# syntax=` (BuildKit
//! `frontend/dockerfile/parser`). `ARG` defaults before the first `FROM` decide variables.

use std::collections::BTreeMap;

use super::{Site, SiteFormat, base, image_site};

/// Dockerfiles.
#[derive(Debug)]
pub(super) struct Dockerfile;

impl SiteFormat for Dockerfile {
    fn name(&self) -> &'static str {
        "dockerfile"
    }
    fn doc(&self) -> &'static str {
        "Dockerfiles and Containerfiles: bases, copied-from images, mounts, frontends."
    }
    fn claims(&self, path: &str) -> bool {
        let name = base(path).to_ascii_lowercase();
        let named = |n: &str| name == n || name.starts_with(&format!("{n}.")) || name.ends_with(&format!(".{n}"));
        (named("dockerfile") || named("containerfile")) && !name.ends_with(".log") && !name.ends_with(".dockerignore")
    }
    fn sites(&self, text: &str) -> Result<Vec<Site>, (usize, String)> {
        let mut reading =
            Reading { text, stages: Vec::new(), arguments: BTreeMap::new(), sites: Vec::new(), in_stage: false };
        reading.read();
        Ok(reading.sites)
    }
}

/// A word of an instruction and where it stands.
#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    start: usize,
}

struct Reading<'t> {
    text: &'t str,
    stages: Vec<String>,
    arguments: BTreeMap<String, String>,
    sites: Vec<Site>,
    in_stage: bool,
}

impl<'t> Reading<'t> {
    fn read(&mut self) {
        let escape = if self.directive("escape").is_some_and(|(e, _)| e == "`") { '`' } else { '\\' };
        if let Some((image, start)) = self.directive("syntax") {
            self.push(image, start);
        }
        let mut at = 0;
        while at < self.text.len() {
            let (words, next) = self.instruction(at, escape);
            let end = self.heredoc_end(&words, next);
            self.instruct(&words);
            at = end;
        }
    }

    /// `# name=value` in the comments at the top.
    fn directive(&self, name: &str) -> Option<(&'t str, usize)> {
        let mut offset = 0;
        for line in self.text.split('\n') {
            let rest = line.trim_start_matches('\u{feff}').trim_start().strip_prefix('#')?;
            if let Some((key, value)) = rest.split_once('=')
                && key.trim().eq_ignore_ascii_case(name)
            {
                let value = value.trim();
                return Some((value, offset + line.find(value)?));
            }
            offset += line.len() + 1;
        }
        None
    }

    /// The words of the instruction that starts here, and where the next one starts.
    fn instruction(&self, start: usize, escape: char) -> (Vec<Word<'t>>, usize) {
        let mut words = Vec::new();
        let mut at = start;
        loop {
            let end = self.text[at..].find('\n').map_or(self.text.len(), |e| at + e);
            let line = &self.text[at..end];
            let next = (end + 1).min(self.text.len()).max(end);
            let comment = line.trim_start().starts_with('#');
            let goes_on = line.trim_end().ends_with(escape);
            if !comment {
                let body = if goes_on { line.trim_end().trim_end_matches(escape) } else { line };
                words.extend(split(body, at));
            }
            at = next.max(end + 1).min(self.text.len());
            // A comment inside a continued instruction does not end it.
            let open = goes_on || (comment && !words.is_empty());
            if !open || at >= self.text.len() {
                return (words, if at >= self.text.len() { self.text.len() } else { at });
            }
        }
    }

    /// Heredocs hold text, not instructions: `RUN <<EOF` … `EOF`.
    fn heredoc_end(&self, words: &[Word<'t>], next: usize) -> usize {
        let takes =
            words.first().is_some_and(|w| ["RUN", "COPY", "ADD"].iter().any(|i| w.text.eq_ignore_ascii_case(i)));
        let marks = words
            .iter()
            .filter_map(|w| w.text.strip_prefix("<<"))
            .map(|m| m.trim_start_matches('-').trim_matches(['"', '\'']));
        let mut at = next;
        for mark in marks.filter(|m| takes && !m.is_empty()) {
            while at < self.text.len() {
                let end = self.text[at..].find('\n').map_or(self.text.len(), |e| at + e);
                let line = &self.text[at..end];
                at = (end + 1).min(self.text.len());
                if line.trim() == mark {
                    break;
                }
            }
        }
        at
    }

    fn instruct(&mut self, words: &[Word<'t>]) {
        let Some(name) = words.first() else { return };
        let rest = &words[1..];
        match name.text.to_ascii_uppercase().as_str() {
            "ARG" if !self.in_stage => {
                for (key, value) in rest.iter().filter_map(|w| w.text.split_once('=')) {
                    let value = self.decide(value.trim_matches(['"', '\''])).unwrap_or_default();
                    self.arguments.insert(key.to_owned(), value);
                }
            }
            "FROM" => self.from(rest),
            "ONBUILD" => self.instruct(rest),
            "COPY" | "ADD" => {
                rest.iter().take_while(|w| w.text.starts_with("--")).for_each(|w| self.flag(*w, "--from="))
            }
            "RUN" => {
                for word in
                    rest.iter().take_while(|w| w.text.starts_with("--")).filter(|w| w.text.starts_with("--mount="))
                {
                    let mut at = word.start + 8;
                    for part in word.text[8..].split(',') {
                        if let Some(image) = part.strip_prefix("from=") {
                            self.external(Word { text: image, start: at + 5 });
                        }
                        at += part.len() + 1;
                    }
                }
            }
            _ => {}
        }
    }

    fn from(&mut self, words: &[Word<'t>]) {
        self.in_stage = true;
        let Some(at) = words.iter().position(|w| !w.text.starts_with("--")) else { return };
        let image = words[at];
        let known =
            self.decide(image.text).is_some_and(|i| self.stages.contains(&i.to_ascii_lowercase()) || i == "scratch");
        if !known {
            self.push(image.text, image.start);
        }
        if let [keyword, name, ..] = words[at + 1..]
            && keyword.text.eq_ignore_ascii_case("as")
        {
            self.stages.push(name.text.to_ascii_lowercase());
        }
    }

    fn flag(&mut self, word: Word<'t>, flag: &str) {
        if let Some(image) = word.text.strip_prefix(flag) {
            self.external(Word { text: image, start: word.start + flag.len() });
        }
    }

    /// A stage's name or number is of this file; anything else is an image.
    fn external(&mut self, word: Word<'t>) {
        let stage =
            self.stages.contains(&word.text.to_ascii_lowercase()) || word.text.bytes().all(|b| b.is_ascii_digit());
        if !stage && !word.text.is_empty() {
            self.push(word.text, word.start);
        }
    }

    fn push(&mut self, image: &str, start: usize) {
        let unquoted = image.strip_prefix('"').map(|inside| inside.strip_suffix('"').unwrap_or(inside));
        let (image, start) = unquoted.map_or((image, start), |inside| (inside, start + 1));
        let line = self.text[..start].matches('\n').count() + 1;
        let column = start - self.text[..start].rfind('\n').map_or(0, |n| n + 1) + 1;
        let decided = self.decide(image).unwrap_or_else(|| image.to_owned());
        let mut site = image_site(&decided, start, line, column);
        site.span.end = start + image.len();
        self.sites.push(site);
    }

    /// Fills in `$X`, `${X}` and `${X:-default}`; `None` where something stays open.
    fn decide(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let (name, default, tail) = match rest.strip_prefix('{') {
                Some(inside) => {
                    let (inside, tail) = inside.split_once('}')?;
                    let (name, default) = inside
                        .split_once(":-")
                        .or_else(|| inside.split_once('-'))
                        .map_or((inside, None), |(n, d)| (n, Some(d)));
                    (name, default, tail)
                }
                None => {
                    let end =
                        rest.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_')).unwrap_or(rest.len());
                    (&rest[..end], None, &rest[end..])
                }
            };
            let value = self.arguments.get(name).filter(|v| !v.is_empty()).map(String::as_str).or(default)?;
            out.push_str(value);
            rest = tail;
        }
        out.push_str(rest);
        Some(out)
    }
}

fn split(line: &str, offset: usize) -> impl Iterator<Item = Word<'_>> {
    line.split_whitespace().map(move |word| {
        // `split_whitespace` gives slices of the line, so the distance is the position.
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        Word { text: word, start: offset + start }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_hostile_quotes_stay_on_characters() {
        // Found by fuzzing: more quotes than one on either side.
        let text = "FROM \"\"\"\"Ay\u{311}\"\"\nFROM \"\nFROM \"a:1\"\n";
        let sites = Dockerfile.sites(text).unwrap_or_default();
        assert!(sites.iter().all(|site| text.get(site.span.clone()).is_some()));
        assert!(sites.iter().any(|site| &text[site.span.clone()] == "a:1"));
    }

    fn names(text: &str) -> Vec<String> {
        let sites = Dockerfile.sites(text).unwrap();
        sites
            .iter()
            .map(|s| match &s.subject {
                Ok(decon_core::observation::Subject::Image(r)) => {
                    format!("{}:{} {r} {}", s.line, s.column, &text[s.span.clone()])
                }
                other => format!("{}:{} {other:?}", s.line, s.column),
            })
            .collect()
    }

    #[test]
    fn bases_copies_mounts_and_frontends() {
        let text = "# syntax=docker/dockerfile:1\nARG V=3.20\nFROM --platform=linux/amd64 alpine:${V} AS base\nFROM base AS next\nCOPY --from=aquasec/trivy:latest /a /b\nCOPY --from=base /a /b\nRUN --mount=type=bind,from=checkmarx/kics:alpine,target=/k \\\n  true\nRUN <<EOF\nFROM no:1\nEOF\nFROM scratch\n";
        assert_eq!(
            names(text),
            [
                "1:10 docker.io/docker/dockerfile:1 docker/dockerfile:1",
                "3:29 docker.io/library/alpine:3.20 alpine:${V}",
                "5:13 docker.io/aquasec/trivy:latest aquasec/trivy:latest",
                "7:28 docker.io/checkmarx/kics:alpine checkmarx/kics:alpine",
            ]
        );
    }

    #[test]
    fn an_open_variable_is_said_to_be_open() {
        assert!(names("FROM $IMAGE\n")[0].contains("not decided"));
        assert!(names("FROM").is_empty() && names("").is_empty());
    }
}
