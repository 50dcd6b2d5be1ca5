//! Rules against their golden fixtures: `fixtures/rule/<name>.txt`, from indicators of every kind, some hostile.
//!
//! `UPDATE_FIXTURES=1` writes them anew; read them before you commit, and give them to the system's
//! own parser.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use decon_core::indicator::Sought;
use decon_formats::rule::{RULES, emit};

fn sought() -> Vec<Sought> {
    let values = [
        "c2.example.net",
        "https://only.example.net",
        "198.51.100.7",
        "203.0.113.0/24",
        "2001:db8::7",
        "2001:db8:1::/48",
        "https://a.example.com/v1/x?y='z",
        "KICS-Telemetry/2.0",
        "ua:Mozilla \"quoted\" \\ *x?;|`%",
    ];
    let mut sought: Vec<Sought> = values.iter().map(|v| Sought::parse(v).unwrap()).collect();
    sought[0].advisory = Some("example-2026-01".into());
    sought[0].shared_with = vec!["other-2026-02".into()];
    sought[2].note = Some("a caution\nwith a line end ``` -- */".into());
    sought
}

#[test]
fn every_system_gets_its_golden_rules() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rule");
    for format in RULES {
        let path = folder.join(format!("{}.txt", format.name()));
        let text = emit(*format, &sought());
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(text, fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())));
    }
}

#[test]
fn what_a_system_cannot_express_is_said() {
    for format in RULES {
        let text = emit(*format, &sought());
        for value in ["c2.example.net", "198.51.100.7", "203.0.113.0/24", "2001:db8:1::/48", "KICS-Telemetry/2.0"] {
            let plain = text.replace("\\\\.", ".").replace("\\.", ".");
            assert!(plain.contains(value), "{} says nothing of {value}", format.name());
        }
    }
}

#[test]
fn one_indicator_alone_makes_whole_rules() {
    for one in sought() {
        for format in RULES {
            let text = emit(*format, std::slice::from_ref(&one));
            assert!(!text.contains("()") || text.contains("count()"), "{}: {text}", format.name());
            assert!(!text.contains("WHERE \n") && !text.contains("[]\n"), "{}: {text}", format.name());
        }
    }
}
