//! Tetragon events as JSON (tetragon.io "Events"): kprobes on sockets, with process, pod and image.

use super::contact::Outcome;
use super::line::JsonFormat;
use super::shape::{Shape, find, text};

/// Tetragon.
pub(super) const TETRAGON: JsonFormat = JsonFormat {
    name: "tetragon",
    doc: "Tetragon events: socket calls by process, pod and image.",
    shape: Shape {
        any: &["process_kprobe", "process_tracepoint", "process_exec"],
        needs: &["time"],
        at: &["time"],
        destination_ip: &["process_kprobe.args[0].sock_arg.daddr", "process_kprobe.args[1].sockaddr_arg.addr"],
        bytes_out: &["process_kprobe.args[1].int_arg", "process_kprobe.args[2].size_arg"],
        ..Shape::EMPTY
    },
    finish: |value, mut contact| {
        let event = ["process_kprobe", "process_tracepoint", "process_exec"].iter().find_map(|k| value.get(*k));
        let process = event.and_then(|e| e.get("process"));
        let pod = process.and_then(|p| find(p, "pod.name")).and_then(text);
        let space = process.and_then(|p| find(p, "pod.namespace")).and_then(text);
        let address = event.and_then(|e| find(e, "args[0].sock_arg.saddr")).and_then(text);
        contact.source = match (space, pod) {
            (Some(space), Some(pod)) => Some(format!("{space}/{pod}").into()),
            (_, pod) => pod.or(address).or_else(|| value.get("node_name").and_then(text)),
        };
        let called = event.and_then(|e| e.get("function_name")).and_then(text);
        let killed = event
            .and_then(|e| e.get("action"))
            .and_then(text)
            .is_some_and(|a| a.contains("SIGKILL") || a.contains("OVERRIDE"));
        contact.outcome = match called.as_deref() {
            _ if killed => Outcome::Blocked,
            Some(name) if name.contains("sendmsg") => Outcome::Sent,
            _ => Outcome::Attempted,
        };
        contact
    },
};
