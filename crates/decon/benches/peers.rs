//! Speeds, each beside its peer in the same run, as a table: `make bench`. No assertion: a busy
//! machine is no defect. Evidence is made anew in a temporary folder (some 2 GiB).

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a benchmark prints")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use decon_core::advisory::Advisory;
use decon_core::coverage::Coverage;
use decon_core::digest::Digest;
use decon_core::judge::{MirrorRules, Question, judge};
use decon_core::observation::{Asset, AssetKind, Event, Observation, Proof, Time};
use decon_core::reference::Reference;
use decon_core::window::{When, Window};

mod support;

use support::{DECON, Numbers, heading, rg, row, settle, time};

fn main() {
    let folder = std::env::temp_dir().join(format!("decon-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    heading();
    logs(&folder);
    compressed(&folder);
    docker_store(&folder);
    content_store(&folder);
    acme();
    judging();
    let size = fs::metadata(DECON).unwrap().len();
    println!("{:56} {:>8.1} M {:>10} {:>8}  at most 25 MiB", "binary", size as f64 / 1048576.0, "", "");
    fs::remove_dir_all(&folder).unwrap();
}

fn hex(seed: &str) -> String {
    Digest::of(seed.as_bytes()).hex().to_owned()
}

/// Lines as jobs print them: builds, tests, package managers; a pull now and then.
fn job(numbers: &mut Numbers, bytes: usize) -> String {
    const WORDS: [&str; 16] = [
        "Compiling",
        "Downloading",
        "crate",
        "test",
        "ok",
        "warning: unused variable",
        "npm http fetch GET 200",
        "Collecting",
        "Building wheel for",
        "[INFO] Running",
        "PASS src/components",
        "make[2]: Entering directory",
        "At:",
        "remote: Counting objects",
        "Unpacking",
        "running 12 tests",
    ];
    let mut text = String::with_capacity(bytes + 4096);
    let mut line = 0u64;
    while text.len() < bytes {
        line += 1;
        let stamp =
            format!("2026-04-22T12:{:02}:{:02}.{:07}Z ", (line / 600) % 60, (line / 10) % 60, numbers.next(10_000_000));
        if numbers.next(1500) == 0 {
            let name = format!("acme/service-{}", numbers.next(400));
            let digest = hex(&format!("{name}{}", numbers.next(9)));
            for pulled in [
                format!("{name}: Pulling from {name}"),
                format!("Digest: sha256:{digest}"),
                format!("Status: Downloaded newer image for {name}:1.{}", numbers.next(90)),
            ] {
                text.push_str(&stamp);
                text.push_str(&pulled);
                text.push('\n');
            }
            continue;
        }
        text.push_str(&stamp);
        for _ in 0..2 + numbers.next(7) {
            text.push_str(WORDS[usize::try_from(numbers.next(16)).unwrap()]);
            text.push_str(&format!(" {:x} ", numbers.next(1 << 40)));
        }
        text.push('\n');
    }
    text
}

fn logs(folder: &Path) {
    let logs = folder.join("logs");
    fs::create_dir_all(&logs).unwrap();
    let mut numbers = Numbers(7);
    for i in 0..64 {
        fs::write(logs.join(format!("job-{i}.log")), job(&mut numbers, 16 << 20)).unwrap();
    }
    let path = logs.to_str().unwrap();
    settle();
    let (ours, memory) = time(DECON, &["observe", path]);
    let peer = rg().map(|rg| {
        let version = Command::new(&rg).arg("--version").output().unwrap();
        let version = String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or("").to_owned();
        let arguments = ["-c", "-F", "-e", "sha256:", "-e", "Pulling", "-e", "Status: ", path];
        (time(rg.to_str().unwrap(), &arguments), format!("rg -c -F ({version})"))
    });
    row("observe 1 GiB of CI logs, both cores", ours, peer.as_ref().map(|((t, _), n)| (*t, n.as_str())));
    println!("{:56} {:>8.0} M", "  peak memory", memory as f64 / 1024.0);
    let one = folder.join("one.log");
    let mut file = fs::File::create(&one).unwrap();
    for i in 0..64 {
        file.write_all(&fs::read(logs.join(format!("job-{i}.log"))).unwrap()).unwrap();
    }
    settle();
    let ours = time(DECON, &["observe", one.to_str().unwrap()]).0;
    let peer = rg().map(|rg| {
        time(
            rg.to_str().unwrap(),
            &["-c", "-F", "-e", "sha256:", "-e", "Pulling", "-e", "Status: ", one.to_str().unwrap()],
        )
        .0
    });
    row("observe the same as one file", ours, peer.map(|t| (t, "rg -c -F")));
    fs::remove_file(one).unwrap();
}

fn compressed(folder: &Path) {
    let logs = folder.join("logs");
    Command::new("sh")
        .args(["-c", &format!("cd {} && gzip -6 job-[0-9].log job-1[0-5].log && rm job-[1-9]*.log", logs.display())])
        .status()
        .unwrap();
    let path = logs.to_str().unwrap();
    let ours = time(DECON, &["observe", path]).0;
    let peer = rg().map(|rg| {
        time(rg.to_str().unwrap(), &["-z", "-c", "-F", "-e", "sha256:", "-e", "Pulling", "-e", "Status: ", path]).0
    });
    row("observe 256 MiB in 16 .gz files", ours, peer.map(|t| (t, "rg -z -c -F")));
    fs::remove_dir_all(logs).unwrap();
}

/// Docker's classic store with 2,000 images.
fn docker_store(folder: &Path) {
    let root = folder.join("docker/image/overlay2");
    for inner in ["imagedb/content/sha256", "imagedb/metadata/sha256", "distribution/v2metadata-by-diffid/sha256"] {
        fs::create_dir_all(root.join(inner)).unwrap();
    }
    let mut names = serde_json::Map::new();
    for i in 0..2000 {
        let name = format!("acme/service-{i}");
        let layers: Vec<String> = (0..6).map(|l| hex(&format!("{}-{l}", if l < 3 { i / 10 } else { i }))).collect();
        let config = serde_json::json!({"architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": layers.iter().map(|l| format!("sha256:{l}")).collect::<Vec<_>>()}, "n": i}).to_string();
        let id = Digest::of(config.as_bytes());
        fs::write(root.join("imagedb/content/sha256").join(id.hex()), config).unwrap();
        let metadata = root.join("imagedb/metadata/sha256").join(id.hex());
        fs::create_dir_all(&metadata).unwrap();
        fs::write(metadata.join("lastUpdated"), "2026-04-22T12:00:00Z").unwrap();
        for layer in layers {
            let record = serde_json::json!([{"Digest": format!("sha256:{}", hex(&layer)), "SourceRepository": format!("docker.io/{name}")}]);
            fs::write(root.join("distribution/v2metadata-by-diffid/sha256").join(layer), record.to_string()).unwrap();
        }
        let digest = hex(&format!("index {i}"));
        names.insert(
            name.clone(),
            serde_json::json!({format!("{name}:1"): id.to_string(), format!("{name}@sha256:{digest}"): id.to_string()}),
        );
    }
    fs::write(root.join("repositories.json"), serde_json::json!({"Repositories": names}).to_string()).unwrap();
    let (ours, _) = time(DECON, &["observe", folder.join("docker").to_str().unwrap()]);
    row("Docker store of 2,000 images (under 1 s)", ours, None);
}

/// A content store of 100,000 blobs, one in a hundred a manifest, without its database of names.
fn content_store(folder: &Path) {
    let blobs = folder.join("containerd/io.containerd.content.v1.content/blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    for i in 0..100_000 {
        let name = hex(&format!("blob {i}"));
        let manifest = i % 100 == 0;
        let text = if manifest {
            format!(
                "{{\"schemaVersion\":2,\"config\":{{\"digest\":\"sha256:{}\"}},\"layers\":[{{\"digest\":\"sha256:{}\"}}]}}",
                hex(&format!("blob {}", i + 1)),
                hex(&format!("blob {}", i + 2))
            )
        } else {
            format!("layer {i}")
        };
        fs::write(blobs.join(name), text).unwrap();
    }
    let (ours, _) = time(DECON, &["observe", folder.join("containerd").to_str().unwrap()]);
    row("content store of 100,000 blobs (under 1 s)", ours, None);
}

fn acme() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    let (ours, _) = time(DECON, &["check", path.to_str().unwrap()]);
    row("check examples/acme (under 0.5 s)", ours, None);
}

