//! Framing: what stands around the content of a log line, peeled off layer by layer.
//!
//! A GitLab trace holds docker output, a journal holds containerd's: framing (time stamps, ANSI,
//! job names, syslog headers) is separate from content, so N framings and M contents need N+M
//! files. A [`Frame`] keeps what the layers told: time, lane, host, unit. Nothing is guessed.

mod ansi;
mod logfmt;
mod stamp;
mod syslog;

pub use logfmt::Logfmt;
pub use stamp::{Stamp, parse_access, parse_go_date, parse_rfc3339, parse_yearless};

use std::borrow::Cow;

/// A line's content and what its framing told.
#[derive(Debug, Clone, Default)]
pub struct Frame<'a> {
    /// When the line was written, by its innermost stamp that has a zone.
    pub stamp: Stamp,
    /// The stream of lines it belongs to: job, step, container, unit.
    pub lane: Cow<'a, str>,
    /// The machine, where a syslog header names it.
    pub host: Option<&'a str>,
    /// The program, where a syslog header names it.
    pub unit: Option<&'a str>,
    /// Whether the framing marks it as a command that was run.
    pub command: bool,
    /// What is left.
    pub text: &'a str,
}

/// Lines of one physical line: progress bars rewrite a line with carriage returns.
pub fn segments(line: &str) -> impl Iterator<Item = &str> {
    line.split('\r').filter(|s| !s.trim().is_empty())
}

/// Text without terminal control sequences; borrowed when there are none.
pub fn plain(text: &str) -> (Cow<'_, str>, Stamp) {
    ansi::strip(text)
}

/// Peels every known framing off a line that [`plain`] has cleaned.
pub fn peel(text: &str) -> Frame<'_> {
    let mut frame = Frame { text: text.trim_start_matches('\u{feff}'), ..Frame::default() };
    // Eight layers are more than any real nesting (runner > compose > journal > logfmt).
    for _ in 0..8 {
        if !layer(&mut frame) {
            break;
        }
    }
    frame
}

fn layer(frame: &mut Frame<'_>) -> bool {
    let before = frame.text;
    let text = before.trim_start_matches([' ', '\t']);
    let bytes = text.as_bytes();
    let Some(first) = bytes.first() else { return false };
    let peeled = match first {
        b'0'..=b'9' => digits_first(frame, text),
        b'[' => bracket(frame, text),
        b'_' => buildkite(frame, text),
        b'#' => marker(frame, text, "##["),
        b'S' => cloud_build(frame, text) || weekday(frame, text) || syslog::peel(frame, text),
        b'<' => syslog::peel(frame, text),
        b'E' | b'I' | b'W' | b'F' => {
            klog(frame, text) || level(frame, text) || weekday(frame, text) || syslog::peel(frame, text)
        }
        b'M' | b'T' | b'D' if level(frame, text) || weekday(frame, text) => true,
        _ => syslog::peel(frame, text),
    };
    peeled || tabbed(frame, before) || piped(frame, before)
}

/// `2026-04-22 12:40:00,123 INFO text`: a level after a stamp is framing, elsewhere it is content.
fn level<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    const LEVELS: [&str; 6] = ["INFO ", "DEBUG ", "WARN ", "WARNING ", "ERROR ", "TRACE "];
    let rest = LEVELS.iter().find_map(|l| text.strip_prefix(l)).filter(|_| frame.stamp != Stamp::Unstated);
    rest.map(|r| frame.text = r).is_some()
}

/// `Wed 2026-04-22 12:40:01 UTC host unit[1]: text` of `journalctl -o short-full`.
fn weekday<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    const DAYS: [&str; 7] = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "];
    let rest = DAYS.iter().find_map(|d| text.strip_prefix(d)).filter(|r| stamp::leading(r).is_some());
    rest.map(|r| frame.text = r).is_some()
}

fn digits_first<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    if let Some((stamp, rest)) = stamp::leading(text) {
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        frame.stamp = stamp.or(frame.stamp);
        frame.text = stream_flags(rest).unwrap_or(rest);
        return true;
    }
    if let Some(rest) = clock(text) {
        frame.text = rest.trim_start().trim_start_matches("::").trim_start();
        return true;
    }
    if let Some(rest) = numbered(text) {
        frame.text = rest;
        return true;
    }
    syslog::peel(frame, text)
}

/// `stdout F ` of CRI logs (kubernetes/cri-api), `00O ` and `01E+` of GitLab (runner "timestamps").
fn stream_flags(rest: &str) -> Option<&str> {
    for stream in ["stdout ", "stderr "] {
        if let Some(r) = rest.strip_prefix(stream) {
            return r.strip_prefix("F ").or_else(|| r.strip_prefix("P "));
        }
    }
    let b = rest.as_bytes();
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let flags = b.len() >= 4 && hex(b[0]) && hex(b[1]) && matches!(b[2], b'O' | b'E') && matches!(b[3], b' ' | b'+');
    flags.then(|| &rest[4..])
}

