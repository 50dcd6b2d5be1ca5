//! The sieve with AVX2: 32 places a step, a byte looked up by its two halves.
//!
//! A byte is allowed when its low half and its high half are; so two allowed bytes let through up
//! to two more, and each place is confirmed.

#![allow(unsafe_code, reason = "vector loads take pointers")]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_and_si256, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
    _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use super::Masks;
use crate::sieve::{Sieve, WIDTH};

/// Bytes a step.
const STEP: usize = 32;

/// The groups that allow each half of a byte, a place of the window each.
pub(crate) struct Tables([([u8; 16], [u8; 16]); WIDTH]);

impl Tables {
    /// The tables, if this processor has the instructions.
    pub(crate) fn new(sieve: &Sieve) -> Option<Self> {
        let halves = |all: &[u8; 256]| {
            let mut halves = ([0; 16], [0; 16]);
            for (byte, groups) in all.iter().enumerate() {
                halves.0[byte & 15] |= groups;
                halves.1[byte >> 4] |= groups;
            }
            halves
        };
        is_x86_feature_detected!("avx2").then(|| Self(std::array::from_fn(|place| halves(&sieve.allowed[place]))))
    }

    /// Fills masks, one bit a place; says up to where it looked.
    pub(super) fn scan(&self, block: &[u8], masks: &mut Masks) -> usize {
        // SAFETY: `new` gives tables only where the processor has AVX2.
        unsafe { self.scan_avx2(block, masks) }
    }

    // Written out place by place: a closure handed to code without this feature is not inlined.
    #[target_feature(enable = "avx2")]
    fn scan_avx2(&self, block: &[u8], masks: &mut Masks) -> usize {
        let [first, second, third, fourth] =
            [table(&self.0[0]), table(&self.0[1]), table(&self.0[2]), table(&self.0[3])];
        let none = _mm256_setzero_si256();
        let mut at = 0;
        for mask in masks {
            let Some(step) = block.get(at..at + 2 * STEP + WIDTH - 1) else { break };
            let mut halves = [0; 2];
            for (half, step) in halves.iter_mut().zip([step, &step[STEP..]]) {
                let front = _mm256_and_si256(look_up(first, step), look_up(second, &step[1..]));
                let back = _mm256_and_si256(look_up(third, &step[2..]), look_up(fourth, &step[3..]));
                // Some group allows all four bytes.
                let empty = _mm256_cmpeq_epi8(_mm256_and_si256(front, back), none);
                *half = u64::from(!_mm256_movemask_epi8(empty).cast_unsigned());
            }
            *mask = halves[0] | halves[1] << STEP;
            at += 2 * STEP;
        }
        at
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn table(halves: &([u8; 16], [u8; 16])) -> (__m256i, __m256i) {
    (twice(&halves.0), twice(&halves.1))
}

/// The groups that allow each of 32 bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn look_up(table: (__m256i, __m256i), bytes: &[u8]) -> __m256i {
    let half = _mm256_set1_epi8(15);
    let bytes = load(bytes);
    let low = _mm256_shuffle_epi8(table.0, _mm256_and_si256(bytes, half));
    let high = _mm256_shuffle_epi8(table.1, _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), half));
    _mm256_and_si256(low, high)
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8]) -> __m256i {
    assert!(bytes.len() >= STEP);
    // SAFETY: 32 bytes are there, and this load needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn twice(table: &[u8; 16]) -> __m256i {
    // SAFETY: 16 bytes are there, and this load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
}
