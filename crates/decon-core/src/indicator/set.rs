//! Indicators arranged for look-up, and what a line holds of them.
//!
//! Matching is right, not textual: a name matches at label boundaries, an address as a number.
//! The text may hold it percent-encoded, JSON-escaped, or label by label as Windows' DNS server
//! writes it; those are undone first.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;

use super::host::{first_of, labels_of, mapped};
use super::{Sought, Target, is_look_alike};

/// An indicator found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which one, by its place in [`IndicatorSet::sought`].
    pub indicator: usize,
    /// The name, address or agent as it stands there, undone.
    pub text: Box<str>,
}

/// Indicators arranged for look-up.
#[derive(Debug, Default)]
pub struct IndicatorSet {
    sought: Vec<Sought>,
    names: HashMap<Box<str>, Vec<usize>>,
    addresses: HashMap<IpAddr, Vec<usize>>,
    ranges: HashMap<(IpAddr, u8), Vec<usize>>,
    widths: Vec<u8>,
    urls: HashMap<Box<str>, Vec<usize>>,
    agents: Vec<(usize, Box<str>)>,
    similar: Vec<usize>,
}

impl IndicatorSet {
    /// Arranges these indicators.
    pub fn new(sought: Vec<Sought>) -> Self {
        let mut set = Self::default();
        for (at, one) in sought.iter().enumerate() {
            match &one.target {
                Target::Domain { name, .. } => set.names.entry(name.clone()).or_default().push(at),
                Target::Address(address) => set.addresses.entry(*address).or_default().push(at),
                Target::Range(first, bits) => {
                    set.ranges.entry((*first, *bits)).or_default().push(at);
                    set.widths.push(*bits);
                }
                Target::Url { host, .. } => set.urls.entry(host.clone()).or_default().push(at),
                Target::LookAlike { .. } => set.similar.push(at),
                Target::UserAgent(agent) => set.agents.push((at, agent.to_ascii_lowercase().into())),
            }
        }
        set.sought = sought;
        set.widths.sort_unstable();
        set.widths.dedup();
        set
    }

    /// The indicators, in the order given.
    pub fn sought(&self) -> &[Sought] {
        &self.sought
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.sought.is_empty()
    }

    /// Every indicator that a text holds, each once, by its first place.
    pub fn find(&self, text: &str) -> Vec<Found> {
        let mut found = Vec::new();
        self.search(text, &mut found);
        let mut plain = Cow::Borrowed(text);
        // Encoded twice is common (a URL in a URL in JSON); three times is somebody's test.
        for _ in 0..3 {
            let Some(undone) = undo(&plain) else { break };
            self.search(&undone, &mut found);
            plain = Cow::Owned(undone);
        }
        found
    }

