//! Host names and addresses in one form each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A DNS name in lower case as an A-label, without trailing dot; `None` when it is none.
pub(super) fn name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let text = match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => idna::domain_to_ascii(text).ok()?,
    };
    is_host(&text).then_some(text)
}

/// Labels of letters, digits, `-` and `_`, separated by single dots; not all digits.
pub fn is_host(text: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len()) && l.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let last = text.rsplit('.').next().unwrap_or(text);
    text.len() <= 253 && text.split('.').all(label) && last.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The name and every name above it: `a.b.c`, `b.c`, `c`.
pub fn labels_of(name: &str) -> impl Iterator<Item = &str> {
    let below = name.bytes().enumerate().filter(|(_, b)| *b == b'.').map(|(at, _)| &name[at + 1..]);
    std::iter::once(name).chain(below)
}

/// An IPv4 address written as IPv6 is that IPv4 address.
pub fn mapped(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The first address of a range.
pub(super) fn first_of(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let keep = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & keep))
        }
        IpAddr::V6(v6) => {
            let keep = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & keep))
        }
    }
}

pub(super) fn without_port(host: &str) -> &str {
    if host.starts_with('[') {
        return host.find(']').map_or(host, |end| &host[..=end]);
    }
    match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether names below it belong to everybody (publicsuffix.org); an unknown ending is nobody's.
///
/// A name all of whose children are suffixes (`*.raw.icp0.io`) is one too.
pub(super) fn is_public_suffix(name: &str) -> bool {
    let listed =
        |name: &str| psl::suffix(name.as_bytes()).is_some_and(|s| s.typ().is_some() && s.as_bytes() == name.as_bytes());
    listed(name) || listed(&format!("any.{name}"))
}
