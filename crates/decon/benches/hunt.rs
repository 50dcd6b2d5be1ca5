//! The hunt's speeds, each beside ripgrep in the same run: `make bench`. Logs of some 8 GiB are made
//! anew in a temporary folder. No assertion: a busy machine is no defect.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints")]

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

mod support;

use support::{DECON, Numbers, heading, rg, row, settle, time};

const GIB: u64 = 1 << 30;

fn main() {
    // `cargo bench -p decon --bench hunt -- many` runs that section alone.
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |section: &str| asked.is_empty() || asked.iter().any(|a| a == section);
    let folder = std::env::temp_dir().join(format!("decon-bench-hunt-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    heading();
    let lists = [20, 1_000, 10_000, 100_000].map(|n| list(&folder, n));
    let known = known(&folder);
    if wanted("few") {
        let four = folder.join("four.log");
        squid(&four, 4 * GIB, 1);
        settle();
        few(&four, &known);
        fs::remove_file(&four).unwrap();
    }
    if wanted("many") {
        let two = folder.join("two.log");
        squid(&two, 2 * GIB, 1);
        settle();
        many(&two, &lists);
        limits(&two);
        fs::remove_file(&two).unwrap();
    }
    if wanted("compressed") {
        compressed(&folder, &known);
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// Names that look like names: two or three syllables, endings as they are common.
fn name(numbers: &mut Numbers) -> String {
    const SYLLABLES: [&str; 24] = [
        "ba", "cor", "den", "el", "fi", "gra", "hub", "in", "jo", "ker", "lan", "mo", "net", "or", "pix", "qua", "ra",
        "sta", "ti", "uni", "ver", "wix", "xen", "zo",
    ];
    const ENDS: [&str; 12] = ["com", "com", "com", "net", "org", "io", "dev", "xyz", "info", "de", "co.uk", "cx"];
    let mut name = String::new();
    for _ in 0..3 + numbers.next(3) {
        name.push_str(SYLLABLES[usize::try_from(numbers.next(24)).unwrap()]);
    }
    format!("{name}{}.{}", numbers.next(100), ENDS[usize::try_from(numbers.next(12)).unwrap()])
}

/// Squid's native lines; one in a hundred thousand is a contact with the first indicator.
fn squid(path: &Path, bytes: u64, seed: u64) {
    let mut numbers = Numbers(seed);
    let hosts: Vec<String> = (0..20_000)
        .map(|n| if n % 2 == 0 { format!("www.{}", name(&mut numbers)) } else { name(&mut numbers) })
        .collect();
    let mut out = BufWriter::with_capacity(1 << 20, fs::File::create(path).unwrap());
    let (mut written, mut line) = (0, 0u64);
    while written < bytes {
        line += 1;
        let host = if line.is_multiple_of(100_000) {
            "audit.checkmarx.cx"
        } else {
            &hosts[usize::try_from(numbers.next(20_000)).unwrap()]
        };
        let (a, b, c) = (numbers.next(250), numbers.next(250), numbers.next(90_000));
        let text = if line.is_multiple_of(3) {
            format!(
                "1776{c:06}.{a:03} {b:6} 10.1.{a}.{b} TCP_MISS/200 {c} GET http://{host}/assets/{c}/app.js?v={a} - HIER_DIRECT/203.{a}.113.{b} application/javascript\n"
            )
        } else {
            format!(
                "1776{c:06}.{a:03} {b:6} 10.1.{b}.{a} TCP_TUNNEL/200 {c} CONNECT {host}:443 - HIER_DIRECT/198.{b}.100.{a} -\n"
            )
        };
        written += text.len() as u64;
        out.write_all(text.as_bytes()).unwrap();
    }
    out.flush().unwrap();
}

/// A list of so many indicators: nine names for one address, none but the first in the logs.
fn list(folder: &Path, n: usize) -> (usize, PathBuf) {
    let mut numbers = Numbers(99);
    let mut lines = vec!["audit.checkmarx.cx".to_owned()];
    while lines.len() < n {
        let address = format!("93.{}.{}.{}", numbers.next(250), numbers.next(250), numbers.next(250));
        lines.push(if lines.len() % 10 == 9 { address } else { name(&mut numbers) });
    }
    let path = folder.join(format!("list-{n}.txt"));
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    (n, path)
}

/// What the built-in advisories list as names and addresses, twenty of them.
fn known(folder: &Path) -> (usize, PathBuf) {
    let printed = Command::new(DECON).args(["hunt", "--emit", "zeek"]).output().unwrap();
    let text = String::from_utf8_lossy(&printed.stdout).into_owned();
    let lines = text.lines().filter(|line| line.contains("Intel::DOMAIN") || line.contains("Intel::ADDR"));
    let mut values: Vec<&str> = lines.filter_map(|line| line.split('\t').next()).take(20).collect();
    values.extend(["c2.example.net", "drop.example.org", "198.51.100.7", "203.0.113.9"].iter().take(20 - values.len()));
    let path = folder.join("list-known.txt");
    fs::write(&path, values.join("\n") + "\n").unwrap();
    (values.len(), path)
}

fn hunt(prefix: &[&str], log: &Path, list: &Path) -> (f64, u64) {
    let ours = [DECON, "hunt", log.to_str().unwrap(), "--indicators", list.to_str().unwrap(), "--format", "jsonl"];
    let all: Vec<&str> = prefix.iter().chain(&ours).copied().collect();
    time(all[0], &all[1..])
}

/// The peer, if it is here and finishes: it refuses large lists with `-i`.
fn peer(arguments: &[&str], list: &Path, log: &Path) -> Option<f64> {
    let rg = rg()?;
    let all = [&["-c", "-F", "-f", list.to_str().unwrap()], arguments, &[log.to_str().unwrap()]].concat();
    Some(time(rg.to_str().unwrap(), &all).0)
}

fn few(log: &Path, (n, list): &(usize, PathBuf)) {
    let one = hunt(&["taskset", "-c", "0"], log, list);
    row(
        &format!("hunt 4 GiB, {n} indicators, 1 thread (asked 5x)"),
        one.0,
        peer(&["-i", "-j1"], list, log).map(|t| (t, "rg -i -F -j1")),
    );
    row("  the same (asked 1.2x)", one.0, peer(&["-j1"], list, log).map(|t| (t, "rg -F -j1")));
    let both = hunt(&["env"], log, list);
    row("  the same, both cores (asked 9x)", both.0, peer(&["-i"], list, log).map(|t| (t, "rg -i -F")));
    row("  the same, both cores (asked 2.2x)", both.0, peer(&[], list, log).map(|t| (t, "rg -F")));
    memory(both.1.max(one.1));
}

fn many(log: &Path, lists: &[(usize, PathBuf)]) {
    let thousand = hunt(&["env"], log, &lists[1].1);
    let theirs = peer(&["-i"], &lists[1].1, log);
    row("hunt 2 GiB, 1,000 indicators, both cores (asked 4x)", thousand.0, theirs.map(|t| (t, "rg -i -F")));
    let ten = hunt(&["env"], log, &lists[2].1);
    // Minutes: timed once, on a tenth of the text, and scaled.
    let part = log.with_extension("part");
    fs::write(&part, &fs::read(log).unwrap()[..usize::try_from(2 * GIB / 10).unwrap()]).unwrap();
    let rg_ten = rg().map(|rg| {
        let started = std::time::Instant::now();
        let list = lists[2].1.to_str().unwrap();
        let _ = Command::new(rg).args(["-c", "-i", "-F", "-f", list, part.to_str().unwrap()]).output();
        started.elapsed().as_secs_f64() * 10.0
    });
    fs::remove_file(&part).unwrap();
    row("  10,000 indicators (asked 25x)", ten.0, rg_ten.map(|t| (t, "rg -i -F, a tenth of the text, times ten")));
    let hundred = hunt(&["env"], log, &lists[3].1);
    println!(
        "{:56} {:>8.3} s {:>10} {:>7.2}x  of own time at 1,000 (asked at most 2x)",
        "  100,000 indicators",
        hundred.0,
        "",
        hundred.0 / thousand.0
    );
    memory(thousand.1.max(ten.1).max(hundred.1));
}

fn memory(kib: u64) {
    println!("{:56} {:>8.0} M {:>10} {:>8}  asked 100 MiB", "  peak memory", kib as f64 / 1024.0, "", "");
}

/// How fast the machine could at best be asked: reading, and counting line ends.
fn limits(log: &Path) {
    let (read, _) = time("cat", &[log.to_str().unwrap()]);
    println!("{:56} {:>8.3} s", "limit: cat of 2 GiB to nowhere", read);
    if let Some(rg) = rg() {
        println!(
            "{:56} {:>8.3} s",
            "limit: rg -c '^' counts lines of 2 GiB",
            time(rg.to_str().unwrap(), &["-c", "^", log.to_str().unwrap()]).0
        );
    }
}

fn compressed(folder: &Path, (_, list): &(usize, PathBuf)) {
    for (name, tool, arguments, asked) in
        [("gz", "gzip", &["-6"][..], "3.5x"), ("zst", "zstd", &["-q", "--rm", "-3"][..], "2.5x")]
    {
        let logs = folder.join(name);
        fs::create_dir_all(&logs).unwrap();
        for n in 0..8 {
            let file = logs.join(format!("{n}.log"));
            squid(&file, GIB / 4, n + 1);
            if !Command::new(tool).args(arguments).arg(&file).status().is_ok_and(|s| s.success()) {
                println!("{tool} is not here: its row is missing");
                return;
            }
        }
        settle();
        let ours = hunt(&["env"], &logs, list);
        row(
            &format!("hunt 2 GiB in 8 .{name}, 20 indicators (asked {asked})"),
            ours.0,
            peer(&["-z", "-i"], list, &logs).map(|t| (t, "rg -z -i -F")),
        );
        memory(ours.1);
        let limit = time("sh", &["-c", &format!("ls {}/* | xargs -P2 -n1 {tool} -dc > /dev/null", logs.display())]).0;
        println!("{:56} {:>8.3} s", format!("  limit: {tool} -dc, two at a time"), limit);
        fs::remove_dir_all(&logs).unwrap();
    }
}