    /// The indicators that one host or address is.
    pub fn of_host(&self, host: &str) -> Vec<usize> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>() {
            return self.of_address(mapped(address));
        }
        let mut found = Vec::new();
        for (depth, name) in labels_of(&host).enumerate() {
            let listed = self.names.get(name).into_iter().flatten().copied();
            found.extend(
                listed
                    .filter(|at| depth == 0 || matches!(&self.sought[*at].target, Target::Domain { below: true, .. })),
            );
        }
        found
    }

    /// The publishers that one host looks like and is not.
    pub fn like(&self, host: &str) -> Vec<usize> {
        if self.similar.is_empty() {
            return Vec::new();
        }
        let host = host.trim_matches(['.', '-']).to_ascii_lowercase();
        let like = |at: &&usize| matches!(&self.sought[**at].target, Target::LookAlike { name, own } if is_look_alike(&host, name, own));
        // What is listed is more than a lead.
        if self.of_host(&host).is_empty() { self.similar.iter().filter(like).copied().collect() } else { Vec::new() }
    }

    /// Whether look-alikes are asked for.
    pub fn has_similar(&self) -> bool {
        !self.similar.is_empty()
    }

    fn of_address(&self, address: IpAddr) -> Vec<usize> {
        let mut found = self.addresses.get(&address).cloned().unwrap_or_default();
        for bits in self.widths.iter().filter(|bits| **bits <= if address.is_ipv4() { 32 } else { 128 }) {
            found.extend(self.ranges.get(&(first_of(address, *bits), *bits)).into_iter().flatten());
        }
        found
    }

    fn search(&self, text: &str, found: &mut Vec<Found>) {
        let mut add = |indicator: usize, text: &str| {
            if !found.iter().any(|f| f.indicator == indicator) {
                found.push(Found { indicator, text: text.into() });
            }
        };
        for (at, token) in runs(text, |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
            let host = token.trim_matches(['.', '-']);
            if goes_on(&text[at + token.len()..]) {
                continue;
            }
            self.of_host(host).into_iter().for_each(|indicator| add(indicator, host));
            self.like(host).into_iter().for_each(|indicator| add(indicator, host));
            let urls = self.urls.get(host.to_ascii_lowercase().as_str()).into_iter().flatten();
            for indicator in urls {
                let rest = &text[at + token.len()..];
                let rest = rest.strip_prefix(':').map_or(rest, |r| r.trim_start_matches(|c: char| c.is_ascii_digit()));
                if let Target::Url { path, .. } = &self.sought[*indicator].target
                    && rest.starts_with(&**path)
                {
                    add(*indicator, host);
                }
            }
        }
        for (_, token) in runs(text, |b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':')) {
            if let Some(address) = address_in(token).filter(IpAddr::is_ipv6) {
                self.of_host(&address.to_string()).into_iter().for_each(|indicator| add(indicator, token));
            }
        }
        if !self.agents.is_empty() {
            let lower = text.to_ascii_lowercase();
            for (indicator, agent) in self.agents.iter().filter(|(_, agent)| lower.contains(&**agent)) {
                add(*indicator, agent);
            }
        }
    }
}

/// `2001:db8::1`, with a port behind it or not; what an IPv4 address stands in is found as a host.
fn address_in(token: &str) -> Option<IpAddr> {
    let token = token.trim_end_matches(['.', ':']);
    token.parse().ok().or_else(|| token.rsplit_once(['.', ':'])?.0.parse().ok())
}

/// Maximal runs of such bytes, four at least, with their places.
fn runs(text: &str, holds: impl Fn(u8) -> bool) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && holds(bytes[at]) {
                at += 1;
            }
            let end = at;
            at += 1;
            if end - start >= 4 {
                return Some((start, &text[start..end]));
            }
        }
        None
    })
}

