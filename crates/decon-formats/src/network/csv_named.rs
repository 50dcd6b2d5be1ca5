//! CSV exports with a header line: columns by the usual names.

use super::contact::{Contact, some};
use super::csv::cells;
use super::{NetLine, NetworkFormat, usual};

/// CSV with a header.
#[derive(Debug)]
pub(super) struct CsvNamed;

impl NetworkFormat for CsvNamed {
    fn name(&self) -> &'static str {
        "csv"
    }
    fn doc(&self) -> &'static str {
        "CSV exports with a header line."
    }
    fn read(&self, line: &NetLine<'_>) -> Option<Contact> {
        let names = &line.header.csv;
        let row = cells(line.whole);
        if names.is_empty() || row.len() != names.len() {
            return None;
        }
        usual::contact(|name| {
            let at = names.iter().position(|column| usual::plain(column) == name)?;
            row.get(at).and_then(|cell| some(cell))
        })
    }
}
