//! osquery results as JSON lines (osquery.readthedocs.io "Logging"): `process_open_sockets`, `socket_events`.

use super::contact::Outcome;
use super::line::JsonFormat;
use super::shape::Shape;

/// osquery.
pub(super) const OSQUERY: JsonFormat = JsonFormat {
    name: "osquery",
    doc: "osquery results: open sockets and socket events by host.",
    shape: Shape {
        needs: &["hostIdentifier"],
        any: &["columns", "snapshot"],
        at: &["columns.time", "unixTime", "calendarTime"],
        source: &["hostIdentifier"],
        destination: &["columns.remote_hostname", "columns.hostname"],
        destination_ip: &["columns.remote_address", "snapshot[0].remote_address"],
        url: &["columns.url"],
        ..Shape::EMPTY
    },
    finish: |_, mut contact| {
        contact.outcome = Outcome::Attempted;
        contact
    },
};
