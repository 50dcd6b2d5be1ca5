//! The whole program on folders of evidence: the bundled story, cases, bad input.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Folder, check, decon, observe, run};

const BAD: &str = "sha256:a0d9366f6f0166dcbf92fcdc98e1a03d2e6210e8d7e8573f74d50849130651a0";
const GOOD: &str = "sha256:3e5a268eb8adda2e5a483c9359ddfc4cd520ab856a7076dc0b1d8784a37e2602";

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme")
}

fn pull_log(tag: &str, digest: &str, time: &str) -> String {
    format!(
        "{time} {tag}: Pulling from checkmarx/kics\n{time} Digest: {digest}\n{time} Status: Downloaded newer image for checkmarx/kics:{tag}\n"
    )
}

fn level(path: &Path) -> (i32, String) {
    let (status, answer) = check(&[path.to_str().unwrap(), "--advisory", "kics-2026-04"]);
    (status, answer["level"].as_str().unwrap().to_owned())
}

#[test]
fn acme_is_told_as_its_readme_says() {
    let (status, answer) = check(&[examples().to_str().unwrap()]);
    assert_eq!(status, 14);
    let level_of = |part: &str, advisory: &str| {
        let verdicts = answer["verdicts"].as_array().unwrap();
        let found = verdicts.iter().find(|v| v["asset"].as_str().unwrap().contains(part) && v["advisory"] == advisory);
        found.map(|v| v["level"].as_str().unwrap().to_owned()).unwrap_or_default()
    };
    for (part, advisory, wanted) in [
        ("web-app/run-1182", "kics-2026-04", "executed"),
        ("api/job-88123", "kics-2026-04", "executed"),
        ("infra/run-874", "trivy-2026-03", "present"),
        ("nightly/build-512", "kics-2026-04", "exposed"),
        ("build-7", "kics-2026-04", "exposed"),
        ("mobile/run-1201", "kics-2026-04", "unknown"),
        ("landing-page", "kics-2026-04", "cited"),
        ("docker-compose", "trivy-2026-03", "cited"),
        ("payments/job-88140", "kics-2026-04", "clear"),
        ("docs/build-77", "kics-2026-04", ""),
    ] {
        assert_eq!(level_of(part, advisory), wanted, "{part}");
    }
}

