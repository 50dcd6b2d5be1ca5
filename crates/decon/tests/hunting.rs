//! The hunt as a person uses it: contacts in a check, rules, what is vouched for, captures.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use support::{Folder, check, decon};

#[test]
fn a_contact_is_joined_with_the_pull_on_the_same_host() {
    let folder = Folder::new("contact");
    folder.write(
        "squid.log",
        "1776861302.123 145 10.0.0.5 TCP_TUNNEL/200 3949 CONNECT audit.checkmarx.cx:443 - HIER_DIRECT/203.0.113.9 -\n\
         1776861402.123 145 10.0.0.5 TCP_TUNNEL/200 3949 CONNECT audit.checkmarx.cx:443 - HIER_DIRECT/203.0.113.9 -\n\
         1776861403.123 145 10.0.0.6 TCP_DENIED/403 3949 CONNECT audit.checkmarx.cx:443 - HIER_NONE/- -\n\
         1776861404.123 145 10.0.0.7 TCP_MISS/200 3949 GET http://91.195.240.123/ - HIER_DIRECT/91.195.240.123 -\n",
    );
    folder.write(
        "registry.log",
        "10.0.0.5 - - [22/Apr/2026:12:33:02 +0000] \"GET /v2/checkmarx/kics/manifests/v2.1.20 HTTP/1.1\" 200 1609 \"\" \"docker/27.1\"\n",
    );
    folder.write("feed.txt", "audit.checkmarx.cx\n");
    let (status, answer) = check(&[folder.path("").to_str().unwrap(), "--advisory", "kics-2026-04"]);
    assert_eq!(status, 15);
    let verdict = |asset: &str| {
        let found = answer["verdicts"].as_array().unwrap().iter().find(|v| v["asset"] == asset);
        found.unwrap_or_else(|| panic!("{asset}: {answer}")).clone()
    };
    let texts = |verdict: &Value| -> Vec<String> {
        verdict["because"].as_array().unwrap().iter().map(|b| b["text"].as_str().unwrap().to_owned()).collect()
    };
    let both = verdict("host:10.0.0.5");
    assert_eq!(both["level"], "contacted");
    let joined = texts(&both);
    assert!(
        joined
            .iter()
            .any(|t| t.starts_with("reached audit.checkmarx[.]cx, 2 times; the asset pulled checkmarx/kics:v2.1.20")
                && t.ends_with("(2 min before)")),
        "{joined:?}"
    );
    let blocked = texts(&verdict("host:10.0.0.6"));
    assert!(
        blocked.iter().any(|t| t.contains("was blocked; bitwarden-cli-2026-04, checkmarx-jenkins-2026-05 used it too")),
        "{blocked:?}"
    );
    // Shared hosting alone is a lead, and a list of names is no contact.
    assert_eq!(verdict("host:10.0.0.7")["level"], "cited");
    assert_eq!(answer["verdicts"].as_array().unwrap().len(), 3);
}

#[test]
fn rules_are_printed_without_logs_and_only_then() {
    let ran = decon(vec!["hunt", "--emit", "zeek", "--advisory", "kics-2026-04"]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.starts_with("#fields\tindicator\t") && ran.out.contains("\naudit.checkmarx.cx\tIntel::DOMAIN\t"));
    assert_eq!(decon(vec!["hunt"]).status, 2);
    assert_eq!(decon(vec!["hunt", "--emit", "nonsense"]).status, 2);
}

#[test]
fn what_a_person_vouches_for_places_lines_that_do_not_tell() {
    let folder = Folder::new("vouched");
    folder.write("a/dns.log", "Apr 22 14:35:02 dnsmasq[123]: query[A] audit.checkmarx.cx from 10.0.0.5\n");
    folder.write("b/flow.log", "94.154.172.43 10.0.0.6 1776861302 ACCEPT 4242\n");
    folder.write("b/proxy.log", "[22/Apr/2026:14:35:02 +0200] who=10.0.0.7 what=audit.checkmarx.cx:443 code=200\n");
    let pattern = folder.path("*/*.log");
    let ran = decon(vec![
        "hunt",
        pattern.to_str().unwrap(),
        "--advisory",
        "kics-2026-04",
        "--year",
        "2026",
        "--assume-tz",
        "+02:00",
        "--flow-fields",
        "${dstaddr} ${srcaddr} ${start} ${action} ${bytes}",
        "--logformat",
        "[%tl] who=%>a what=%ru code=%>Hs",
        "--format",
        "jsonl",
    ]);
    assert_eq!(ran.status, 15, "{}", ran.err);
    let hits: Vec<Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    for (source, format) in [("10.0.0.5", "dnsmasq"), ("10.0.0.6", "aws-vpc-flow"), ("10.0.0.7", "squid")] {
        let hit = hits.iter().find(|h| h["source"] == source).unwrap_or_else(|| panic!("{source}: {}", ran.out));
        assert_eq!((hit["format"].as_str(), hit["at"].as_str()), (Some(format), Some("2026-04-22T12:35:02Z")), "{hit}");
    }
}

