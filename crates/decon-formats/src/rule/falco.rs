//! Falco rules (falco.org, rules and supported fields): connections, and commands that name a host.
//!
//! `fd.sip.name` is resolved by Falco when it starts and then compared by address.

use std::fmt::Write as _;

use super::terms::quoted;
use super::{Kind, RuleFormat, Terms};

/// Falco.
#[derive(Debug)]
pub(super) struct Falco;

impl RuleFormat for Falco {
    fn name(&self) -> &'static str {
        "falco"
    }
    fn doc(&self) -> &'static str {
        "Falco rules: connections to the addresses and names, and commands that name them."
    }
    fn without(&self) -> &'static [(Kind, &'static str)] {
        &[(Kind::Url, "system calls show no URL"), (Kind::Agent, "system calls show no user agent")]
    }
    fn write(&self, terms: &Terms) -> String {
        let list = |values: Vec<String>| values.iter().map(|v| quoted(v)).collect::<Vec<_>>().join(", ");
        let addresses: Vec<String> = terms.addresses.iter().map(ToString::to_string).collect();
        let ranges: Vec<String> = terms.range_texts().collect();
        let names: Vec<String> = terms.names.keys().map(|name| name.to_string()).collect();
        let mut out = String::new();
        let mut any = Vec::new();
        for (name, field, values) in [
            ("decon_addresses", "fd.sip", addresses),
            ("decon_ranges", "fd.snet", ranges),
            ("decon_names", "fd.sip.name", names.clone()),
        ] {
            if !values.is_empty() {
                let _ = writeln!(out, "- list: {name}\n  items: [{}]\n", list(values));
                any.push(format!("{field} in ({name})"));
            }
        }
        let told = "proc=%proc.cmdline parent=%proc.pname user=%user.name container=%container.id image=%container.image.repository:%container.image.tag";
        if !any.is_empty() {
            let _ = writeln!(
                out,
                "- rule: decon contact with known-bad infrastructure\n  desc: A process connects or sends to an indicator\n  condition: >\n    \
                 evt.type in (connect, sendto, sendmsg) and fd.type in (ipv4, ipv6)\n    and ({})\n  \
                 output: Contact with an indicator (connection=%fd.name {told})\n  priority: CRITICAL\n  tags: [network, decon]\n",
                any.join(" or ")
            );
        }
        if !names.is_empty() {
            let named: Vec<String> =
                names.iter().map(|name| format!("proc.cmdline icontains {}", quoted(name))).collect();
            let _ = writeln!(
                out,
                "- rule: decon command names known-bad infrastructure\n  desc: A command line names an indicator\n  condition: >\n    \
                 evt.type in (execve, execveat)\n    and ({})\n  \
                 output: A command names an indicator ({told})\n  priority: WARNING\n  tags: [process, decon]",
                named.join(" or ")
            );
        }
        out
    }
}