#[test]
fn exit_status_tells_the_level() {
    let folder = Folder::new("levels");
    let inside = "2026-04-22T12:40:00.0000000Z";
    let story = |name: &str, text: &str| level(&folder.write(&format!("{name}.log"), text));
    assert_eq!(story("clear", &pull_log("latest", GOOD, inside)), (0, "clear".into()));
    assert_eq!(story("present", &pull_log("latest", BAD, inside)), (13, "present".into()));
    let quiet = format!("{inside} ##[command]/usr/bin/docker pull checkmarx/kics:latest\n");
    assert_eq!(story("exposed", &quiet), (12, "exposed".into()));
    let ran = format!("{inside} + docker run checkmarx/kics@{BAD} scan\n");
    assert_eq!(story("executed", &ran), (14, "executed".into()));
    let dockerfile = folder.write("repo/Dockerfile", "FROM checkmarx/kics:latest\n");
    assert_eq!(level(&dockerfile), (10, "cited".into()));
    // The tag was pulled, but in June: nothing given covers the window, so this is no clear.
    let june = quiet.replace("2026-04-22", "2026-06-01");
    assert_eq!(story("june", &june), (11, "unknown".into()));
    assert_eq!(
        decon(["check".as_ref(), folder.path("none").as_os_str()]).status,
        2,
        "a path that is not there is a wrong call"
    );
    // What speaks of no time, and shows nothing, clears nothing.
    assert_eq!(story("html", "<html>404 not found</html>\n"), (11, "unknown".into()));
    assert_eq!(level(&folder.write("random.bin", [0u8, 1, 2, 3, 200, 0, 0, 9].repeat(100))), (11, "unknown".into()));
    let piped = run("sh", &["-c", &format!("{} check - < /dev/null; echo status $?", env!("CARGO_BIN_EXE_decon"))]);
    assert!(piped.contains("status 11") && piped.contains("standard input was empty"), "{piped}");
    let empty = folder.path("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(level(&empty), (11, "unknown".into()), "nothing looked at is never clear");
}

#[test]
fn a_bad_digest_in_a_line_of_no_known_form_is_still_seen() {
    let hex = BAD.trim_start_matches("sha256:");
    let understood = format!("| {hex} |\n{}", pull_log("latest", BAD, "2026-04-22T13:00:00Z"));
    for (name, text, wanted) in [
        ("wiki.md", format!("| scanner | {} |\n", hex.to_uppercase()), "cited"),
        ("proxy.log", format!("1776861302.1 17 10.0.0.5 TCP_MISS/200 9 GET https://r/blob?d={hex} - -\n"), "cited"),
        ("values.yaml", format!("a: &x {{ y: [acme/x@{BAD}] }}\n"), "cited"),
        ("Dockerfile", format!("FROM scratch\nENV SCANNER={BAD}\n"), "cited"),
        ("other.json", format!("{{\"a\": {{\"b\": \"{BAD}\"}}}}"), "cited"),
        // A format that understands says more, and is not said again.
        ("pull.log", understood, "present"),
        ("images.txt", "REPOSITORY   TAG   DIGEST   IMAGE ID   CREATED\n".to_owned(), "clear"),
    ] {
        let folder = Folder::new("mention");
        folder.write(name, text);
        let (_, answer) = check(&[folder.0.to_str().unwrap(), "--advisory", "kics-2026-04"]);
        let verdicts = answer["verdicts"].as_array().unwrap();
        let found = verdicts.iter().map(|v| v["level"].as_str().unwrap()).max().unwrap_or("clear");
        assert_eq!(found, wanted, "{name}: {answer}");
    }
}

#[test]
fn a_run_shares_the_image_of_the_pull_it_caused() {
    let folder = Folder::new("thread");
    let log = |digest: &str| {
        let t = "2026-04-22T12:40:00.0000000Z";
        format!(
            "{t} + docker run checkmarx/kics:latest scan\n{t} Unable to find image 'checkmarx/kics:latest' locally\n{}",
            pull_log("latest", digest, t)
        )
    };
    assert_eq!(level(&folder.write("bad.log", log(BAD))), (14, "executed".into()));
    assert_eq!(level(&folder.write("good.log", log(GOOD))), (0, "clear".into()));
}

#[test]
fn a_case_adds_only_what_is_new_and_renders_the_same_bytes() {
    let folder = Folder::new("case");
    let case = folder.path("case");
    let case = case.to_str().unwrap();
    let evidence = folder.write("logs/a.log", pull_log("latest", BAD, "2026-04-22T12:40:00Z"));
    let logs = evidence.parent().unwrap().to_str().unwrap().to_owned();
    let verify = || decon(["case", "verify", case]);
    assert_eq!(decon(["check", &logs, "--case", case]).status, 13);
    let first = verify();
    assert_eq!(first.status, 0, "{}", first.out);
    assert_eq!(decon(["check", &logs, "--case", case]).status, 13);
    assert_eq!(verify().out, first.out, "nothing was added");
    folder.write("logs/b.log", pull_log("alpine", GOOD, "2026-04-22T12:50:00Z"));
    decon(["check", &logs, "--case", case]);
    assert_ne!(verify().out, first.out);
    for form in ["terminal", "json", "jsonl", "markdown", "sarif", "html"] {
        let render = || decon(["report", "--case", case, "--format", form]).out;
        let text = render();
        assert!(!text.is_empty());
        assert_eq!(text, render(), "{form}");
        assert!(!text.contains('\u{1b}'), "{form} has no colour off a terminal");
    }
    let html = decon(["report", "--case", case, "--format", "html"]).out;
    assert!(
        !html.contains("<script") && !html.contains("src=") && !html.contains("http-equiv=\"refresh"),
        "nothing remote"
    );
    let sarif: Value = serde_json::from_str(&decon(["report", "--case", case, "--format", "sarif"]).out).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "kics-2026-04");
    let (_, answer) = check(&[&logs, "--case", case]);
    let id = answer["verdicts"][0]["id"].as_str().unwrap().to_owned();
    let explained = decon(["explain", &id, "--case", case]);
    assert!(
        explained.out.contains(BAD) && explained.out.contains("Status: Downloaded newer image"),
        "{}",
        explained.out
    );
}

