//! Kernels: the sieve over a block, one file for each kind of processor.
//!
//! A kernel gives one bit a place. It may let through more than [`portable`] does (bytes that its
//! tables cannot tell apart), never less; the finder confirms each place.

mod classes;
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86_avx2;
#[cfg(target_arch = "x86_64")]
mod x86_classes;
#[cfg(target_arch = "x86_64")]
mod x86_vbmi;

pub(crate) use classes::{Classes, WORD, classes};

use crate::sieve::Sieve;

/// Places that a kernel judges at once: their masks stay in the first-level cache.
pub(crate) const PART: usize = 1 << 15;

/// One bit a place.
pub(crate) type Masks = [u64; PART / 64];

/// The kernel for the processor at hand.
pub(crate) enum Kernel {
    /// Any processor.
    Portable,
    /// x86-64 with AVX2: Intel since 2013, AMD since 2015.
    #[cfg(target_arch = "x86_64")]
    Avx2(Box<x86_avx2::Tables>),
    /// x86-64 with AVX-512 VBMI: Intel since 2019, AMD since 2022.
    #[cfg(target_arch = "x86_64")]
    Vbmi(Box<x86_vbmi::Tables>),
}

impl Kernel {
    /// The fastest that runs here.
    pub(crate) fn best(sieve: &Sieve) -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(tables) = x86_vbmi::Tables::new(sieve) {
                return Self::Vbmi(Box::new(tables));
            }
            if let Some(tables) = x86_avx2::Tables::new(sieve) {
                return Self::Avx2(Box::new(tables));
            }
        }
        let _ = sieve;
        Self::Portable
    }

    /// Sets one bit for each place of the block, of at most [`PART`] of them, where a window may begin.
    pub(crate) fn scan(&self, sieve: &Sieve, block: &[u8], masks: &mut Masks) {
        let done = match self {
            Self::Portable => 0,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(tables) => tables.scan(block, masks),
            #[cfg(target_arch = "x86_64")]
            Self::Vbmi(tables) => tables.scan(block, masks),
        };
        portable::scan(sieve, block, done, masks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finder::Case;
    use proptest::prelude::*;

    fn places(kernel: &Kernel, sieve: &Sieve, block: &[u8]) -> Masks {
        // What an earlier block left must not matter.
        let mut masks = [u64::MAX; PART / 64];
        kernel.scan(sieve, block, &mut masks);
        masks
    }

    /// Every kernel that this processor has.
    fn kernels(sieve: &Sieve) -> Vec<Kernel> {
        let mut all = vec![Kernel::best(sieve)];
        #[cfg(target_arch = "x86_64")]
        all.extend(x86_avx2::Tables::new(sieve).map(|t| Kernel::Avx2(Box::new(t))));
        all
    }

    proptest! {
        #[test]
        fn kernels_lose_no_place_and_invent_few(
            needles in prop::collection::vec(prop::collection::vec(any::<u8>(), 4..9), 1..20),
            block in prop::collection::vec(prop::sample::select(&b"abcdefgh01\n\x80\xff"[..]), 0..400),
            insensitive in any::<bool>(),
        ) {
            let needles: Vec<Box<[u8]>> = needles.into_iter().map(Vec::into_boxed_slice).collect();
            let case = if insensitive { Case::Insensitive } else { Case::Sensitive };
            let (sieve, _) = Sieve::new(&needles, case);
            let expected = places(&Kernel::Portable, &sieve, &block);
            for kernel in kernels(&sieve) {
                let found = places(&kernel, &sieve, &block);
                prop_assert!(expected.iter().zip(&found).all(|(e, f)| e & !f == 0));
                let beyond = block.len().saturating_sub(crate::sieve::WIDTH - 1);
                prop_assert!((beyond..PART).all(|p| found[p / 64] >> (p % 64) & 1 == 0));
            }
        }
    }
}
