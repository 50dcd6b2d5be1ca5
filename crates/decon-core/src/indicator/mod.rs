//! Indicators of contact: names, addresses, URLs and user agents that network logs are hunted for.
//!
//! A value is normalised once (refanged, lower case, no trailing dot, no port), so that comparing
//! is exact. What would match half the internet (a public suffix, `0.0.0.0/0`) is refused.

mod host;
mod refang;
mod set;
mod similar;

pub use host::{is_host, labels_of, mapped};
pub use refang::{defang, refang};
pub use set::{Found, IndicatorSet};
pub use similar::is_look_alike;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::advisory::{Advisory, Indicator, IndicatorKind, Match};
use crate::window::Window;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A DNS name, lower case.
    Domain {
        /// The name.
        name: Box<str>,
        /// Whether names below it count too.
        below: bool,
    },
    /// An address; IPv4-mapped IPv6 addresses are IPv4 here.
    Address(IpAddr),
    /// A range of addresses: the first one and how many leading bits are fixed.
    Range(IpAddr, u8),
    /// A URL: host, and everything from the first `/` on.
    Url {
        /// The host, lower case.
        host: Box<str>,
        /// The path, as written.
        path: Box<str>,
    },
    /// A part of a user agent.
    UserAgent(Box<str>),
    /// Names that look like a publisher's and are not: a lead, never a hit.
    LookAlike {
        /// What the publisher is called in names.
        name: Box<str>,
        /// Its own domains.
        own: Vec<Box<str>>,
    },
}

/// An indicator with what is known about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sought {
    /// What is looked for.
    pub target: Target,
    /// As it was given, refanged.
    pub value: Box<str>,
    /// The advisory that lists it.
    pub advisory: Option<Box<str>>,
    /// When it was in use, as far as known.
    pub active: Window,
    /// Other incidents that used it too.
    pub shared_with: Vec<Box<str>>,
    /// A caution.
    pub note: Option<Box<str>>,
}

impl Sought {
    /// An indicator that a person gave; see [`Target::parse`] for its forms.
    ///
    /// # Errors
    /// [`IndicatorError`] says what is wrong and what to do.
    pub fn parse(text: &str) -> Result<Self, IndicatorError> {
        let value = refang(text);
        Ok(Self::new(Target::parse(&value)?, &value))
    }

    /// A target of which nothing else is known.
    pub fn new(target: Target, value: &str) -> Self {
        let value = value.into();
        Self { target, value, advisory: None, active: Window::ALWAYS, shared_with: Vec::new(), note: None }
    }

    /// What an advisory lists: each indicator, or why it cannot be looked for in network logs.
    pub fn of_advisory(advisory: &Advisory) -> Vec<Result<Self, IndicatorError>> {
        let listed = |indicator: &Indicator| {
            let value = &indicator.value;
            let target = match indicator.kind {
                IndicatorKind::Domain => Target::domain(value, indicator.matching == Match::Suffix)?,
                IndicatorKind::Ip | IndicatorKind::Url => Target::parse(value)?,
                IndicatorKind::UserAgent => Target::agent(value)?,
                IndicatorKind::Header => Target::agent(value.split_once(": ").map_or(&**value, |(_, text)| text))?,
            };
            Ok(Self {
                target,
                value: value.clone(),
                advisory: Some(advisory.id.clone()),
                active: indicator.active,
                shared_with: indicator.shared_with.clone(),
                note: indicator.note.clone(),
            })
        };
        advisory.indicators.iter().map(listed).collect()
    }

    /// Look-alikes of an advisory's publisher; `more` are domains known to be good.
    pub fn look_alikes(advisory: &Advisory, more: &[Box<str>]) -> Vec<Self> {
        let own: Vec<Box<str>> = advisory.publisher.domains.iter().chain(more).cloned().collect();
        let of = |name: &str| {
            let target = Target::LookAlike { name: name.into(), own: own.clone() };
            Self { advisory: Some(advisory.id.clone()), ..Self::new(target, &format!("like {name}")) }
        };
        advisory.publisher.names.iter().map(|name| of(name)).collect()
    }
}

