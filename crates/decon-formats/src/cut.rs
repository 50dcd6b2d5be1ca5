//! Cutting: lines out of blocks that end anywhere.

use std::ops::Range;

/// A longer line is cut here: real logs have none, and a hostile one must not fill the memory.
pub(crate) const LINE_BYTES: usize = 1 << 20;

/// Keeps what a block began and the next one ends, and counts lines.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    carry: Vec<u8>,
    skipping: bool,
    /// Line ends before the block at hand.
    pub(crate) line: u64,
    /// Bytes before the block at hand.
    pub(crate) offset: u64,
    carried_from: u64,
}

/// The whole lines that a block gives.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    /// The line that an earlier block began, and the offset of its first byte in the file.
    pub(crate) carried: Option<(Vec<u8>, u64)>,
    /// Whole lines in the block, without the last line end.
    pub(crate) whole: Option<Range<usize>>,
    /// The number of a line that was cut because it is too long.
    pub(crate) long: Option<u64>,
}

impl Cutter {
    /// Takes a block; [`Cutter::done`] follows when its lines have been read.
    pub(crate) fn cut(&mut self, block: &[u8]) -> Cut {
        let mut cut = Cut::default();
        let mut from = 0;
        if !self.carry.is_empty() || self.skipping {
            let Some(end) = memchr::memchr(b'\n', block) else {
                self.hold(block, &[], &mut cut);
                return cut;
            };
            self.hold(&block[..end], &[], &mut cut);
            self.skipping = false;
            cut.carried = Some((std::mem::take(&mut self.carry), self.carried_from));
            from = end + 1;
        }
        match memchr::memrchr(b'\n', &block[from..]) {
            Some(end) => {
                cut.whole = Some(from..from + end);
                let (before, tail) = block.split_at(from + end + 1);
                self.hold(tail, before, &mut cut);
            }
            None => {
                let (before, tail) = block.split_at(from);
                self.hold(tail, before, &mut cut);
            }
        }
        cut
    }

    /// The block's lines have been read: the next one begins behind it.
    pub(crate) fn done(&mut self, bytes: usize, ends: usize) {
        self.line += ends as u64;
        self.offset += bytes as u64;
    }

    /// The last line, where no line end closes it.
    pub(crate) fn last(&mut self) -> Option<(Vec<u8>, u64)> {
        let last = std::mem::take(&mut self.carry);
        (!last.is_empty()).then_some((last, self.carried_from))
    }

    /// Keeps the beginning of a line whose end is not here yet.
    fn hold(&mut self, part: &[u8], before: &[u8], cut: &mut Cut) {
        if self.skipping || part.is_empty() {
            return;
        }
        if self.carry.is_empty() {
            self.carried_from = self.offset + before.len() as u64;
        }
        let room = LINE_BYTES - self.carry.len().min(LINE_BYTES);
        self.carry.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
            self.skipping = true;
            let ends = memchr::memchr_iter(b'\n', before).count() as u64;
            cut.long = Some(self.line + ends + 1);
        }
    }
}
