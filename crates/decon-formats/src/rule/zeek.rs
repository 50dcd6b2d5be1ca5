//! Zeek's intelligence file (docs.zeek.org, intelligence framework): tab-separated, matched exactly.

use std::fmt::Write as _;

use super::terms::one_line;
use super::{RuleFormat, Terms};

/// Zeek.
#[derive(Debug)]
pub(super) struct Zeek;

impl RuleFormat for Zeek {
    fn name(&self) -> &'static str {
        "zeek"
    }
    fn doc(&self) -> &'static str {
        "Zeek intelligence file; Zeek compares names whole, so names below one of these are not seen."
    }
    fn begins(&self) -> Option<&'static str> {
        Some("#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc")
    }
    fn write(&self, terms: &Terms) -> String {
        let mut out = String::new();
        let mut line = |value: &str, kind: &str| {
            let value = one_line(value);
            let _ = writeln!(out, "{value}\tIntel::{kind}\tdecon\tdecon, from {}", one_line(&terms.origins()));
        };
        terms.names.keys().for_each(|name| line(name, "DOMAIN"));
        terms.addresses.iter().for_each(|address| line(&address.to_string(), "ADDR"));
        terms.range_texts().for_each(|range| line(&range, "SUBNET"));
        // Without scheme, as Zeek builds them.
        terms.url_texts().for_each(|url| line(&url, "URL"));
        terms.agents.iter().for_each(|agent| line(agent, "SOFTWARE"));
        out
    }
}
