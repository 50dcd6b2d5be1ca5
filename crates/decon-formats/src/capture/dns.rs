//! DNS messages (RFC 1035): the name asked for, the answer's code and addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

use super::Told;
use super::bytes::Bytes;

/// Records of an answer that are read.
const RECORDS: usize = 64;
/// Jumps of a compressed name: a loop has more.
const JUMPS: usize = 16;

/// A message in a datagram.
pub(super) fn read(message: &[u8]) -> Option<Map<String, Value>> {
    let mut rest = Bytes(message);
    rest.take(2)?;
    let flags = rest.number(2)?;
    let (questions, answers) = (rest.number(2)?, rest.number(2)?);
    rest.take(4)?;
    if questions == 0 {
        return None;
    }
    let name = name(message, &mut rest)?;
    let kind = rest.number(2)?;
    rest.take(2)?;
    let mut fields = Map::new();
    fields.insert("capture".into(), json!("dns"));
    fields.insert("query".into(), json!(name));
    fields.insert("qtype".into(), kind_name(kind));
    if flags & 0x8000 != 0 {
        fields.insert("rcode".into(), code_name(flags & 15));
        // More than one question is not sent in practice; where the answers begin would be a guess.
        let found = if questions == 1 { answers_of(message, &mut rest, answers) } else { Vec::new() };
        if !found.is_empty() {
            fields.insert("answers".into(), json!(found));
        }
    }
    Some(fields)
}

/// A message in a stream, behind its length.
pub(super) fn read_stream(bytes: &[u8]) -> Told {
    let mut rest = Bytes(bytes);
    match rest.sized(2) {
        Some(message) => read(message).map_or(Told::Nothing, Told::Fields),
        None => Told::More,
    }
}

fn answers_of<'m>(message: &'m [u8], rest: &mut Bytes<'m>, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..count.min(RECORDS) {
        let Some(answer) = answer(message, rest) else { break };
        found.extend(answer);
    }
    found
}

/// An address or an alias; `Some(None)` for a record of another kind.
fn answer<'m>(message: &'m [u8], rest: &mut Bytes<'m>) -> Option<Option<String>> {
    name(message, rest)?;
    let kind = rest.number(2)?;
    rest.take(6)?;
    let before = message.len() - rest.0.len() + 2;
    let data = rest.sized(2)?;
    Some(match kind {
        1 => <[u8; 4]>::try_from(data).ok().map(|octets| Ipv4Addr::from(octets).to_string()),
        28 => <[u8; 16]>::try_from(data).ok().map(|octets| Ipv6Addr::from(octets).to_string()),
        5 => name(message, &mut Bytes(message.get(before..)?)),
        _ => None,
    })
}

/// A name, its compression followed. Bytes that no host name has become `?`.
fn name<'m>(message: &'m [u8], rest: &mut Bytes<'m>) -> Option<String> {
    let mut text = String::new();
    let mut here = Bytes(rest.0);
    let mut jumped = false;
    for _ in 0..JUMPS + 128 {
        let length = here.number(1)?;
        match length {
            0 => {
                if !jumped {
                    rest.0 = here.0;
                }
                return Some(text);
            }
            1..=63 => {
                if !text.is_empty() {
                    text.push('.');
                }
                let printable =
                    |b: &u8| if b.is_ascii_graphic() && *b != b'"' && *b != b'\\' { char::from(*b) } else { '?' };
                text.extend(here.take(length)?.iter().map(printable));
                if text.len() > 255 {
                    return None;
                }
            }
            0xc0.. => {
                let target = (length & 0x3f) << 8 | here.number(1)?;
                // What follows the name follows its first jump.
                if !jumped {
                    rest.0 = here.0;
                }
                jumped = true;
                here = Bytes(message.get(target..)?);
            }
            _ => return None,
        }
    }
    None
}

fn kind_name(kind: usize) -> Value {
    match kind {
        1 => json!("A"),
        5 => json!("CNAME"),
        15 => json!("MX"),
        16 => json!("TXT"),
        28 => json!("AAAA"),
        65 => json!("HTTPS"),
        other => json!(format!("TYPE{other}")),
    }
}

fn code_name(code: usize) -> Value {
    match code {
        0 => json!("NOERROR"),
        2 => json!("SERVFAIL"),
        3 => json!("NXDOMAIN"),
        5 => json!("REFUSED"),
        other => json!(format!("RCODE{other}")),
    }
}
