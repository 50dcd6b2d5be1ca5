//! Words that logs are full of, and sets of the windows of bytes they hold.
//!
//! The frequencies of bytes alone do not tell how often `load` stands in text: it is in every
//! `Downloading`. A set is a bitmap over all windows of [`WORDS`].

use std::sync::LazyLock;

use crate::sieve::WIDTH;

/// Words as logs write them.
const WORDS: &str = " Downloading Downloaded download Compiling compiled Installing installed Building build \
    Running running Starting started starting Finished Collecting Entering directory Leaving Unpacking Setting up \
    error: Error warning: WARN INFO DEBUG info debug level message status request response result results file \
    files images container docker docker. version http:// https:// registry repository package packages unused \
    module modules server client connection default from found have with test tests passed failed success time \
    null true false node_modules github.com/ githubusercontent actions/ checkout npm yarn cargo python java maven \
    gradle org.apache artifact action type timestamp Mozilla/5.0 Chrome Safari AppleWebKit GET POST HTTP/1.1 200 \
    user name path cache cached layers exporting resolving step Step stage running in sending done variable remote \
    available enabled disabled service services create created update updated delete config configuration ";

/// 64-bit parts of a set: room for all windows of [`WORDS`].
const PARTS: usize = 18;
const _: () = assert!(WORDS.len() <= PARTS * 64);

/// A set of windows.
pub(crate) type Windows = [u64; PARTS];

pub(crate) const NONE: Windows = [0; PARTS];
pub(crate) const ALL: Windows = [u64::MAX; PARTS];

static BY_BYTE: LazyLock<Vec<[Windows; 256]>> = LazyLock::new(|| {
    let mut by_byte = vec![[NONE; 256]; WIDTH];
    for (at, window) in WORDS.as_bytes().windows(WIDTH).enumerate() {
        for (place, byte) in window.iter().enumerate() {
            by_byte[place][usize::from(*byte)][at / 64] |= 1 << (at % 64);
        }
    }
    by_byte
});

/// The windows that have this byte at this place.
pub(crate) fn with(place: usize, byte: u8) -> Windows {
    BY_BYTE[place][usize::from(byte)]
}

pub(crate) fn either(a: Windows, b: Windows) -> Windows {
    std::array::from_fn(|part| a[part] | b[part])
}

pub(crate) fn both(a: Windows, b: Windows) -> Windows {
    std::array::from_fn(|part| a[part] & b[part])
}

pub(crate) fn count(windows: Windows) -> u32 {
    windows.iter().map(|part| part.count_ones()).sum()
}
