//! Sigma (sigmahq.io rules specification 2): one rule a kind of log, by the taxonomy's own fields.

use std::fmt::Write as _;

use decon_core::digest::Digest;

use super::terms::quoted;
use super::{RuleFormat, Terms};

/// Sigma.
#[derive(Debug)]
pub(super) struct Sigma;

/// A selection: a field with its modifier, and the values.
type Selection = (&'static str, Vec<String>);

impl RuleFormat for Sigma {
    fn name(&self) -> &'static str {
        "sigma"
    }
    fn doc(&self) -> &'static str {
        "Sigma rules for DNS, proxy and firewall logs."
    }
    fn write(&self, terms: &Terms) -> String {
        let (exact, below) = names(terms);
        let agents: Vec<String> = terms.agents.iter().map(|agent| literal(agent)).collect();
        let rules = [
            ("DNS query", "dns", vec![("query", exact.clone()), ("query|endswith", below.clone())]),
            (
                "web request",
                "proxy",
                vec![
                    ("cs-host", exact),
                    ("cs-host|endswith", below),
                    ("c-uri|contains", terms.url_texts().map(|url| literal(&url)).collect()),
                    ("c-useragent|contains", agents),
                ],
            ),
            (
                "connection",
                "firewall",
                vec![
                    ("dst_ip", terms.addresses.iter().map(ToString::to_string).collect()),
                    ("dst_ip|cidr", terms.range_texts().collect()),
                ],
            ),
        ];
        let written: Vec<String> = rules
            .into_iter()
            .filter_map(|(what, category, selections)| rule(terms, what, category, &selections))
            .collect();
        written.join("---\n")
    }
}

/// Names that match as they stand, and endings with their dot.
fn names(terms: &Terms) -> (Vec<String>, Vec<String>) {
    let exact = terms.names.keys().map(|name| name.to_string()).collect();
    let below = terms.names.iter().filter(|(_, below)| **below).map(|(name, _)| format!(".{name}")).collect();
    (exact, below)
}

/// `*`, `?` and `\` mean something in values.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?")
}

fn rule(terms: &Terms, what: &str, category: &str, selections: &[Selection]) -> Option<String> {
    let used: Vec<&Selection> = selections.iter().filter(|(_, values)| !values.is_empty()).collect();
    if used.is_empty() {
        return None;
    }
    let mut detection = String::new();
    for (number, (field, values)) in used.iter().enumerate() {
        let _ = writeln!(detection, "  selection_{number}:\n    {field}:");
        for value in values {
            let _ = writeln!(detection, "      - {}", quoted(value));
        }
    }
    let origins = terms.origins();
    let id = id(&format!("{category}\n{detection}"));
    Some(format!(
        "title: {}\nid: {id}\nstatus: experimental\ndescription: {}\nauthor: decon\nlogsource:\n  category: {category}\n\
         detection:\n{detection}  condition: 1 of selection_*\nfalsepositives:\n  - Scanners and analysts that look the indicators up\nlevel: high\n",
        quoted(&format!("Contact with known-bad infrastructure, {what}")),
        quoted(&format!("Indicators of {origins}."))
    ))
}

/// A UUID (version 8, RFC 9562) from what the rule says: the same rule has the same one.
fn id(text: &str) -> String {
    let digest = Digest::of(text.as_bytes());
    let hex = digest.hex();
    format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
