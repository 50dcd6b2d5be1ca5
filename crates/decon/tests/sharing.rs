//! A hunt shared by several processes gives exactly what one run gives.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::fs;

use support::{Folder, Ran, decon};

const INDICATOR: &str = "c2.example.net";

/// Logs of several kinds: lines that depend on a header far above, a gzip file, an archive, a file
/// without a last line end, one with a line of 2 MiB, an empty one, one that is no log.
pub fn logs(name: &str) -> Folder {
    let folder = Folder::new(name);
    let mut squid = String::new();
    let mut zeek =
        String::from("#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.resp_h\tquery\tqtype_name\n");
    let mut csv = String::from("Timestamp,Client IP,Destination Host,Action\n");
    for n in 0..60_000 {
        let host = if n % 997 == 3 { "c2.example.net" } else { "www.example.org" };
        let _ = writeln!(
            squid,
            "17768{n:05}.123 45 10.0.{}.7 TCP_TUNNEL/200 3949 CONNECT {host}:443 - HIER_DIRECT/203.0.113.9 -",
            n % 200
        );
        let _ = writeln!(zeek, "17768{n:05}.5\tC{n}\t10.1.{}.8\t192.0.2.53\t{host}\tA", n % 200);
        let _ = writeln!(csv, "2026-04-22T12:{:02}:00Z,10.2.{}.9,{host},allowed", n % 60, n % 200);
        if n == 40_000 {
            // Another header in the middle: the columns change.
            zeek.push_str("#fields\tquery\tts\tid.orig_h\n");
        }
        if n > 40_000 {
            let _ = writeln!(zeek, "{host}\t17768{n:05}.5\t10.9.{}.8", n % 200);
        }
    }
    squid.push_str("1776899999.123 45 10.0.0.99 TCP_DENIED/403 0 CONNECT c2.example.net:443 - HIER_NONE/- -");
    folder.write("a/squid.log", &squid);
    folder.write("a/zeek.log", &zeek);
    folder.write("b/proxy.csv", &csv);
    folder.write("b/long.log", format!("first\n{}\nx c2.example.net y\n", "z".repeat(2 << 20)));
    folder.write("b/empty.log", "");
    folder.write("c/text", [0u8, 1, 2, 3].repeat(300));
    for (file, text) in [("c/one.log", &squid[..400_000]), ("c/two.log", &csv[..200_000])] {
        folder.write(file, text);
    }
    let gzip = std::process::Command::new("gzip").arg(folder.path("c/one.log")).status().unwrap();
    let tar = std::process::Command::new("tar")
        .current_dir(folder.path("c"))
        .args(["-cf", "two.tar", "two.log"])
        .status()
        .unwrap();
    assert!(gzip.success() && tar.success());
    fs::remove_file(folder.path("c/two.log")).unwrap();
    folder
}

fn hunt(arguments: &[&str]) -> Ran {
    decon([&["hunt"], arguments].concat())
}

fn same(one: &Ran, merged: &Ran) {
    assert!(one.out.lines().count() > 5, "{}{}", one.out, one.err);
    assert_eq!(one.out, merged.out);
    assert_eq!(one.err, merged.err);
    assert_eq!(one.status, merged.status);
}

#[test]
fn shards_merge_to_what_one_run_gives() {
    let folder = logs("shards");
    let logs = folder.path("");
    let logs = logs.to_str().unwrap();
    let results = Folder::new("shards-results");
    let (first, second) = (results.path("one"), results.path("two"));
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());
    for (shard, into) in [("1/3", first), ("2/3", second), ("3/3", first)] {
        let ran = hunt(&[logs, "--indicator", INDICATOR, "--shard", shard, "--results", into, "--part-mib", "1"]);
        assert_eq!(ran.status, 0, "{}", ran.err);
    }
    let cut = fs::read_to_string(results.path("one/manifest.jsonl")).unwrap();
    assert!(cut.matches("\"range\"").count() > 8, "large files are cut: {cut}");
    for form in ["terminal", "jsonl"] {
        let one = hunt(&[logs, "--indicator", INDICATOR, "--format", form]);
        same(&one, &hunt(&["merge", first, second, "--format", form]));
    }
    // What is not there was not looked at.
    let half = hunt(&["merge", first]);
    assert!(half.out.contains("was not searched"), "{}", half.out);
    let nothing = Folder::new("shards-nothing");
    fs::copy(results.path("one/manifest.jsonl"), nothing.path("manifest.jsonl")).unwrap();
    let none = hunt(&["merge", nothing.path("").to_str().unwrap()]);
    assert_eq!(none.status, 11, "{}", none.out);
}

#[test]
fn an_interrupted_shard_is_resumed_and_a_broken_result_is_made_again() {
    let folder = logs("resume");
    let manifest = folder.path("manifest.jsonl");
    let made = hunt(&["manifest", folder.path("a").to_str().unwrap(), "--indicator", INDICATOR, "--part-mib", "1"]);
    assert_eq!(made.status, 0, "{}", made.err);
    fs::write(&manifest, &made.out).unwrap();
    let results = folder.path("results");
    let arguments = ["--manifest", manifest.to_str().unwrap(), "--results", results.to_str().unwrap(), "--resume"];
    assert_eq!(hunt(&arguments).status, 0);
    let whole = hunt(&["merge", results.to_str().unwrap(), "--format", "jsonl"]);
    // As a killed worker and a full disk leave it.
    fs::remove_file(results.join("part-000002.jsonl")).unwrap();
    let cut = results.join("part-000001.jsonl");
    let text = fs::read_to_string(&cut).unwrap();
    fs::write(&cut, &text[..text.len() / 2]).unwrap();
    let broken = hunt(&["merge", results.to_str().unwrap(), "--format", "jsonl"]);
    assert!(broken.err.contains("part 2 of") && broken.err.contains("part 3 of"), "{}", broken.err);
    let again = hunt(&arguments);
    assert!(again.err.contains(": 2 of ") && again.err.contains("had a result already"), "{}", again.err);
    same(&whole, &hunt(&["merge", results.to_str().unwrap(), "--format", "jsonl"]));
    // Another hunt must not mix with it.
    let other = hunt(&[
        folder.path("a").to_str().unwrap(),
        "--indicator",
        "other.example.net",
        "--results",
        results.to_str().unwrap(),
    ]);
    assert_eq!(other.status, 1);
    assert!(other.err.contains("another hunt"), "{}", other.err);
}
