//! Terminal control sequences: removed, except that Buildkite hides its time stamps in one.

use std::borrow::Cow;

use super::Stamp;

/// The text without control sequences, and the stamp that an APC sequence carried.
pub(super) fn strip(text: &str) -> (Cow<'_, str>, Stamp) {
    if memchr::memchr2(0x1b, 0x08, text.as_bytes()).is_none() && !text.contains('\u{9b}') {
        return (Cow::Borrowed(text), Stamp::Unstated);
    }
    let mut out = String::with_capacity(text.len());
    let mut stamp = Stamp::Unstated;
    let mut rest = text;
    while let Some(at) = rest.find(['\u{1b}', '\u{8}', '\u{9b}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let (len, found) = sequence(tail);
        stamp = found.or(stamp);
        rest = &tail[len..];
    }
    out.push_str(rest);
    (Cow::Owned(out), stamp)
}

/// The length of the control sequence that `tail` starts with (ECMA-48), and a stamp in it.
fn sequence(tail: &str) -> (usize, Stamp) {
    let first = tail.chars().next().map_or(0, char::len_utf8);
    if tail.starts_with('\u{9b}') {
        return (first + csi(&tail[first..]), Stamp::Unstated);
    }
    if !tail.starts_with('\u{1b}') {
        return (first, Stamp::Unstated);
    }
    match tail.as_bytes().get(1) {
        Some(b'[') => (2 + csi(&tail[2..]), Stamp::Unstated),
        Some(b']' | b'P' | b'^') => (2 + string(&tail[2..]), Stamp::Unstated),
        Some(b'_') => {
            let len = string(&tail[2..]);
            let body = &tail[2..2 + len];
            let digits = body.strip_prefix("bk;t=").map(|d| d.trim_end_matches(['\u{7}', '\u{1b}', '\\']));
            let stamp = digits.and_then(|d| d.parse().ok()).and_then(Stamp::from_epoch_millis);
            (2 + len, stamp.unwrap_or_default())
        }
        Some(b'(' | b')') => (tail.char_indices().nth(3).map_or(tail.len(), |(i, _)| i), Stamp::Unstated),
        Some(_) => (tail.char_indices().nth(2).map_or(tail.len(), |(i, _)| i), Stamp::Unstated),
        None => (1, Stamp::Unstated),
    }
}

fn csi(body: &str) -> usize {
    body.bytes().position(|b| (0x40..=0x7e).contains(&b)).map_or(body.len(), |at| at + 1)
}

fn string(body: &str) -> usize {
    let bel = body.find('\u{7}').map(|at| at + 1);
    let st = body.find("\u{1b}\\").map(|at| at + 2);
    match (bel, st) {
        (Some(a), Some(b)) => a.min(b),
        (a, b) => a.or(b).unwrap_or(0),
    }
}
