//! Captured packets as lines: what a packet says of names, addresses and user agents, as one JSON
//! object, so that a capture is hunted through like any log.
//!
//! A packet gives one line, empty where it says nothing new: the line's number is the packet's.
//! DNS, the server name of TLS, and plain HTTP are read; else the first packet of a flow tells who
//! spoke to whom. Tunnels are not entered. Encrypted names (ECH, DNS over TLS or HTTPS, QUIC) are not seen.

mod bytes;
mod dns;
mod http;
mod link;
mod tls;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use serde_json::{Map, Value, json};

use bytes::Bytes;
pub use link::{Link, is_known};
use link::{Segment, Transport};

/// Flows whose first packet was told; beyond, some are told again.
const FLOWS: usize = 1 << 20;
/// Beginnings of streams that wait for their next segment.
const WAITING: usize = 4096;
/// Bytes of one such beginning: a ClientHello or the head of a request is smaller.
const BEGINNING: usize = 16 << 10;

/// What a piece of a stream says.
enum Told {
    /// These fields.
    Fields(Map<String, Value>),
    /// It breaks off: the next segment may tell.
    More,
    /// Nothing of this protocol.
    Nothing,
}

/// One direction of a conversation.
type Flow = (IpAddr, u16, IpAddr, u16);

/// Reads packets one after the other.
#[derive(Debug, Default)]
pub struct Packets {
    seen: HashSet<(IpAddr, IpAddr, u16, bool)>,
    waiting: HashMap<Flow, (u32, Vec<u8>)>,
}

impl Packets {
    /// The line for a packet, without its end: seconds and fraction since 1970 as text where known.
    pub fn line(&mut self, at: Option<&str>, link: Link, packet: &[u8]) -> String {
        let Some(segment) = link::segment(link, packet) else { return String::new() };
        let mut fields = match self.application(&segment) {
            Some(fields) => fields,
            None if self.first_of_flow(&segment) => {
                Map::from_iter([("capture".into(), json!(segment.transport.name()))])
            }
            None => return String::new(),
        };
        // A resolver's answer is about the one who asked.
        let answer = fields.contains_key("rcode");
        let (ours, theirs) = if answer {
            ((segment.destination, segment.destination_port), (segment.source, segment.source_port))
        } else {
            ((segment.source, segment.source_port), (segment.destination, segment.destination_port))
        };
        if let Some(at) = at.and_then(|at| at.parse::<serde_json::Number>().ok()) {
            fields.insert("ts".into(), Value::Number(at));
        }
        for (key, value) in
            [("src", json!(ours.0)), ("sport", json!(ours.1)), ("dst", json!(theirs.0)), ("dport", json!(theirs.1))]
        {
            fields.insert(key.into(), value);
        }
        Value::Object(fields).to_string()
    }

    fn application(&mut self, segment: &Segment<'_>) -> Option<Map<String, Value>> {
        let dns = [segment.source_port, segment.destination_port].iter().any(|port| matches!(port, 53 | 5353 | 5355));
        match segment.transport {
            Transport::Udp if dns => dns::read(segment.payload),
            Transport::Udp | Transport::Other => None,
            Transport::Tcp { sequence } => self.stream(segment, sequence, dns),
        }
    }

    /// The beginning of a stream, joined from segments that follow each other.
    fn stream(&mut self, segment: &Segment<'_>, sequence: u32, dns: bool) -> Option<Map<String, Value>> {
        if segment.payload.is_empty() {
            return None;
        }
        let flow = (segment.source, segment.source_port, segment.destination, segment.destination_port);
        let joined = match self.waiting.remove(&flow) {
            Some((expected, mut begun)) if expected == sequence => {
                begun.extend_from_slice(segment.payload);
                Some(begun)
            }
            _ => None,
        };
        let bytes = joined.as_deref().unwrap_or(segment.payload);
        let told = if dns { dns::read_stream(bytes) } else { beginning(bytes) };
        match told {
            Told::Fields(fields) => Some(fields),
            Told::More if bytes.len() < BEGINNING && self.waiting.len() < WAITING => {
                let next = sequence.wrapping_add(u32::try_from(segment.payload.len()).unwrap_or(0));
                self.waiting.insert(flow, (next, bytes.to_vec()));
                None
            }
            _ => None,
        }
    }

    fn first_of_flow(&mut self, segment: &Segment<'_>) -> bool {
        if self.seen.len() >= FLOWS {
            self.seen.clear();
        }
        let tcp = matches!(segment.transport, Transport::Tcp { .. });
        self.seen.insert((segment.source, segment.destination, segment.destination_port, tcp))
    }
}

