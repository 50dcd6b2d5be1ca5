//! Syslog and journal headers: `Apr 22 12:36:01 host unit[pid]: text`, in any language.
//!
//! The header's time has neither year nor zone (RFC 3164), so it is no time. With an ISO stamp in
//! front (`journalctl -o short-iso`) the stamp layer has come off already and only host and unit
//! are left.

use std::borrow::Cow;

use super::Frame;

pub(super) fn peel<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    if text.starts_with('<') {
        return rfc5424(frame, text);
    }
    let rest = match header_time(text) {
        Some(rest) => rest,
        // After a stamp with a date, `host unit[pid]: ` may follow directly.
        None if frame.stamp != super::Stamp::Unstated && frame.host.is_none() => text,
        None => return false,
    };
    host_and_unit(frame, rest)
}

/// `Apr 22 12:36:01 `, `2月 28 11:16:42 `, `22 avril 12:36:01 `: two words, then a clock.
fn header_time(text: &str) -> Option<&str> {
    let mut words = text.splitn(4, ' ').filter(|w| !w.is_empty());
    let (first, mut second) = (words.next()?, words.next()?);
    words.next()?;
    let after = text.find(first).map(|at| at + first.len())?;
    let mut tail = text[after..].trim_start();
    if !tail.starts_with(second) {
        second = tail.split(' ').next()?;
    }
    tail = tail[second.len()..].trim_start();
    let short = first.chars().count() <= 10 && second.chars().count() <= 10;
    let day = first.bytes().all(|b| b.is_ascii_digit()) || second.bytes().all(|b| b.is_ascii_digit());
    let clock = super::clock(tail)?;
    (short && day).then(|| clock.trim_start())
}

fn host_and_unit<'a>(frame: &mut Frame<'a>, rest: &'a str) -> bool {
    let Some((host, tail)) = rest.split_once(' ') else { return false };
    let Some((tag, message)) = tail.split_once(": ") else { return false };
    let unit = tag.split_once('[').map_or(tag, |(unit, _)| unit);
    let name =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/@()".contains(&b));
    let with_pid = tag.len() == unit.len() || tag.ends_with(']');
    if !name(host) || !name(unit) || !with_pid || host.contains('/') {
        return false;
    }
    // Without a process id it is a header only for what a header time introduced.
    if tag.len() == unit.len() && frame.stamp != super::Stamp::Unstated {
        return false;
    }
    frame.host = Some(host);
    frame.unit = Some(unit);
    frame.lane = Cow::Borrowed(&rest[..host.len() + 1 + tag.len()]);
    frame.text = message;
    true
}

/// `<30>1 2026-04-22T12:00:00Z host app pid msgid [sd] text`, and `<30>Apr 22 …` (RFC 5424, 3164).
fn rfc5424<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    let Some((priority, rest)) = text[1..].split_once('>') else { return false };
    if priority.is_empty() || priority.len() > 3 || !priority.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let Some(rest) = rest.strip_prefix("1 ") else {
        frame.text = rest;
        return true;
    };
    let mut words = rest.splitn(7, ' ');
    let (Some(time), Some(host), Some(app), Some(pid), Some(_), Some(data)) =
        (words.next(), words.next(), words.next(), words.next(), words.next(), words.next())
    else {
        return false;
    };
    frame.stamp = super::parse_rfc3339(time);
    frame.host = Some(host);
    frame.unit = Some(app);
    frame.lane = Cow::Owned(format!("{host} {app}[{pid}]"));
    let tail = words.next().unwrap_or("");
    frame.text = if data == "-" { tail } else { data };
    true
}
