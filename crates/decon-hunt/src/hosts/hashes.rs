//! Hashes of names and addresses, and a filter over them that fits a second-level cache.

use std::hash::Hasher;

pub(super) fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5)
}

/// The hash of a range of bytes in lower case, eight at a time from its end.
pub(super) fn tail(bytes: &[u8], start: usize, end: usize) -> u64 {
    const LOWER: u64 = 0x2020_2020_2020_2020;
    let mut hash = (end - start) as u64;
    let mut to = end;
    while to - start >= 8 {
        hash = mix(hash, eight(bytes, to) | LOWER);
        to -= 8;
    }
    let rest = to - start;
    if rest > 0 {
        hash = mix(hash, (eight(bytes, to) | LOWER) >> (64 - 8 * rest));
    }
    spread(hash)
}

/// The eight bytes before `to`; what would stand before the text is zero.
fn eight(bytes: &[u8], to: usize) -> u64 {
    if let Some(all) = to.checked_sub(8).and_then(|from| bytes[from..to].first_chunk::<8>()) {
        return u64::from_le_bytes(*all);
    }
    bytes[..to].iter().rev().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
        << (64 - 8 * to.min(8) as u32).min(63)
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn spread(word: u64) -> u64 {
    let word = (word ^ word >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    word ^ word >> 29
}

/// A set of hashes that says "perhaps" or "no": three bits in one word of a table.
pub(super) struct Filter(Box<[u64]>);

impl Filter {
    pub(super) fn new(hashes: &[u64]) -> Self {
        // A word for four: some two in a thousand are let through wrongly.
        let words = (hashes.len() / 4).next_power_of_two().clamp(64, 1 << 20);
        let mut filter = Self(vec![0; words].into());
        for hash in hashes {
            let (word, bits) = filter.place(*hash);
            filter.0[word] |= bits;
        }
        filter
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let bits = 1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63);
        (usize::try_from(hash >> 20).unwrap_or(0) & (self.0.len() - 1), bits)
    }

    pub(super) fn knows(&self, hash: u64) -> bool {
        let (word, bits) = self.place(hash);
        self.0[word] & bits == bits
    }
}

/// A hasher for names, which are hashes already, and for addresses, which are spread to one. Lists
/// are a person's own: nobody gains by collisions.
#[derive(Debug, Default)]
pub(super) struct Quick(u64);

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = step(self.0, *byte));
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
    fn write_u32(&mut self, address: u32) {
        self.0 = spread(u64::from(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_hashed_alike_wherever_it_stands() {
        for name in ["a.b", "abc.def", "abcd.efg", "abcdefgh.ij", "a-very-long-label-of-a-name.example"] {
            let alone = tail(name.as_bytes(), 0, name.len());
            for lead in 1..20 {
                let text = format!("{}{}", "x".repeat(lead), name.to_ascii_uppercase());
                assert_eq!(alone, tail(text.as_bytes(), lead, text.len()), "{name} behind {lead}");
            }
        }
    }
}
