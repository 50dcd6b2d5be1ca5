//! From the written file to values, with errors that name the line and the remedy.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::Timestamp;
use thiserror::Error;
use toml::Spanned;

use super::schema::{self, Disposition, IndicatorKind, Written};
use super::{
    Action, Advice, Advisory, Artifact, Claim, Commit, Example, File, Indicator, Package, RepositoryPattern, TagWindow,
    Trace,
};
use crate::digest::Digest;
use crate::reference::{Reference, Repository, is_tag};
use crate::window::Window;

/// What is wrong with an advisory file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {message}; {remedy}")]
pub struct AdvisoryError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// The text with its error making, so that every error knows its line.
struct Reader<'a> {
    text: &'a str,
    sources: BTreeSet<String>,
}

type Parsed<T> = Result<T, AdvisoryError>;

pub(super) fn parse(text: &str) -> Parsed<Advisory> {
    let mut reader = Reader { text, sources: BTreeSet::new() };
    let written: Written = toml::from_str(text).map_err(|e| {
        let at = e.span().unwrap_or(0..0);
        reader.error(&at, e.message(), "compare with `decon advisory new`, which prints every key that may stand here")
    })?;
    reader.sources = written.sources.keys().cloned().collect();
    reader.advisory(written)
}

impl Reader<'_> {
    fn error(&self, at: &Range<usize>, message: impl ToString, remedy: &str) -> AdvisoryError {
        let line = self.text.as_bytes().iter().take(at.start).filter(|b| **b == b'\n').count() + 1;
        AdvisoryError { line, message: message.to_string(), remedy: remedy.to_owned() }
    }

    fn advisory(&self, w: Written) -> Parsed<Advisory> {
        if *w.schema.get_ref() != 1 {
            return Err(self.error(
                &w.schema.span(),
                "this schema is not known",
                "write schema = 1, or use a newer decon",
            ));
        }
        let good_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if w.id.get_ref().is_empty() || !w.id.get_ref().chars().all(good_id) {
            return Err(self.error(
                &w.id.span(),
                format!("{:?} is no id", w.id.get_ref()),
                "use lower-case letters, digits and dashes",
            ));
        }
        let advisory = Advisory {
            id: w.id.into_inner().into(),
            aliases: boxed(w.aliases),
            title: w.title.into(),
            summary: w.summary.into(),
            severity: w.severity,
            repositories: self.patterns(&w.repositories)?,
            digests_complete: w.digests_complete,
            publisher: w.publisher,
            sources: w.sources.into_iter().map(|(k, v)| (k.into(), v.into())).collect(),
            artifacts: self.artifacts(w.artifacts)?,
            windows: w.windows.into_iter().map(|x| self.tag_window(x)).collect::<Parsed<_>>()?,
            actions: w.actions.into_iter().map(|x| self.action(x)).collect::<Parsed<_>>()?,
            packages: w.packages.into_iter().map(|x| self.package(x)).collect::<Parsed<_>>()?,
            files: w.files.into_iter().map(|x| self.file(x)).collect::<Parsed<_>>()?,
            indicators: w.indicators.into_iter().map(|x| self.indicator(x)).collect::<Parsed<_>>()?,
            traces: w
                .traces
                .into_iter()
                .map(|t| Trace { kind: t.kind, value: t.value.into(), note: note(t.note) })
                .collect(),
            reach: w.reach,
            advice: w.advice.into_iter().map(|x| self.advice(x)).collect::<Parsed<_>>()?,
            examples: w.examples.into_iter().map(|x| self.example(x)).collect::<Parsed<_>>()?,
        };
        Ok(advisory)
    }

    fn patterns(&self, texts: &[Spanned<String>]) -> Parsed<Vec<RepositoryPattern>> {
        texts.iter().map(|t| self.pattern(t)).collect()
    }

    fn pattern(&self, text: &Spanned<String>) -> Parsed<RepositoryPattern> {
        if let Some(registry) = text.get_ref().strip_suffix("/*") {
            return Ok(RepositoryPattern { registry: registry.into(), path: None });
        }
        let wrong = |m: String| {
            self.error(&text.span(), m, "write registry/path without tag, such as docker.io/checkmarx/kics")
        };
        let repository = Repository::parse(text.get_ref()).map_err(|e| wrong(e.to_string()))?;
        if repository.to_string() != *text.get_ref() {
            return Err(wrong(format!("{:?} is not in canonical form, which is {repository}", text.get_ref())));
        }
        Ok(RepositoryPattern { registry: repository.registry.unwrap_or_default(), path: Some(repository.path) })
    }

    fn digest(&self, text: &Spanned<String>) -> Parsed<Digest> {
        Digest::parse(text.get_ref())
            .map_err(|e| self.error(&text.span(), e, "copy the whole digest from the source again"))
    }

    fn artifacts(&self, written: Vec<schema::WrittenArtifact>) -> Parsed<Vec<Artifact>> {
        let mut seen: BTreeMap<Digest, Disposition> = BTreeMap::new();
        let mut artifacts = Vec::with_capacity(written.len());
        for w in written {
            let digest = self.digest(&w.digest)?;
            if seen.insert(digest.clone(), w.disposition).is_some_and(|before| before != w.disposition) {
                let message = format!("{digest} is listed as bad and as good");
                return Err(self.error(
                    &w.digest.span(),
                    message,
                    "find out which it is; a digest never changes its content",
                ));
            }
            artifacts.push(Artifact {
                digest,
                role: w.role,
                platform: note(w.platform),
                tags: boxed(w.tags),
                disposition: w.disposition,
                confidence: w.confidence,
                sources: self.sources(&w.sources)?,
                note: note(w.note),
            });
        }
        Ok(artifacts)
    }

    fn source(&self, text: &Spanned<String>) -> Parsed<Box<str>> {
        if !self.sources.contains(text.get_ref()) {
            let message = format!("source {:?} is not listed", text.get_ref());
            return Err(self.error(&text.span(), message, "add it with its address under [sources]"));
        }
        Ok(text.get_ref().as_str().into())
    }

    fn sources(&self, texts: &[Spanned<String>]) -> Parsed<Vec<Box<str>>> {
        texts.iter().map(|t| self.source(t)).collect()
    }

    fn time(&self, text: Option<&Spanned<String>>) -> Parsed<Option<Timestamp>> {
        let Some(text) = text else { return Ok(None) };
        text.get_ref().parse().map(Some).map_err(|_| {
            let message = format!("{:?} is not a time with a zone", text.get_ref());
            self.error(&text.span(), message, "write UTC as 2026-04-22T12:31:00Z")
        })
    }

    fn window(&self, from: Option<&Spanned<String>>, until: Option<&Spanned<String>>) -> Parsed<Window> {
        let window = Window { from: self.time(from)?, until: self.time(until)? };
        if let (Some(a), Some(b), Some(text)) = (window.from, window.until, until)
            && b <= a
        {
            return Err(self.error(
                &text.span(),
                "this window ends before it starts",
                "exchange from and until, or correct one",
            ));
        }
        Ok(window)
    }

    fn claims(&self, written: Vec<schema::WrittenClaim>) -> Parsed<Vec<Claim>> {
        written
            .into_iter()
            .map(|c| {
                Ok(Claim {
                    window: self.window(c.from.as_ref(), c.until.as_ref())?,
                    source: self.source(&c.source)?,
                    note: note(c.note),
                })
            })
            .collect()
    }

    fn tag_window(&self, w: schema::WrittenWindow) -> Parsed<TagWindow> {
        if let Some(tag) = w.tags.iter().find(|t| !is_tag(t.get_ref())) {
            return Err(self.error(
                &tag.span(),
                format!("{:?} is not a tag", tag.get_ref()),
                "write the tag alone, without repository",
            ));
        }
        let claims = self.claims(w.claims)?;
        Ok(TagWindow {
            tags: w.tags.into_iter().map(|t| t.into_inner().into()).collect(),
            repositories: self.patterns(&w.repositories)?,
            window: union(&claims),
            claims,
        })
    }

    fn action(&self, w: schema::WrittenAction) -> Parsed<Action> {
        if w.repository.get_ref().split('/').count() != 2 {
            let message = format!("{:?} is no action", w.repository.get_ref());
            return Err(self.error(&w.repository.span(), message, "write owner/repository"));
        }
        if let Some(both) = w.safe_refs.iter().find(|s| w.refs.contains(s.get_ref())) {
            let message = format!("ref {:?} is listed as bad and as safe", both.get_ref());
            return Err(self.error(
                &both.span(),
                message,
                "say in the note when it was which, and list it as bad only",
            ));
        }
        let claims = self.claims(w.claims)?;
        Ok(Action {
            repository: w.repository.get_ref().to_ascii_lowercase().into(),
            refs: boxed(w.refs),
            safe_refs: w.safe_refs.into_iter().map(|r| r.into_inner().into()).collect(),
            window: union(&claims),
            claims,
            commits: w.commits.into_iter().map(|c| self.commit(c)).collect::<Parsed<_>>()?,
            note: note(w.note),
        })
    }

    fn commit(&self, w: schema::WrittenCommit) -> Parsed<Commit> {
        let text = w.commit.get_ref();
        let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let long_enough = text.len() == 40 || (w.disposition == Disposition::Good && (7..40).contains(&text.len()));
        if !hex || !long_enough {
            let message = format!("{text:?} is no commit: 40 lower-case hex characters");
            return Err(self.error(&w.commit.span(), message, "copy the whole commit from the source again"));
        }
        Ok(Commit {
            commit: text.as_str().into(),
            disposition: w.disposition,
            refs: boxed(w.refs),
            sources: self.sources(&w.sources)?,
        })
    }

    fn package(&self, w: schema::WrittenPackage) -> Parsed<Package> {
        Ok(Package {
            ecosystem: w.ecosystem.into(),
            name: w.name.into(),
            versions: boxed(w.versions),
            safe: boxed(w.safe),
            claims: self.claims(w.claims)?,
            note: note(w.note),
        })
    }

    fn file(&self, w: schema::WrittenFile) -> Parsed<File> {
        let digest = w.digest.as_ref().map(|d| self.digest(d)).transpose()?;
        Ok(File { path: w.path.into(), digest, sources: self.sources(&w.sources)?, note: note(w.note) })
    }

    fn indicator(&self, w: schema::WrittenIndicator) -> Parsed<Indicator> {
        let value = w.value.get_ref();
        let sound = match w.kind {
            IndicatorKind::Domain => value.contains('.') && !value.contains(['/', '[', ' ']),
            IndicatorKind::Ip => value.split('/').next().is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_ok()),
            IndicatorKind::Url => value.contains("://"),
            IndicatorKind::UserAgent => !value.is_empty(),
            IndicatorKind::Header => value.contains(": "),
        };
        if !sound {
            let message = format!("{value:?} does not fit its kind");
            return Err(self.error(&w.value.span(), message, "write it plainly, not defanged"));
        }
        Ok(Indicator {
            kind: w.kind,
            value: value.as_str().into(),
            matching: w.matching,
            confidence: w.confidence,
            active: self.window(w.active_from.as_ref(), w.active_until.as_ref())?,
            shared_with: boxed(w.shared_with),
            sources: self.sources(&w.sources)?,
            note: note(w.note),
        })
    }

    fn advice(&self, w: schema::WrittenAdvice) -> Parsed<Advice> {
        Ok(Advice { source: self.source(&w.source)?, step: w.step.into() })
    }

    fn example(&self, w: schema::WrittenExample) -> Parsed<Example> {
        if let Some(reference) = &w.reference {
            Reference::parse(reference.get_ref())
                .map_err(|e| self.error(&reference.span(), e, "write it as a client would"))?;
        }
        if w.reference.is_some() == w.action.is_some() {
            return Err(self.error(
                &w.name.span(),
                "an example is about a reference or about an action",
                "give exactly one of the two",
            ));
        }
        if let Some(action) = w.action.as_ref().filter(|a| !a.get_ref().contains('@')) {
            return Err(self.error(&action.span(), "an action is written owner/repository@ref", "add the ref"));
        }
        Ok(Example {
            name: w.name.into_inner().into(),
            event: w.event,
            reference: w.reference.map(|r| r.into_inner().into()),
            action: w.action.map(|a| a.into_inner().into()),
            commit: note(w.commit),
            at: self.time(w.at.as_ref())?,
            level: w.level,
        })
    }
}

