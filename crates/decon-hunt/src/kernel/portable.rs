//! The sieve byte by byte: any processor, and the end of a block.

use super::Masks;
use crate::sieve::{Sieve, WIDTH};

/// Fills the masks of the places at or after `from`, which begins a mask.
pub(super) fn scan(sieve: &Sieve, block: &[u8], from: usize, masks: &mut Masks) {
    masks[from / 64..].fill(0);
    let rest = block.get(from..).unwrap_or_default();
    for (at, window) in rest.windows(WIDTH).enumerate() {
        let groups = (0..WIDTH).fold(0xff, |groups, place| groups & sieve.allowed[place][usize::from(window[place])]);
        masks[(from + at) / 64] |= u64::from(groups != 0) << ((from + at) % 64);
    }
}
