//! Zscaler NSS feeds as JSON: web, DNS, firewall. Field names are the customer's; these are the
//! ones of Zscaler's own feed templates. Times have no zone unless the feed adds one.

use super::contact::{Outcome, unquoted};
use super::line::JsonFormat;
use super::shape::{Shape, find, text};

/// Zscaler NSS.
pub(super) const ZSCALER: JsonFormat = JsonFormat {
    name: "zscaler-nss",
    doc: "Zscaler NSS feeds: web, DNS, firewall.",
    shape: Shape {
        any: &["ClientIP", "cip", "clt_sip", "clientpublicIP", "csip"],
        needs: &["datetime"],
        at: &["epochtime", "datetime", "time"],
        source: &["ClientIP", "cip", "clt_sip", "csip", "login", "user"],
        destination: &["hostname", "host", "req", "domain", "cdfqdn"],
        destination_ip: &["serverip", "sip", "srv_dip", "cdip", "res"],
        user_agent: &["useragent", "ua"],
        url: &["url", "eurl"],
        method: &["requestmethod", "reqmethod"],
        status: &["status", "respcode", "action", "reqaction"],
        bytes_out: &["requestsize", "reqsize", "outbytes"],
        ..Shape::EMPTY
    },
    finish: |value, mut contact| {
        let action = ["action", "reqaction", "reason"].iter().filter_map(|k| find(value, k)).find_map(text);
        let of_action = action.as_deref().and_then(Outcome::of_action);
        contact.outcome = match of_action {
            Some(Outcome::Blocked) => Outcome::Blocked,
            other => contact.status.as_deref().and_then(Outcome::of_status).or(other).unwrap_or_default(),
        };
        contact.user_agent = contact.user_agent.map(|agent| unquoted(&agent));
        contact
    },
};
