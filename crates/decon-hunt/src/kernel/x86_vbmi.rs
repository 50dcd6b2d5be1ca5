//! The sieve with AVX-512 VBMI: 64 places a step, a table of 128 entries in one instruction.
//!
//! `vpermi2b` looks up seven bits of a byte, so a byte over 127 is taken for one under it; text
//! rarely has them, and each place is confirmed.

#![allow(unsafe_code, reason = "vector loads take pointers")]

use std::arch::x86_64::{
    __m512i, _mm512_and_si512, _mm512_loadu_si512, _mm512_permutex2var_epi8, _mm512_test_epi8_mask,
};

use super::Masks;
use crate::sieve::{Sieve, WIDTH};

/// Bytes a step.
const STEP: usize = 64;

/// The groups that allow each seven-bit byte, a place of the window each.
pub(crate) struct Tables([[u8; 128]; WIDTH]);

impl Tables {
    /// The tables, if this processor has the instructions.
    pub(crate) fn new(sieve: &Sieve) -> Option<Self> {
        let able = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi");
        able.then(|| Self(sieve.allowed.map(|all| std::array::from_fn(|byte| all[byte] | all[byte + 128]))))
    }

    /// Fills masks, one bit a place; says up to where it looked.
    pub(super) fn scan(&self, block: &[u8], masks: &mut Masks) -> usize {
        // SAFETY: `new` gives tables only where the processor has these features.
        unsafe { self.scan_vbmi(block, masks) }
    }

    // Written out place by place: a closure handed to code without these features is not inlined.
    // Nothing is called inside the loop, so that the tables stay in registers.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
    fn scan_vbmi(&self, block: &[u8], masks: &mut Masks) -> usize {
        let [first, second, third, fourth] =
            [table(&self.0[0]), table(&self.0[1]), table(&self.0[2]), table(&self.0[3])];
        let mut at = 0;
        for mask in masks {
            let Some(step) = block.get(at..at + STEP + WIDTH - 1) else { break };
            let front = _mm512_and_si512(look_up(first, step), look_up(second, &step[1..]));
            let back = _mm512_and_si512(look_up(third, &step[2..]), look_up(fourth, &step[3..]));
            // Some group allows all four bytes.
            *mask = _mm512_test_epi8_mask(front, back);
            at += STEP;
        }
        at
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn table(groups: &[u8; 128]) -> (__m512i, __m512i) {
    (load(&groups[..STEP]), load(&groups[STEP..]))
}

/// The groups that allow each of 64 bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi")]
fn look_up(table: (__m512i, __m512i), bytes: &[u8]) -> __m512i {
    _mm512_permutex2var_epi8(table.0, load(bytes), table.1)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8]) -> __m512i {
    assert!(bytes.len() >= STEP);
    // SAFETY: 64 bytes are there, and this load needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}
