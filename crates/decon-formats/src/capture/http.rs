//! HTTP/1: the head of a request (RFC 9112), on any port.

use serde_json::{Map, json};

use super::Told;

const METHODS: [&[u8]; 9] =
    [b"GET ", b"POST ", b"PUT ", b"HEAD ", b"CONNECT ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"TRACE "];

/// What the head of a request says, if these bytes begin one.
pub(super) fn read(bytes: &[u8]) -> Told {
    if !METHODS.iter().any(|method| bytes.starts_with(method)) {
        return Told::Nothing;
    }
    let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Told::More };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(_)) = (words.next(), words.next(), words.next()) else {
        return Told::Nothing;
    };
    let (mut host, mut agent) = (None, None);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        match name.to_ascii_lowercase().as_str() {
            "host" => host = Some(value.trim().to_owned()),
            "user-agent" => agent = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let uri = match &host {
        Some(host) if target.starts_with('/') => format!("http://{host}{target}"),
        _ => target.to_owned(),
    };
    let mut fields = Map::new();
    fields.insert("capture".into(), json!("http"));
    fields.insert("method".into(), json!(method));
    fields.insert("uri".into(), json!(uri));
    let connect = (method == "CONNECT").then(|| target.to_owned());
    if let Some(host) = connect.or(host) {
        fields.insert("host".into(), json!(host));
    }
    if let Some(agent) = agent {
        fields.insert("user_agent".into(), json!(agent));
    }
    Told::Fields(fields)
}