#[test]
fn an_edited_removed_reordered_or_cut_case_is_found() {
    let folder = Folder::new("tampered");
    let case = folder.path("case");
    decon(["check".as_ref(), examples().as_os_str(), "--case".as_ref(), case.as_os_str()]);
    let tamper = |name: &str, change: &dyn Fn(&Path)| {
        let copy = folder.path(name);
        run("cp", &["-a", case.to_str().unwrap(), copy.to_str().unwrap()]);
        change(&copy);
        decon(["case".as_ref(), "verify".as_ref(), copy.as_os_str()])
    };
    let sql = |statement: &'static str| {
        move |copy: &Path| {
            let database = rusqlite::Connection::open(copy.join("case.db")).unwrap();
            database.execute_batch(statement).unwrap();
        }
    };
    assert_eq!(tamper("sound", &|_| {}).status, 0);
    for (name, statement, word) in [
        ("edited", "UPDATE entries SET body = replace(body, 'kind', 'kinD') WHERE seq = 6", "edited"),
        ("removed", "DELETE FROM entries WHERE seq = 5", "missing"),
        ("cut", "DELETE FROM entries WHERE seq > 9", "cut off"),
        (
            "reordered",
            "UPDATE entries SET seq = 1000 WHERE seq = 4; UPDATE entries SET seq = 4 WHERE seq = 5; UPDATE entries SET seq = 5 WHERE seq = 1000",
            "edited",
        ),
    ] {
        let found = tamper(name, &sql(statement));
        assert_eq!(found.status, 1, "{name}");
        assert!(found.out.contains(word) && found.out.contains("BROKEN"), "{name}: {}", found.out);
    }
    let evidence = tamper("evidence", &|copy| {
        let first = fs::read_dir(copy.join("evidence/sha256")).unwrap().next().unwrap().unwrap().path();
        fs::write(first, "other bytes").unwrap();
    });
    assert!(evidence.out.contains("was edited"), "{}", evidence.out);
}

