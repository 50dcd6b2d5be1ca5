//! What a hunt found: a JSON line a hit, and the summary that a person reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use decon_core::coverage::{Coverage, Gap};
use decon_core::indicator::{IndicatorSet, defang};
use decon_formats::network::{Hit, LEAD, Outcome};
use decon_systems::files::HuntedFile;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::escape;

/// Leads that a summary lists.
const LEADS: usize = 40;

/// One hit as JSON.
pub(crate) fn line(set: &IndicatorSet, path: &str, hit: &Hit, zone: Option<&TimeZone>) -> Value {
    let sought = &set.sought()[hit.indicator];
    let contact = &hit.contact;
    let status = contact.status.as_deref().map(|s| s.parse::<u64>().map_or_else(|_| json!(s), |n| json!(n)));
    let mut object = json!({
        "indicator": sought.value,
        "advisory": sought.advisory,
        "at": contact.at.resolve(zone).map(|at| at.to_string()),
        "at_raw": contact.at_raw,
        "source": contact.source,
        "destination": contact.destination,
        "destination_ip": contact.destination_ip,
        "user_agent": contact.user_agent,
        "url": contact.url,
        "method": contact.method,
        "status": status,
        "bytes_out": contact.bytes_out,
        "outcome": contact.outcome.name(),
        "format": hit.format,
        "matched": hit.text,
        "proof": {"path": path, "offset": hit.offset, "line": hit.line},
    });
    if let Some(about) = hit.about {
        object["about"] = json!(about);
    }
    if !sought.shared_with.is_empty() {
        object["shared_with"] = json!(sought.shared_with);
    }
    object
}

/// Contacts of one source with one indicator.
#[derive(Debug, Default)]
struct Group {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    undated: u64,
    count: u64,
    bytes_out: u64,
    outcome: Outcome,
    example: String,
}

/// A look-alike that something spoke to.
#[derive(Debug, Default)]
struct Lead {
    count: u64,
    sources: std::collections::BTreeSet<Box<str>>,
    example: String,
}

/// Everything a hunt found, summed up as it comes.
pub(crate) struct Summary<'s> {
    set: &'s IndicatorSet,
    zone: Option<TimeZone>,
    between: (Option<Timestamp>, Option<Timestamp>),
    ignored: Vec<(String, String)>,
    groups: BTreeMap<(Box<str>, usize), Group>,
    about: BTreeMap<&'static str, u64>,
    /// Look-alikes by name and what they look like, with who spoke to them.
    leads: BTreeMap<(Box<str>, usize), Lead>,
    suppressed: BTreeMap<String, u64>,
    outside: u64,
    files: u64,
    lines: u64,
    bytes: u64,
    gaps: Vec<Gap>,
}

impl<'s> Summary<'s> {
    pub(crate) fn new(
        set: &'s IndicatorSet,
        zone: Option<TimeZone>,
        between: (Option<Timestamp>, Option<Timestamp>),
        ignored: Vec<(String, String)>,
    ) -> Self {
        Self {
            set,
            zone,
            between,
            ignored,
            groups: BTreeMap::new(),
            about: BTreeMap::new(),
            leads: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            outside: 0,
            files: 0,
            lines: 0,
            bytes: 0,
            gaps: Vec::new(),
        }
    }

    pub(crate) fn zone(&self) -> Option<&TimeZone> {
        self.zone.as_ref()
    }

