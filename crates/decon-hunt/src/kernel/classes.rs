//! What kind of byte stands where: one bit a byte, for everything that is about names and addresses.

/// One bit for each of 64 bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Classes {
    /// `.`
    pub(crate) dot: u64,
    /// `0` to `9`.
    pub(crate) digit: u64,
    /// `a` to `z`, in any case.
    pub(crate) letter: u64,
    /// Letters, digits, `-` and `_`: what labels are made of.
    pub(crate) host: u64,
}

/// Bytes of one [`Classes`].
pub(crate) const WORD: usize = 64;

/// The classes of a block, 64 bytes each; behind its end nothing is of any class.
pub(crate) fn classes(block: &[u8], out: &mut Vec<Classes>) {
    out.clear();
    out.reserve(block.len() / WORD + 1);
    #[cfg(target_arch = "x86_64")]
    super::x86_classes::whole(block, out);
    for rest in block[out.len() * WORD..].chunks(WORD) {
        out.push(portable(rest));
    }
}

fn portable(bytes: &[u8]) -> Classes {
    let mut classes = Classes::default();
    for (n, byte) in bytes.iter().enumerate() {
        let bit = |yes: bool| u64::from(yes) << n;
        classes.dot |= bit(*byte == b'.');
        classes.digit |= bit(byte.is_ascii_digit());
        classes.letter |= bit(byte.is_ascii_alphabetic());
        classes.host |= bit(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_processor_sees_the_same_classes(block in prop::collection::vec(any::<u8>(), 0..500)) {
            let mut found = Vec::new();
            classes(&block, &mut found);
            let expected: Vec<Classes> = block.chunks(WORD).map(portable).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
