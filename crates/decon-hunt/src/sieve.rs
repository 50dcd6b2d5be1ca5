//! The sieve: for each of a few neighbouring bytes, which groups of needles allow it.
//!
//! A needle is recognised by a window of [`WIDTH`] of its bytes. Needles share eight groups, one
//! bit each; a place may hold a needle when some group allows all bytes of the window there. So
//! the choice of windows and groups decides how often the sieve lets through what is nothing.
//! It is made with the frequencies of bytes in logs, greedily and then mended, without chance.

use crate::finder::Case;
use crate::words::{self, Windows};

/// Bytes of a needle that the sieve looks at.
pub(crate) const WIDTH: usize = 4;
/// Groups of needles: the bits of a byte.
const GROUPS: usize = 8;
/// Rounds of moving needles to better groups; a third changes next to nothing.
const ROUNDS: usize = 2;

/// Which groups allow a byte at each place of the window.
#[derive(Clone)]
pub(crate) struct Sieve {
    /// `allowed[place][byte]` holds one bit a group.
    pub(crate) allowed: [[u8; 256]; WIDTH],
}

/// A needle's window: where it begins in the needle, and its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) offset: usize,
    group: usize,
}

impl Sieve {
    /// Chooses windows and groups. Every needle must have at least [`WIDTH`] bytes.
    pub(crate) fn new(needles: &[Box<[u8]>], case: Case) -> (Self, Vec<Seat>) {
        let mut groups = Groups::new(case);
        let mut seats: Vec<Option<Seat>> = vec![None; needles.len()];
        // The most easily mistaken ones choose last: they then see where they do least harm.
        let mut order: Vec<usize> = (0..needles.len()).collect();
        order.sort_by(|a, b| rarest(&needles[*a]).total_cmp(&rarest(&needles[*b])).then(a.cmp(b)));
        for _ in 0..ROUNDS {
            for at in &order {
                if let Some(seat) = seats[*at] {
                    groups.change(&needles[*at], seat, -1);
                }
                let seat = groups.best(&needles[*at]);
                groups.change(&needles[*at], seat, 1);
                seats[*at] = Some(seat);
            }
        }
        (groups.sieve(), seats.into_iter().flatten().collect())
    }
}

/// The groups in the making.
struct Groups {
    case: Case,
    /// How many needles want a byte at a place.
    wanted: Box<[[[u16; 256]; WIDTH]; GROUPS]>,
    /// How much of a log's bytes a place allows.
    share: [[f64; WIDTH]; GROUPS],
    /// Which windows of common words a place allows.
    common: [[Windows; WIDTH]; GROUPS],
}

impl Groups {
    fn new(case: Case) -> Self {
        Self {
            case,
            wanted: Box::new([[[0; 256]; WIDTH]; GROUPS]),
            share: [[0.0; WIDTH]; GROUPS],
            common: [[words::NONE; WIDTH]; GROUPS],
        }
    }

    fn change(&mut self, needle: &[u8], seat: Seat, by: i32) {
        for place in 0..WIDTH {
            for byte in self.case.forms(needle[seat.offset + place]) {
                let count = &mut self.wanted[seat.group][place][usize::from(byte)];
                let before = *count;
                *count = if by > 0 { before + 1 } else { before - 1 };
                if before == 0 {
                    self.share[seat.group][place] += frequency(byte);
                } else if *count == 0 {
                    self.share[seat.group][place] -= frequency(byte);
                }
            }
            self.common[seat.group][place] = self.common_windows(seat.group, place);
        }
    }

    fn common_windows(&self, group: usize, place: usize) -> Windows {
        let bytes = (0..=255u8).filter(|byte| self.wanted[group][place][usize::from(*byte)] > 0);
        bytes.fold(words::NONE, |windows, byte| words::either(windows, words::with(place, byte)))
    }

    /// The window and group by which the sieve lets through least more.
    fn best(&self, needle: &[u8]) -> Seat {
        let mut best = (f64::INFINITY, Seat { offset: 0, group: 0 });
        for offset in 0..=needle.len() - WIDTH {
            for group in 0..GROUPS {
                let before: f64 = self.share[group].iter().product();
                let after: f64 =
                    (0..WIDTH).map(|place| self.share_with(group, place, needle[offset + place])).product();
                let bytes = after - before + EPSILON * after;
                // The words are asked only where the bytes alone are no worse already.
                if bytes < best.0 {
                    let cost = bytes + self.common_with(group, &needle[offset..offset + WIDTH]);
                    if cost < best.0 {
                        best = (cost, Seat { offset, group });
                    }
                }
            }
        }
        best.1
    }

    fn share_with(&self, group: usize, place: usize, byte: u8) -> f64 {
        let new = |b: &u8| self.wanted[group][place][usize::from(*b)] == 0;
        self.share[group][place] + self.case.forms(byte).filter(new).map(frequency).sum::<f64>()
    }

    /// How often words that logs are full of pass a group that also allows this window.
    fn common_with(&self, group: usize, window: &[u8]) -> f64 {
        let mut passing = words::ALL;
        for (place, byte) in window.iter().enumerate() {
            let added = self.case.forms(*byte).map(|form| words::with(place, form));
            passing = words::both(passing, added.fold(self.common[group][place], words::either));
        }
        f64::from(words::count(passing)) * COMMON_SHARE
    }

    fn sieve(&self) -> Sieve {
        let mut allowed = [[0; 256]; WIDTH];
        for (group, places) in self.wanted.iter().enumerate() {
            for (place, bytes) in places.iter().enumerate() {
                for (byte, count) in bytes.iter().enumerate() {
                    allowed[place][byte] |= u8::from(*count > 0) << group;
                }
            }
        }
        Sieve { allowed }
    }
}

/// How often one window of a common word stands in logs, a byte.
const COMMON_SHARE: f64 = 5e-4;
/// Among equal costs a smaller group is better.
const EPSILON: f64 = 1e-3;

fn rarest(needle: &[u8]) -> f64 {
    let windows = needle.windows(WIDTH).map(|w| w.iter().copied().map(frequency).product::<f64>());
    windows.fold(f64::INFINITY, f64::min)
}

/// How often a byte stands in logs, roughly: digits, hex, separators and common letters lead.
fn frequency(byte: u8) -> f64 {
    match byte {
        b' ' => 0.14,
        b'0' | b'1' | b'2' => 0.05,
        b'3'..=b'9' => 0.03,
        b'e' | b't' | b'a' | b'i' | b'n' | b'o' | b'r' | b's' => 0.04,
        b'c' | b'd' | b'l' | b'm' | b'p' | b'u' | b'g' | b'h' | b'b' | b'f' => 0.02,
        b'k' | b'v' | b'w' | b'x' | b'y' => 0.008,
        b'j' | b'q' | b'z' => 0.002,
        b'.' | b'-' | b'/' | b':' | b'"' | b',' => 0.02,
        b'=' | b'_' | b'[' | b']' | b'(' | b')' | b'{' | b'}' => 0.008,
        b'T' | b'Z' | b'I' | b'E' | b'S' | b'G' | b'A' | b'C' | b'N' => 0.006,
        b'B' | b'D' | b'F' | b'H' | b'L' | b'M' | b'O' | b'P' | b'R' | b'U' | b'W' => 0.003,
        _ => 0.001,
    }
}