/// The text with one layer of encoding undone; `None` when there is none.
fn undo(text: &str) -> Option<String> {
    if !text.contains(['%', '\\', '(']) {
        return None;
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut changed = false;
    while at < bytes.len() {
        let (piece, length) = match bytes[at] {
            b'%' => percent(&bytes[at..]),
            b'\\' => escape(&bytes[at..]),
            b'(' => label(&bytes[at..]),
            _ => None,
        }
        .unwrap_or((bytes[at], 0));
        changed |= length > 0;
        if piece != b'\x00' || length == 0 {
            out.push(piece);
        }
        at += length.max(1);
    }
    changed.then(|| String::from_utf8_lossy(&out).into_owned())
}

/// Whether an encoded dot and a further label follow: the text undone will tell which name it is.
fn goes_on(rest: &str) -> bool {
    let dot = ["%2e", "%2E", "%252e", "%252E", "\\u002e", "\\u002E"].iter().find_map(|dot| rest.strip_prefix(dot));
    dot.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
}

/// `%2E`.
fn percent(rest: &[u8]) -> Option<(u8, usize)> {
    let hex = std::str::from_utf8(rest.get(1..3)?).ok()?;
    u8::from_str_radix(hex, 16).ok().filter(|b| *b != 0).map(|b| (b, 3))
}

/// `\/`, `\"`, `\\`, `\u002e`, and `\t` and its like, behind which a name may follow.
fn escape(rest: &[u8]) -> Option<(u8, usize)> {
    match rest.get(1)? {
        byte @ (b'/' | b'"' | b'\\') => Some((*byte, 2)),
        b'n' | b't' | b'r' => Some((b' ', 2)),
        b'u' => {
            let hex = std::str::from_utf8(rest.get(2..6)?).ok()?;
            let code = u32::from_str_radix(hex, 16).ok()?;
            u8::try_from(code).ok().filter(|b| b.is_ascii() && *b != 0).map(|b| (b, 6))
        }
        _ => None,
    }
}

/// `(5)` between the labels of a name in Windows' DNS debug log; the first and last stand for blanks.
fn label(rest: &[u8]) -> Option<(u8, usize)> {
    let digits = rest[1..].iter().take(3).take_while(|b| b.is_ascii_digit()).count();
    let closed = (1..=2).contains(&digits) && rest.get(digits + 1) == Some(&b')');
    if !closed {
        return None;
    }
    let length = std::str::from_utf8(&rest[1..=digits]).ok()?.parse::<usize>().ok()?;
    let name = rest.get(digits + 2..digits + 2 + length)?;
    let fits = length == 0 || name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    (fits && (length == 0 || rest.get(digits + 2 + length) == Some(&b'('))).then_some((b'.', digits + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let sought = [
            "audit.checkmarx.cx",
            "94.154.172.43",
            "2001:db8::7",
            "203.0.113.0/24",
            "KICS-Telemetry/2.0",
            "https://c2.example.org/v1/x",
        ];
        let set = IndicatorSet::new(sought.iter().map(|s| Sought::parse(s).expect("an indicator")).collect());
        set.find(text).into_iter().map(|f| sought[f.indicator].to_owned()).collect()
    }

    #[test]
    fn names_match_at_label_boundaries() {
        for hit in [
            "GET http://a.audit.checkmarx.cx/ HTTP/1.1",
            "CONNECT AUDIT.Checkmarx.CX:443",
            "query: audit.checkmarx.cx. IN A",
            "u=https%3A%2F%2Faudit%2Echeckmarx%2Ecx%2Fv1",
            "u=https%253A%252F%252Faudit%252Echeckmarx%252Ecx",
            r#"{"h":"audit\u002echeckmarx\u002Ecx"}"#,
            r#"{"_raw":"{\"u\":\"https:\\/\\/audit.checkmarx.cx\\/v1\"}"}"#,
            "A      (5)audit(9)checkmarx(2)cx(0)",
            "A      (1)a(5)AUDIT(9)checkmarx(2)cx(0)",
            "TCP_MISS HIER_DIRECT/audit.checkmarx.cx -",
        ] {
            assert_eq!(found(hit), ["audit.checkmarx.cx"], "{hit}");
        }
        for miss in [
            "notcheckmarx.cx",
            "not-audit.checkmarx.cx.example.com",
            "xaudit.checkmarx.cx",
            "audit.checkmarx.cxx",
            "cx.checkmarx.audit",
            "(5)audit(9)checkmarx(3)com(0)",
        ] {
            assert!(found(miss).is_empty(), "{miss}");
        }
    }

    #[test]
    fn addresses_are_numbers() {
        for hit in
            ["src=94.154.172.43:443", "HIER_DIRECT/94.154.172.43", "[::ffff:94.154.172.43]:443", "::ffff:5e9a:ac2b"]
        {
            assert_eq!(found(hit), ["94.154.172.43"], "{hit}");
        }
        for hit in ["2001:DB8:0:0::7", "[2001:db8::7]:443", "2001:db8::7.443"] {
            assert_eq!(found(hit), ["2001:db8::7"], "{hit}");
        }
        assert_eq!(found("dst=203.0.113.99 x"), ["203.0.113.0/24"]);
        for miss in ["194.154.172.43", "94.154.172.431", "94.154.172.43.5", "1.94.154.172.43"] {
            assert!(found(miss).is_empty(), "{miss}");
        }
    }

    #[test]
    fn urls_and_agents() {
        assert_eq!(found("POST https://c2.example.org:8443/v1/x?a=1"), ["https://c2.example.org/v1/x"]);
        assert!(found("POST https://c2.example.org/v2").is_empty());
        assert_eq!(found("\"kics-telemetry/2.0 (linux)\""), ["KICS-Telemetry/2.0"]);
        assert_eq!(found("KICS-Telemetry%2F2.0"), ["KICS-Telemetry/2.0"]);
    }
}
