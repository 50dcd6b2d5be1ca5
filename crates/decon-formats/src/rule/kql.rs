//! KQL for Microsoft Defender and Sentinel: the usual tables, `union isfuzzy` leaves out those that are not there.

use std::fmt::Write as _;

use super::terms::{FOUR_ONLY, one_line, quoted};
use super::{RuleFormat, Terms};

/// KQL.
#[derive(Debug)]
pub(super) struct Kql;

/// A table and its columns.
struct Table {
    name: &'static str,
    time: &'static str,
    source: &'static str,
    /// Where a name or URL may stand; the first tells the destination.
    texts: &'static [&'static str],
    address: Option<&'static str>,
    agent: Option<&'static str>,
}

const TABLES: [Table; 5] = [
    Table {
        name: "DeviceNetworkEvents",
        time: "Timestamp",
        source: "DeviceName",
        texts: &["RemoteUrl", "InitiatingProcessCommandLine"],
        address: Some("RemoteIP"),
        agent: None,
    },
    Table {
        name: "CommonSecurityLog",
        time: "TimeGenerated",
        source: "SourceIP",
        texts: &["DestinationHostName", "RequestURL"],
        address: Some("DestinationIP"),
        agent: Some("RequestClientApplication"),
    },
    Table {
        name: "DnsEvents",
        time: "TimeGenerated",
        source: "ClientIP",
        texts: &["Name"],
        address: None,
        agent: None,
    },
    Table {
        name: "AZFWDnsQuery",
        time: "TimeGenerated",
        source: "SourceIp",
        texts: &["QueryName"],
        address: None,
        agent: None,
    },
    Table {
        name: "AZFWApplicationRule",
        time: "TimeGenerated",
        source: "SourceIp",
        texts: &["Fqdn", "TargetUrl"],
        address: None,
        agent: None,
    },
];

impl Table {
    fn query(&self) -> String {
        let texts = self.texts.iter().flat_map(|t| [format!("{t} matches regex names"), format!("{t} has_any (urls)")]);
        let address = self
            .address
            .iter()
            .flat_map(|a| [format!("ipv4_is_in_any_range({a}, networks)"), format!("{a} in (addresses)")]);
        let agent = self.agent.iter().map(|a| format!("{a} has_any (agents)"));
        let any: Vec<String> = texts.chain(address).chain(agent).collect();
        let Self { name, time, source, texts, .. } = self;
        format!(
            "  ({name}\n   | where {}\n   | project At = {time}, Source = tostring({source}), Destination = tostring({}), Table = \"{name}\")",
            any.join("\n       or "),
            texts[0]
        )
    }
}

impl RuleFormat for Kql {
    fn name(&self) -> &'static str {
        "kql"
    }
    fn doc(&self) -> &'static str {
        "KQL for Microsoft Defender and Sentinel."
    }
    fn comment(&self, text: &str) -> String {
        format!("// {text}\n")
    }
    fn write(&self, terms: &Terms) -> String {
        let texts: Vec<String> = terms.url_texts().map(|url| quoted(&one_line(&url))).collect();
        let agents: Vec<String> = terms.agents.iter().map(|agent| quoted(&one_line(agent))).collect();
        let addresses: Vec<String> = terms.addresses.iter().map(|a| quoted(&a.to_string())).collect();
        let (four, six) = terms.ranges_by_kind();
        let networks: Vec<String> = four.iter().map(|range| quoted(range)).collect();
        let pattern = terms.name_pattern().map_or_else(|| "$.^".to_owned(), |names| format!("(?i){names}"));
        let mut out = String::new();
        let _ = writeln!(out, "let names = @\"{}\";", pattern.replace('"', "\"\""));
        let _ = writeln!(out, "let urls = dynamic([{}]);", texts.join(", "));
        let _ = writeln!(out, "let agents = dynamic([{}]);", agents.join(", "));
        for range in six {
            out.push_str(&self.comment(&format!("Not in here: {range}: {FOUR_ONLY}")));
        }
        let _ = writeln!(out, "let addresses = dynamic([{}]);", addresses.join(", "));
        let _ = writeln!(out, "let networks = dynamic([{}]);", networks.join(", "));
        let tables: Vec<String> = TABLES.iter().map(Table::query).collect();
        let _ = writeln!(out, "union isfuzzy=true\n{}", tables.join(",\n"));
        out.push_str("| summarize First = min(At), Last = max(At), Count = count() by Source, Destination, Table\n| order by First asc\n");
        out
    }
}