#[test]
fn archives_and_encodings_say_the_same() {
    let folder = Folder::new("archives");
    let text = pull_log("latest", BAD, "2026-04-22T12:40:00Z");
    let log = folder.write("a.log", &text);
    let path = log.to_str().unwrap();
    let dir = folder.0.to_str().unwrap();
    for command in [
        "gzip -k a.log",
        "xz -k a.log",
        "bzip2 -k a.log",
        "tar cf a.tar a.log",
        "tar czf b.tgz a.log",
        "cat a.log.gz a.log.gz > two.gz",
        "tar cf nested.tar b.tgz",
    ] {
        run("sh", &["-c", &format!("cd {dir} && {command}")]);
    }
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    folder.write("utf16.log", utf16);
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    folder.write("utf16be.log", big);
    folder.write("bom.log", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    for name in [
        "a.log",
        "a.log.gz",
        "a.log.xz",
        "a.log.bz2",
        "a.tar",
        "b.tgz",
        "nested.tar",
        "utf16.log",
        "utf16be.log",
        "bom.log",
    ] {
        let found = observe(&folder.path(name));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(found[0]["digest"], BAD, "{name}");
        assert_eq!(found[0]["proof"]["line"], 1, "{name}");
    }
    assert_eq!(observe(&folder.path("two.gz")).len(), 2, "every member of a gzip file is read");
    let piped = run("sh", &["-c", &format!("{} observe - < {path}", env!("CARGO_BIN_EXE_decon"))]);
    assert!(piped.contains(BAD));
}

#[test]
fn bad_input_is_a_gap_and_the_rest_is_answered() {
    let folder = Folder::new("bad-input");
    let good = pull_log("latest", BAD, "2026-04-22T12:40:00Z");
    folder.write("in/good.log", &good);
    let dir = folder.path("in");
    run(
        "sh",
        &[
            "-c",
            &format!(
                "cd {} && gzip -k good.log && head -c 60 good.log.gz > cut.log.gz && rm good.log.gz && mkfifo pipe && ln -s . loop && ln -s /etc/passwd out",
                dir.display()
            ),
        ],
    );
    folder.write("in/cut.zip", b"PK\x03\x04 and then nothing");
    folder.write("in/cut.tar.gz", {
        let mut bytes = fs::read(dir.join("cut.log.gz")).unwrap();
        bytes.truncate(20);
        bytes
    });
    folder.write("in/nul.log", format!("a\0b\0c\n{good}"));
    folder.write("in/latin.log", [b"caf\xe9 \xff\xfe\n".as_slice(), good.as_bytes()].concat());
    folder.write("in/deep.json", format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    folder.write("in/empty.log", "");
    folder.write("in/long.log", format!("{}\n{good}", "x".repeat(3 << 20)));
    folder.write(
        "in/digests.log",
        format!(
            "{}\nDigest: sha256:{}\nStatus: Downloaded newer image for checkmarx/kics:latest\nDigest: sha512:{}\n",
            "latest: Pulling from checkmarx/kics",
            "a".repeat(65),
            "b".repeat(128)
        ),
    );
    folder.write("in/upper.log", good.replace(BAD, &BAD.to_uppercase().replace("SHA256", "sha256")));
    let (status, answer) = check(&[dir.to_str().unwrap(), "--advisory", "kics-2026-04"]);
    assert_eq!(status, 13);
    let gaps: Vec<String> = answer["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| format!("{}: {} -> {}", g["path"], g["reason"], g["remedy"]))
        .collect();
    for name in ["cut.log.gz", "cut.zip", "cut.tar.gz", "pipe", "empty.log", "long.log", "deep.json"] {
        assert!(gaps.iter().any(|g| g.contains(name)), "{name} is a gap: {gaps:#?}");
    }
    let present: Vec<&str> = answer["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|v| v["level"] == "present")
        .map(|v| v["asset"].as_str().unwrap())
        .collect();
    for name in ["good", "nul", "latin", "long", "upper"] {
        assert!(present.iter().any(|p| p.ends_with(name)), "{name} is read: {present:?}");
    }
    assert!(!format!("{answer}").contains("/etc/passwd"), "a link does not lead out");
}

#[test]
fn a_decompression_bomb_is_a_gap() {
    let folder = Folder::new("bomb");
    // 1.4 GB of one line, packed twice: some 30 KiB.
    run(
        "sh",
        &["-c", &format!("yes 'a line' | head -c 1400000000 | gzip -1 | gzip -9 > {}/bomb.gz", folder.0.display())],
    );
    folder.write("good.log", pull_log("latest", BAD, "2026-04-22T12:40:00Z"));
    let (status, answer) = check(&[folder.0.to_str().unwrap(), "--advisory", "kics-2026-04"]);
    assert_eq!(status, 13);
    assert!(answer["gaps"][0]["reason"].as_str().unwrap().contains("bomb"), "{}", answer["gaps"]);
}

#[test]
fn hostile_names_do_not_reach_the_page_or_the_terminal() {
    let folder = Folder::new("hostile");
    folder.write("<img src=x onerror=alert(1)>\u{202e}/a.log", pull_log("latest", BAD, "2026-04-22T12:40:00Z"));
    let path = folder.0.to_str().unwrap();
    let html = decon(["check", path, "--format", "html"]).out;
    assert!(!html.contains("<img") && html.contains("&lt;img"));
    let text = decon(["check", path]).out;
    assert!(!text.contains('\u{202e}') && text.contains("\\u{202e}"));
}

#[test]
fn a_second_process_on_a_case_is_told_to_wait() {
    let folder = Folder::new("locked");
    let case = folder.path("case");
    let log = folder.write("a.log", pull_log("latest", BAD, "2026-04-22T12:40:00Z"));
    decon(["check".as_ref(), log.as_os_str(), "--case".as_ref(), case.as_os_str()]);
    let lock = fs::File::open(case.join("lock")).unwrap();
    lock.lock().unwrap();
    let ran = decon(["check".as_ref(), log.as_os_str(), "--case".as_ref(), case.as_os_str()]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("open in another process"), "{}", ran.err);
}

#[test]
fn a_full_disk_is_a_clear_error_and_keeps_what_was_written() {
    // /dev/full is a disk that is always full.
    let folder = Folder::new("full");
    let log = folder.write("a.log", pull_log("latest", BAD, "2026-04-22T12:40:00Z"));
    let ran = decon([
        "check".as_ref(),
        log.as_os_str(),
        "--format".as_ref(),
        "html".as_ref(),
        "--output".as_ref(),
        "/dev/full".as_ref(),
    ]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("/dev/full") && ran.err.contains("No space left"), "{}", ran.err);
}

#[test]
fn advisories_of_a_person_are_checked_and_used() {
    let folder = Folder::new("advisories");
    let new = decon(["advisory", "new", "acme-2026-11"]).out;
    let file = folder.write("acme-2026-11.toml", &new);
    let valid = decon(["advisory".as_ref(), "validate".as_ref(), file.as_os_str()]);
    assert_eq!(valid.status, 0, "{}", valid.out);
    let broken = folder.write("broken/acme.toml", new.replace("role = \"index\"", "rule = \"index\""));
    let invalid = decon(["advisory".as_ref(), "validate".as_ref(), broken.as_os_str()]);
    assert_eq!(invalid.status, 1);
    assert!(invalid.out.contains("acme.toml:") && invalid.out.contains("rule"), "{}", invalid.out);
    let ran = decon(["check", ".", "--advisories", folder.path("broken").to_str().unwrap()]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("line"), "{}", ran.err);
    let listed = decon(["advisory", "list", "--advisories", folder.0.to_str().unwrap()]).out;
    assert!(listed.contains("acme-2026-11") && listed.contains("kics-2026-04"));
    assert_eq!(decon(["check", "--advisory", "nonsense"]).status, 1);
    assert_eq!(decon(["check", "--no-such-flag"]).status, 2);
}

#[test]
fn a_zone_is_used_only_when_a_person_vouches_for_it() {
    let folder = Folder::new("zone");
    let log = folder.write("a.log", "10.4.2.17:51240 [22/Apr/2026:14:40:00.113] fe be/s1 0/0/1/9/10 200 9226 - - ---- 1/1/0/0/0 0/0 \"GET /v2/checkmarx/kics/manifests/latest HTTP/1.1\"\n");
    assert!(observe(&log)[0]["at"].is_null());
    let vouched = decon(["observe".as_ref(), log.as_os_str(), "--assume-tz".as_ref(), "Europe/Berlin".as_ref()]);
    assert!(vouched.out.contains("\"at\":\"2026-04-22T12:40:00.113Z\""), "{}", vouched.out);
    assert_eq!(decon(["observe".as_ref(), log.as_os_str(), "--assume-tz".as_ref(), "Mars/Base".as_ref()]).status, 1);
}

#[test]
fn mirrors_are_told_by_rule_and_stay_visible() {
    let folder = Folder::new("mirror");
    let log =
        folder.write("a.log", "2026-04-22T12:40:00Z ##[command]/usr/bin/docker pull quay.io/mirrored/kics:latest\n");
    assert_eq!(level(&log).1, "clear", "another repository is not asked about");
    let (status, answer) = check(&[
        log.to_str().unwrap(),
        "--advisory",
        "kics-2026-04",
        "--mirror",
        "quay.io/mirrored=docker.io/checkmarx",
    ]);
    assert_eq!(status, 12);
    assert!(format!("{answer}").contains("is a mirror of docker.io/checkmarx/kics"));
}
