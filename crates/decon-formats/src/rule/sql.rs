//! Athena (Trino's SQL) over the tables of the AWS guides: VPC flow logs and Route 53 resolver logs.

use std::fmt::Write as _;

use super::terms::sql;
use super::{Kind, RuleFormat, Terms};

/// Athena.
#[derive(Debug)]
pub(super) struct Athena;

impl RuleFormat for Athena {
    fn name(&self) -> &'static str {
        "athena"
    }
    fn doc(&self) -> &'static str {
        "Athena queries over vpc_flow_logs and r53_rlogs, the tables of the AWS guides; add your partitions."
    }
    fn comment(&self, text: &str) -> String {
        format!("-- {text}\n")
    }
    fn without(&self) -> &'static [(Kind, &'static str)] {
        &[(Kind::Url, "neither log has URLs"), (Kind::Agent, "neither log has user agents")]
    }
    fn write(&self, terms: &Terms) -> String {
        let mut out = String::new();
        let addresses: Vec<String> = terms.addresses.iter().map(|a| sql(&a.to_string())).collect();
        let mut any = Vec::new();
        if !addresses.is_empty() {
            any.push(format!("dstaddr IN ({})", addresses.join(", ")));
        }
        for range in terms.range_texts() {
            any.push(format!("contains({}, TRY_CAST(dstaddr AS IPADDRESS))", sql(&range)));
        }
        if !any.is_empty() {
            let _ = writeln!(
                out,
                "SELECT srcaddr, dstaddr, action, from_unixtime(min(\"start\")) AS first_seen, from_unixtime(max(\"start\")) AS last_seen,\n       \
                 count(*) AS flows, sum(bytes) AS bytes_out\nFROM vpc_flow_logs\nWHERE {}\nGROUP BY srcaddr, dstaddr, action\nORDER BY first_seen;",
                any.join("\n   OR ")
            );
        }
        if let Some(pattern) = terms.name_pattern() {
            let _ = writeln!(
                out,
                "SELECT srcaddr, query_name, rcode, min(query_timestamp) AS first_seen, max(query_timestamp) AS last_seen, count(*) AS queries\n\
                 FROM r53_rlogs\nWHERE regexp_like(query_name, {})\nGROUP BY srcaddr, query_name, rcode\nORDER BY first_seen;",
                sql(&format!("(?i){pattern}"))
            );
        }
        out
    }
}
