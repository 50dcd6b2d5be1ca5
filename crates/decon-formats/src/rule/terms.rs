//! The indicators of one run, sorted by kind, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use decon_core::indicator::{Sought, Target};

/// Kinds of indicators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Names.
    Name,
    /// Addresses and ranges.
    Address,
    /// URLs.
    Url,
    /// User agents.
    Agent,
}

/// Indicators by kind.
#[derive(Debug, Default)]
pub struct Terms {
    /// Names, and whether names below them count too.
    pub names: BTreeMap<Box<str>, bool>,
    /// Addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// Ranges, by their first address and bits.
    pub ranges: BTreeSet<(IpAddr, u8)>,
    /// URLs, host and path.
    pub urls: BTreeSet<(Box<str>, Box<str>)>,
    /// Parts of user agents.
    pub agents: BTreeSet<Box<str>>,
    origins: BTreeSet<Box<str>>,
    cautions: BTreeMap<Box<str>, Box<str>>,
}

impl Terms {
    /// Sorts these.
    pub fn of(sought: &[Sought]) -> Self {
        let mut terms = Self::default();
        for one in sought {
            match one.target.clone() {
                Target::Domain { name, below } => *terms.names.entry(name).or_default() |= below,
                Target::Address(address) => {
                    terms.addresses.insert(address);
                }
                Target::Range(first, bits) => {
                    terms.ranges.insert((first, bits));
                }
                Target::Url { host, path } => {
                    terms.urls.insert((host, path));
                }
                // Nobody's rules should alert on what only looks like something.
                Target::LookAlike { .. } => continue,
                Target::UserAgent(agent) => {
                    terms.agents.insert(agent);
                }
            }
            terms.origins.insert(one.advisory.clone().unwrap_or_else(|| "own indicators".into()));
            let shared = (!one.shared_with.is_empty()).then(|| format!("also used in {}", one.shared_with.join(", ")));
            let cautions: Vec<String> = one.note.as_deref().map(str::to_owned).into_iter().chain(shared).collect();
            if !cautions.is_empty() {
                terms.cautions.insert(one.value.clone(), cautions.join("; ").into());
            }
        }
        terms
    }

    /// Ranges as text, `198.51.100.0/24`.
    pub fn range_texts(&self) -> impl Iterator<Item = String> {
        self.ranges.iter().map(|(first, bits)| format!("{first}/{bits}"))
    }

    /// Ranges as text, IPv4 and IPv6 apart: some systems know only the first.
    pub fn ranges_by_kind(&self) -> (Vec<String>, Vec<String>) {
        self.range_texts().partition(|range| !range.contains(':'))
    }

    /// URLs without scheme.
    pub fn url_texts(&self) -> impl Iterator<Item = String> {
        self.urls.iter().map(|(host, path)| format!("{host}{path}"))
    }

    /// Addresses and ranges as text.
    pub fn nets(&self) -> Vec<String> {
        self.addresses.iter().map(IpAddr::to_string).chain(self.range_texts()).collect()
    }

    /// What an index of words is asked for: names, addresses, URLs, user agents. Ranges are no words.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        let names = self.names.keys().map(ToString::to_string);
        let agents = self.agents.iter().map(ToString::to_string);
        names.chain(self.addresses.iter().map(IpAddr::to_string)).chain(self.url_texts()).chain(agents)
    }

    /// One regular expression that a line matches if it holds one of the words, at its boundaries.
    pub(super) fn pattern(&self) -> Option<String> {
        let addresses = self.addresses.iter().map(|a| format!("(^|[^0-9a-f.:]){}($|[^0-9.])", escaped(&a.to_string())));
        let texts = self.url_texts().chain(self.agents.iter().map(ToString::to_string)).map(|text| escaped(&text));
        let either: Vec<String> = self.name_pattern().into_iter().chain(addresses).chain(texts).collect();
        (!either.is_empty()).then(|| format!("(?i){}", either.join("|")))
    }

    /// Whether there is one of this kind.
    pub fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Name => !self.names.is_empty(),
            Kind::Address => !self.addresses.is_empty() || !self.ranges.is_empty(),
            Kind::Url => !self.urls.is_empty(),
            Kind::Agent => !self.agents.is_empty(),
        }
    }

    pub(super) fn listed(&self, kind: Kind) -> String {
        let all: Vec<String> = match kind {
            Kind::Name => self.names.keys().map(|name| name.to_string()).collect(),
            Kind::Address => self.nets(),
            Kind::Url => self.url_texts().collect(),
            Kind::Agent => self.agents.iter().map(|agent| agent.to_string()).collect(),
        };
        all.join(", ")
    }

    pub(super) fn origins(&self) -> String {
        self.origins.iter().map(|o| &**o).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn cautions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cautions.iter().map(|(value, caution)| (&**value, &**caution))
    }

    /// One regular expression that a text matches if it holds one of the names, at label boundaries.
    /// Without look-around, so that RE2 takes it; case is the caller's.
    pub(super) fn name_pattern(&self) -> Option<String> {
        let names: Vec<String> = self.names.keys().map(|name| escaped(name)).collect();
        let (below, exact): (Vec<_>, Vec<_>) = self.names.iter().zip(names).partition(|((_, below), _)| **below);
        let join = |list: Vec<(_, String)>| list.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join("|");
        let below = (!below.is_empty()).then(|| format!("(^|[^a-z0-9_-])({})", join(below)));
        let exact = (!exact.is_empty()).then(|| format!("(^|[^a-z0-9_.-])({})", join(exact)));
        let either: Vec<String> = [below, exact].into_iter().flatten().collect();
        (!either.is_empty()).then(|| format!("({})\\.?($|[^a-z0-9_.-])", either.join("|")))
    }
}

/// Why a range is left out.
pub(super) const FOUR_ONLY: &str = "ranges are IPv4 only";

/// A text as a regular expression that matches just it.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text for a comment: nothing in it may end the line.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect()
}

/// A double-quoted string in the way of JSON, which YAML, Falco and KQL take too.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A single-quoted string of SQL.
pub(super) fn sql(text: &str) -> String {
    format!("'{}'", one_line(text).replace('\'', "''"))
}