/// The union of what sources claim. A claim that leaves an end open does not open the union
/// when another source states that end: "about 12:35, no end given" is no claim of no end.
fn union(claims: &[Claim]) -> Window {
    let from = claims.iter().filter_map(|c| c.window.from).min();
    let until = claims.iter().filter_map(|c| c.window.until).max();
    Window { from, until }
}

fn boxed(texts: Vec<String>) -> Vec<Box<str>> {
    texts.into_iter().map(Into::into).collect()
}

fn note(text: Option<String>) -> Option<Box<str>> {
    text.map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "schema = 1\nid = \"x-1\"\ntitle = \"t\"\nsummary = \"s\"\nseverity = \"high\"\n";

    fn error_of(rest: &str) -> AdvisoryError {
        parse(&format!("{HEAD}{rest}")).unwrap_err()
    }

    #[test]
    fn errors_name_the_line_and_the_remedy() {
        let sources = "[sources]\na = \"https://a\"\n";
        let unknown = error_of("digets = 1\n[sources]\n");
        assert_eq!(unknown.line, 6, "{unknown}");
        assert!(unknown.to_string().contains("digets"), "{unknown}");
        let short = error_of(&format!(
            "{sources}[[artifact]]\ndigest = \"sha256:12\"\nrole = \"index\"\ndisposition = \"bad\"\nconfidence = \"high\"\nsources = [\"a\"]\n"
        ));
        assert_eq!(short.line, 9);
        assert!(short.to_string().contains("64 hex"), "{short}");
        let window = error_of(&format!(
            "{sources}[[window]]\n[[window.claim]]\nfrom = \"2026-01-02T00:00:00Z\"\nuntil = \"2026-01-01T00:00:00Z\"\nsource = \"a\"\n"
        ));
        assert_eq!(window.line, 11);
        assert!(window.message.contains("ends before"), "{window}");
        let source = error_of(&format!("{sources}[[advice]]\nstep = \"x\"\nsource = \"b\"\n"));
        assert!(source.remedy.contains("[sources]"), "{source}");
    }

    #[test]
    fn a_digest_is_not_both_good_and_bad() {
        let digest = Digest::of(b"x");
        let artifact = |d: &str| {
            format!(
                "[[artifact]]\ndigest = \"{digest}\"\nrole = \"index\"\ndisposition = \"{d}\"\nconfidence = \"high\"\nsources = []\n"
            )
        };
        let both = error_of(&format!("[sources]\n{}{}", artifact("bad"), artifact("good")));
        assert!(both.message.contains("as bad and as good"), "{both}");
    }
}
