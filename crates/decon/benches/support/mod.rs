//! What benchmarks share: timing a command, a row of the table, repeatable numbers, the peer.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "each benchmark uses a part"
)]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

pub const DECON: &str = env!("CARGO_BIN_EXE_decon");

/// The table's first line.
pub fn heading() {
    println!("{:56} {:>10} {:>10} {:>8}  peer", "work", "decon", "peer", "ratio");
}

/// Wall seconds and peak resident memory in KiB of a command, the median of five.
pub fn time(program: &str, arguments: &[&str]) -> (f64, u64) {
    let mut runs: Vec<(f64, u64)> = (0..5)
        .map(|_| {
            let started = Instant::now();
            let child = Command::new("/usr/bin/time")
                .args(["-f", "%M", program])
                .args(arguments)
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .output();
            let memory = child
                .ok()
                .and_then(|o| String::from_utf8_lossy(&o.stderr).lines().last().and_then(|l| l.trim().parse().ok()));
            (started.elapsed().as_secs_f64(), memory.unwrap_or(0))
        })
        .collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    runs[2]
}

/// What was just written is on the disk before anything is timed: writing back takes memory's time.
pub fn settle() {
    let _ = Command::new("sync").status();
}

pub fn row(work: &str, ours: f64, peer: Option<(f64, &str)>) {
    let (theirs, ratio, name) = match peer {
        Some((theirs, name)) => (format!("{theirs:.3} s"), format!("{:.2}x", theirs / ours), name),
        None => (String::new(), String::new(), ""),
    };
    println!("{work:56} {:>10} {theirs:>10} {ratio:>8}  {name}", format!("{ours:.3} s"));
}

/// A generator of repeatable numbers (splitmix64).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// The current ripgrep.
pub fn rg() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let extra = [PathBuf::from("/tmp/rg/bin")];
    std::env::split_paths(&path).chain(extra).map(|d| d.join("rg")).find(|p| p.is_file())
}
