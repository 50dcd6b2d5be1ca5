//! A hunt shared by several processes gives exactly what one run gives.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use support::{Engine, Folder, Ran, decon, free_port, needs, wait_for};

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

/// A NATS server with JetStream on the loopback, its streams on disk.
struct Nats {
    engine: Engine,
    port: u16,
    monitor: u16,
    folder: Folder,
}

impl Nats {
    fn start(name: &str) -> Self {
        let folder = Folder::new(name);
        let (port, monitor) = (free_port(), free_port());
        let engine = Self::run(&folder, port, monitor);
        Self { engine, port, monitor, folder }
    }

    fn run(folder: &Folder, port: u16, monitor: u16) -> Engine {
        let (store, port_text, monitor_text) = (folder.path("store"), port.to_string(), monitor.to_string());
        let arguments =
            ["-js", "-a", "127.0.0.1", "-sd", store.to_str().unwrap(), "-p", &port_text, "-m", &monitor_text];
        let engine = Engine::start("nats-server", &arguments, &folder.path("nats.log"));
        wait_for("the NATS server", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        engine
    }

    fn restart(&mut self) {
        self.engine.stop();
        self.engine = Self::run(&self.folder, self.port, self.monitor);
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// What the server counts about the workers' consumer.
    fn consumer(&self, key: &str) -> u64 {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.monitor)) else { return 0 };
        stream.write_all(b"GET /jsz?consumers=true HTTP/1.0\r\n\r\n").unwrap();
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        let place = text.split(&format!("\"{key}\":")).nth(1).unwrap_or_default();
        place.trim().chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
    }
}

/// Files that take a worker a second or so each.
fn slow_logs(folder: &Folder) {
    let mut text = String::new();
    for n in 0..400_000 {
        let host = if n % 9973 == 5 { "c2.example.net" } else { "www.example.org" };
        let _ = writeln!(
            text,
            "17768{:05}.123 45 10.3.{}.7 TCP_TUNNEL/200 {n} CONNECT {host}:443 - HIER_DIRECT/203.0.113.9 -",
            n % 100_000,
            n % 250
        );
    }
    let first = folder.write("slow/0.log", &text);
    assert!(Command::new("bzip2").arg(&first).status().unwrap().success());
    for n in 1..9 {
        fs::copy(folder.path("slow/0.log.bz2"), folder.path(&format!("slow/{n}.log.bz2"))).unwrap();
    }
}

#[test]
fn workers_lose_and_double_nothing_when_one_is_killed_and_the_server_restarts() {
    if !needs("workers_lose_and_double_nothing", &["nats-server", "bzip2"]) {
        return;
    }
    let folder = logs("workers");
    slow_logs(&folder);
    let logs = folder.path("");
    let logs = logs.to_str().unwrap();
    let mut nats = Nats::start("workers-nats");
    let url = nats.url();
    let worker = |n: usize| {
        let arguments = ["hunt", "work", "--nats", &url, "--at-once", "1", "--ack-wait", "2"];
        Engine::start(env!("CARGO_BIN_EXE_decon"), &arguments, &nats.folder.path(&format!("worker-{n}.txt")))
    };
    let mut workers: Vec<Engine> = (1..=3).map(worker).collect();
    let sender = Command::new(env!("CARGO_BIN_EXE_decon"))
        .args(["hunt", logs, "--indicator", INDICATOR, "--part-mib", "1", "--format", "jsonl", "--nats", &url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = || decon(["hunt", "status", "--nats", &url]).out;
    let done = || -> usize { status().split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0) };
    // Only slow parts are left, and all three have one in hand; one of them dies with it.
    wait_for("the first results", || done() >= 18);
    wait_for("work in every hand", || nats.consumer("num_ack_pending") >= 3 || done() >= 25);
    workers[0].kill();
    wait_for("a part that is delivered again", || nats.consumer("num_redelivered") >= 1 || done() == 27);
    nats.restart();
    let ended = sender.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    let one = decon(["hunt", logs, "--indicator", INDICATOR, "--format", "jsonl"]);
    let found = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(one.out.lines().count() > 500);
    assert_eq!(one.out, found, "{told}");
    assert_eq!(ended.status.code(), Some(one.status));
    // Another machine sees the same, and the same hunt sent again is the same job, done already.
    let progress = status();
    let job = progress.split_whitespace().next().unwrap();
    let merged = decon(["hunt", "merge", "--nats", &url, "--job", job, "--format", "jsonl"]);
    assert_eq!(one.out, merged.out);
    drop(workers);
    let again = decon(["hunt", logs, "--indicator", INDICATOR, "--part-mib", "1", "--format", "jsonl", "--nats", &url]);
    assert_eq!(one.out, again.out);
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    let ran = decon(["hunt", "status", "--nats", &format!("nats://127.0.0.1:{}", free_port())]);
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("no connection to the NATS server"), "{}", ran.err);
}
