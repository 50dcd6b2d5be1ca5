//! Line recovery: from hits to the lines that hold them, with their numbers.

use std::ops::Range;

use crate::finder::{Finder, Hit};

/// A line that holds a needle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLine {
    /// Offset of its first byte in the block.
    pub start: usize,
    /// Offset behind its last byte, its line end not counted.
    pub end: usize,
    /// Line ends in the block before it.
    pub before: usize,
    /// Its hits, in [`Lines::hits`].
    pub hits: Range<usize>,
}

/// The lines of a block that hold needles. Kept and filled again, so that a block allocates nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// The lines, in their order.
    pub found: Vec<FoundLine>,
    /// Hits of all lines.
    pub hits: Vec<Hit>,
    /// Line ends in the whole block.
    pub ends: usize,
}

impl Lines {
    /// Looks through a block. Its first and last line may be parts of longer ones: the caller knows.
    pub fn fill(&mut self, finder: &Finder, block: &[u8]) {
        self.fill_with(block, |hits| finder.find(block, hits));
    }

    /// The same with a search of the caller's, whose hits stand in the order of lines.
    pub fn fill_with(&mut self, block: &[u8], search: impl FnOnce(&mut Vec<Hit>)) {
        self.found.clear();
        self.hits.clear();
        search(&mut self.hits);
        let (mut counted, mut before, mut hit) = (0, 0, 0);
        while let Some(first) = self.hits.get(hit) {
            let start = memchr::memrchr(b'\n', &block[counted..first.start]).map_or(counted, |n| counted + n + 1);
            let end = memchr::memchr(b'\n', &block[first.start..]).map_or(block.len(), |n| first.start + n);
            before += count(&block[counted..start]);
            counted = start;
            let more = self.hits[hit..].iter().take_while(|h| h.start < end).count();
            self.found.push(FoundLine { start, end, before, hits: hit..hit + more });
            hit += more;
        }
        self.ends = before + count(&block[counted..]);
    }
}

fn count(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}
