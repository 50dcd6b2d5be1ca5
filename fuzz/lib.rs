//! What the fuzz targets share: one call a kind of input, with its property.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use decon_core::advisory::Advisory;
use decon_core::indicator::{IndicatorSet, Sought};
use decon_core::observation::{Asset, AssetKind};
use decon_core::reference::Reference;
use decon_core::window::Window;
use decon_formats::capture::{Link, Packets};
use decon_formats::network::{self, Header, HuntReader, Hunter, Layout, LogFormat};
use decon_formats::pull::{self, Context, LogReader, Parsed};
use decon_formats::store::{Entry, Tree};
use decon_formats::{site, store};

fn context() -> Context {
    Context {
        path: "fuzz".into(),
        asset: Asset::new(AssetKind::Job, "fuzz"),
        zone: None,
        bounds: Window::ALWAYS,
        suspects: None,
    }
}

fn read(bytes: &[u8], block: usize) -> Parsed {
    let mut reader = LogReader::new(context());
    bytes.chunks(block.max(1)).for_each(|chunk| reader.feed(chunk));
    reader.finish()
}

/// One format alone sees every line, whether or not its anchors stand in it.
pub fn pull(name: &str, bytes: &[u8]) {
    pull::read_as(name, bytes, context());
}

/// The whole scanner.
pub fn scan(bytes: &[u8]) {
    let whole = read(bytes, usize::MAX);
    // A document is told from its first block, so only lines are cut differently.
    if !bytes.iter().any(|b| matches!(b, b'{' | b'[')) && !bytes.starts_with(b"apiVersion") {
        assert_eq!(whole.observations, read(bytes, 61).observations);
    }
}

/// Files of a store: `name\0content\0\0` again and again.
struct Files(BTreeMap<String, Vec<u8>>);

impl Tree for Files {
    fn list(&self, path: &str) -> Vec<Entry> {
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut entries: Vec<Entry> = Vec::new();
        for name in self.0.keys().filter_map(|k| k.strip_prefix(&prefix)) {
            let (first, folder) = name.split_once('/').map_or((name, false), |(first, _)| (first, true));
            if entries.last().is_none_or(|e| e.name != first) {
                entries.push(Entry { name: first.to_owned(), folder, file: !folder });
            }
        }
        entries
    }
    fn read(&self, path: &str, limit: u64) -> Option<Vec<u8>> {
        let bytes = self.0.get(path)?;
        Some(bytes[..bytes.len().min(usize::try_from(limit).unwrap_or(usize::MAX))].to_vec())
    }
    fn size(&self, path: &str) -> Option<u64> {
        self.0.get(path).map(|b| b.len() as u64)
    }
    fn is_folder(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        self.0.keys().any(|k| k.starts_with(&prefix))
    }
}

/// The file that a layout reads first, so that the fuzzer's bytes reach its parser.
fn first_file(name: &str) -> &'static str {
    match name {
        "containerd-store" => "io.containerd.metadata.v1.bolt/meta.db",
        "buildkit-store" => "metadata_v2.db",
        "containers-storage" => "overlay-images/images.json",
        "docker-store" => "image/overlay2/repositories.json",
        "registry-store" => "repositories/a/_manifests/tags/1/current/link",
        "docker-archive" => "manifest.json",
        _ => "index.json",
    }
}

/// A store whose first file is the input, and whose others are parts of it.
pub fn store(name: &str, bytes: &[u8]) {
    let Some(layout) = store::LAYOUTS.iter().find(|l| l.name() == name) else { return };
    let mut files = BTreeMap::from([(first_file(name).to_owned(), bytes.to_vec())]);
    files.insert("oci-layout".into(), b"{}".to_vec());
    files.insert("blobs/sha256/00/x".into(), Vec::new());
    files.insert("containers/a/config.v2.json".into(), bytes.to_vec());
    files.insert("overlay-containers/containers.json".into(), bytes.to_vec());
    files.insert(format!("image/overlay2/distribution/v2metadata-by-diffid/sha256/{}", "a".repeat(64)), bytes.to_vec());
    let tree = Files(files);
    layout.claims(&tree);
    layout.read(&tree, "fuzz", &Asset::new(AssetKind::Host, "fuzz"));
}

