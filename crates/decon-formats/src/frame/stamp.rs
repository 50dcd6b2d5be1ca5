//! Time stamps: UTC only when the text says so, else local with its text, else nothing.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// When a line says it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stamp {
    /// An instant: the text had a zone, an offset or an epoch.
    Utc(Timestamp),
    /// A date and time without zone.
    Local(DateTime),
    /// Nothing that has a date.
    #[default]
    Unstated,
}

impl Stamp {
    /// The instant, if the text told it.
    pub fn utc(self) -> Option<Timestamp> {
        match self {
            Self::Utc(at) => Some(at),
            _ => None,
        }
    }

    /// The instant, given the zone that a person vouches for.
    pub fn resolve(self, zone: Option<&TimeZone>) -> Option<Timestamp> {
        match self {
            Self::Utc(at) => Some(at),
            Self::Local(local) => zone.and_then(|z| local.to_zoned(z.clone()).ok()).map(|z| z.timestamp()),
            Self::Unstated => None,
        }
    }

    /// The better of the two: an instant before a local time before nothing; self first.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Utc(_), _) => self,
            (_, Self::Utc(_)) | (Self::Unstated, _) => other,
            (Self::Local(_), _) => self,
        }
    }

    /// From milliseconds since 1970, as far as they are plausible (2001 to 2286).
    pub fn from_epoch_millis(millis: i64) -> Option<Self> {
        let plausible = (1_000_000_000_000..10_000_000_000_000).contains(&millis);
        plausible.then(|| Timestamp::from_millisecond(millis).ok()).flatten().map(Self::Utc)
    }

    /// From seconds, milliseconds, microseconds or nanoseconds since 1970, told by magnitude.
    pub fn from_epoch(number: f64) -> Option<Self> {
        Self::from_epoch_seconds(match number {
            n if n >= 1e18 => n / 1e9,
            n if n >= 1e15 => n / 1e6,
            n if n >= 1e12 => n / 1e3,
            n => n,
        })
    }

    /// From seconds since 1970, as far as they are plausible (2001 to 2286).
    pub fn from_epoch_seconds(seconds: f64) -> Option<Self> {
        let plausible = (1_000_000_000.0..10_000_000_000.0).contains(&seconds);
        #[allow(clippy::cast_possible_truncation)]
        let micros = (seconds * 1e6).round() as i64;
        plausible.then(|| Timestamp::from_microsecond(micros).ok()).flatten().map(Self::Utc)
    }
}

/// A stamp at the start of a text, and what follows it.
///
/// `2026-04-22T12:36:01[.fraction][Z|±hh:mm|±hhmm]`, also with a space instead of `T`, with
/// `/` in the date (Go's log package), and with a space or a zone name before the offset.
pub(super) fn leading(text: &str) -> Option<(Stamp, &str)> {
    dotted(text).or_else(|| iso(text))
}

/// `22.04.2026 14:40:00`: day first wherever dots are used.
fn dotted(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    if b.len() < 19 || b[2] != b'.' || b[5] != b'.' || b[10] != b' ' {
        return None;
    }
    let (date, rest) = text.split_at_checked(10)?;
    let written = format!("{}-{}-{}{rest}", date.get(6..10)?, date.get(3..5)?, date.get(..2)?);
    let (stamp, left) = iso(&written)?;
    Some((stamp, text.get(text.len().checked_sub(left.len())?..)?))
}

fn iso(text: &str) -> Option<(Stamp, &str)> {
    let b = text.as_bytes();
    if b.len() < 19 || !b[..4].iter().all(u8::is_ascii_digit) || !matches!(b[4], b'-' | b'/') || b[7] != b[4] {
        return None;
    }
    if !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let number = |from: usize, len: usize| text.get(from..from + len)?.parse::<i16>().ok();
    let small = |from: usize| number(from, 2).and_then(|n| i8::try_from(n).ok());
    let (nanos, end) = fraction(b, 19);
    let second = small(17)?.min(59);
    let local = DateTime::new(number(0, 4)?, small(5)?, small(8)?, small(11)?, small(14)?, second, nanos).ok()?;
    let rest = text.get(end..)?;
    let (offset, rest) = zone(rest);
    let stamp = match offset {
        Some(seconds) => {
            let offset = jiff::tz::Offset::from_seconds(seconds).ok()?;
            Stamp::Utc(offset.to_timestamp(local).ok()?)
        }
        None => Stamp::Local(local),
    };
    Some((stamp, rest))
}

fn fraction(b: &[u8], at: usize) -> (i32, usize) {
    if !matches!(b.get(at), Some(b'.' | b',')) {
        return (0, at);
    }
    let digits = b[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
    let mut nanos = 0i32;
    for i in 0..9 {
        let digit = if i < digits { i32::from(b[at + 1 + i] - b'0') } else { 0 };
        nanos = nanos * 10 + digit;
    }
    if digits == 0 { (0, at) } else { (nanos, at + 1 + digits) }
}

/// Seconds east of UTC, and the rest.
fn zone(text: &str) -> (Option<i32>, &str) {
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        return (Some(0), rest);
    }
    let bare = text.strip_prefix(' ').unwrap_or(text);
    if let Some((seconds, rest)) = offset(bare) {
        let rest = rest.strip_prefix(" UTC").or_else(|| rest.strip_prefix(" GMT")).unwrap_or(rest);
        return (Some(seconds), rest);
    }
    for name in ["UTC", "GMT", "Z"] {
        if let Some(rest) = bare.strip_prefix(name).filter(|r| r.is_empty() || r.starts_with([' ', ']', ',', ':'])) {
            return (Some(0), rest);
        }
    }
    (None, text)
}

