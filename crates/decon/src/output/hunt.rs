//! What a hunt found: a JSON line a hit, and the summary that a person reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use decon_core::coverage::{Coverage, Gap};
use decon_core::indicator::{IndicatorSet, Target, defang};
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
    outcomes: BTreeMap<Outcome, u64>,
    example: String,
}

impl Group {
    fn strongest(&self) -> Outcome {
        self.outcomes.keys().next_back().copied().unwrap_or_default()
    }

    /// `2 sent, 1 blocked`, where they are not alike.
    fn mix(&self) -> String {
        let each = self.outcomes.iter().rev().map(|(outcome, n)| format!("{n} {}", outcome.name()));
        if self.outcomes.len() > 1 { format!(" ({})", each.collect::<Vec<_>>().join(", ")) } else { String::new() }
    }
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
    contacts: u64,
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
            contacts: 0,
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
        let told: Vec<&Hit> = file.hunted.hits.iter().filter(|hit| self.count(&file.path, hit)).collect();
        // A line may hold several indicators: one contact.
        let mut lines: Vec<u64> = told.iter().filter(|hit| hit.about.is_none()).map(|hit| hit.line).collect();
        lines.dedup();
        self.contacts += lines.len() as u64;
        told
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
        // An answer's bytes came in, and what was refused did not go out.
        let answer = hit.contact.source.as_deref() != hit.ours();
        if !answer && hit.contact.outcome != Outcome::Blocked {
            group.bytes_out += hit.contact.bytes_out.unwrap_or(0);
        }
        // The line to look at is the first of the strongest outcome.
        if group.outcomes.is_empty() || hit.contact.outcome > group.strongest() {
            group.example = format!("{path}:{}", hit.line);
        }
        *group.outcomes.entry(hit.contact.outcome).or_default() += 1;
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
        let _ = match (self.groups.is_empty(), self.exit_status()) {
            (false, _) => {
                writeln!(
                    out,
                    "CONTACTED  {} from {}",
                    many(self.contacts, "contact"),
                    many(sources.len() as u64, "source")
                )
            }
            (true, 0) => {
                let when = match self.between {
                    (None, None) => "",
                    _ => " in the time asked for; which times the logs cover was not looked at",
                };
                writeln!(
                    out,
                    "CLEAR  No contact with any of {} indicators in what was read{when}.",
                    self.set.sought().len()
                )
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
            (std::cmp::Reverse(g.strongest()), g.first, source.clone(), *indicator)
        });
        for ((source, indicator), group) in groups {
            let sought = &self.set.sought()[*indicator];
            let source = if source.is_empty() { "(source not told)" } else { source };
            let value = defang(&sought.value);
            let advisory = sought.advisory.as_deref().map(|a| format!("  {a}")).unwrap_or_default();
            let _ = writeln!(
                out,
                "\n  {:9} {}  →  {}{advisory}",
                group.strongest().name(),
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
            let _ = writeln!(out, "            {}{}, {when}{undated}{bytes}", many(group.count, "time"), group.mix());
            let example = escape::terminal(&group.example);
            let _ = writeln!(out, "            see {example}");
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
                "  {}  {model}, {} from {}, first in {}",
                escape::terminal(&defang(name)),
                many(lead.count, "time"),
                many(lead.sources.len() as u64, "source"),
                escape::terminal(&lead.example)
            );
        }
        if self.leads.len() > LEADS {
            let _ = writeln!(out, "  and {} more; --format jsonl tells all", self.leads.len() - LEADS);
        }
    }

    fn notes_text(&self, out: &mut String) {
        let size = match self.bytes {
            0..1_048_576 => format!("{} KiB", self.bytes.div_ceil(1 << 10)),
            bytes => format!("{} MiB", bytes >> 20),
        };
        let (files, lines) = (many(self.files, "file"), many(self.lines, "line"));
        let _ = writeln!(out, "\nRead  {files}, {lines}, {size}");
        for (reason, count) in &self.about {
            let _ = writeln!(out, "Not counted  {count} lines that only talk about an indicator: {reason}");
        }
        for (reason, count) in &self.suppressed {
            let _ = writeln!(out, "Ignored  {} of {}", many(*count, "contact"), escape::terminal(reason));
        }
        if self.outside > 0 {
            let _ = writeln!(out, "Outside the time asked for  {}", many(self.outside, "contact"));
        }
        if self.files == 0 && self.gaps.is_empty() {
            let _ = writeln!(out, "\nNothing that could be read was there.");
        }
        let urls = self.set.sought().iter().filter(|s| matches!(s.target, Target::Url { .. })).count();
        if urls > 0 {
            let note = "CONNECT, DNS and TLS logs hold no paths: look for their hosts too";
            let _ = writeln!(out, "Seen only where logs hold paths  {}; {note}", many(urls as u64, "URL"));
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

/// `1 file`, `2 files`.
fn many(count: u64, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}
