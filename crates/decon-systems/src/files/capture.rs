//! Captures as streams of lines: pcap and pcapng, packet by packet.

use std::io::{self, Read};

use decon_formats::capture::{Link, Packets, is_known};
use pcap_parser::traits::{PcapNGPacketBlock as _, PcapReaderIterator};
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};

/// The buffer that packets are read through, and how far it may grow for a large one.
const BUFFER: usize = 1 << 18;
const LARGEST: usize = 1 << 24;

/// One interface: its link type, units of time a second, and the offset of its clock in seconds.
#[derive(Clone, Copy)]
struct Interface {
    link: Link,
    units: u64,
    offset: i64,
}

/// A capture read as text, a line a packet.
pub(super) struct Lines<'r> {
    reader: Box<dyn PcapReaderIterator + Send + 'r>,
    interfaces: Vec<Interface>,
    packets: Packets,
    text: Vec<u8>,
    taken: usize,
    capacity: usize,
    ended: bool,
    count: u64,
    cut: u64,
}

impl<'r> Lines<'r> {
    pub(super) fn new(input: Box<dyn Read + Send + 'r>) -> io::Result<Self> {
        let reader = create_reader(BUFFER, input).map_err(damaged)?;
        Ok(Self {
            reader,
            interfaces: Vec::new(),
            packets: Packets::default(),
            text: Vec::new(),
            taken: 0,
            capacity: BUFFER,
            ended: false,
            count: 0,
            cut: 0,
        })
    }

    /// Reads the next block into text; false at the end.
    fn step(&mut self) -> io::Result<bool> {
        let length = match self.reader.next() {
            Ok((length, block)) => {
                self.cut += u64::from(is_cut(&block));
                if let Some(line) = line(&block, &mut self.interfaces, &mut self.packets)? {
                    self.text.extend_from_slice(line.as_bytes());
                    self.text.push(b'\n');
                    self.count += 1;
                }
                length
            }
            Err(PcapError::Eof) => return self.end(),
            Err(PcapError::Incomplete(_)) => {
                self.reader.refill().map_err(damaged)?;
                return Ok(true);
            }
            Err(PcapError::BufferTooSmall) if self.capacity < LARGEST => {
                self.capacity *= 2;
                self.reader.grow(self.capacity);
                self.reader.refill().map_err(damaged)?;
                return Ok(true);
            }
            Err(error) => return Err(damaged(error)),
        };
        self.reader.consume(length);
        Ok(true)
    }
}

impl Lines<'_> {
    /// What the capture could not hold is told at its end.
    fn end(&self) -> io::Result<bool> {
        let (cut, count) = (self.cut, self.count);
        if cut > 0 {
            let what = format!("{cut} of {count} packets were captured only in part: names in them may be missing");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
        }
        if count == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the capture holds no packet"));
        }
        Ok(false)
    }
}

fn damaged<I: std::fmt::Debug>(error: PcapError<I>) -> io::Error {
    let kind = match error {
        PcapError::UnexpectedEof | PcapError::Incomplete(_) | PcapError::Eof => io::ErrorKind::UnexpectedEof,
        _ => io::ErrorKind::InvalidData,
    };
    let what = match error {
        PcapError::NomError(..) | PcapError::OwnedNomError(..) => "a block of the capture is damaged".to_owned(),
        PcapError::BufferTooSmall => "a block of the capture is larger than 16 MiB".to_owned(),
        PcapError::UnexpectedEof | PcapError::Incomplete(_) => "the capture breaks off inside a block".to_owned(),
        other => format!("the capture cannot be read: {other:?}"),
    };
    io::Error::new(kind, what)
}

/// The line of a packet; what other blocks say is kept.
fn line(
    block: &PcapBlockOwned<'_>,
    interfaces: &mut Vec<Interface>,
    packets: &mut Packets,
) -> io::Result<Option<String>> {
    match block {
        PcapBlockOwned::LegacyHeader(header) => {
            let units = if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
            add(interfaces, header.network.0.cast_unsigned(), units, 0)?;
        }
        PcapBlockOwned::Legacy(packet) => {
            let Some(interface) = interfaces.first() else { return Err(undescribed()) };
            let at = stamp(i64::from(packet.ts_sec), packet.ts_usec, interface.units);
            return Ok(Some(packets.line(Some(&at), interface.link, packet.data)));
        }
        PcapBlockOwned::NG(Block::SectionHeader(_)) => interfaces.clear(),
        PcapBlockOwned::NG(Block::InterfaceDescription(described)) => {
            let units = described.ts_resolution().unwrap_or(1_000_000);
            add(interfaces, described.linktype.0.cast_unsigned(), units, described.ts_offset())?;
        }
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
            let Some(interface) = interfaces.get(packet.if_id as usize) else { return Err(undescribed()) };
            let (seconds, fraction) = packet.decode_ts(0, interface.units);
            let at = stamp(i64::from(seconds) + interface.offset, fraction, interface.units);
            return Ok(Some(packets.line(Some(&at), interface.link, packet.packet_data())));
        }
        PcapBlockOwned::NG(Block::SimplePacket(packet)) => {
            let Some(interface) = interfaces.first() else { return Err(undescribed()) };
            return Ok(Some(packets.line(None, interface.link, packet.packet_data())));
        }
        PcapBlockOwned::NG(_) => {}
    }
    Ok(None)
}

fn undescribed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a packet is of an interface that the capture does not describe")
}

/// Whether a packet was captured only in part.
fn is_cut(block: &PcapBlockOwned<'_>) -> bool {
    match block {
        PcapBlockOwned::Legacy(packet) => packet.caplen < packet.origlen,
        PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => packet.truncated(),
        _ => false,
    }
}

/// A link type that cannot be read must not look like an empty capture.
fn add(interfaces: &mut Vec<Interface>, link: u32, units: u64, offset: i64) -> io::Result<()> {
    let link = Link(link);
    if !is_known(link) {
        let what = format!(
            "packets of link type {} cannot be read (Ethernet, raw IP, Linux cooked and BSD loopback can)",
            link.0
        );
        return Err(io::Error::new(io::ErrorKind::Unsupported, what));
    }
    interfaces.push(Interface { link, units, offset });
    Ok(())
}

/// `1776861302.123456`.
fn stamp(seconds: i64, fraction: u32, units: u64) -> String {
    let nanos = u128::from(fraction) * 1_000_000_000 / u128::from(units.max(1));
    format!("{seconds}.{nanos:09}")
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() && !self.ended {
            self.text.clear();
            self.taken = 0;
            self.ended = !self.step()?;
        }
        let rest = &self.text[self.taken..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.taken += n;
        Ok(n)
    }
}
