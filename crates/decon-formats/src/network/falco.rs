//! Falco alerts as JSON (falco.org "Output formatting"): `fd.name` is `client:port->server:port`.

use serde_json::Value;

use super::contact::{Contact, Outcome};
use super::line::JsonFormat;
use super::shape::{Shape, find, text};

/// Falco.
pub(super) const FALCO: JsonFormat = JsonFormat {
    name: "falco",
    doc: "Falco alerts: connections by process, container and pod.",
    shape: Shape {
        needs: &["output_fields", "rule"],
        at: &["time", "output_fields.evt.time"],
        source: &["output_fields.k8s.pod.name", "output_fields.container.name", "hostname"],
        destination: &["output_fields.fd.sip.name", "output_fields.fd.rip.name"],
        destination_ip: &["output_fields.fd.sip", "output_fields.fd.rip"],
        ..Shape::EMPTY
    },
    finish,
};

fn finish(value: &Value, mut contact: Contact) -> Contact {
    contact.outcome = Outcome::Attempted;
    let Some(name) = value.get("output_fields").and_then(|f| f.get("fd.name")).and_then(text) else { return contact };
    if let Some((client, server)) = name.split_once("->") {
        let from_pod = find(value, "output_fields.k8s.pod.name").is_some();
        contact.source = contact.source.filter(|_| from_pod).or_else(|| Some(client.into()));
        contact.destination_ip = contact.destination_ip.or_else(|| Some(server.into()));
        contact = contact.complete();
    }
    contact
}
