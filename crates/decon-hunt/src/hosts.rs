//! Hosts: names and addresses by the thousand, found at their dots, nearly flat in their number.
//!
//! Every name has a dot before its last label. The bytes around each dot of the text (three before,
//! two behind, in lower case) are looked up in a bitmap; where it knows them, the name that ends
//! there is hashed from its end, and each part of whole labels looked up. An IPv4 address is read
//! at its first dot and looked up as a number. The caller compares what is found.

use std::collections::HashSet;

use crate::finder::Hit;

/// Bits of the bitmap: it and a block fit a second-level cache.
const BITS: usize = 1 << 21;

/// Many names and addresses, ready to be found.
pub struct HostFinder {
    /// Hashes of the bytes around the last dot of a name.
    around: Box<[u64]>,
    /// Hashes of whole names.
    names: HashSet<u64>,
    /// Whether there are names with fewer than three bytes before that dot.
    short: bool,
    addresses: HashSet<u32>,
    /// Masks of ranges, and the ranges' first addresses under each.
    ranges: Vec<(u32, HashSet<u32>)>,
}

impl std::fmt::Debug for HostFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HostFinder({} addresses)", self.addresses.len())
    }
}

impl HostFinder {
    /// Prepares the search for names (lower case, with a dot), addresses, and ranges by first address and bits.
    pub fn new<'n>(
        names: impl IntoIterator<Item = &'n str>,
        addresses: impl IntoIterator<Item = u32>,
        ranges: impl IntoIterator<Item = (u32, u8)>,
    ) -> Self {
        let mut finder = Self {
            around: vec![0; BITS / 64].into(),
            names: HashSet::new(),
            short: false,
            addresses: addresses.into_iter().collect(),
            ranges: Vec::new(),
        };
        for name in names {
            let bytes = name.as_bytes();
            let Some(dot) = bytes.iter().rposition(|b| *b == b'.') else { continue };
            finder.short |= dot < 3;
            finder.names.insert(bytes.iter().rev().fold(0, |hash, byte| step(hash, *byte)));
            let bit = place(window(bytes, dot, dot.min(3)));
            finder.around[bit / 64] |= 1 << (bit % 64);
        }
        for (first, bits) in ranges {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            match finder.ranges.iter_mut().find(|(known, _)| *known == mask) {
                Some((_, firsts)) => drop(firsts.insert(first & mask)),
                None => finder.ranges.push((mask, HashSet::from([first & mask]))),
            }
        }
        finder
    }

    /// Adds the places of dots where a name or an address that is sought may stand. [`Hit::needle`] says nothing.
    pub fn find(&self, block: &[u8], hits: &mut Vec<Hit>) {
        let with_addresses = !self.addresses.is_empty() || !self.ranges.is_empty();
        for dot in memchr::memchr_iter(b'.', block) {
            let Some(behind) = block.get(dot + 1) else { break };
            let sought = if behind.is_ascii_digit() && with_addresses && self.address_at(block, dot) {
                true
            } else {
                // A last label begins with a letter, or with a digit behind `xn--`.
                (behind | 0x20).is_ascii_lowercase() && self.name_at(block, dot)
            };
            if sought {
                hits.push(Hit { start: dot, needle: usize::MAX });
            }
        }
    }

    fn name_at(&self, block: &[u8], dot: usize) -> bool {
        let known = |before: usize| {
            dot >= before && {
                let bit = place(window(block, dot, before));
                self.around[bit / 64] >> (bit % 64) & 1 == 1
            }
        };
        (known(3) || (self.short && (known(2) || known(1)))) && self.ends_here(block, dot)
    }

    /// Whether a name whose last dot this is stands here, alone or below other labels.
    fn ends_here(&self, block: &[u8], dot: usize) -> bool {
        let host = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let mut end = dot + 1 + block[dot + 1..].iter().take(64).take_while(|b| host(**b)).count();
        let goes_on = block.get(end) == Some(&b'.')
            && block.get(end + 1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        if goes_on {
            return false;
        }
        while block[end - 1] == b'-' {
            end -= 1;
        }
        let mut hash = 0;
        for at in (end.saturating_sub(NAME_BYTES)..end).rev() {
            if at != dot && !host(block[at]) && block[at] != b'.' {
                return false;
            }
            hash = step(hash, block[at]);
            let begins = at == 0 || block[at - 1] == b'-' || !host(block[at - 1]);
            if begins && at < dot && self.names.contains(&hash) {
                return true;
            }
        }
        false
    }

    /// Whether an address that is sought has its first dot here.
    fn address_at(&self, block: &[u8], dot: usize) -> bool {
        let start = dot - block[..dot].iter().rev().take(3).take_while(|b| b.is_ascii_digit()).count();
        // Only the first dot of four numbers: before it stands no dot and no further digit.
        if start == dot || (start > 0 && block[start - 1].is_ascii_digit()) {
            return false;
        }
        let Some(address) = quad(&block[start..]) else { return false };
        self.addresses.contains(&address) || self.ranges.iter().any(|(mask, firsts)| firsts.contains(&(address & mask)))
    }
}

/// A name has at most this many bytes (RFC 1035).
const NAME_BYTES: usize = 253;

fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(5)
}

/// Up to three bytes before a dot and two behind it, in lower case.
fn window(bytes: &[u8], dot: usize, before: usize) -> u64 {
    let mut window = before as u64;
    for byte in bytes[dot - before..].iter().take(before).chain(bytes[dot + 1..].iter().take(2)) {
        window = window << 8 | u64::from(byte | 0x20);
    }
    window
}

fn place(window: u64) -> usize {
    usize::try_from(window.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 43).unwrap_or(0) % BITS
}

/// `94.154.172.43` at the start of the text.
fn quad(text: &[u8]) -> Option<u32> {
    let (mut address, mut number, mut digits, mut dots) = (0u32, 0u32, 0, 0);
    for byte in text.iter().take(16).chain([&b' ']) {
        match byte {
            b'0'..=b'9' if digits < 3 => {
                number = number * 10 + u32::from(byte - b'0');
                digits += 1;
            }
            b'.' if digits > 0 && dots < 3 && number < 256 => {
                address = address << 8 | number;
                (number, digits, dots) = (0, 0, dots + 1);
            }
            _ => break,
        }
    }
    (dots == 3 && digits > 0 && number < 256).then_some(address << 8 | number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> bool {
        let range = u32::from(std::net::Ipv4Addr::new(203, 0, 113, 0));
        let address = u32::from(std::net::Ipv4Addr::new(94, 154, 172, 43));
        let finder = HostFinder::new(["audit.checkmarx.cx", "t.co", "ab.de"], [address], [(range, 24)]);
        let mut hits = Vec::new();
        finder.find(text.as_bytes(), &mut hits);
        !hits.is_empty()
    }

    #[test]
    fn names_and_addresses_are_found_at_their_dots() {
        for text in [
            "x audit.checkmarx.cx",
            "A.AUDIT.Checkmarx.CX:443",
            "t.co",
            "http://T.CO/",
            "ab.de",
            "94.154.172.43:443",
            "(203.0.113.77)",
            "1.94.154.172.43",
        ] {
            assert!(found(text), "{text}");
        }
        for text in [
            "checkmarx.com",
            "xt.co",
            "xt.com",
            "audit.checkmarx.cx.example.com",
            "xaudit.checkmarx.cx",
            "94.154.172.44",
            "194.154.172.43",
            "203.0.114.1",
            "1.2.3",
            "a.b",
            "example.",
            ".",
            "1.1",
        ] {
            assert!(!found(text), "{text}");
        }
    }
}
