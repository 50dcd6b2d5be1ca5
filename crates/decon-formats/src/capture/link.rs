//! From a captured frame to a segment: link types (tcpdump.org, link-layer header types) down to TCP and UDP.

use std::net::IpAddr;

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};

/// A link type by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link(pub u32);

impl Link {
    /// Ethernet, with or without VLAN tags.
    pub const ETHERNET: Self = Self(1);
}

/// One segment or datagram.
pub(super) struct Segment<'p> {
    pub(super) source: IpAddr,
    pub(super) source_port: u16,
    pub(super) destination: IpAddr,
    pub(super) destination_port: u16,
    pub(super) transport: Transport,
    pub(super) payload: &'p [u8],
}

#[derive(Clone, Copy)]
pub(super) enum Transport {
    Tcp {
        sequence: u32,
    },
    Udp,
    /// Another protocol, or a fragment: only the addresses are known.
    Other,
}

impl Transport {
    /// Its name in lines.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tcp { .. } => "tcp",
            Self::Udp => "udp",
            Self::Other => "ip",
        }
    }
}

/// The segment in a frame; `None` for other protocols and link types that are not known.
pub(super) fn segment(link: Link, frame: &[u8]) -> Option<Segment<'_>> {
    let at = |from: usize| Some(EtherType(u16::from_be_bytes([*frame.get(from)?, *frame.get(from + 1)?])));
    let packet = match link.0 {
        1 => LaxSlicedPacket::from_ethernet(frame).ok()?,
        // BSD loopback: four bytes of address family.
        0 | 108 => LaxSlicedPacket::from_ip(frame.get(4..)?).ok()?,
        101 | 12 | 14 | 228 | 229 => LaxSlicedPacket::from_ip(frame).ok()?,
        // Linux "any" device, versions 1 and 2.
        113 => LaxSlicedPacket::from_ether_type(at(14)?, frame.get(16..)?),
        276 => LaxSlicedPacket::from_ether_type(at(0)?, frame.get(20..)?),
        _ => return None,
    };
    let (source, destination): (IpAddr, IpAddr) = match packet.net? {
        LaxNetSlice::Ipv4(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Ipv6(ip) => (ip.header().source_addr().into(), ip.header().destination_addr().into()),
        LaxNetSlice::Arp(_) => return None,
    };
    let (source_port, destination_port, transport, payload) = match packet.transport {
        Some(TransportSlice::Tcp(tcp)) => (
            tcp.source_port(),
            tcp.destination_port(),
            Transport::Tcp { sequence: tcp.sequence_number() },
            tcp.payload(),
        ),
        Some(TransportSlice::Udp(udp)) => (udp.source_port(), udp.destination_port(), Transport::Udp, udp.payload()),
        _ => (0, 0, Transport::Other, &[][..]),
    };
    Some(Segment { source, source_port, destination, destination_port, transport, payload })
}

/// Whether lines can be made of this link type.
pub fn is_known(link: Link) -> bool {
    matches!(link.0, 0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276)
}
