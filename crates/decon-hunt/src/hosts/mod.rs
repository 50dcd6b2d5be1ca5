//! Hosts: names and addresses by the thousand, found where a name ends or an address begins, nearly
//! flat in their number.
//!
//! The block's bytes are sorted into classes, one bit a byte, so that the ends of last labels and
//! the first numbers of addresses come out of a few additions and shifts for 64 bytes at once. The
//! last two labels of a name are hashed and looked up in a filter; where it knows them, each part of
//! whole labels is looked up. What is found is compared properly by the caller; nothing that it
//! would find may be lost here, encoded or not.

mod hashes;
mod marks;

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use crate::finder::Hit;
use crate::kernel::{Classes, WORD, classes};
use hashes::{Filter, Quick, step, tail};
use marks::{address_starts, bits, encoded_starts, name_ends, numbered};

/// Many names and addresses, ready to be found.
pub struct HostFinder {
    /// Hashes of the last two labels of each name.
    tails: Filter,
    /// Hashes of whole names.
    names: HashSet<u64, BuildHasherDefault<Quick>>,
    /// The first two numbers of addresses and of what ranges hold: a bit each.
    fronts: Box<[u64; 1024]>,
    addresses: HashSet<u32, BuildHasherDefault<Quick>>,
    /// Masks of ranges, and the ranges' first addresses under each.
    ranges: Vec<(u32, HashSet<u32, BuildHasherDefault<Quick>>)>,
}

impl std::fmt::Debug for HostFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HostFinder({} names, {} addresses)", self.names.len(), self.addresses.len())
    }
}

impl HostFinder {
    /// Prepares the search for names (lower case, with a dot), addresses, and ranges by first address and bits.
    pub fn new<'n>(
        names: impl IntoIterator<Item = &'n str>,
        addresses: impl IntoIterator<Item = u32>,
        ranges: impl IntoIterator<Item = (u32, u8)>,
    ) -> Self {
        let mut tails = Vec::new();
        let mut all = HashSet::default();
        for name in names {
            let bytes = name.as_bytes();
            let mut dots = bytes.iter().enumerate().rev().filter(|(_, b)| **b == b'.').map(|(at, _)| at);
            if dots.next().is_none() {
                continue;
            }
            tails.push(tail(bytes, dots.next().map_or(0, |at| at + 1), bytes.len()));
            all.insert(bytes.iter().rev().fold(0, |hash, byte| step(hash, *byte)));
        }
        let addresses: HashSet<u32, _> = addresses.into_iter().collect();
        let mut by_mask: Vec<(u32, HashSet<u32, _>)> = Vec::new();
        for (first, bits) in ranges {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            match by_mask.iter_mut().find(|(known, _)| *known == mask) {
                Some((_, firsts)) => drop(firsts.insert(first & mask)),
                None => by_mask.push((mask, HashSet::from_iter([first & mask]))),
            }
        }
        let mut fronts = Box::new([0; 1024]);
        let ends = |mask: u32, first: u32| (first, first | !mask);
        let spans = by_mask.iter().flat_map(|(mask, firsts)| firsts.iter().map(|first| ends(*mask, *first)));
        for (first, last) in addresses.iter().map(|address| (*address, *address)).chain(spans) {
            for front in first >> 16..=last >> 16 {
                fronts[front as usize / 64] |= 1 << (front % 64);
            }
        }
        Self { tails: Filter::new(&tails), names: all, fronts, addresses, ranges: by_mask }
    }

    /// Adds places where a name or an address that is sought may stand, in order. [`Hit::needle`] says nothing.
    pub fn find(&self, block: &[u8], hits: &mut Vec<Hit>) {
        let mut words = Vec::new();
        classes(block, &mut words);
        let text = Text { block, words: &words };
        text.each_end(|end| self.name(&text, end, hits));
        if !self.addresses.is_empty() || !self.ranges.is_empty() {
            self.addresses(&text, hits);
        }
        hits.sort_unstable();
    }

    fn addresses(&self, text: &Text<'_>, hits: &mut Vec<Hit>) {
        let nothing = Classes::default();
        let encoded = memchr::memchr(b'%', text.block).is_some();
        let word = |n: usize| text.words.get(n).unwrap_or(&nothing);
        let (mut before, mut here) = (&nothing, numbered(word(0), word(1)));
        for (n, at) in text.words.iter().enumerate() {
            let next = numbered(word(n + 1), word(n + 2));
            for place in bits(address_starts(before, at, here)) {
                self.address(text, n * WORD + place, hits);
            }
            if encoded {
                for place in bits(encoded_starts(at, word(n + 1), here, next)) {
                    self.encoded_address(text, n * WORD + place, hits);
                }
            }
            (before, here) = (at, next);
        }
    }

    /// A name whose last label ends before `end`.
    fn name(&self, text: &Text<'_>, end: usize, hits: &mut Vec<Hit>) {
        let block = text.block;
        let end = end - block[..end].iter().rev().take_while(|b| **b == b'-').count();
        let Some(dot) = text.no_host_before(end).filter(|dot| block[*dot] == b'.') else { return };
        let boundary = text.no_host_before(dot);
        let start = boundary.map_or(0, |at| at + 1);
        let known = |start: usize| start < dot && self.tails.knows(tail(block, start, end));
        let bare = start + block[start..dot].iter().take_while(|b| **b == b'-').count();
        let sought = known(bare) || boundary.is_some_and(|at| plain_from(block, at).any(known));
        if sought && self.ends_here(block, dot, end) {
            hits.push(Hit { start: dot, needle: usize::MAX });
        }
    }

    /// Whether a name that ends here stands here, alone or below other labels.
    fn ends_here(&self, block: &[u8], dot: usize, end: usize) -> bool {
        let mut hash = 0;
        for at in (end.saturating_sub(NAME_BYTES)..end).rev() {
            if !is_host(block[at]) && block[at] != b'.' {
                return false;
            }
            hash = step(hash, block[at]);
            let begins = at == 0 || block[at - 1] == b'-' || !is_host(block[at - 1]) || begins_plain(block, at);
            if begins && at < dot && self.names.contains(&hash) {
                return true;
            }
        }
        false
    }

    /// An address whose first number begins here.
    fn address(&self, text: &Text<'_>, start: usize, hits: &mut Vec<Hit>) {
        let Some(rest) = text.block.get(start..) else { return };
        let Some(front) = front(rest).filter(|front| self.fronts[front / 64] >> (front % 64) & 1 == 1) else { return };
        let Some(address) = quad(rest).filter(|address| *address >> 16 == low_half(front)) else { return };
        let known = self.addresses.contains(&address);
        if known || self.ranges.iter().any(|(mask, firsts)| firsts.contains(&(address & mask))) {
            hits.push(Hit { start, needle: usize::MAX });
        }
    }

    /// `%2094.154.172.43`, `%252094.154.172.43`: the digits of a code run into the first number.
    fn encoded_address(&self, text: &Text<'_>, start: usize, hits: &mut Vec<Hit>) {
        if start > 0 && text.block[start - 1] == b'%' {
            self.address(text, start + 2, hits);
            self.address(text, start + 3, hits);
            self.address(text, start + 4, hits);
        }
    }
}