/// A DNS query for `audit.checkmarx.cx` in an Ethernet frame.
fn query_frame() -> Vec<u8> {
    let mut dns =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05audit\x09checkmarx\x02cx\x00\x00\x01\x00\x01".to_vec();
    let length = |n: usize| u16::try_from(n).unwrap().to_be_bytes();
    let mut frame = vec![1; 12];
    frame.extend([8, 0, 0x45, 0]);
    frame.extend(length(28 + dns.len()));
    frame.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 5, 10, 0, 0, 2]);
    frame.extend([0x9c, 0x40, 0, 53]);
    frame.extend(length(8 + dns.len()));
    frame.extend([0, 0]);
    frame.append(&mut dns);
    frame
}

#[test]
fn captures_are_hunted_through_packet_by_packet() {
    let folder = Folder::new("captures");
    let frame = query_frame();
    let size = u32::try_from(frame.len()).unwrap().to_le_bytes();
    let mut pcap = [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0].to_vec();
    for second in [1_776_861_302u32, 1_776_861_303] {
        let head = [second.to_le_bytes(), 250_000u32.to_le_bytes(), size, size].concat();
        pcap.extend([&head[..], &frame].concat());
    }
    folder.write("a.pcap", &pcap);
    folder.write("cut.pcap", &pcap[..pcap.len() - 9]);
    folder.write("odd.pcap", [&pcap[..20], &[147, 0, 0, 0], &pcap[24..]].concat());
    assert!(std::process::Command::new("gzip").arg("-k").arg(folder.path("a.pcap")).status().unwrap().success());
    // pcapng: a section, an interface in nanoseconds, one packet padded to four bytes.
    let block = |kind: u32, body: &[u8]| -> Vec<u8> {
        let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
        [&kind.to_le_bytes(), &length[..], body, &length].concat()
    };
    let nanos = (1_776_861_302_250_000_000u64 >> 32, 1_776_861_302_250_000_000u64 & 0xffff_ffff);
    let [high, low] = [nanos.0, nanos.1].map(|n| u32::try_from(n).unwrap().to_le_bytes());
    let padding = vec![0; (4 - frame.len() % 4) % 4];
    let section = [&0x1a2b_3c4du32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let interface = [1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    let packet = [&[0; 4][..], &high, &low, &size, &size, &frame, &padding].concat();
    folder.write("b.pcapng", [block(0x0a0d_0d0a, &section), block(1, &interface), block(6, &packet)].concat());
    for (name, hits, status) in
        [("a.pcap", 2, 15), ("a.pcap.gz", 2, 15), ("b.pcapng", 1, 15), ("cut.pcap", 1, 15), ("odd.pcap", 0, 11)]
    {
        let path = folder.path(name);
        let arguments = ["hunt", path.to_str().unwrap(), "--indicator", "audit.checkmarx.cx", "--format", "jsonl"];
        let ran = decon(arguments);
        let found: Vec<Value> = ran.out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!((found.len(), ran.status), (hits, status), "{name}: {}{}", ran.out, ran.err);
        for hit in found {
            assert_eq!((hit["format"].as_str(), hit["source"].as_str()), (Some("capture"), Some("10.0.0.5")), "{name}");
            assert!(hit["at"].as_str().unwrap().starts_with("2026-04-22T12:35:0"), "{name}: {hit}");
        }
        assert_eq!(matches!(name, "cut.pcap" | "odd.pcap"), ran.err.contains("gap:"), "{name}: {}", ran.err);
    }
}

#[test]
fn look_alikes_are_leads_and_never_hits() {
    let folder = Folder::new("similar");
    let hosts = [
        "www.checkmarx.com",
        "chekcmarx.com",
        "cdn.aquasecurlty.io",
        "audit.checkmarx.cx",
        "login.checkmarx.example",
        "example.org",
    ];
    let lines = hosts.iter().map(|h| {
        format!("1776861302.123 145 10.0.0.5 TCP_TUNNEL/200 3949 CONNECT {h}:443 - HIER_DIRECT/203.0.113.9 -\n")
    });
    let log = folder.write("squid.log", lines.collect::<String>());
    let log = log.to_str().unwrap();
    let told = |arguments: &[&str]| -> Vec<(String, String)> {
        let ran = decon([&["hunt", log, "--format", "jsonl"], arguments].concat());
        let hits = ran.out.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        let mut told: Vec<_> = hits
            .map(|h| (h["matched"].as_str().unwrap().to_owned(), h["about"].as_str().unwrap_or("").to_owned()))
            .collect();
        told.sort();
        told.dedup();
        told
    };
    let plain = told(&[]);
    assert_eq!(plain, [("audit.checkmarx.cx".to_owned(), String::new())]);
    let lead = "a look-alike of a publisher's domain: a lead, not a hit";
    let found = told(&["--similar"]);
    let leads: Vec<&str> = found.iter().filter(|(_, about)| about == lead).map(|(name, _)| name.as_str()).collect();
    assert_eq!(leads, ["cdn.aquasecurlty.io", "chekcmarx.com", "login.checkmarx.example"]);
    assert!(found.contains(&plain[0]));
    let fewer = told(&["--similar", "--known-good", "checkmarx.example"]);
    assert_eq!(fewer.len(), 3);
    // Alone, leads do not make a contact.
    let alone = decon(["hunt", log, "--indicator", "c2.example.net", "--similar"]);
    assert_eq!(alone.status, 0, "{}", alone.out);
    assert!(alone.out.contains("Leads  4 names") || alone.out.contains("Leads  3 names"), "{}", alone.out);
}

#[test]
fn what_is_no_log_is_never_clear() {
    let folder = Folder::new("no-log");
    let mut state = 9u64;
    let mut random = |n: usize| -> Vec<u8> {
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state.to_be_bytes()[0]
            })
            .collect()
    };
    folder.write("bad.log.gz", random(3000));
    folder.write("c.gz", random(3000));
    folder.write("a.log", random(3000));
    folder.write("d.bin", random(3000));
    folder.write("zero.log", [0; 3000]);
    folder.write("x.parquet", [&b"PAR1"[..], &random(50_000)].concat());
    let log = folder
        .write("crc.log", "1776700000.1 1 10.0.0.1 TCP_MISS/200 3 GET http://x.example/ - D/1.1.1.1 -\n".repeat(500));
    assert!(std::process::Command::new("gzip").arg(&log).status().unwrap().success());
    let mut packed = std::fs::read(folder.path("crc.log.gz")).unwrap();
    let end = packed.len();
    packed[end - 8] ^= 1;
    folder.write("crc.log.gz", packed);
    for name in ["bad.log.gz", "c.gz", "a.log", "d.bin", "zero.log", "x.parquet", "crc.log.gz"] {
        let ran = decon(["hunt", folder.path(name).to_str().unwrap(), "--indicator", "audit.checkmarx.cx"]);
        assert_eq!(ran.status, 11, "{name}: {}", ran.out);
        assert!(ran.out.contains(name), "{name}: {}", ran.out);
    }
}

