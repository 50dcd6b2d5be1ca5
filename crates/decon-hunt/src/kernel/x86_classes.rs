//! Classes of bytes with AVX2: 32 bytes a step, each looked up by its two halves.
//!
//! Comparing ranges would be plainer; the compiler takes such comparisons apart into single bytes,
//! which made this twenty times slower.

#![allow(unsafe_code, reason = "vector loads take pointers")]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_slli_epi16, _mm256_srli_epi16,
};

use super::classes::{Classes, WORD};

/// Bytes a step.
const STEP: usize = 32;

/// One bit a kind of byte, by its low half and by its high half: a byte is of a kind that both allow.
const DOT: u8 = 1;
const DIGIT: u8 = 1 << 1;
/// Letters behind `@` and `` ` ``, and those behind `P` and `p`.
const FRONT: u8 = 1 << 2;
const BACK: u8 = 1 << 3;
const DASH: u8 = 1 << 4;
const UNDER: u8 = 1 << 5;

/// Low halves 0, 1 to 9, 10, 11 and 12, 13 (dash), 14 (dot), 15 (underscore).
const LOW: [u8; 16] = {
    let mut low = [FRONT; 16];
    low[0] = 0;
    let mut half = 0;
    while half < 16 {
        low[half] |= if half < 10 { DIGIT } else { 0 } | if half < 11 { BACK } else { 0 };
        half += 1;
    }
    low[13] |= DASH;
    low[14] |= DOT;
    low[15] |= UNDER;
    low
};

const HIGH: [u8; 16] = {
    let mut high = [0; 16];
    high[2] = DOT | DASH;
    high[3] = DIGIT;
    high[4] = FRONT;
    high[5] = BACK | UNDER;
    high[6] = FRONT;
    high[7] = BACK;
    high
};

/// Adds the classes of all whole words of a block, where this processor has AVX2.
pub(super) fn whole(block: &[u8], out: &mut Vec<Classes>) {
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        unsafe { whole_avx2(block, out) }
    }
}

#[target_feature(enable = "avx2")]
fn whole_avx2(block: &[u8], out: &mut Vec<Classes>) {
    let tables = (twice(&LOW), twice(&HIGH));
    for word in block.chunks_exact(WORD) {
        let (low, high) = (step(tables, &word[..STEP]), step(tables, &word[STEP..]));
        out.push(Classes {
            dot: join(low.0, high.0),
            digit: join(low.1, high.1),
            letter: join(low.2, high.2),
            host: join(low.3, high.3),
        });
    }
}

fn join(low: i32, high: i32) -> u64 {
    u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << STEP
}

/// Dots, digits, letters, bytes of labels.
#[inline]
#[target_feature(enable = "avx2")]
fn step(tables: (__m256i, __m256i), bytes: &[u8]) -> (i32, i32, i32, i32) {
    assert!(bytes.len() >= STEP);
    // SAFETY: 32 bytes are there, and this load needs no alignment.
    let bytes = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    let half = _mm256_set1_epi8(15);
    // A byte from 128 on looks up nothing by its low half, and has no kind by its high one.
    let low = _mm256_shuffle_epi8(tables.0, bytes);
    let high = _mm256_shuffle_epi8(tables.1, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), half));
    let kinds = _mm256_and_si256(low, high);
    // A shift brings a kind's bit to the top of its byte, where the mask takes it from.
    let dot = _mm256_movemask_epi8(_mm256_slli_epi16::<7>(kinds));
    let digit = _mm256_movemask_epi8(_mm256_slli_epi16::<6>(kinds));
    let letters = _mm256_or_si256(_mm256_slli_epi16::<5>(kinds), _mm256_slli_epi16::<4>(kinds));
    let labels = _mm256_and_si256(kinds, _mm256_set1_epi8((DIGIT | FRONT | BACK | DASH | UNDER).cast_signed()));
    let others = _mm256_movemask_epi8(_mm256_cmpeq_epi8(labels, _mm256_setzero_si256()));
    (dot, digit, _mm256_movemask_epi8(letters), !others)
}

#[inline]
#[target_feature(enable = "avx2")]
fn twice(table: &[u8; 16]) -> __m256i {
    // SAFETY: 16 bytes are there, and this load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
}
