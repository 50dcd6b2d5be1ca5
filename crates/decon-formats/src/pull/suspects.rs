//! Suspects: digests that must not be overlooked, whatever the line that names them is.
//!
//! A table of `docker images`, an inventory, a proxy's log, a chat: no reader knows them all. A
//! digest that an advisory calls bad is looked for as bare text too; where no format made
//! something of it, the file at least *names* it.

use decon_core::digest::Digest;
use decon_core::reference::Reference;
use decon_hunt::{Case, Finder, Hit, Lines};

use crate::store::nameless;

/// Digests to look for. Made once, shared by all readers.
pub struct Suspects {
    finder: Finder,
    digests: Vec<Digest>,
}

impl std::fmt::Debug for Suspects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Suspects({})", self.digests.len())
    }
}

/// A suspect where it stands.
pub struct Mention<'s> {
    /// The digest.
    pub digest: &'s Digest,
    /// What it is written with: `name@sha256:…`, or a name that no registry has.
    pub reference: Reference,
    /// The line, from 1.
    pub line: u64,
    /// The bytes of the line.
    pub raw: &'s [u8],
}

impl Suspects {
    /// Looks for these; `None` when there are none.
    pub fn new(digests: impl IntoIterator<Item = Digest>) -> Option<Self> {
        let mut digests: Vec<Digest> = digests.into_iter().collect();
        digests.sort();
        digests.dedup();
        let finder = Finder::new(digests.iter().map(Digest::hex), Case::Insensitive).ok()?;
        (!digests.is_empty()).then_some(Self { finder, digests })
    }

    /// Searches a block for the lines that hold one.
    pub(super) fn fill(&self, block: &[u8], lines: &mut Lines) {
        lines.fill(&self.finder, block);
    }

    /// Every mention in a whole text.
    pub fn mentions<'s>(&'s self, text: &'s [u8]) -> Vec<Mention<'s>> {
        let mut lines = Lines::default();
        self.fill(text, &mut lines);
        let of_line = |line: &decon_hunt::FoundLine| {
            let raw = &text[line.start..line.end];
            let number = line.before as u64 + 1;
            lines.hits[line.hits.clone()]
                .iter()
                .map(|hit| self.mention(*hit, line.start, raw, number))
                .collect::<Vec<_>>()
        };
        lines.found.iter().flat_map(of_line).collect()
    }

    pub(super) fn mention<'s>(&'s self, hit: Hit, line_start: usize, raw: &'s [u8], line: u64) -> Mention<'s> {
        let digest = &self.digests[hit.needle];
        let reference = written(raw, hit.start - line_start, digest).unwrap_or_else(|| nameless(digest));
        Mention { digest, reference, line, raw }
    }
}

/// The `name@sha256:` in front of the hex digits, as a reference.
fn written(raw: &[u8], hex: usize, digest: &Digest) -> Option<Reference> {
    let before = raw.get(..hex)?.strip_suffix(b"@sha256:")?;
    let word = |b: &&u8| b.is_ascii_alphanumeric() || b"./_-:".contains(b);
    let length = before.iter().rev().take(512).take_while(word).count();
    let name = std::str::from_utf8(&before[before.len() - length..]).ok()?;
    Reference::parse(&format!("{name}@{digest}")).ok()
}
