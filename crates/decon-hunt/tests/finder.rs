//! The finder against a naive search: same hits, whatever the needles, the block and the case.

use decon_hunt::{Case, Finder, Hit, NeedleError};
use proptest::prelude::*;

fn naive(needles: &[Vec<u8>], block: &[u8], case: Case) -> Vec<Hit> {
    let same = |a: &[u8], b: &[u8]| if case == Case::Sensitive { a == b } else { a.eq_ignore_ascii_case(b) };
    let mut hits = Vec::new();
    for (needle, text) in needles.iter().enumerate() {
        let places = block.windows(text.len()).enumerate().filter(|(_, w)| same(w, text));
        hits.extend(places.map(|(start, _)| Hit { start, needle }));
    }
    hits.sort();
    hits
}

fn found(finder: &Finder, block: &[u8]) -> Vec<Hit> {
    let mut hits = Vec::new();
    finder.find(block, &mut hits);
    let lines: Vec<usize> = hits.iter().map(|h| block[..h.start].iter().filter(|b| **b == b'\n').count()).collect();
    assert!(lines.is_sorted(), "lines stand in their order");
    hits.sort();
    hits
}

proptest! {
    #[test]
    fn finds_what_a_naive_search_finds(
        needles in prop::collection::vec("[abAB]{4,7}", 1..30),
        block in "[abAB\n]{0,300}",
        insensitive in any::<bool>(),
    ) {
        let case = if insensitive { Case::Insensitive } else { Case::Sensitive };
        let needles: Vec<Vec<u8>> = needles.into_iter().map(String::into_bytes).collect();
        let expected = naive(&needles, block.as_bytes(), case);
        let finder = Finder::new(&needles, case).expect("long enough");
        prop_assert_eq!(&found(&finder, block.as_bytes()), &expected);
        prop_assert_eq!(&found(&finder.portable(), block.as_bytes()), &expected);
    }
}

#[test]
fn finds_over_the_edges_of_parts_and_steps() {
    let finder = Finder::new(["sha256:", "Pulling"], Case::Sensitive).expect("long enough");
    for at in (0..200).chain(32_600..32_900).chain(131_000..131_100) {
        let mut block = vec![b'.'; 132_000];
        block[at..at + 7].copy_from_slice(b"Pulling");
        assert_eq!(found(&finder, &block), [Hit { start: at, needle: 1 }]);
    }
}

#[test]
fn short_needles_are_refused() {
    assert_eq!(Finder::new(["long enough", "abc"], Case::Sensitive).err(), Some(NeedleError::Short { needle: 1 }));
}