/// `14:41:22 ` or `12:35:09.123 `: a time of day says no date, so it is no time.
fn clock(text: &str) -> Option<&str> {
    let b = text.as_bytes();
    let two = |i: usize| b.get(i).zip(b.get(i + 1)).is_some_and(|(x, y)| x.is_ascii_digit() && y.is_ascii_digit());
    if !(two(0) && b.get(2) == Some(&b':') && two(3) && b.get(5) == Some(&b':') && two(6)) {
        return None;
    }
    let rest = text[8..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
    rest.starts_with(' ').then_some(rest)
}

/// `0:latest: Pulling from …`: Drone's line numbers. `15: Pulling from` is a tag and stays.
fn numbered(text: &str) -> Option<&str> {
    let end = text.bytes().position(|b| !b.is_ascii_digit())?;
    let rest = text[end..].strip_prefix(':')?;
    let follows = rest.chars().next()?;
    (end <= 6 && !follows.is_whitespace() && !follows.is_ascii_digit() && rest.contains([' ', ':'])).then_some(rest)
}

fn bracket<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    if marker(frame, text, "[") {
        return true;
    }
    let Some(end) = text.find(']').filter(|end| *end <= 120) else { return false };
    let inside = &text[1..end];
    let rest = &text[end + 1..];
    if let Some((stamp, left)) = stamp::leading(inside)
        && left.is_empty()
    {
        frame.stamp = stamp.or(frame.stamp);
        frame.text = rest.strip_prefix(' ').unwrap_or(rest);
        return true;
    }
    if let Some(left) = clock(&format!("{inside} ")).map(str::len)
        && left <= 1
    {
        frame.text = teamcity(rest);
        return true;
    }
    // Prefixes with " : " are Tekton's; a bare word is a Jenkins branch or a TeamCity step.
    let pod = inside.starts_with("pod/") && !inside.contains(' ');
    let lane = pod || inside.contains(" : ") || (inside.len() <= 64 && is_lane(inside));
    if lane && rest.starts_with(' ') {
        frame.lane = Cow::Borrowed(inside);
        frame.text = &rest[1..];
        return true;
    }
    false
}

/// Not `[1/7]`, `[internal]`, `[stage-0 1/2]`, `[+]`: those belong to BuildKit and compose.
fn is_lane(inside: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ' | '.');
    !inside.is_empty()
        && !matches!(inside, "internal" | "auth" | "background" | "linux" | "Pipeline" | "x" | " " | "INFO" | "ERROR")
        && inside.chars().all(word)
        && inside.chars().any(char::is_alphabetic)
        && !inside.starts_with("linux")
}

/// `[12:35:09] :\t [Step 1/2] text` and `[12:35:09]W:\t [..]`: the step is no part of the content.
fn teamcity(rest: &str) -> &str {
    let mut rest = rest.trim_start_matches(['W', 'E', 'F', 'i', 'w', 'e', ' ']).trim_start_matches(':').trim_start();
    while rest.starts_with('[') && (rest.starts_with("[Step ") || rest.starts_with("[S")) {
        let Some(end) = rest.find(']') else { break };
        rest = rest[end + 1..].trim_start();
    }
    rest
}

/// `##[command]`, `[command]`, `##[group]Run `: what runners put before commands.
fn marker<'a>(frame: &mut Frame<'a>, text: &'a str, open: &str) -> bool {
    let Some(inside) = text.strip_prefix(open) else { return false };
    for (word, command) in [
        ("command]", true),
        ("group]", false),
        ("section]", false),
        ("debug]", false),
        ("warning]", false),
        ("error]", false),
    ] {
        if let Some(rest) = inside.strip_prefix(word) {
            if open == "[" && word != "command]" {
                return false;
            }
            frame.command |= command;
            frame.text = rest;
            return true;
        }
    }
    false
}

/// `_bk;t=1776861302921` with or without the escape around it.
fn buildkite<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    let Some(rest) = text.strip_prefix("_bk;t=") else { return false };
    let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    let Some(stamp) = rest[..end].parse().ok().and_then(Stamp::from_epoch_millis) else { return false };
    frame.stamp = stamp;
    frame.text = rest[end..].trim_start_matches('\u{7}');
    true
}

/// `Step #0: ` and `Step #0 - "build": ` of Cloud Build.
fn cloud_build<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    let Some(rest) = text.strip_prefix("Step #") else { return false };
    let Some(colon) = rest.find(": ").filter(|at| *at < 80) else { return false };
    frame.lane = Cow::Borrowed(&text[..6 + colon]);
    frame.text = &rest[colon + 2..];
    true
}