/// A block and its classes.
struct Text<'t> {
    block: &'t [u8],
    words: &'t [Classes],
}

/// Hands on every name of a block, with a place in it: labels with dots between, the last one
/// beginning with a letter.
pub fn each_name(block: &[u8], mut each: impl FnMut(usize, &[u8])) {
    let mut words = Vec::new();
    classes(block, &mut words);
    let text = Text { block, words: &words };
    text.each_end(|end| {
        let labels = |b: &&u8| is_host(**b) || **b == b'.';
        let begin = end - block[..end].iter().rev().take(NAME_BYTES).take_while(labels).count();
        // The codes of an encoded blank or slash are no part of the name.
        let encoded = begin.checked_sub(1).and_then(|boundary| plain_from(block, boundary).last());
        for from in [Some(begin), encoded].into_iter().flatten().filter(|from| *from < end) {
            each(end - 1, &block[from..end]);
        }
    });
}

impl Text<'_> {
    /// Hands on where last labels end.
    fn each_end(&self, mut each: impl FnMut(usize)) {
        let nothing = Classes::default();
        let (mut before, mut carry) = (&nothing, false);
        for (n, at) in self.words.iter().enumerate() {
            let next = self.words.get(n + 1).unwrap_or(&nothing);
            let (ends, over) = name_ends(before, at, next, carry);
            carry = over;
            bits(ends).for_each(|place| each(n * WORD + place));
            before = at;
        }
        // A name that ends with the block.
        if carry {
            each(self.block.len());
        }
    }

    /// The last byte before `end` that no label has.
    fn no_host_before(&self, end: usize) -> Option<usize> {
        let (mut word, bit) = (end / WORD, end % WORD);
        let mut others = if bit == 0 { 0 } else { !self.words[word].host & (u64::MAX >> (WORD - bit)) };
        while others == 0 {
            word = word.checked_sub(1)?;
            others = !self.words[word].host;
        }
        Some(word * WORD + WORD - 1 - others.leading_zeros() as usize)
    }
}