fn beginning(bytes: &[u8]) -> Told {
    match tls::read(&mut Bytes(bytes)) {
        Told::Nothing => http::read(bytes),
        told => told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::PacketBuilder;

    fn udp(from: [u8; 4], to: [u8; 4], ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
        let builder = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(from, to, 64).udp(ports.0, ports.1);
        let mut packet = Vec::new();
        builder.write(&mut packet, payload).expect("written");
        packet
    }

    fn tcp(sequence: u32, payload: &[u8]) -> Vec<u8> {
        let builder = PacketBuilder::ethernet2([1; 6], [2; 6])
            .ipv4([10, 0, 0, 5], [198, 51, 100, 7], 64)
            .tcp(51_000, 443, sequence, 1000);
        let mut packet = Vec::new();
        builder.write(&mut packet, payload).expect("written");
        packet
    }

    fn line(packets: &mut Packets, packet: &[u8]) -> Value {
        let text = packets.line(Some("1776861302.123456"), Link::ETHERNET, packet);
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Query (or answer) for `c2.example.net`, type A.
    fn dns(answer: bool) -> Vec<u8> {
        let mut message = vec![0x12, 0x34, if answer { 0x81 } else { 1 }, if answer { 0x80 } else { 0 }];
        message.extend([0, 1, 0, u8::from(answer), 0, 0, 0, 0]);
        message.extend(b"\x02c2\x07example\x03net\x00\x00\x01\x00\x01");
        if answer {
            message.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x33\x64\x07");
        }
        message
    }

    fn hello(name: &str) -> Vec<u8> {
        let name = name.as_bytes();
        let length = |n: usize| u16::try_from(n).expect("short").to_be_bytes();
        let server_name =
            [&[0, 0][..], &length(name.len() + 5), &length(name.len() + 3), &[0], &length(name.len()), name].concat();
        let extensions = [&length(server_name.len())[..], &server_name].concat();
        let body = [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0x13, 1], &[1, 0], &extensions].concat();
        let handshake = [&[1, 0][..], &length(body.len()), &body].concat();
        [&[22, 3, 1][..], &length(handshake.len()), &handshake].concat()
    }

    #[test]
    fn names_in_dns_tls_and_http_are_told() {
        let mut packets = Packets::default();
        let query = line(&mut packets, &udp([10, 0, 0, 5], [10, 0, 0, 2], (40_000, 53), &dns(false)));
        assert_eq!(
            (&query["capture"], &query["query"], &query["src"]),
            (&json!("dns"), &json!("c2.example.net"), &json!("10.0.0.5"))
        );
        assert_eq!(query["ts"].to_string(), "1776861302.123456");
        let answer = line(&mut packets, &udp([10, 0, 0, 2], [10, 0, 0, 5], (53, 40_000), &dns(true)));
        assert_eq!(
            (&answer["src"], &answer["rcode"], &answer["answers"]),
            (&json!("10.0.0.5"), &json!("NOERROR"), &json!(["198.51.100.7"]))
        );
        let sni = line(&mut packets, &tcp(1, &hello("c2.example.net")));
        assert_eq!(
            (&sni["capture"], &sni["sni"], &sni["dst"]),
            (&json!("tls"), &json!("c2.example.net"), &json!("198.51.100.7"))
        );
        let request = b"POST /v1/t HTTP/1.1\r\nhost: c2.example.net\r\nUser-Agent: KICS-Telemetry/2.0\r\n\r\nbody";
        let web = line(&mut packets, &tcp(9000, request));
        assert_eq!(
            (&web["host"], &web["user_agent"], &web["method"]),
            (&json!("c2.example.net"), &json!("KICS-Telemetry/2.0"), &json!("POST"))
        );
        assert_eq!(web["uri"], "http://c2.example.net/v1/t");
    }

    #[test]
    fn what_spans_segments_is_joined() {
        let hello = hello("c2.example.net");
        let mut packets = Packets::default();
        assert_eq!(line(&mut packets, &tcp(100, &hello[..30]))["capture"], "tcp");
        assert_eq!(line(&mut packets, &tcp(130, &hello[30..60])), Value::Null);
        assert_eq!(line(&mut packets, &tcp(160, &hello[60..]))["sni"], "c2.example.net");
        // A segment that is missing ends the waiting.
        assert_eq!(line(&mut packets, &tcp(500, &hello[..30])), Value::Null);
        assert_eq!(line(&mut packets, &tcp(560, &hello[60..])), Value::Null);
    }

    #[test]
    fn a_flow_is_told_once_and_nonsense_is_an_empty_line() {
        let mut packets = Packets::default();
        assert_eq!(line(&mut packets, &tcp(1, b""))["dst"], "198.51.100.7");
        assert_eq!(line(&mut packets, &tcp(2, b"")), Value::Null);
        for n in 0..200u8 {
            assert!(packets.line(None, Link(u32::from(n)), &[n; 60]).len() < 200);
        }
    }
}
