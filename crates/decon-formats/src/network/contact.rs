//! What one line of a network log says: who spoke to whom, when, and how it ended.

use crate::frame::Stamp;

/// How a contact ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Outcome {
    /// The line does not tell.
    #[default]
    Unknown,
    /// It was stopped: by policy, a sinkhole, a reset.
    Blocked,
    /// It was tried; whether anything came of it is not told.
    Attempted,
    /// The name was looked up and answered.
    Resolved,
    /// Something was sent and answered.
    Sent,
}

impl Outcome {
    /// Its name in hits.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Blocked => "blocked",
            Self::Attempted => "attempted",
            Self::Resolved => "resolved",
            Self::Sent => "sent",
        }
    }

    /// From a word of a firewall or a proxy.
    pub(super) fn of_action(word: &str) -> Option<Self> {
        let word = word.to_ascii_lowercase();
        let any = |words: &[&str]| words.iter().any(|w| word.contains(w));
        if any(&["block", "deny", "denied", "drop", "reject", "sinkhole", "reset", "refus", "prevent", "isolat"]) {
            Some(Self::Blocked)
        } else if any(&["allow", "accept", "permit", "pass", "forward", "alert", "proxied", "no_policy", "nopolicy"]) {
            Some(Self::Attempted)
        } else {
            None
        }
    }

    /// From a DNS answer code, by number or name.
    pub(super) fn of_rcode(code: &str) -> Option<Self> {
        match code.to_ascii_uppercase().as_str() {
            "0" | "NOERROR" => Some(Self::Resolved),
            "" | "-" => None,
            _ => Some(Self::Attempted),
        }
    }

    /// From squid's result code and the status it logged; `000` is that nobody answered.
    pub(super) fn of_squid(result: &str, status: &str) -> Option<Self> {
        if result.contains("DENIED") { Some(Self::Blocked) } else { Self::of_status(status) }
    }

    /// From an HTTP status: whatever was answered was sent, but for a proxy's refusal.
    pub(super) fn of_status(status: &str) -> Option<Self> {
        match status.parse::<u16>().ok()? {
            0 => Some(Self::Attempted),
            403 | 407 | 451 => Some(Self::Blocked),
            502..=504 => Some(Self::Attempted),
            100..=599 => Some(Self::Sent),
            _ => None,
        }
    }
}

/// What a line says. Absent is what it does not say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// When, as far as the text has date and zone.
    pub at: Stamp,
    /// The time as written.
    pub at_raw: Option<Box<str>>,
    /// Who: address, host or pod.
    pub source: Option<Box<str>>,
    /// The name asked for or spoken to.
    pub destination: Option<Box<str>>,
    /// The address spoken to; of a DNS query, the resolver's or the answer.
    pub destination_ip: Option<Box<str>>,
    /// User agent.
    pub user_agent: Option<Box<str>>,
    /// URL as written.
    pub url: Option<Box<str>>,
    /// HTTP method.
    pub method: Option<Box<str>>,
    /// HTTP status, DNS answer code or the device's action.
    pub status: Option<Box<str>>,
    /// Bytes that left the source.
    pub bytes_out: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
}

impl Contact {
    /// The name in front, where only a URL was logged.
    pub(super) fn complete(mut self) -> Self {
        if self.destination.is_none() {
            self.destination = self.url.as_deref().and_then(host_of).map(Into::into);
        }
        if let Some(destination) = &self.destination {
            let bare = bare_host(destination);
            if bare.parse::<std::net::IpAddr>().is_ok() && self.destination_ip.is_none() {
                self.destination_ip = Some(bare.into());
            }
            self.destination = Some(bare.into());
        }
        self.destination_ip = self.destination_ip.map(|ip| bare_host(&ip).into());
        self.source = self.source.map(|source| bare_host(&source).into());
        self
    }
}

/// A field that says something.
pub(super) fn some(text: &str) -> Option<Box<str>> {
    let text = text.trim().trim_matches('"');
    let empty =
        matches!(text, "" | "-" | "(empty)" | "NA" | "N/A" | "None" | "Unknown" | "none" | "null" | "undefined");
    (!empty).then(|| text.into())
}

/// A host or address without port, brackets and trailing dot.
pub(super) fn bare_host(text: &str) -> &str {
    let text = text.trim();
    if let Some(inside) = text.strip_prefix('[') {
        return inside.split(']').next().unwrap_or(inside);
    }
    let text = text.strip_prefix("::ffff:").filter(|v4| v4.contains('.')).unwrap_or(text);
    let bare = match text.rsplit_once([':', '#']) {
        Some((host, port)) if !host.contains(':') && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
            host
        }
        _ => text,
    };
    bare.trim_end_matches('.')
}

/// `KICS-Telemetry%2F2.0`: user agents that a feed or CloudFront (twice) has percent-encoded.
pub(super) fn unquoted(text: &str) -> Box<str> {
    let mut plain = text.to_owned();
    for _ in 0..2 {
        for (code, character) in [
            ("%20", " "),
            ("%2F", "/"),
            ("%2f", "/"),
            ("%28", "("),
            ("%29", ")"),
            ("%3B", ";"),
            ("%3b", ";"),
            ("%2C", ","),
            ("%2c", ","),
            ("%25", "%"),
        ] {
            plain = plain.replace(code, character);
        }
    }
    plain.into()
}

/// The host of a URL, of `host:port`, or of `host/path`.
pub(super) fn host_of(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = bare_host(authority.rsplit('@').next()?);
    let named = host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    (named || host.parse::<std::net::IpAddr>().is_ok()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_urls() {
        for (url, host) in [
            ("https://www.example.com:443/", "www.example.com"),
            ("www.example.com/x", "www.example.com"),
            ("http://u:p@10.0.0.1:80/x?y", "10.0.0.1"),
            ("http://[2001:db8::1]:80/x", "2001:db8::1"),
            ("audit.checkmarx.cx:443", "audit.checkmarx.cx"),
        ] {
            assert_eq!(host_of(url), Some(host), "{url}");
        }
        assert_eq!(host_of("/path/only"), None);
        assert_eq!(bare_host("10.10.10.96#37073"), "10.10.10.96");
        assert_eq!(bare_host("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(bare_host("::1"), "::1");
    }
}
