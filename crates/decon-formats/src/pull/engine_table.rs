//! Tables that engines print: `docker images` (with `--digests`), `docker ps`, `podman`, `nerdctl`
//! and `crictl` alike. Columns are told by where the header's words begin.
//!
//! Source: docker/cli `cli/command/formatter`, cri-tools `cmd/crictl/image.go`. Cells are separated
//! by three blanks at least; an empty cell is blank. `docker ps` says "4 weeks ago", which is no time.

use decon_core::digest::{Digest, DigestPrefix};
use decon_core::observation::Event;
use decon_core::reference::Reference;

use super::line::Line;
use super::sink::{Draft, Mark, Sink};
use super::{PullFormat, Reader};
use crate::frame::Stamp;
use crate::store::nameless;

const NAME: &str = "engine-table";
/// Rows are asked for in portions: a table ends where a row does not fit the header.
const ROWS: u16 = 4;

/// Tables of images and containers.
#[derive(Debug)]
pub(super) struct EngineTable;

impl PullFormat for EngineTable {
    fn name(&self) -> &'static str {
        NAME
    }
    fn doc(&self) -> &'static str {
        "Tables of docker, podman, nerdctl and crictl: images with tag and digest, containers with image."
    }
    fn anchors(&self) -> &'static [&'static str] {
        &["IMAGE ID  ", "CONTAINER ID  "]
    }
    fn reader(&self) -> Option<Box<dyn Reader>> {
        Some(Box::<Table>::default())
    }
}

#[derive(Debug, Default)]
struct Table {
    columns: Vec<(Box<str>, usize)>,
}

impl Reader for Table {
    fn line(&mut self, line: &Line<'_>, out: &mut Sink) {
        let text = line.text.trim_end();
        if let Some(columns) = header(text) {
            self.columns = columns;
            return out.want(ROWS);
        }
        if self.columns.is_empty() {
            return;
        }
        if self.row(text, line, out).is_some() {
            out.want(ROWS);
        } else {
            self.columns.clear();
        }
    }
}

/// The columns of a header, by name and place.
fn header(text: &str) -> Option<Vec<(Box<str>, usize)>> {
    let known = text.starts_with("REPOSITORY ") || text.starts_with("CONTAINER ID ") || text.starts_with("IMAGE ");
    if !known || !text.is_ascii() || text.bytes().any(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let mut columns = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = text[at..].find("  ").map_or(text.len(), |gap| at + gap);
        columns.push((text[at..end].into(), at));
        at = end + text[end..].len() - text[end..].trim_start().len();
    }
    (columns.len() >= 3).then_some(columns)
}

impl Table {
    fn cell<'t>(&self, text: &'t str, name: &str) -> Option<&'t str> {
        let at = self.columns.iter().position(|(column, _)| &**column == name)?;
        let start = self.columns[at].1;
        let end = self.columns.get(at + 1).map_or(text.len(), |(_, next)| (*next).min(text.len()));
        let fits = start == 0 || text.as_bytes().get(start - 1).is_none_or(|before| *before == b' ');
        text.get(start..end).map(str::trim).filter(|_| fits)
    }

    /// One row; `None` where the line is no row of this table.
    fn row(&self, text: &str, line: &Line<'_>, out: &mut Sink) -> Option<()> {
        let some = |name: &str| self.cell(text, name).filter(|cell| !cell.is_empty() && *cell != "<none>");
        if self.columns[0].0.starts_with("CONTAINER") {
            let id = some("CONTAINER ID")?;
            let image = some("IMAGE").filter(|_| hex(id))?;
            let named = Reference::pullable(image).ok().filter(|_| !hex(image));
            if let Some(reference) = named {
                let draft = Draft::image(Event::Run, reference, NAME, Mark::at(line)).at(Stamp::Unstated);
                out.emit(draft.with("container", some("NAMES").or_else(|| some("NAME")).unwrap_or(id)));
            }
            return Some(());
        }
        let id = some("IMAGE ID").filter(|id| hex(id.trim_start_matches("sha256:")))?;
        let digest = some("DIGEST").and_then(|digest| Digest::parse(digest).ok());
        let named = some("REPOSITORY").or_else(|| some("IMAGE")).map(|name| match some("TAG") {
            Some(tag) => format!("{name}:{tag}"),
            None => name.to_owned(),
        });
        let named = named.and_then(|name| Reference::parse(&name).ok());
        let Some(mut reference) = named.or_else(|| digest.as_ref().map(nameless)) else { return Some(()) };
        reference.digest = reference.digest.take().or_else(|| digest.clone());
        let mut draft = Draft::image(Event::Held, reference, NAME, Mark::at(line)).at(Stamp::Unstated);
        // `crictl images --digests` cuts the digest, and so does the image id everywhere.
        let cut =
            some("DIGEST").filter(|_| digest.is_none()).map(|d| format!("sha256:{}", d.trim_start_matches("sha256:")));
        draft.prefix = cut.and_then(|digest| DigestPrefix::parse(&digest));
        draft.image_id = Digest::parse(id).ok();
        out.emit(draft.with("image-id", id));
        Some(())
    }
}

fn hex(text: &str) -> bool {
    text.len() >= 10 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
