//! Splunk's search language: the index finds the words, a regular expression the boundaries.

use super::terms::one_line;
use super::{RuleFormat, Terms};

/// Splunk.
#[derive(Debug)]
pub(super) struct Splunk;

impl RuleFormat for Splunk {
    fn name(&self) -> &'static str {
        "splunk"
    }
    fn doc(&self) -> &'static str {
        "Splunk search over all indexes; narrow index and time to yours."
    }
    fn comment(&self, text: &str) -> String {
        // Three backticks end a comment.
        format!("```{}```\n", text.replace('`', "'"))
    }
    fn write(&self, terms: &Terms) -> String {
        let ranges = terms.range_texts().map(|range| format!("dest_ip=\"{range}\" OR dest=\"{range}\""));
        let any: Vec<String> = terms.words().map(|word| phrase(&word)).chain(ranges).collect();
        let pattern = terms.pattern().map(|pattern| format!("match(_raw, {})", phrase(&pattern)));
        let nets = terms.range_texts().map(|range| format!("cidrmatch(\"{range}\", coalesce(dest_ip, dest))"));
        let boundaries = format!("| where {}\n", pattern.into_iter().chain(nets).collect::<Vec<_>>().join(" OR "));
        format!(
            "search index=* ({})\n{boundaries}| eval source_host=coalesce(src, src_ip, c_ip, client_ip, host)\n\
             | stats earliest(_time) AS first latest(_time) AS last count values(dest) AS dest values(query) AS query \
             values(action) AS action sum(bytes_out) AS bytes_out BY source_host sourcetype\n\
             | convert ctime(first) ctime(last)\n",
            any.join(" OR ")
        )
    }
}

fn phrase(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}