/// A million observations against every advisory.
fn judging() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../advisories");
    let advisories: Vec<Advisory> = fs::read_dir(folder)
        .unwrap()
        .map(|e| Advisory::parse(&fs::read_to_string(e.unwrap().path()).unwrap()).unwrap())
        .collect();
    let mut numbers = Numbers(3);
    let digests: Vec<Digest> = (0..5000).map(|i| Digest::of(format!("{i}").as_bytes())).collect();
    let observations: Vec<Observation> = (0..1_000_000u64)
        .map(|line| {
            let name = match numbers.next(1000) {
                0 => "checkmarx/kics:latest".to_owned(),
                1 => "registry.example.com/mirror/aquasec/trivy:0.69.4".to_owned(),
                n => format!("registry.example.com/team-{}/service-{n}:1.{}", n % 40, numbers.next(50)),
            };
            let digest = digests.get(usize::try_from(numbers.next(10_000)).unwrap()).cloned();
            let reference = Reference::parse(&name).unwrap().with_digest(digest);
            let proof = Proof { path: "log".into(), line: Some(line), column: None, blob: None };
            let asset = Asset::new(AssetKind::Job, &format!("job-{}", numbers.next(20_000)));
            let mut o = Observation::of_image(Event::Pulled, reference, asset, "bench", proof);
            let second = 1_776_800_000 + i64::try_from(numbers.next(200_000)).unwrap();
            o.time = Time(When::At(jiff::Timestamp::from_second(second).unwrap()));
            o
        })
        .collect();
    let coverage = [Coverage {
        path: "log".into(),
        asset: Asset::new(AssetKind::Job, "job-1"),
        format: "bench".into(),
        window: Some(Window::ALWAYS),
        speaks: true,
        bytes: 1,
        blob: None,
        gaps: vec![],
    }];
    let mirrors = MirrorRules::default();
    let mut runs: Vec<Duration> = (0..5)
        .map(|_| {
            let started = Instant::now();
            let answer = judge(&Question {
                advisories: &advisories,
                named: false,
                mirrors: &mirrors,
                observations: &observations,
                coverage: &coverage,
            });
            assert!(!answer.verdicts.is_empty());
            started.elapsed()
        })
        .collect();
    runs.sort();
    row("judge 1,000,000 observations (under 1 s)", runs[2].as_secs_f64(), None);
}