/// Where a name may begin behind a byte of no label: behind the code that `%` or `\\` begins, encoded
/// once, twice or three times.
fn plain_from(block: &[u8], boundary: usize) -> impl Iterator<Item = usize> {
    let next = block.get(boundary + 1);
    let lengths: &[usize] = match (block[boundary], next) {
        (b'%', _) => match block.get(boundary + 1..boundary + 5) {
            Some(b"2525") => &[3, 5, 7],
            Some([b'2', b'5', ..]) => &[3, 5],
            _ => &[3],
        },
        (b'\\', Some(b'u' | b'U')) => &[6],
        // `\n`, `\t`: one letter that belongs to the backslash.
        (b'\\', _) => &[2],
        _ => &[],
    };
    lengths.iter().map(move |length| boundary + length)
}

/// Whether a code ends before this byte.
fn begins_plain(block: &[u8], at: usize) -> bool {
    [2, 3, 5, 6, 7].into_iter().filter(|back| *back <= at).any(|back| {
        let boundary = at - back;
        matches!(block[boundary], b'%' | b'\\') && plain_from(block, boundary).any(|from| from == at)
    })
}

fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// A name has at most this many bytes (RFC 1035).
const NAME_BYTES: usize = 253;

fn low_half(front: usize) -> u32 {
    u32::try_from(front).unwrap_or(u32::MAX)
}

/// The first two numbers of an address, as sixteen bits.
fn front(text: &[u8]) -> Option<usize> {
    let mut numbers = [0usize; 2];
    let mut at = 0;
    for (n, number) in numbers.iter_mut().enumerate() {
        for _ in 0..3 {
            let Some(digit) = text.get(at).filter(|b| b.is_ascii_digit()) else { break };
            *number = *number * 10 + usize::from(digit - b'0');
            at += 1;
        }
        if *number > 255 || (n == 0 && text.get(at) != Some(&b'.')) {
            return None;
        }
        at += 1;
    }
    Some(numbers[0] << 8 | numbers[1])
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

    fn finder() -> HostFinder {
        let range = u32::from(std::net::Ipv4Addr::new(203, 0, 113, 0));
        let address = u32::from(std::net::Ipv4Addr::new(94, 154, 172, 43));
        HostFinder::new(["audit.checkmarx.cx", "t.co", "ab.de", "evil.co.uk", "one.letter.x"], [address], [(range, 24)])
    }

    fn found(text: &str) -> bool {
        let mut hits = Vec::new();
        finder().find(text.as_bytes(), &mut hits);
        !hits.is_empty()
    }

    const HELD: [&str; 29] = [
        "x audit.checkmarx.cx",
        "A.AUDIT.Checkmarx.CX:443",
        "audit.checkmarx.cx.",
        "audit.checkmarx.cx.-",
        "audit.checkmarx.cx- ",
        "--audit.checkmarx.cx",
        "t.co",
        "http://T.CO/",
        "x%20t.co%2F",
        "x%252Ft.co%252F",
        "x%252094.154.172.43",
        "https%3A%2F%2Ft.co%2F",
        "\\u002ft.co\\u002f",
        "a\\\\tt.co",
        "ab.de",
        "_sip.ab.de",
        "evil.co.uk",
        "a.b.evil.co.uk/x",
        "one.letter.x",
        "94.154.172.43:443",
        "(203.0.113.77)",
        "-203.0.113.77-",
        ".94.154.172.43",
        "%2294.154.172.43%22",
        "%3D94.154.172.43",
        "94.154.172.43.",
        "::ffff:94.154.172.43",
        "id=94.154.172.43",
        "x94.154.172.43",
    ];
    const NOT_HELD: [&str; 16] = [
        "checkmarx.com",
        "xt.co",
        "xt.com",
        "audit.checkmarx.cx.example.com",
        "xaudit.checkmarx.cx",
        "94.154.172.44",
        "194.154.172.43",
        "1.94.154.172.43",
        "203.0.114.1",
        "1.2.3",
        "a.b",
        "example.",
        ".",
        "1.1",
        "co.uk",
        "other.co.uk",
    ];

    #[test]
    fn names_and_addresses_are_found_wherever_they_stand_in_a_block() {
        // Words of classes have 64 bytes: each text must be found across their borders too.
        for lead in 0..140 {
            for text in HELD {
                assert!(found(&format!("{}{text}", " ".repeat(lead))), "{text} behind {lead}");
                assert!(found(&format!("{}{text} and more", "y ".repeat(lead))), "{text} behind {lead}");
            }
            for text in NOT_HELD {
                assert!(!found(&format!("{}{text}", " ".repeat(lead))), "{text} behind {lead}");
                assert!(!found(&format!("{}{text} and more", "y ".repeat(lead))), "{text} behind {lead}");
            }
        }
    }
}
