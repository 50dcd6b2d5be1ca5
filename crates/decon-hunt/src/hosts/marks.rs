//! Marks: where names end and addresses begin, from the classes of 64 bytes and their neighbours.

use crate::kernel::{Classes, WORD};

/// Bits behind last labels that follow a dot and begin with a letter; whether one runs on into the
/// next word.
pub(super) fn name_ends(before: &Classes, at: &Classes, next: &Classes, carry: bool) -> (u64, bool) {
    let behind_dot = at.dot << 1 | before.dot >> 63;
    // A run of label bytes that holds a start is carried to its end by one addition.
    let (sum, first) = at.host.overflowing_add(behind_dot & at.letter);
    let (sum, second) = sum.overflowing_add(u64::from(carry));
    let next_host = at.host >> 1 | next.host << 63;
    let next_word = at.letter >> 1 | next.letter << 63 | at.digit >> 1 | next.digit << 63;
    let ends = sum & !at.host;
    // A dot with another label behind it ends none; `.-` is punctuation.
    (ends & !(at.dot & next_host & next_word), first | second)
}

/// Bits of first digits of first numbers: up to three, then a dot and a digit (`numbered`).
pub(super) fn address_starts(before: &Classes, at: &Classes, numbered: u64) -> u64 {
    let behind_digit = at.digit << 1 | before.digit >> 63;
    // A number behind a dot that stands behind a digit is no first one.
    let behind_dot = at.dot << 1 | before.dot >> 63;
    let two_behind_digit = at.digit << 2 | before.digit >> 62;
    numbered & at.digit & !behind_digit & !(behind_dot & two_behind_digit)
}

/// Bits of digits that may be the first of a percent code that runs into an address.
pub(super) fn encoded_starts(at: &Classes, next: &Classes, numbered: u64, next_numbered: u64) -> u64 {
    let digit = |more| ahead(at.digit, next.digit, more);
    let numbered = |more| ahead(numbered, next_numbered, more);
    // `%2094.`, `%252094.` and `%22.94.`
    let run = digit(2) & (numbered(2) | digit(3) & digit(4) & numbered(4));
    at.digit & digit(1) & (run | ahead(at.dot, next.dot, 2) & numbered(3))
}

/// Where one to three digits are followed by a dot and a digit.
pub(super) fn numbered(at: &Classes, next: &Classes) -> u64 {
    let digit = |more| ahead(at.digit, next.digit, more);
    let dot = |more| ahead(at.dot, next.dot, more);
    at.digit & (dot(1) & digit(2) | digit(1) & (dot(2) & digit(3) | digit(2) & dot(3) & digit(4)))
}

/// A word as it is so many bytes further on.
pub(super) fn ahead(at: u64, next: u64, more: u32) -> u64 {
    at >> more | next << (64 - more)
}

/// The places of bits.
pub(super) fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (place < WORD).then_some(place)
    })
}
