//! Spellings: the bytes that a line must have if it holds an indicator, in any usual encoding.
//!
//! Each is at least four bytes and compared without regard to case. A spelling may stand where the
//! indicator does not: what is found is compared properly afterwards.

use std::collections::BTreeSet;
use std::net::IpAddr;

use decon_core::indicator::{Sought, Target};
use decon_hunt::HostFinder;

/// Spellings of one indicator.
pub(super) fn needles(target: &Target, deep: bool) -> Vec<Vec<u8>> {
    let mut needles: Vec<String> = match target {
        Target::Domain { name, .. } => names(name),
        Target::Url { host, .. } => match host.parse::<IpAddr>() {
            Ok(address) => addresses(address),
            Err(_) => names(host),
        },
        Target::Address(address) => addresses(*address),
        Target::Range(first, bits) => ranges(*first, *bits),
        Target::UserAgent(agent) => vec![plainest(agent).to_owned()],
        Target::LookAlike { .. } => Vec::new(),
    };
    if deep {
        let plain = needles.first().cloned().unwrap_or_default();
        needles.extend(base64_of(plain.as_bytes()));
        let wide: Vec<u8> = plain.bytes().flat_map(|b| [b, 0]).collect();
        needles.extend(base64_of(&wide));
    }
    needles.into_iter().map(String::into_bytes).filter(|needle| needle.len() >= 4).collect()
}

/// Whether a search at dots finds it: names with one, IPv4 addresses and ranges.
pub(super) fn stands_at_dots(target: &Target) -> bool {
    match target {
        Target::Domain { name: host, .. } | Target::Url { host, .. } => host.contains('.'),
        Target::Address(address) | Target::Range(address, _) => address.is_ipv4(),
        Target::UserAgent(_) | Target::LookAlike { .. } => false,
    }
}

/// What stands for a dot in encoded names, with the byte that may stand beside it: any line with
/// one is a candidate where the names are too many to spell.
pub(super) fn encoded_dots() -> impl Iterator<Item = Vec<u8>> {
    let letters = (b'a'..=b'z').chain(b'0'..=b'9');
    let beside = letters.flat_map(|b| {
        let c = char::from(b);
        [format!("%2e{c}"), format!("{c}(0)"), format!("ffff:{c}")]
    });
    beside.chain(["%252e".to_owned(), "u002e".to_owned()]).map(String::into_bytes)
}

/// The names, addresses and ranges of all indicators that stand at dots.
pub(super) fn hosts(sought: &[Sought]) -> HostFinder {
    let v4 = |address: &IpAddr| match address {
        IpAddr::V4(v4) => Some(v4.to_bits()),
        IpAddr::V6(_) => None,
    };
    let of_url = |host: &str| host.parse::<IpAddr>().ok();
    let names = sought.iter().filter_map(|s| match &s.target {
        Target::Domain { name: host, .. } | Target::Url { host, .. } => Some(&**host),
        _ => None,
    });
    let addresses = sought.iter().filter_map(|s| match &s.target {
        Target::Address(address) => v4(address),
        Target::Url { host, .. } => of_url(host).as_ref().and_then(v4),
        _ => None,
    });
    let ranges = sought.iter().filter_map(|s| match &s.target {
        Target::Range(first, bits) => v4(first).map(|first| (first, *bits)),
        _ => None,
    });
    HostFinder::new(names, addresses, ranges)
}

/// A name as it stands, and label by label; [`encoded`] has those with encoded dots.
fn names(name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    if name.contains('.') {
        all.push(labels(name));
    }
    all
}

/// What every line has that holds one of these with an encoded dot: the dot, and what follows it.
///
/// Not whole names: they would be three times as many as those as they stand, for lines that are rare.
pub(super) fn encoded(sought: &[Sought]) -> BTreeSet<Vec<u8>> {
    let mut behind: BTreeSet<char> = BTreeSet::new();
    let firsts = |text: &str| text.split('.').skip(1).filter_map(|part| part.chars().next()).collect::<Vec<_>>();
    for one in sought {
        match &one.target {
            Target::Domain { name: host, .. } | Target::Url { host, .. } => behind.extend(firsts(host)),
            Target::Address(address) if address.is_ipv4() => behind.extend(firsts(&address.to_string())),
            Target::Range(first, _) if first.is_ipv4() => behind.extend('0'..='9'),
            Target::Address(_) | Target::Range(..) | Target::UserAgent(_) | Target::LookAlike { .. } => {}
        }
    }
    let once = behind.iter().map(|c| format!("%2e{c}"));
    let twice = ["%252e", "u002e"].iter().filter(|_| !behind.is_empty()).map(|dot| (*dot).to_owned());
    once.chain(twice).map(String::into_bytes).collect()
}

/// `audit(9)checkmarx(2)cx`: what stands before the first label may be a name below it.
fn labels(name: &str) -> String {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    let rest = rest.split('.').map(|label| format!("({}){label}", label.len()));
    std::iter::once(first.to_owned()).chain(rest).collect()
}