/// A file that names images.
pub fn site(name: &str, bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some(format) = site::FORMATS.iter().find(|f| f.name() == name) else { return };
    for site in format.sites(text).unwrap_or_default() {
        assert!(text.get(site.span.clone()).is_some(), "{:?}", site.span);
    }
    site::observe(*format, text, "fuzz", &Asset::new(AssetKind::File, "fuzz"), &mut Vec::new());
}

/// A line of one network format, whatever its bytes; the hunt finds the same in any blocks.
pub fn network(name: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let header = Header::default();
    for line in text.lines() {
        let Some(format) = network::FORMATS.iter().find(|f| f.name() == name) else { return };
        network::read_as(*format, line, &header);
    }
}

/// The whole hunt: two stages against every line looked at, in blocks of any size.
pub fn hunt(bytes: &[u8]) {
    static HUNTERS: LazyLock<[Arc<Hunter>; 2]> = LazyLock::new(|| {
        let hunter = |crowd: usize| {
            let sought = ["c2.example.net", "198.51.100.7", "203.0.113.0/24", "2001:db8::7", "KICS-Telemetry/2.0"];
            let others = (0..crowd).map(|n| format!("h{n}.crowd-{n}.example.org"));
            let sought = sought.iter().map(|s| (*s).to_owned()).chain(others);
            let sought = sought.map(|s| Sought::parse(&s).expect("an indicator")).collect();
            Arc::new(Hunter::new(IndicatorSet::new(sought), false).expect("few"))
        };
        [hunter(0), hunter(300)]
    });
    HUNTERS.iter().for_each(|hunter| hunt_with(hunter, bytes));
}

fn hunt_with(hunter: &Arc<Hunter>, bytes: &[u8]) {
    let read = |block: usize| {
        let mut reader = HuntReader::new(Arc::clone(hunter), Arc::default());
        bytes.chunks(block).for_each(|chunk| reader.feed(chunk));
        reader.finish().hits
    };
    let whole = read(usize::MAX);
    assert_eq!(whole, read(61));
    let mut naive = Vec::new();
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line);
        let header = text.starts_with('#') && Header::default().take(&text, false);
        let found = if header { Vec::new() } else { hunter.set().find(text.trim_end_matches('\r')) };
        // A name spelled half in one encoding and half in another is no spelling that is searched for.
        let encoded = text.contains(['%', '\\', '(']);
        naive.extend(found.into_iter().map(|f| (number as u64 + 1, f.indicator, encoded)));
    }
    let hits: Vec<_> = whole.iter().map(|h| (h.line, h.indicator)).collect();
    assert!(hits.iter().all(|hit| naive.iter().any(|n| (n.0, n.1) == *hit)));
    assert!(naive.iter().filter(|n| !n.2).all(|n| hits.contains(&(n.0, n.1))));
}

/// Captured packets: the first byte is the link type, then each packet behind its length.
pub fn capture(bytes: &[u8]) {
    let mut packets = Packets::default();
    let Some((link, mut rest)) = bytes.split_first() else { return };
    while let Some((length, tail)) = rest.split_first() {
        let (packet, left) = tail.split_at(usize::from(*length).min(tail.len()));
        let line = packets.line(Some("1776861302.5"), Link(u32::from(*link)), packet);
        assert!(!line.contains('\n'));
        rest = left;
    }
}

/// A logformat on the first line, lines of it behind.
pub fn logformat(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let Some(Ok(format)) = lines.next().map(LogFormat::parse) else { return };
    let layout = Arc::new(Layout { logformat: Some(format), year: Some(2026), ..Layout::default() });
    let set = IndicatorSet::new(vec![Sought::parse("c2.example.net").expect("an indicator")]);
    let mut reader = HuntReader::new(Arc::new(Hunter::new(set, false).expect("few")), layout);
    lines.for_each(|line| reader.feed(format!("{line} c2.example.net\n").as_bytes()));
    reader.finish();
}

/// A list of indicators.
pub fn feed(bytes: &[u8]) {
    decon_formats::feed::read(bytes);
}

/// An advisory file.
pub fn advisory(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Advisory::parse(text);
    }
}

/// A reference.
pub fn reference(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(first) = Reference::parse(text) {
        let again = Reference::parse(&first.to_string()).expect("what was printed parses");
        assert_eq!((first.repository, first.tag, first.digest), (again.repository, again.tag, again.digest));
    }
}