    /// Counts the hits of a file; gives those that are in the time asked for and not ignored.
    pub(crate) fn take<'f>(&mut self, file: &'f HuntedFile) -> Vec<&'f Hit> {
        self.files += 1;
        self.lines += file.hunted.lines;
        self.bytes += file.bytes;
        file.hunted.hits.iter().filter(|hit| self.count(&file.path, hit)).collect()
    }

    fn count(&mut self, path: &str, hit: &Hit) -> bool {
        let at = hit.contact.at.resolve(self.zone.as_ref());
        let (since, until) = self.between;
        if at.is_some_and(|at| since.is_some_and(|since| at < since) || until.is_some_and(|until| at >= until)) {
            self.outside += 1;
            return false;
        }
        let source: Box<str> = hit.ours().unwrap_or_default().into();
        if let Some((_, reason)) = self.ignored.iter().find(|(known, _)| known.eq_ignore_ascii_case(&source)) {
            *self.suppressed.entry(format!("{source}: {reason}")).or_default() += 1;
            return false;
        }
        if hit.about == Some(LEAD) {
            let lead = self.leads.entry((hit.text.to_ascii_lowercase().into(), hit.indicator)).or_default();
            lead.count += 1;
            lead.sources.insert(source);
            if lead.example.is_empty() {
                lead.example = format!("{path}:{}", hit.line);
            }
            return true;
        }
        if let Some(about) = hit.about {
            *self.about.entry(about).or_default() += 1;
            return true;
        }
        let group = self.groups.entry((source, hit.indicator)).or_default();
        group.count += 1;
        group.bytes_out += hit.contact.bytes_out.unwrap_or(0);
        group.outcome = group.outcome.max(hit.contact.outcome);
        if group.example.is_empty() {
            group.example = format!("{path}:{}", hit.line);
        }
        match at {
            Some(at) => {
                group.first = Some(group.first.map_or(at, |first| first.min(at)));
                group.last = Some(group.last.map_or(at, |last| last.max(at)));
            }
            None => group.undated += 1,
        }
        true
    }

    pub(crate) fn cover(&mut self, coverage: Vec<Coverage>) {
        self.gaps.extend(coverage.into_iter().flat_map(|c| c.gaps));
    }

    pub(crate) fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// 15 contacted, 11 unknown, 0 nothing found in all that was given.
    pub(crate) fn exit_status(&self) -> u8 {
        match (self.groups.is_empty(), self.gaps.is_empty() && self.files > 0) {
            (false, _) => 15,
            (true, false) => 11,
            (true, true) => 0,
        }
    }

    /// The summary as text.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let sources: std::collections::BTreeSet<&str> = self.groups.keys().map(|(source, _)| &**source).collect();
        let total: u64 = self.groups.values().map(|g| g.count).sum();
        let _ = match (self.groups.is_empty(), self.exit_status()) {
            (false, _) => writeln!(out, "CONTACTED  {total} contacts from {} sources", sources.len()),
            (true, 0) => {
                writeln!(out, "CLEAR  No contact with any of {} indicators in what was read.", self.set.sought().len())
            }
            (true, _) => writeln!(out, "UNKNOWN  No contact found, but not everything could be read."),
        };
        self.groups_text(&mut out);
        self.leads_text(&mut out);
        self.notes_text(&mut out);
        out
    }

    fn groups_text(&self, out: &mut String) {
        let mut groups: Vec<_> = self.groups.iter().collect();
        groups.sort_by_key(|((source, indicator), g)| {
            (std::cmp::Reverse(g.outcome), g.first, source.clone(), *indicator)
        });
        for ((source, indicator), group) in groups {
            let sought = &self.set.sought()[*indicator];
            let source = if source.is_empty() { "(source not told)" } else { source };
            let value = defang(&sought.value);
            let advisory = sought.advisory.as_deref().map(|a| format!("  {a}")).unwrap_or_default();
            let _ = writeln!(
                out,
                "\n  {:9} {}  →  {}{advisory}",
                group.outcome.name(),
                escape::terminal(source),
                escape::terminal(&value)
            );
            let when = match (group.first, group.last) {
                (Some(first), Some(last)) if first == last => format!("at {first}"),
                (Some(first), Some(last)) => format!("{first} to {last}"),
                _ => "time not told in UTC".to_owned(),
            };
            let undated = if group.undated > 0 && group.first.is_some() {
                format!(", {} without a time", group.undated)
            } else {
                String::new()
            };
            let bytes = if group.bytes_out > 0 { format!(", {} bytes out", group.bytes_out) } else { String::new() };
            let _ = writeln!(out, "            {} times, {when}{undated}{bytes}", group.count);
            let example = escape::terminal(&group.example);
            let _ = writeln!(out, "            first in {example}");
            if !sought.shared_with.is_empty() {
                let _ = writeln!(
                    out,
                    "            used in other incidents too: {}; alone it does not prove this one",
                    sought.shared_with.join(", ")
                );
            }
            if let Some(note) = &sought.note {
                let _ = writeln!(out, "            note: {}", escape::terminal(note));
            }
        }
    }

    fn leads_text(&self, out: &mut String) {
        if self.leads.is_empty() {
            return;
        }
        let _ = writeln!(
            out,
            "\nLeads  {} names look like a publisher's own; no contact until somebody looked",
            self.leads.len()
        );
        for ((name, indicator), lead) in self.leads.iter().take(LEADS) {
            let model = &self.set.sought()[*indicator].value;
            let _ = writeln!(
                out,
                "  {}  {model}, {} times from {} sources, first in {}",
                escape::terminal(&defang(name)),
                lead.count,
                lead.sources.len(),
                escape::terminal(&lead.example)
            );
        }
        if self.leads.len() > LEADS {
            let _ = writeln!(out, "  and {} more; --format jsonl tells all", self.leads.len() - LEADS);
        }
    }

    fn notes_text(&self, out: &mut String) {
        let mib = self.bytes / (1 << 20);
        let _ = writeln!(out, "\nRead  {} files, {} lines, {mib} MiB", self.files, self.lines);
        for (reason, count) in &self.about {
            let _ = writeln!(out, "Not counted  {count} lines that only talk about an indicator: {reason}");
        }
        for (reason, count) in &self.suppressed {
            let _ = writeln!(out, "Ignored  {count} contacts of {}", escape::terminal(reason));
        }
        if self.outside > 0 {
            let _ = writeln!(out, "Outside the time asked for  {} contacts", self.outside);
        }
        if !self.gaps.is_empty() {
            let _ = writeln!(out, "\nNot read  {}", self.gaps.len());
        }
        for gap in self.gaps.iter().take(20) {
            let _ =
                writeln!(out, "  {}: {}; {}", escape::terminal(&gap.path), escape::terminal(&gap.reason), gap.remedy);
        }
        if self.gaps.len() > 20 {
            let _ = writeln!(out, "  and {} more; --format jsonl tells all", self.gaps.len() - 20);
        }
    }
}