fn addresses(address: IpAddr) -> Vec<String> {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            vec![v4.to_string(), format!("ffff:{:x}:{:x}", u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))]
        }
        IpAddr::V6(v6) => {
            let groups = v6.segments();
            let join = |group: fn(&u16) -> String| groups.iter().map(group).collect::<Vec<_>>().join(":");
            let mut all = vec![v6.to_string(), join(|g| format!("{g:x}")), join(|g| format!("{g:04x}"))];
            // Zeros may be left out anywhere, or nowhere: the first two groups are what all forms have.
            if let [first, second, ..] = groups
                && first >= 0x100
            {
                let seconds = [format!("{second:x}:"), format!("{second:04x}:"), ":".to_owned()];
                let seconds = &seconds[..if second == 0 { 3 } else { 2 }];
                all = [format!("{first:x}:"), format!("{first:04x}:")]
                    .iter()
                    .flat_map(|first| seconds.iter().map(move |second| format!("{first}{second}")))
                    .collect();
            }
            all
        }
    }
}

/// The beginnings that the text of an address in the range can have.
fn ranges(first: IpAddr, bits: u8) -> Vec<String> {
    match first {
        IpAddr::V4(v4) => {
            let whole = usize::from(bits / 8);
            let octets = v4.octets();
            let head: String = octets[..whole].iter().map(|o| format!("{o}.")).collect();
            // The octet that is fixed in part takes all values from its first to its last.
            let spread = 1u16 << (8 - bits % 8);
            let starts: Vec<String> = match octets.get(whole) {
                Some(octet) if !bits.is_multiple_of(8) => (0..spread)
                    .map(|more| format!("{head}{}{}", u16::from(*octet) + more, if whole < 3 { "." } else { "" }))
                    .collect(),
                _ => vec![head],
            };
            starts.into_iter().flat_map(lengthened).collect()
        }
        IpAddr::V6(v6) => {
            let whole = usize::from(bits / 16);
            let groups = &v6.segments()[..whole];
            let join = |group: fn(&u16) -> String| groups.iter().map(group).collect::<String>();
            vec![join(|g| format!("{g:x}:")), join(|g| format!("{g:04x}:"))]
        }
    }
}

/// A beginning of fewer than four bytes, with every digit that may follow.
fn lengthened(start: String) -> Vec<String> {
    if start.len() >= 4 {
        return vec![start];
    }
    let next = "0123456789.".chars().filter(|c| *c != '.' || !start.ends_with('.'));
    next.flat_map(|c| lengthened(format!("{start}{c}"))).collect()
}

/// The longest part that no encoding changes.
fn plainest(agent: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let longest = agent.split(|c| !plain(c)).max_by_key(|part| part.len()).unwrap_or(agent);
    if longest.len() >= 4 { longest } else { agent }
}

/// The base64 characters that the bytes fix, whatever stands before and behind: three alignments.
fn base64_of(bytes: &[u8]) -> Vec<String> {
    const SET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..3)
        .map(|shift| {
            let bits = bytes.len() * 8;
            // Six bits a character, beginning where the unknown bytes in front leave off.
            let begin = (6 - shift * 8 % 6) % 6;
            let mut text = String::new();
            let mut at = begin;
            while at + 6 <= bits {
                let value =
                    (0..6).fold(0, |value, bit| value << 1 | (bytes[(at + bit) / 8] >> (7 - (at + bit) % 8) & 1));
                text.push(char::from(SET[usize::from(value)]));
                at += 6;
            }
            text
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> Vec<String> {
        let target = Sought::parse(text).expect("an indicator").target;
        needles(&target, false).into_iter().map(|n| String::from_utf8(n).expect("text")).collect()
    }

    #[test]
    fn every_spelling_is_there() {
        let all = spelled("audit.checkmarx.cx");
        for wanted in ["audit.checkmarx.cx", "audit(9)checkmarx(2)cx"] {
            assert!(all.iter().any(|s| s == wanted), "{wanted}");
        }
        let sought = ["audit.checkmarx.cx", "94.154.172.43"].map(|text| Sought::parse(text).expect("an indicator"));
        let encoded: Vec<String> = encoded(&sought).into_iter().map(|n| String::from_utf8(n).expect("text")).collect();
        assert_eq!(encoded, ["%252e", "%2e1", "%2e4", "%2ec", "u002e"]);
        assert!(spelled("94.154.172.43").contains(&"ffff:5e9a:ac2b".to_owned()));
        assert_eq!(spelled("10.1.2.0/24"), ["10.1.2."]);
        assert_eq!(spelled("10.1.2.0/23"), ["10.1.2.", "10.1.3."]);
        assert_eq!(spelled("KICS-Telemetry/2.0"), ["KICS-Telemetry"]);
        assert_eq!(spelled("2001:db8::/32"), ["2001:db8:", "2001:0db8:"]);
        assert!(spelled("10.0.0.0/8").contains(&"10.4".to_owned()));
    }

    #[test]
    fn base64_is_found_at_every_alignment() {
        // echo -n 'x https://audit.checkmarx.cx/v1' and two and three bytes more in front.
        for (alignment, encoded) in
            ["eCBhdWRpdC5jaGVja21hcnguY3g=", "eHggYXVkaXQuY2hlY2ttYXJ4LmN4", "eHh4IGF1ZGl0LmNoZWNrbWFyeC5jeA=="]
                .iter()
                .enumerate()
        {
            let found = base64_of(b"audit.checkmarx.cx").iter().any(|needle| encoded.contains(needle.as_str()));
            assert!(found, "{alignment}");
        }
    }
}
