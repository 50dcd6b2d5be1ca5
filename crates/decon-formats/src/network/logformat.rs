//! Squid's `logformat` (squid.conf.documented): a person's own order of fields, given as squid has it.
//!
//! A code is `%[encoding][-][[0]width[.width]][{argument}]code[{argument}]`. What stands between two
//! codes ends the first one's value, so no value is guessed by its looks.

use decon_core::indicator::mapped;

use super::contact::{Contact, Outcome, host_of, some, unquoted};
use crate::frame::{self, Stamp};

/// A parsed `logformat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFormat {
    /// What stands before the first code.
    before: Box<str>,
    /// Each code and what stands behind it.
    parts: Vec<(Code, Box<str>)>,
}

/// One code, as far as it says something.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Code {
    Seconds,
    Millis,
    Date,
    Client,
    Server,
    Url,
    Host,
    Method,
    Status,
    Result,
    BytesOut,
    Agent,
    Other,
}

impl LogFormat {
    /// Reads `logformat name …`, or only what stands behind the name, or a built-in name.
    ///
    /// # Errors
    /// What is missing: a code of a time, a client, or a place.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let text =
            text.strip_prefix("logformat ").and_then(|rest| rest.trim().split_once(' ')).map_or(text, |(_, f)| f);
        let text = match text.trim() {
            "squid" => "%ts.%03tu %6tr %>a %Ss/%03>Hs %<st %rm %ru %[un %Sh/%<a %mt",
            "common" => "%>a %[ui %[un [%tl] \"%rm %ru HTTP/%rv\" %>Hs %<st %Ss:%Sh",
            "combined" => {
                "%>a %[ui %[un [%tl] \"%rm %ru HTTP/%rv\" %>Hs %<st \"%{Referer}>h\" \"%{User-Agent}>h\" %Ss:%Sh"
            }
            "referrer" => "%ts.%03tu %>a %{Referer}>h %ru",
            "useragent" => "%>a [%tl] \"%{User-Agent}>h\"",
            text => text,
        };
        let mut pieces = text.split('%');
        let before = pieces.next().unwrap_or_default().into();
        let mut parts: Vec<(Code, Box<str>)> = Vec::new();
        let mut percent = false;
        for piece in pieces {
            // `%%` is a percent sign that belongs to the text around it.
            if piece.is_empty() && !percent {
                percent = true;
                continue;
            }
            if std::mem::take(&mut percent) {
                let last = parts.last_mut().ok_or("a percent sign before the first code is not understood")?;
                last.1 = format!("{}%{piece}", last.1).into();
                continue;
            }
            parts.push(part(piece));
        }
        if !parts.iter().any(|(code, _)| matches!(code, Code::Url | Code::Host | Code::Server | Code::Agent)) {
            return Err("it has no URL (%ru), host (%>rd), server (%<a) or user agent".into());
        }
        Ok(Self { before, parts })
    }

    /// What a line of this format says; `None` where it is of another one.
    pub(super) fn read(&self, line: &str) -> Option<Contact> {
        let mut rest = line.strip_prefix(&*self.before)?;
        let mut contact = Contact::default();
        let (mut seconds, mut millis, mut result) = (None, 0.0, "");
        for (at, (code, behind)) in self.parts.iter().enumerate() {
            let padded = rest.trim_start_matches(' ');
            let last = at + 1 == self.parts.len();
            let blank = behind.trim().is_empty() && !behind.is_empty();
            let end = match (last && behind.is_empty(), blank) {
                (true, _) => padded.len(),
                // A date has a blank before its zone.
                (_, true) if *code == Code::Date => dated(padded),
                (_, true) => padded.find(' ').or(last.then_some(padded.len()))?,
                _ => padded.find(&**behind)?,
            };
            let value = &padded[..end];
            rest = &padded[end..];
            rest = if blank { rest.trim_start_matches(' ') } else { rest.strip_prefix(&**behind)? };
            match code {
                Code::Seconds => seconds = Some(value.parse::<f64>().ok()?),
                Code::Millis => millis = value.parse::<f64>().ok()?,
                Code::Result => result = value,
                _ => field(&mut contact, code, value)?,
            }
        }
        if let Some(seconds) = seconds {
            contact.at = Stamp::from_epoch(seconds + millis / 1000.0)?;
            contact.at_raw = some(&format!("{seconds}.{millis:03}"));
        }
        contact.outcome = Outcome::of_squid(result, contact.status.as_deref().unwrap_or_default()).unwrap_or_default();
        Some(contact.complete())
    }
}

/// Where a date ends.
fn dated(text: &str) -> usize {
    let end = text.find(' ').unwrap_or(text.len());
    let zoned = text[end..].starts_with(" +") || text[end..].starts_with(" -");
    let longer = (end + 6).min(text.len());
    if zoned && text.is_char_boundary(longer) { longer } else { end }
}

