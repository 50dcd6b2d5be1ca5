//! Bytes taken from the front, as network protocols lay them out.

/// What is left to read.
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

impl<'b> Bytes<'b> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of this many bytes, the highest first.
    pub(super) fn number(&mut self, count: usize) -> Option<usize> {
        Some(self.take(count)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// What follows its length, which has this many bytes.
    pub(super) fn sized(&mut self, count: usize) -> Option<&'b [u8]> {
        let length = self.number(count)?;
        self.take(length)
    }
}
