//! TLS: the server name of a ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3).

use serde_json::{Map, json};

use super::Told;
use super::bytes::Bytes;

/// The server name, if these bytes begin a ClientHello.
pub(super) fn read(bytes: &mut Bytes<'_>) -> Told {
    let is_hello = matches!(bytes.0, [22, 3, ..]) && bytes.0.get(5).is_none_or(|kind| *kind == 1);
    if !is_hello {
        return Told::Nothing;
    }
    // A hello may be cut into several records; their bodies follow each other.
    let mut hello = Vec::new();
    while let [22, 3, _, ..] = bytes.0 {
        bytes.0 = &bytes.0[3..];
        match bytes.sized(2) {
            Some(record) => hello.extend_from_slice(record),
            None => return Told::More,
        }
    }
    let mut rest = Bytes(&hello);
    if rest.number(1) != Some(1) {
        return Told::Nothing;
    }
    let Some(body) = rest.sized(3) else { return Told::More };
    let Some(name) = server_name(&mut Bytes(body)) else { return Told::Nothing };
    let mut fields = Map::new();
    fields.insert("capture".into(), json!("tls"));
    fields.insert("sni".into(), json!(String::from_utf8_lossy(name)));
    Told::Fields(fields)
}

fn server_name<'b>(hello: &mut Bytes<'b>) -> Option<&'b [u8]> {
    hello.take(2 + 32)?;
    hello.sized(1)?;
    hello.sized(2)?;
    hello.sized(1)?;
    let mut extensions = Bytes(hello.sized(2)?);
    loop {
        let kind = extensions.number(2)?;
        let data = extensions.sized(2)?;
        if kind == 0 {
            let mut list = Bytes(data);
            list.take(2)?;
            return (list.number(1)? == 0).then(|| list.sized(2)).flatten();
        }
    }
}
