//! Network formats against their fixtures, and the cutting of blocks against reading line by line.
//!
//! A case is `fixtures/network/<format>/<name>.log` with `<name>.jsonl` beside it: what is found of
//! three indicators. `UPDATE_FIXTURES=1` writes the answers anew; read them before you commit.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use decon_core::indicator::{IndicatorSet, Sought};
use decon_formats::network::{FORMATS, Hit, HuntReader, Hunted, Hunter};
use proptest::prelude::*;
use serde_json::json;

fn hunter() -> Arc<Hunter> {
    let sought = ["c2.example.net", "198.51.100.7", "KICS-Telemetry/2.0"];
    let set = IndicatorSet::new(sought.iter().map(|s| Sought::parse(s).unwrap()).collect());
    Arc::new(Hunter::new(set, false).unwrap())
}

/// The same three among so many others that the search goes by dots.
fn crowded() -> Arc<Hunter> {
    let others = (0..400).map(|i| format!("host-{i}.crowd-{i}.example.org"));
    let sought = ["c2.example.net", "198.51.100.7", "KICS-Telemetry/2.0", "evil.co.uk", "198.51.100.77"];
    let sought = sought.map(str::to_owned).into_iter().chain(others);
    let set = IndicatorSet::new(sought.map(|s| Sought::parse(&s).unwrap()).collect());
    Arc::new(Hunter::new(set, false).unwrap())
}

fn read(hunter: &Arc<Hunter>, bytes: &[u8], block: usize) -> Hunted {
    let mut reader = HuntReader::new(Arc::clone(hunter), Arc::default());
    bytes.chunks(block).for_each(|chunk| reader.feed(chunk));
    reader.finish()
}

fn told(hunter: &Hunter, hit: &Hit) -> String {
    let c = &hit.contact;
    let object = json!({
        "indicator": hunter.set().sought()[hit.indicator].value, "line": hit.line, "offset": hit.offset,
        "format": hit.format, "at": c.at.utc().map(|at| at.to_string()), "at_raw": c.at_raw, "source": c.source,
        "destination": c.destination, "destination_ip": c.destination_ip, "user_agent": c.user_agent, "url": c.url,
        "method": c.method, "status": c.status, "bytes_out": c.bytes_out, "outcome": c.outcome.name(), "about": hit.about,
    });
    let kept: serde_json::Map<String, serde_json::Value> =
        object.as_object().unwrap().iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
    serde_json::to_string(&kept).unwrap()
}

fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "log"))
        .collect();
    cases.sort();
    cases
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/network")
}

#[test]
fn every_network_format_reads_its_fixtures() {
    let hunter = hunter();
    for name in FORMATS.iter().map(|f| f.name()).chain(["text"]) {
        let mut claimed = false;
        for case in cases(&fixtures().join(name)) {
            let hunted = read(&hunter, &fs::read(&case).unwrap(), 1 << 20);
            claimed |= hunted.hits.iter().any(|h| h.format == name);
            let found: Vec<String> = hunted.hits.iter().map(|h| told(&hunter, h)).collect();
            let answers = case.with_extension("jsonl");
            if std::env::var_os("UPDATE_FIXTURES").is_some() {
                fs::write(&answers, found.iter().map(|l| format!("{l}\n")).collect::<String>()).unwrap();
            }
            let wanted = fs::read_to_string(&answers).unwrap_or_else(|e| panic!("{}: {e}", answers.display()));
            assert_eq!(found, wanted.lines().collect::<Vec<_>>(), "{}", case.display());
        }
        assert!(claimed, "{name} reads something in its own fixtures");
    }
}

#[test]
fn base64_is_looked_into_when_asked() {
    let set = || IndicatorSet::new(vec![Sought::parse("audit.checkmarx.cx").unwrap()]);
    let text =
        b"cookie=eCBhdWRpdC5jaGVja21hcnguY3g=\npowershell -enc YQB1AGQAaQB0AC4AYwBoAGUAYwBrAG0AYQByAHgALgBjAHgA\n";
    for (deep, wanted) in [(false, 0), (true, 2)] {
        let hunter = Arc::new(Hunter::new(set(), deep).unwrap());
        assert_eq!(read(&hunter, text, 1 << 20).hits.len(), wanted, "deep {deep}");
    }
}

#[test]
fn how_a_log_is_cut_into_blocks_does_not_matter() {
    let hunter = hunter();
    for format in FORMATS {
        for case in cases(&fixtures().join(format.name())) {
            let bytes = fs::read(&case).unwrap();
            let whole = read(&hunter, &bytes, 1 << 20);
            for block in [1, 7, 64, 1000] {
                assert_eq!(whole.hits, read(&hunter, &bytes, block).hits, "{} in blocks of {block}", case.display());
            }
        }
    }
}

/// Line by line, every line looked at: what the two stages must find.
fn naive(hunter: &Hunter, text: &str) -> Vec<(u64, usize)> {
    let mut found = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        found.extend(hunter.set().find(line).into_iter().map(|f| (number as u64 + 1, f.indicator)));
    }
    found
}

proptest! {
    #[test]
    fn two_stages_find_what_a_naive_reading_finds(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "c2.example.net", "C2.EXAMPLE.NET", "a.c2.example.net", "xc2.example.net", "c2.example.netx", "c2%2eexample%2Enet",
                "c2\\u002eexample\\u002enet", "(2)c2(7)example(3)net(0)", "198.51.100.7", "198.51.100.77", "::ffff:c633:6407",
                "kics-telemetry/2.0", "KICS-Telemetry%2F2.0", "\n", "\n", " ", " ", "\"", "/", ":443", "=", "\u{e9}",
                "%20", "%2F", "%22", "%3d", "\\u002f", "\\t", "-", "_", ".", "1.", "9", "x", "%252F", "www.", "b.example.org", "evil.co.uk",
            ]),
            0..40,
        ),
        block in 1usize..50,
    ) {
        let text = parts.concat();
        for hunter in [hunter(), crowded()] {
            let hits = read(&hunter, text.as_bytes(), block).hits;
            let found: Vec<(u64, usize)> = hits.iter().map(|h| (h.line, h.indicator)).collect();
            prop_assert_eq!(found, naive(&hunter, &text));
        }
    }

    #[test]
    fn hostile_lines_never_panic(
        at in any::<prop::sample::Index>(),
        junk in prop::collection::vec(any::<u8>(), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let hunter = hunter();
        for format in FORMATS {
            for case in cases(&fixtures().join(format.name())) {
                let mut bytes = fs::read(&case).unwrap();
                let place = at.index(bytes.len());
                bytes.splice(place..place, junk.iter().copied());
                bytes.truncate(cut.index(bytes.len()) + 1);
                read(&hunter, &bytes, 300);
            }
        }
    }
}
