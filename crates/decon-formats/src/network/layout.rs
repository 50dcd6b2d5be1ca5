//! What a person vouches for about logs: zone, year, and the order of fields that no line tells.

use decon_core::window::Window;
use jiff::tz::TimeZone;

use super::logformat::LogFormat;
use crate::frame::{self, Stamp};

/// What is known about the logs beside what stands in them.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Zone of times that have none.
    pub zone: Option<TimeZone>,
    /// Year of times that have none (syslog, dnsmasq, ASA).
    pub year: Option<i16>,
    /// Squid's `logformat`.
    pub logformat: Option<LogFormat>,
    /// Fields of VPC flow logs that have no header line.
    pub flow: Vec<Box<str>>,
}

impl Layout {
    /// The fields of a VPC flow log as AWS' console and API write them: names, or `${name}`.
    ///
    /// # Errors
    /// A name that no version of the format has, or no address field.
    pub fn flow_fields(text: &str) -> Result<Vec<Box<str>>, String> {
        let name =
            |word: &str| word.trim_matches(|c: char| "${},\"'".contains(c)).replace('_', "-").to_ascii_lowercase();
        let fields: Vec<Box<str>> = text.split_whitespace().map(|word| name(word).into()).collect();
        if let Some(odd) =
            fields.iter().find(|f| f.is_empty() || !f.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        {
            return Err(format!("{odd:?} is no field of VPC flow logs"));
        }
        let address = |f: &str| matches!(f, "srcaddr" | "dstaddr" | "pkt-srcaddr" | "pkt-dstaddr");
        if !fields.iter().any(|f| address(f)) {
            return Err("it names no address: srcaddr, dstaddr, pkt-srcaddr or pkt-dstaddr".into());
        }
        Ok(fields)
    }

    /// A time without year, placed in the year that a person vouches for.
    pub(super) fn place(&self, stamp: Stamp, raw: Option<&str>, line: &str) -> Stamp {
        match (stamp, self.year) {
            (Stamp::Unstated, Some(year)) => raw
                .and_then(|raw| frame::parse_yearless(raw, year))
                .or_else(|| frame::parse_yearless(line, year))
                .unwrap_or_default(),
            _ => stamp,
        }
    }

    /// One instant as a window, where it can be placed.
    pub(super) fn window(&self, stamp: Stamp) -> Option<Window> {
        stamp.resolve(self.zone.as_ref()).map(|at| Window { from: Some(at), until: Some(at) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flow_fields_in_every_usual_form() {
        let wanted: Vec<Box<str>> = ["version", "pkt-dstaddr", "start"].map(Into::into).to_vec();
        for text in ["version pkt-dstaddr start", "${version} ${pkt-dstaddr} ${start}", "version pkt_dstaddr START"] {
            assert_eq!(Layout::flow_fields(text).as_ref(), Ok(&wanted), "{text}");
        }
        assert!(Layout::flow_fields("version start").is_err());
        assert!(Layout::flow_fields("srcaddr 10.0.0.1").is_err());
    }

    #[test]
    fn a_year_places_what_has_none_and_nothing_else() {
        let layout = Layout { year: Some(2026), ..Layout::default() };
        let local = |text: &str| layout.place(Stamp::Unstated, None, text);
        assert_eq!(local("Apr 22 14:35:02 fw %ASA-6: x"), frame::parse_rfc3339("2026-04-22T14:35:02"));
        assert_eq!(local("<134>Apr  2 14:35:02 fw x"), frame::parse_rfc3339("2026-04-02T14:35:02"));
        assert_eq!(local("E0422 14:35:02.293688 1 x.go:1] x"), frame::parse_rfc3339("2026-04-22T14:35:02.293688"));
        assert_eq!(local("Feb 30 14:35:02 fw x"), Stamp::Unstated);
        let known = frame::parse_rfc3339("2025-04-22T14:35:02Z");
        assert_eq!(layout.place(known, None, "Apr 22 14:35:02 x"), known);
    }
}
