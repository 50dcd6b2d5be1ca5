//! Suricata rules (docs.suricata.io, rules; 6.0 and later).
//!
//! Names in DNS queries, TLS SNI and HTTP hosts; `dotprefix` makes a suffix match end at a label.

use std::fmt::Write as _;

use super::{RuleFormat, Terms};

/// Suricata.
#[derive(Debug)]
pub(super) struct Suricata;

/// The local range of rule numbers ends at 1,999,999.
const FIRST_SID: u32 = 1_912_000;

impl RuleFormat for Suricata {
    fn name(&self) -> &'static str {
        "suricata"
    }
    fn doc(&self) -> &'static str {
        "Suricata rules, 6.0 and later; URLs are seen in plain HTTP only."
    }
    fn write(&self, terms: &Terms) -> String {
        let mut rules = Rules { out: String::new(), sid: FIRST_SID };
        for (name, below) in &terms.names {
            let below = *below;
            rules.rule("dns $HOME_NET any -> any any", name, &format!("dns.query; {}", host(name, below, "nocase; ")));
            let flow = "flow:established,to_server; ";
            let web = "$HOME_NET any -> $EXTERNAL_NET any";
            rules.rule(&format!("tls {web}"), name, &format!("{flow}tls.sni; {}", host(name, below, "nocase; ")));
            // The buffer is lower case already.
            rules.rule(&format!("http {web}"), name, &format!("{flow}http.host; {}", host(name, below, "")));
        }
        for (name, path) in &terms.urls {
            let uri = format!("http.uri; content:\"{}\"; startswith; ", content(path));
            let body = format!("flow:established,to_server; http.host; {}{uri}", host(name, false, ""));
            rules.rule("http $HOME_NET any -> $EXTERNAL_NET any", &format!("{name}{path}"), &body);
        }
        for agent in &terms.agents {
            let body = format!("flow:established,to_server; http.user_agent; content:\"{}\"; nocase; ", content(agent));
            rules.rule("http $HOME_NET any -> $EXTERNAL_NET any", agent, &body);
        }
        for net in terms.nets() {
            let limit = "threshold:type limit, track by_src, seconds 3600, count 1; ";
            rules.rule(&format!("ip $HOME_NET any -> {net} any"), &net, limit);
        }
        rules.out
    }
}

struct Rules {
    out: String,
    sid: u32,
}

impl Rules {
    fn rule(&mut self, traffic: &str, what: &str, body: &str) {
        self.sid += 1;
        let message = content(&format!("decon contact with {what}"));
        let _ = writeln!(
            self.out,
            "alert {traffic} (msg:\"{message}\"; {body}classtype:trojan-activity; sid:{}; rev:1;)",
            self.sid
        );
    }
}

fn host(name: &str, below: bool, case: &str) -> String {
    match below {
        true => format!("dotprefix; content:\".{}\"; {case}endswith; ", content(name)),
        false => format!("content:\"{}\"; {case}bsize:{}; ", content(name), name.len()),
    }
}

/// What means something in a content, and what is not printable, in hex.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b';' | b':' | b'\\' | b'|' | b'`' | 0..=31 | 127.. => {
                let _ = write!(out, "|{byte:02X}|");
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}