#[test]
fn lists_as_people_write_them_are_read_or_refused() {
    let folder = Folder::new("lists");
    let log = folder.write(
        "squid.log",
        "1776861302.123 145 10.0.0.5 TCP_TUNNEL/200 3949 CONNECT audit.checkmarx.cx:443 - HIER_DIRECT/94.154.172.43 -\n",
    );
    let log = log.to_str().unwrap();
    for (list, hits, told) in [
        ("Domain: audit[.]checkmarx[.]cx\n", 1, ""),
        ("- audit.checkmarx.cx\n* 94[.]154[.]172[.]43 (C2)\n", 2, ""),
        ("audit[.]checkmarx[.]cx, 94[.]154[.]172[.]43\n", 2, ""),
        ("94.154.172.43:443\naudit.checkmarx.cx:8443\n", 2, ""),
        ("audit.checkmarx.cx\nthis is a sentence about it\nMozilla\n", 1, "line 2 is not looked for"),
    ] {
        let list = folder.write("list.txt", list);
        let ran = decon(["hunt", log, "--indicators", list.to_str().unwrap(), "--format", "jsonl"]);
        assert_eq!(ran.out.lines().count(), hits, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains(told), "{}", ran.err);
    }
}

#[test]
fn a_request_that_names_an_indicator_and_goes_elsewhere_is_no_contact() {
    let folder = Folder::new("elsewhere");
    let log = folder.write(
        "access.log",
        "1776861302.123 145 10.0.0.5 TCP_MISS/200 3949 GET http://www.example.com/search?q=audit.checkmarx.cx - HIER_DIRECT/203.0.113.9 -\n\
         10.0.0.6 - - [22/Apr/2026:12:33:02 +0000] \"GET /blog?ref=audit.checkmarx.cx HTTP/1.1\" 200 1609 \"https://audit.checkmarx.cx/\" \"Mozilla/5.0\"\n",
    );
    let ran = decon(["hunt", log.to_str().unwrap(), "--indicator", "audit.checkmarx.cx"]);
    assert_eq!(ran.status, 0, "{}", ran.out);
    assert!(ran.out.contains("2 lines that only talk about an indicator"), "{}", ran.out);
    let encoded = folder.write("encoded.log", "GET http://audit.checkmarx.cx%2eexample.com/\nx 2001:db8:0:0::5 y\n");
    let ran = decon([
        "hunt",
        encoded.to_str().unwrap(),
        "--indicator",
        "audit.checkmarx.cx",
        "--indicator",
        "2001:db8::5",
        "--format",
        "jsonl",
    ]);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
}