/// Why a text is no indicator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndicatorError {
    /// Nothing is left of it.
    #[error("it is empty")]
    Empty,
    /// It would match everybody's names.
    #[error("{0} is a public suffix: half the internet lies below it; give the whole name")]
    PublicSuffix(Box<str>),
    /// It would match everybody's addresses.
    #[error("{0} is a range of more than 2^24 addresses (IPv6: 2^96); give a smaller one")]
    Range(Box<str>),
    /// It looks like nothing that network logs hold.
    #[error("{0:?} is no whole name, address, range or URL; for a part of a user agent write ua:{0}")]
    Unknown(Box<str>),
    /// Too short to be told from chance.
    #[error("{0:?} is too short: four characters at least")]
    Short(Box<str>),
}

impl Target {
    /// Reads an address, a range, a URL, a name (each with a port or not) or a product token; `ua:` in
    /// front makes anything a user agent.
    ///
    /// # Errors
    /// [`IndicatorError`]
    pub fn parse(text: &str) -> Result<Self, IndicatorError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(IndicatorError::Empty);
        }
        if let Some(agent) = text.strip_prefix("ua:") {
            return Self::agent(agent);
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Self::Address(mapped(address)));
        }
        if let Some((address, bits)) = text.split_once('/')
            && let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u8>())
        {
            return Self::range(address, bits, text);
        }
        if let Some((_, rest)) = text.split_once("://") {
            return Self::url(rest);
        }
        let bare = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')).unwrap_or(text);
        if let Some(name) = host::name(bare).filter(|name| name.contains('.') || host::is_public_suffix(name)) {
            return Self::domain(&name, true);
        }
        let bare = host::without_port(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(Self::Address(mapped(address)));
        }
        if let Some(name) = host::name(bare).filter(|name| bare.len() < text.len() && name.contains('.')) {
            return Self::domain(&name, true);
        }
        match text.split_once('/') {
            // `example.com/path` without a scheme; a product token has no dot before its slash.
            Some((before, _)) if before.contains('.') && host::name(before).is_some() => Self::url(text),
            // `KICS-Telemetry/2.0`; anything else may be a sentence, and no hit would be a false clear.
            Some((before, after)) if !before.contains(' ') && after.starts_with(|c: char| c.is_ascii_digit()) => {
                Self::agent(text)
            }
            _ => Err(IndicatorError::Unknown(text.into())),
        }
    }

    /// A name; one that everybody's names lie below is refused.
    ///
    /// # Errors
    /// [`IndicatorError::PublicSuffix`], [`IndicatorError::Short`]
    pub fn domain(name: &str, below: bool) -> Result<Self, IndicatorError> {
        let name = host::name(name).ok_or(IndicatorError::Empty)?;
        if host::is_public_suffix(&name) {
            return Err(IndicatorError::PublicSuffix(name.into()));
        }
        if name.len() < 4 {
            return Err(IndicatorError::Short(name.into()));
        }
        Ok(Self::Domain { name: name.into(), below })
    }

    /// A user agent, or a part of one.
    ///
    /// # Errors
    /// [`IndicatorError::Short`]
    pub fn agent(text: &str) -> Result<Self, IndicatorError> {
        match text.trim() {
            text if text.len() < 4 => Err(IndicatorError::Short(text.into())),
            text => Ok(Self::UserAgent(text.into())),
        }
    }

    fn range(address: IpAddr, bits: u8, text: &str) -> Result<Self, IndicatorError> {
        let (least, most) = if address.is_ipv4() { (8, 32) } else { (32, 128) };
        if bits < least || bits > most {
            return Err(IndicatorError::Range(text.into()));
        }
        Ok(if bits == most { Self::Address(mapped(address)) } else { Self::Range(host::first_of(address, bits), bits) })
    }

    /// What follows `://`: user and port are no part of the host.
    fn url(rest: &str) -> Result<Self, IndicatorError> {
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let host = authority.rsplit('@').next().unwrap_or(authority);
        let host = host::without_port(host);
        let path = path.trim_end_matches('/');
        if let Ok(address) = host.trim_matches(['[', ']']).parse::<IpAddr>()
            && path.is_empty()
        {
            return Ok(Self::Address(mapped(address)));
        }
        let named = host::name(host.trim_matches(['[', ']'])).ok_or(IndicatorError::Empty)?;
        if path.is_empty() {
            return Self::domain(&named, false);
        }
        Ok(Self::Url { host: named.into(), path: path.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str, below: bool) -> Target {
        Target::Domain { name: name.into(), below }
    }

    #[test]
    fn every_usual_form_is_read() {
        let parse = |text: &str| Sought::parse(text).map(|s| s.target);
        for text in [
            "audit.checkmarx.cx",
            "Audit.Checkmarx.CX.",
            "audit[.]checkmarx[.]cx",
            "audit(.)checkmarx(dot)cx",
            "audit{.}checkmarx[dot]cx",
            "audit\\.checkmarx\\.cx",
            "*.audit.checkmarx.cx",
            " audit . checkmarx . cx ",
        ] {
            assert_eq!(parse(text), Ok(domain("audit.checkmarx.cx", true)), "{text}");
        }
        assert_eq!(parse("hxxps[:]//audit[.]checkmarx[.]cx:8443"), Ok(domain("audit.checkmarx.cx", false)));
        let url = Target::Url { host: "audit.checkmarx.cx".into(), path: "/v1/telemetry".into() };
        assert_eq!(parse("hxxps://audit[.]checkmarx[.]cx/v1/telemetry"), Ok(url.clone()));
        assert_eq!(parse("meow://user@AUDIT.checkmarx.cx:443/v1/telemetry/"), Ok(url));
        assert_eq!(parse("94[.]154[.]172[.]43"), Ok(Target::Address("94.154.172.43".parse().expect("one"))));
        assert_eq!(parse("::ffff:94.154.172.43"), Ok(Target::Address("94.154.172.43".parse().expect("one"))));
        assert_eq!(parse("10.1.2.3/24"), Ok(Target::Range("10.1.2.0".parse().expect("one"), 24)));
        assert_eq!(parse("KICS-Telemetry/2.0"), Ok(Target::UserAgent("KICS-Telemetry/2.0".into())));
        assert_eq!(parse("ua:curl/8.0"), Ok(Target::UserAgent("curl/8.0".into())));
        assert_eq!(parse("bücher.example"), Ok(domain("xn--bcher-kva.example", true)));
    }

    #[test]
    fn what_would_match_everybody_is_refused() {
        for text in ["com", "co.uk", "github.io", "raw.icp0.io"] {
            assert_eq!(Sought::parse(text).err(), Some(IndicatorError::PublicSuffix(text.into())), "{text}");
        }
        for text in ["Mozilla", "a sentence about it", "Domain: audit.checkmarx.cx", "- audit.checkmarx.cx"] {
            assert!(matches!(Sought::parse(text), Err(IndicatorError::Unknown(_))), "{text}");
        }
        assert_eq!(
            Sought::parse("94.154.172.43:443"),
            Sought::parse("94.154.172.43").map(|s| Sought { value: "94.154.172.43:443".into(), ..s })
        );
        assert!(matches!(Sought::parse("0.0.0.0/0"), Err(IndicatorError::Range(_))));
        assert!(matches!(Sought::parse("ua:x"), Err(IndicatorError::Short(_))));
        assert_eq!(Sought::parse("  ").err(), Some(IndicatorError::Empty));
    }
}
