//! Rules and queries: indicators written for systems that people already run.
//!
//! One file a system, one line in [`RULES`], one golden fixture. Values may come from feeds and are
//! hostile: each format escapes them for its own consumer. What a system cannot express is said in
//! a comment of the output, never left out in silence.

mod clickhouse;
mod falco;
mod kql;
mod sigma;
mod splunk;
mod sql;
mod suricata;
mod terms;
mod tetragon;
mod zeek;

pub use terms::{Kind, Terms};

use decon_core::indicator::Sought;

/// One system that takes rules or queries.
pub trait RuleFormat: Sync {
    /// Its name on the command line. Public: it never changes.
    fn name(&self) -> &'static str;
    /// One sentence: what it is for and what it expects.
    fn doc(&self) -> &'static str;
    /// A comment of one line.
    fn comment(&self, text: &str) -> String {
        format!("# {text}\n")
    }
    /// Kinds of indicators that it cannot express, with the reason.
    fn without(&self) -> &'static [(Kind, &'static str)] {
        &[]
    }
    /// The rules themselves.
    fn write(&self, terms: &Terms) -> String;
    /// Whether the first line must be the format's own, comments after it.
    fn begins(&self) -> Option<&'static str> {
        None
    }
}

/// Every system.
pub const RULES: &[&dyn RuleFormat] = &[
    &sigma::Sigma,
    &suricata::Suricata,
    &zeek::Zeek,
    &falco::Falco,
    &tetragon::Tetragon,
    &splunk::Splunk,
    &kql::Kql,
    &sql::Athena,
    &clickhouse::Clickhouse,
];

/// These indicators as rules of this system.
pub fn emit(format: &dyn RuleFormat, sought: &[Sought]) -> String {
    let terms = Terms::of(sought);
    let mut out = format.begins().map(|line| format!("{line}\n")).unwrap_or_default();
    let mut comment = |text: &str| out.push_str(&format.comment(&terms::one_line(text)));
    comment(&format!("{} Written by decon from: {}", format.doc(), terms.origins()));
    for (kind, reason) in format.without().iter().filter(|(kind, _)| terms.has(*kind)) {
        comment(&format!("Not in here: {}: {reason}", terms.listed(*kind)));
    }
    for (value, caution) in terms.cautions() {
        comment(&format!("Caution, {value}: {caution}"));
    }
    out.push_str(&format.write(&terms));
    out
}
