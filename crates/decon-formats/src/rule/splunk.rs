//! Splunk's search language: the index finds the words, a regular expression the boundaries.

use super::terms::{escaped, one_line};
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
        let nets = terms.addresses.iter().map(ToString::to_string);
        let urls = terms.urls.iter().map(|(host, path)| format!("{host}{path}"));
        let agents = terms.agents.iter().map(|agent| agent.to_string());
        let words: Vec<String> = terms
            .names
            .keys()
            .map(|n| n.to_string())
            .chain(nets.clone())
            .chain(urls.clone())
            .chain(agents.clone())
            .collect();
        let words: Vec<String> = words.iter().map(|word| phrase(word)).collect();
        let ranges =
            terms.ranges.iter().map(|(first, bits)| format!("dest_ip=\"{first}/{bits}\" OR dest=\"{first}/{bits}\""));
        let any: Vec<String> = words.into_iter().chain(ranges).collect();
        let addresses: Vec<String> = nets.map(|a| format!("(^|[^0-9a-f.:]){}($|[^0-9.])", escaped(&a))).collect();
        let texts = urls.chain(agents).map(|text| escaped(&text));
        let either: Vec<String> = terms.name_pattern().into_iter().chain(addresses).chain(texts).collect();
        let pattern =
            (!either.is_empty()).then(|| format!("match(_raw, {})", phrase(&format!("(?i){}", either.join("|")))));
        let nets =
            terms.ranges.iter().map(|(first, bits)| format!("cidrmatch(\"{first}/{bits}\", coalesce(dest_ip, dest))"));
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
