//! Tetragon (tetragon.io, TracingPolicy): connections by address, seen in the kernel.

use std::fmt::Write as _;

use super::terms::quoted;
use super::{Kind, RuleFormat, Terms};

/// Tetragon.
#[derive(Debug)]
pub(super) struct Tetragon;

impl RuleFormat for Tetragon {
    fn name(&self) -> &'static str {
        "tetragon"
    }
    fn doc(&self) -> &'static str {
        "Tetragon policy: reports TCP connections to the addresses; it blocks nothing."
    }
    fn without(&self) -> &'static [(Kind, &'static str)] {
        &[
            (Kind::Name, "the kernel sees no names"),
            (Kind::Url, "the kernel sees no URL"),
            (Kind::Agent, "the kernel sees no user agent"),
        ]
    }
    fn write(&self, terms: &Terms) -> String {
        let nets = terms.nets();
        if nets.is_empty() {
            return String::new();
        }
        let mut out = String::from(
            "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata:\n  name: decon-contact\nspec:\n  kprobes:\n  \
             - call: tcp_connect\n    syscall: false\n    args:\n    - index: 0\n      type: sock\n    selectors:\n    \
             - matchArgs:\n      - index: 0\n        operator: DAddr\n        values:\n",
        );
        for net in nets {
            let _ = writeln!(out, "        - {}", quoted(&net));
        }
        out
    }
}