/// `+02:00`, `-0600`.
fn offset(text: &str) -> Option<(i32, &str)> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours: i32 = text.get(1..3)?.parse().ok()?;
    let (minutes, end) = match text.get(3..4) {
        Some(":") => (text.get(4..6)?, 6),
        _ => (text.get(3..5)?, 5),
    };
    let minutes: i32 = minutes.parse().ok()?;
    (hours <= 14 && minutes < 60).then(|| (sign * (hours * 3600 + minutes * 60), &text[end..]))
}

/// A whole text as a stamp: RFC 3339 and its relatives.
pub fn parse_rfc3339(text: &str) -> Stamp {
    leading(text.trim()).map_or(Stamp::Unstated, |(stamp, _)| stamp)
}

/// `22/Apr/2026:18:47:42 +0000`, the date of access logs; HAProxy writes it with `.008` and no zone.
pub fn parse_access(text: &str) -> Stamp {
    let mut parts = text.splitn(4, ['/', ':']);
    let (Some(day), Some(month), Some(year), Some(clock)) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Stamp::Unstated;
    };
    let Some(month) = month_number(month) else { return Stamp::Unstated };
    leading(&format!("{year}-{month:02}-{day:0>2}T{clock}")).map_or(Stamp::Unstated, |(stamp, _)| stamp)
}

/// `Wed, 22 Apr 2026 12:38:02 GMT` (RFC 9110 date).
pub fn parse_go_date(text: &str) -> Stamp {
    let mut parts = text.trim().split([' ', ',']).filter(|p| !p.is_empty()).skip(1);
    let (Some(day), Some(month), Some(year), Some(clock), Some(zone)) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Stamp::Unstated;
    };
    let Some(month) = month_number(month) else { return Stamp::Unstated };
    leading(&format!("{year}-{month:02}-{day:0>2}T{clock} {zone}")).map_or(Stamp::Unstated, |(stamp, _)| stamp)
}

/// `Apr 22 14:35:02` of syslog, `22 Apr 14:35:02`, `0422 14:35:02.293688` of klog, at the start of a
/// text or behind a syslog priority: local, in this year.
pub fn parse_yearless(text: &str, year: i16) -> Option<Stamp> {
    let text = text.trim_start();
    let text = text.strip_prefix('<').and_then(|rest| rest.split_once('>')).map_or(text, |(_, rest)| rest);
    let klog = text.as_bytes().first().is_some_and(|b| b"EWIF".contains(b));
    let digits = |w: &str| w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit());
    let mut words = text.split_ascii_whitespace();
    let (first, second) = (words.next()?, words.next()?);
    let date = if klog { first.get(1..)? } else { first };
    let (month, day, clock) = if digits(date) {
        (date[..2].parse().ok()?, date.get(2..)?, second)
    } else if let Some(month) = month_number(first) {
        (month, second, words.next()?)
    } else {
        (month_number(second)?, first, words.next()?)
    };
    let clock = clock.trim_end_matches([':', ',']);
    match leading(&format!("{year:04}-{month:02}-{day:0>2}T{clock}"))? {
        (stamp, "") => Some(stamp),
        _ => None,
    }
}

/// `Jan` is 1.
pub(super) fn month_number(name: &str) -> Option<u8> {
    const NAMES: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let lower = name.get(..3)?.to_ascii_lowercase();
    NAMES.iter().position(|n| *n == lower).and_then(|i| u8::try_from(i + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_and_never_invented() {
        let utc = |text: &str| parse_rfc3339(text).utc().map(|t| t.to_string());
        assert_eq!(utc("2025-02-24 08:58:42.934122405+09:00").as_deref(), Some("2025-02-23T23:58:42.934122405Z"));
        assert_eq!(utc("2024-07-16 02:36:10 +0000 UTC").as_deref(), Some("2024-07-16T02:36:10Z"));
        assert_eq!(utc("2026-04-22T12:36:01"), None);
        assert_eq!(utc("2026/04/22 05:38:02"), None);
        assert_eq!(
            parse_access("22/Apr/2026:18:47:42 +0200").utc().map(|t| t.to_string()).as_deref(),
            Some("2026-04-22T16:47:42Z")
        );
        assert_eq!(parse_access("29/Aug/2026:07:02:22.008").utc(), None);
        assert_eq!(
            parse_go_date("Wed, 22 Apr 2026 12:38:02 GMT").utc().map(|t| t.to_string()).as_deref(),
            Some("2026-04-22T12:38:02Z")
        );
        assert_eq!(parse_rfc3339("2026-13-45T99:00:00Z"), Stamp::Unstated);
    }
}