/// `E0130 11:28:54.293688     222 kuberuntime.go:43] text`: klog has no year and no zone.
fn klog<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    let b = text.as_bytes();
    if b.len() < 22 || !b[1..5].iter().all(u8::is_ascii_digit) || b[5] != b' ' || b[8] != b':' {
        return false;
    }
    let Some(end) = text.find("] ").filter(|at| *at < 120) else { return false };
    frame.text = &text[end + 2..];
    true
}

/// `job<TAB>step<TAB>time text`: what `gh run view --log` prints.
fn tabbed<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    let mut parts = text.splitn(3, '\t');
    let (Some(job), Some(_), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let rest = rest.trim_start_matches('\u{feff}');
    if job.is_empty() || stamp::leading(rest).is_none() {
        return false;
    }
    frame.lane = Cow::Borrowed(&text[..text.len() - rest.len()]);
    frame.text = rest;
    true
}

/// `web-1  | text`: what compose prints before each container's lines.
fn piped<'a>(frame: &mut Frame<'a>, text: &'a str) -> bool {
    let Some(at) = text.find(" | ").filter(|at| *at <= 64 && *at > 0) else { return false };
    let name = text[..at].trim_end();
    let simple = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_. ".contains(&b));
    if !simple || name.contains("  ") || name.split(' ').count() > 2 {
        return false;
    }
    frame.lane = Cow::Borrowed(name);
    frame.text = &text[at + 3..];
    true
}

/// The words of a prefix that a shell prints before a command: `$ `, `+ `, `root@host:~# `.
pub fn prompt(text: &str) -> Option<&str> {
    let text = text.trim_start();
    for mark in ["$ ", "+ ", "++ ", "+++ ", "# ", "> ", "❯ ", "% "] {
        if let Some(rest) = text.strip_prefix(mark) {
            return Some(rest.trim_start());
        }
    }
    // `C:\\build>docker run x`: cmd puts no space behind its prompt.
    if let Some((_, rest)) =
        text.split_once('>').filter(|(h, _)| h.as_bytes().get(1..3) == Some(b":\\") && h.len() < 120)
    {
        return Some(rest.trim_start());
    }
    let at = text.char_indices().take(120).find_map(|(i, c)| {
        let next = text.get(i + 1..)?;
        (matches!(c, '$' | '#' | '>') && next.starts_with(' ')).then_some(i)
    })?;
    let head = &text[..at];
    let shell = head.starts_with("PS ")
        || (head.contains('@') && !head.contains("sha256"))
        || head.ends_with('~')
        || head.contains(":\\");
    (shell && !head.contains("docker")).then(|| text[at + 1..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(line: &str) -> String {
        let (clean, _) = plain(line);
        peel(&clean).text.to_owned()
    }

    #[test]
    fn layers_come_off_whatever_their_order() {
        for line in [
            "2026-04-22T12:36:01.1234567Z Digest: x",
            "[2026-04-22T12:36:01.123Z] Digest: x",
            "build\tUNKNOWN STEP\t2026-04-22T12:36:01.1234567Z Digest: x",
            "3:Digest: x",
            "[build : push] Digest: x",
            "[12:35:09] :\t [Step 1/2] Digest: x",
            "web-1  | Digest: x",
            "Apr 22 12:36:01 host dockerd[12]: Digest: x",
            "2026-04-22T12:36:01.123456Z 00O Digest: x",
            "2026-04-22T12:36:01.123456789Z stdout F Digest: x",
            "Step #1 - \"build\": Digest: x",
            "\u{1b}_bk;t=1776861302921\u{7}Digest: x",
            "14:41:22 :: Digest: x",
            "2026-04-22T12:36:01+0200 host dockerd[12]: Digest: x",
        ] {
            assert_eq!(text_of(line), "Digest: x", "{line}");
        }
    }

    #[test]
    fn content_that_looks_like_framing_stays() {
        for line in [
            "15: Pulling from library/postgres",
            "#4 [1/7] FROM x",
            "[internal] load metadata for x",
            "[+] Running 2/2",
        ] {
            assert_eq!(text_of(line), line, "{line}");
        }
    }

    #[test]
    fn the_zone_decides_what_is_a_time() {
        let stamp = |line: &str| peel(line).stamp.utc().map(|t| t.to_string());
        assert_eq!(stamp("2026-04-22T12:36:01.5Z x").as_deref(), Some("2026-04-22T12:36:01.5Z"));
        assert_eq!(stamp("2026-04-22T12:36:01.5 x"), None);
        assert_eq!(stamp("Apr 22 12:36:01 host u[1]: x"), None);
    }
}
