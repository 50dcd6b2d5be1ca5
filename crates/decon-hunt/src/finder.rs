//! The finder: every place of every needle in a block.

use crate::kernel::{Kernel, PART};
use crate::sieve::{Seat, Sieve, WIDTH};

/// Whether ASCII letters of either case are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Bytes are compared as they are.
    Sensitive,
    /// `A` is `a`.
    Insensitive,
}

impl Case {
    /// The bytes that stand for this one.
    pub(crate) fn forms(self, byte: u8) -> impl Iterator<Item = u8> {
        let other = match self {
            Self::Insensitive if byte.is_ascii_alphabetic() => Some(byte ^ 0x20),
            _ => None,
        };
        std::iter::once(byte).chain(other)
    }

    fn same(self, a: &[u8], b: &[u8]) -> bool {
        match self {
            Self::Sensitive => a == b,
            Self::Insensitive => a.eq_ignore_ascii_case(b),
        }
    }

    fn fold(self, window: [u8; WIDTH]) -> u32 {
        match self {
            Self::Sensitive => u32::from_le_bytes(window),
            Self::Insensitive => u32::from_le_bytes(window.map(|b| b.to_ascii_lowercase())),
        }
    }
}

/// Where a needle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Offset of its first byte in the block.
    pub start: usize,
    /// Which one, by its place in what [`Finder::new`] was given.
    pub needle: usize,
}

/// A needle that the engine cannot search for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeedleError {
    /// Shorter than four bytes.
    Short {
        /// Which one.
        needle: usize,
    },
    /// More than 65,535 needles: then hosts, not literals, are to be looked up.
    Many,
}

impl std::fmt::Display for NeedleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short { needle } => write!(f, "needle {needle} has fewer than {WIDTH} bytes"),
            Self::Many => write!(f, "more than 65,535 needles"),
        }
    }
}

impl std::error::Error for NeedleError {}

/// Slots of the table of windows; twice as many as needles, at least.
const SLOTS: usize = 1024;

/// Finds needles in blocks. Made once, shared by threads.
pub struct Finder {
    needles: Vec<Box<[u8]>>,
    seats: Vec<Seat>,
    case: Case,
    sieve: Sieve,
    /// Needles by the hash of their window: `slots[hash]..slots[hash + 1]` of `filed`.
    slots: Vec<u16>,
    filed: Vec<u16>,
    kernel: Kernel,
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Finder({} needles)", self.needles.len())
    }
}

impl Finder {
    /// Prepares the search. Needles have at least four bytes; fewer than a hundred is what it is good at.
    pub fn new<N: AsRef<[u8]>>(needles: impl IntoIterator<Item = N>, case: Case) -> Result<Self, NeedleError> {
        let needles: Vec<Box<[u8]>> = needles.into_iter().map(|n| n.as_ref().into()).collect();
        if let Some(needle) = needles.iter().position(|n| n.len() < WIDTH) {
            return Err(NeedleError::Short { needle });
        }
        if needles.len() >= usize::from(u16::MAX) {
            return Err(NeedleError::Many);
        }
        let (sieve, seats) = Sieve::new(&needles, case);
        let kernel = Kernel::best(&sieve);
        let mut finder = Self { needles, seats, case, sieve, slots: Vec::new(), filed: Vec::new(), kernel };
        finder.file();
        Ok(finder)
    }

    /// The same search without vector instructions, for comparison.
    #[must_use]
    pub fn portable(mut self) -> Self {
        self.kernel = Kernel::Portable;
        self
    }

    fn file(&mut self) {
        let mut by_slot: Vec<Vec<u16>> = vec![Vec::new(); SLOTS];
        for (at, (needle, seat)) in self.needles.iter().zip(&self.seats).enumerate() {
            if let Some(window) = needle[seat.offset..].first_chunk::<WIDTH>() {
                by_slot[slot(self.case.fold(*window))].push(u16::try_from(at).unwrap_or(u16::MAX));
            }
        }
        for held in by_slot {
            self.slots.push(u16::try_from(self.filed.len()).unwrap_or(u16::MAX));
            self.filed.extend(held);
        }
        self.slots.push(u16::try_from(self.filed.len()).unwrap_or(u16::MAX));
    }

    /// Adds every place of every needle in the block, overlapping ones too. Hits of one line stand
    /// together, and lines in their order; inside a line the order is that of windows.
    pub fn find(&self, block: &[u8], hits: &mut Vec<Hit>) {
        let mut masks = [0; PART / 64];
        for begin in (0..block.len()).step_by(PART) {
            // A window may lie over the edge of two parts: it belongs to where it begins.
            let seen = &block[begin..block.len().min(begin + PART + WIDTH - 1)];
            self.kernel.scan(&self.sieve, seen, &mut masks);
            for (at, mask) in masks[..seen.len().div_ceil(64).min(PART / 64)].iter().enumerate() {
                let mut mask = *mask;
                while mask != 0 {
                    self.confirm(block, begin + at * 64 + mask.trailing_zeros() as usize, hits);
                    mask &= mask - 1;
                }
            }
        }
    }

    fn confirm(&self, block: &[u8], window: usize, hits: &mut Vec<Hit>) {
        let Some(bytes) = block.get(window..).and_then(<[u8]>::first_chunk::<WIDTH>) else { return };
        let slot = slot(self.case.fold(*bytes));
        let range = usize::from(self.slots[slot])..usize::from(self.slots[slot + 1]);
        for needle in self.filed[range].iter().map(|n| usize::from(*n)) {
            let text = &self.needles[needle];
            let Some(start) = window.checked_sub(self.seats[needle].offset) else { continue };
            if block.get(start..start + text.len()).is_some_and(|there| self.case.same(there, text)) {
                hits.push(Hit { start, needle });
            }
        }
    }
}

fn slot(window: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> 22) as usize
}
