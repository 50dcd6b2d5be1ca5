//! Archives: tar and zip, read member by member, never unpacked to disk.
//!
//! A member's name is only a label here: `../../etc/passwd` writes nothing. A tar file that holds
//! an image layout (`docker save`, OCI) is read as the store it is.

use std::io::{BufRead, Cursor, Read, Seek};

use decon_core::coverage::GapKind;
use decon_formats::store::LAYOUTS;

use super::decode::Bounded;
use super::member::{Origin, read_stream};
use super::tree::HeldTree;
use super::{Evidence, limits, stored};

pub(super) fn tar(input: Box<dyn BufRead + Send + '_>, origin: &Origin<'_>) -> Evidence {
    let mut evidence = Evidence::default();
    let mut held = HeldTree::default();
    let mut held_bytes = 0;
    let mut archive = ::tar::Archive::new(input);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => {
            return origin.blind(GapKind::Damaged, &format!("is no readable tar file: {error}"), "export it again");
        }
    };
    for (count, entry) in entries.enumerate() {
        if count as u64 > limits::MEMBERS {
            evidence.extend(origin.blind(GapKind::Limit, "has more than a million members", "split it"));
            break;
        }
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                evidence.extend(origin.blind(
                    GapKind::Damaged,
                    &format!("breaks off after {count} members: {error}"),
                    "get a whole copy; what stands before was read",
                ));
                break;
            }
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_owned();
        let size = entry.size();
        if is_layout_member(&name) {
            if size <= limits::LAYOUT_MEMBER_BYTES && held_bytes + size <= limits::LAYOUT_BYTES {
                let mut bytes = Vec::new();
                if entry.read_to_end(&mut bytes).is_ok() {
                    held_bytes += bytes.len() as u64;
                    held.members.insert(name, bytes);
                }
            } else {
                // A layer: its name says its digest, its content is not looked at.
                held.members.insert(name, Vec::new());
            }
            continue;
        }
        evidence.extend(read_member(&mut entry, size, &origin.inner(&name)));
    }
    for layout in LAYOUTS.iter().filter(|l| l.claims(&held)) {
        evidence.extend(stored::read_tree(&held, *layout, &origin.path));
    }
    evidence
}

/// A tar entry is bound to its archive and so is read in this thread, into memory block by block.
fn read_member(entry: &mut impl Read, size: u64, origin: &Origin<'_>) -> Evidence {
    if size > limits::HELD_BYTES {
        return origin.blind(
            GapKind::Limit,
            "is larger than 512 MiB inside an archive",
            "unpack the archive and give the folder",
        );
    }
    let mut bytes = Vec::new();
    match entry.take(limits::HELD_BYTES).read_to_end(&mut bytes) {
        Ok(_) => {
            let cut = bytes.len() as u64 >= limits::HELD_BYTES;
            let mut evidence = read_stream(Box::new(Cursor::new(bytes)), size, origin);
            if cut {
                evidence.extend(origin.blind(
                    GapKind::Limit,
                    "is larger than 512 MiB inside an archive; the rest was not read",
                    "unpack the archive and give the folder",
                ));
            }
            evidence
        }
        Err(error) => {
            let mut evidence = read_stream(Box::new(Cursor::new(bytes)), size, origin);
            evidence.extend(origin.blind(
                GapKind::Damaged,
                &format!("breaks off: {error}"),
                "get a whole copy; what stands before was read",
            ));
            evidence
        }
    }
}

/// Members that only image layouts have.
fn is_layout_member(name: &str) -> bool {
    let hex = |s: &str| s.len() == 64 && s.bytes().all(|b| b.is_ascii_hexdigit());
    let base = name.rsplit('/').next().unwrap_or(name);
    let of_layout = matches!(name, "manifest.json" | "repositories" | "index.json" | "oci-layout");
    of_layout
        || name.starts_with("blobs/sha256/")
        || base.strip_suffix(".json").is_some_and(hex)
        || name.split_once('/').is_some_and(|(dir, file)| hex(dir) && matches!(file, "layer.tar" | "json" | "VERSION"))
}

/// A zip inside a stream: its directory stands at the end, so it is held in memory.
pub(super) fn held_zip(input: Box<dyn BufRead + Send + '_>, origin: &Origin<'_>) -> Evidence {
    let mut bytes = Vec::new();
    match input.take(limits::HELD_BYTES + 1).read_to_end(&mut bytes) {
        Ok(n) if n as u64 > limits::HELD_BYTES => origin.blind(
            GapKind::Limit,
            "is a zip file of more than 512 MiB inside an archive",
            "unpack the outer archive and give the folder",
        ),
        Ok(_) => zip(Cursor::new(bytes), origin),
        Err(error) => origin.blind(GapKind::Damaged, &format!("breaks off: {error}"), "get a whole copy"),
    }
}

pub(super) fn zip(input: impl Read + Seek + Send, origin: &Origin<'_>) -> Evidence {
    let mut archive = match ::zip::ZipArchive::new(input) {
        Ok(archive) => archive,
        Err(error) => {
            return origin.blind(
                GapKind::Damaged,
                &format!("is no readable zip file: {error}"),
                "download it again; an interrupted download has no directory at its end",
            );
        }
    };
    let mut evidence = Evidence::default();
    if archive.len() as u64 > limits::MEMBERS {
        return origin.blind(GapKind::Limit, "has more than a million members", "split it");
    }
    let names: Vec<String> = archive.file_names().filter_map(Result::ok).map(|n| n.into_owned()).collect();
    for at in 0..archive.len() {
        let member = match archive.by_index(at) {
            Ok(member) => member,
            Err(error) => {
                evidence.extend(origin.blind(
                    GapKind::Damaged,
                    &format!("member {at} cannot be read: {error}"),
                    "download it again; the others were read",
                ));
                continue;
            }
        };
        let name = member.name().map_or_else(|_| format!("member-{at}"), |n| n.into_owned());
        if member.is_dir() || repeats_steps(&name, &names) {
            continue;
        }
        let (packed, size) = (member.compressed_size(), member.size());
        if size > limits::RATIO_FLOOR && size / packed.max(1) > limits::RATIO {
            evidence.extend(origin.inner(&name).blind(
                GapKind::Limit,
                "claims to expand to more than 2000 times its size: a decompression bomb",
                "nothing, if you expected no such file",
            ));
            continue;
        }
        evidence.extend(read_member(&mut Bounded::new(member, packed), packed, &origin.inner(&name)));
    }
    evidence
}

/// GitHub's archive of a run holds every line twice: `0_build.txt`, and `build/3_Run.txt` for each
/// step. The whole job's file is enough, and keeps the order of lines.
fn repeats_steps(name: &str, names: &[String]) -> bool {
    let Some((job, step)) = name.rsplit_once('/') else { return false };
    let numbered = step.split_once('_').is_some_and(|(n, _)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let whole = |other: &String| {
        let stem = other.strip_suffix(".txt").and_then(|s| s.split_once('_'));
        stem.is_some_and(|(n, j)| n.bytes().all(|b| b.is_ascii_digit()) && j == job)
    };
    numbered && !job.contains('/') && names.iter().any(whole)
}