/// A code and the text behind it.
fn part(piece: &str) -> (Code, Box<str>) {
    let text = piece.trim_start_matches(['"', '[', '\'', '#', '/']).trim_start_matches('-');
    let text = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let (before, text) = argument(text);
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "<>_:".contains(c))).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    // A colon ends a code unless it is a prefix's: `%Ss:%Sh`, `ssl::>sni`.
    let (word, rest) = match word.rsplit_once("::").map_or(word, |(_, code)| code).find(':') {
        Some(_) => {
            let cut = word.rfind(':').unwrap_or(word.len());
            (&word[..cut], &text[cut..])
        }
        None => (word, rest),
    };
    let (behind, rest) = argument(rest);
    let argument = before.or(behind).unwrap_or_default().to_ascii_lowercase();
    (code(word.rsplit("::").next().unwrap_or(word), &argument), rest.into())
}

fn argument(text: &str) -> (Option<&str>, &str) {
    match text.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        Some((argument, rest)) => (Some(argument), rest),
        None => (None, text),
    }
}

fn code(word: &str, argument: &str) -> Code {
    match (word, argument) {
        ("ts", _) => Code::Seconds,
        ("tu", _) => Code::Millis,
        ("tl" | "tg", "") => Code::Date,
        (">a" | ">A", _) => Code::Client,
        ("<a", _) => Code::Server,
        ("ru" | ">ru" | "<ru", _) => Code::Url,
        (">rd" | "<rd" | ">sni", _) | (">h" | ">ha", "host") => Code::Host,
        ("rm" | ">rm" | "<rm", _) => Code::Method,
        (">Hs" | "<Hs" | "Hs", _) => Code::Status,
        ("Ss", _) => Code::Result,
        (">st", _) => Code::BytesOut,
        (">h" | ">ha", "user-agent") => Code::Agent,
        _ => Code::Other,
    }
}

/// Puts a value where it belongs; `None` where it cannot be of its code.
fn field(contact: &mut Contact, code: &Code, value: &str) -> Option<()> {
    match code {
        Code::Date => {
            contact.at = frame::parse_access(value);
            contact.at_raw = some(value);
            (contact.at != Stamp::Unstated).then_some(())?;
        }
        Code::Client => contact.source = contact.source.take().or_else(|| some(value)),
        Code::Server => contact.destination_ip = value.parse().ok().map(|ip| mapped(ip).to_string().into()),
        Code::Url => {
            contact.url = some(value);
            contact.destination = host_of(value).map(Into::into).or_else(|| contact.destination.take());
        }
        Code::Host => contact.destination = contact.destination.take().or_else(|| some(value)),
        Code::Method => contact.method = some(value),
        Code::Status => {
            value.parse::<u16>().ok()?;
            contact.status = some(value);
        }
        Code::BytesOut => contact.bytes_out = value.parse().ok(),
        Code::Agent => contact.user_agent = some(value).map(|agent| unquoted(&agent)),
        Code::Seconds | Code::Millis | Code::Result | Code::Other => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_formats_are_read() {
        let own = r#"logformat corp %tl %>a:%>p "%rm %ru" %>Hs %>st %<st %Ss:%Sh "%{User-Agent}>h" sni=%ssl::>sni"#;
        let format = LogFormat::parse(own).expect("a format");
        let line = r#"22/Apr/2026:14:35:02 +0200 10.0.0.5:51514 "CONNECT c2.example.net:443" 200 5120 3949 TCP_TUNNEL:HIER_DIRECT "KICS-Telemetry/2.0 (x y)" sni=c2.example.net"#;
        let contact = format.read(line).expect("a line of it");
        assert_eq!(contact.at, frame::parse_rfc3339("2026-04-22T12:35:02Z"));
        assert_eq!(contact.source.as_deref(), Some("10.0.0.5"));
        assert_eq!(contact.destination.as_deref(), Some("c2.example.net"));
        assert_eq!(contact.bytes_out, Some(5120));
        assert_eq!(contact.user_agent.as_deref(), Some("KICS-Telemetry/2.0 (x y)"));
        assert_eq!(contact.outcome, Outcome::Sent);
        assert_eq!(format.read("something else"), None);
    }

    #[test]
    fn built_in_names_are_formats() {
        for name in ["squid", "common", "combined", "referrer", "useragent"] {
            assert!(LogFormat::parse(name).is_ok(), "{name}");
        }
        let squid = LogFormat::parse("squid").expect("built in");
        let line = "1776861302.123    145 10.0.0.5 TCP_DENIED/403 3949 CONNECT c2.example.net:443 - HIER_NONE/- -";
        let contact = squid.read(line).expect("a line of it");
        assert_eq!(contact.outcome, Outcome::Blocked);
        assert_eq!(contact.at, Stamp::from_epoch(1_776_861_302.123).expect("plausible"));
        assert!(LogFormat::parse("%ts %>a").is_err());
        assert!(LogFormat::parse("").is_err());
    }
}
