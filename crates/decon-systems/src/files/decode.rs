//! Decompression and text encodings as streams, told by magic numbers, never by names.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use super::limits;

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Magic {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    Zip,
    Tar,
    Utf16Le,
    Utf16Be,
    /// Packets: pcap or pcapng.
    Capture,
    /// Bytes that no log has.
    Binary,
    Text,
}

/// Bytes that must be seen to tell (a tar header's magic stands at 257).
pub(super) const HEAD: usize = 512;

pub(super) fn magic(head: &[u8]) -> Magic {
    match head {
        [0x1f, 0x8b, 8, ..] => Magic::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Magic::Zstd,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Magic::Xz,
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Magic::Bzip2,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Magic::Zip,
        [0xa1, 0xb2, 0xc3, 0xd4, ..] | [0xd4, 0xc3, 0xb2, 0xa1, ..] => Magic::Capture,
        [0xa1, 0xb2, 0x3c, 0x4d, ..] | [0x4d, 0x3c, 0xb2, 0xa1, ..] => Magic::Capture,
        [0x0a, 0x0d, 0x0d, 0x0a, ..] => Magic::Capture,
        [0xff, 0xfe, ..] => Magic::Utf16Le,
        [0xfe, 0xff, ..] => Magic::Utf16Be,
        _ if head.get(257..262) == Some(b"ustar") => Magic::Tar,
        _ => text_or_binary(head),
    }
}

/// A log may hold stray NULs; UTF-16 without a mark has one in every pair.
fn text_or_binary(head: &[u8]) -> Magic {
    let nuls = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    let led = head.first() == Some(&0) && head.get(1) == Some(&0);
    if !led && head.len() >= 8 && odd * 10 >= head.len() * 4 && even == 0 {
        return Magic::Utf16Le;
    }
    if !led && head.len() >= 8 && even * 10 >= head.len() * 4 && odd == 0 {
        return Magic::Utf16Be;
    }
    // NULs in front of text: what a power loss or copytruncate leaves of a log.
    let lead = head.iter().take_while(|b| **b == 0).count();
    let head = if lead > 0 && lead < head.len() { &head[lead..] } else { head };
    let control = head.iter().filter(|b| **b < 7 || (14..27).contains(*b)).count();
    // Texts in old encodings have high bytes, and no control characters among them.
    let high = head.iter().filter(|b| **b >= 128).count();
    let random = control * 50 > head.len() && high * 4 > head.len() && std::str::from_utf8(head).is_err();
    if control * 10 > head.len() || random { Magic::Binary } else { Magic::Text }
}

/// The stream inside a compressed one.
pub(super) fn decompress<'r>(
    magic: Magic,
    input: Box<dyn BufRead + Send + 'r>,
) -> io::Result<Box<dyn Read + Send + 'r>> {
    Ok(match magic {
        // Rotated and appended logs have several members; a reader of one loses the rest.
        Magic::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
        Magic::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(input)?;
            // 128 MiB: what zstd --long=27 needs, and no more.
            decoder.window_log_max(27)?;
            Box::new(decoder)
        }
        Magic::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(input)),
        Magic::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
        Magic::Capture => Box::new(super::capture::Lines::new(Box::new(input))?),
        Magic::Utf16Le => Box::new(Utf16::new(input, false)),
        Magic::Utf16Be => Box::new(Utf16::new(input, true)),
        _ => Box::new(input),
    })
}

/// A buffered reader over a head that was looked at and the rest.
pub(super) fn rejoin<'r>(head: Vec<u8>, rest: Box<dyn Read + Send + 'r>) -> Box<dyn BufRead + Send + 'r> {
    Box::new(BufReader::with_capacity(32 << 10, Cursor::new(head).chain(rest)))
}

/// Stops with an error when what comes out is out of all proportion to what went in.
pub(super) struct Bounded<R> {
    inner: R,
    out: u64,
    input: u64,
    /// What ended it: a decoder that failed once may say afterwards that all is well.
    failed: Option<(io::ErrorKind, String)>,
}

impl<R> Bounded<R> {
    /// `input` is the size of the compressed file, 0 when unknown.
    pub(super) fn new(inner: R, input: u64) -> Self {
        Self { inner, out: 0, input, failed: None }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some((kind, message)) = &self.failed {
            return Err(io::Error::new(*kind, message.clone()));
        }
        let n = match self.inner.read(buffer) {
            Ok(n) => n,
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.failed = Some((error.kind(), error.to_string()));
                }
                return Err(error);
            }
        };
        self.out += n as u64;
        let ratio = self.input > 0 && self.out > limits::RATIO_FLOOR && self.out / self.input > limits::RATIO;
        if ratio || self.out > limits::EXPANDED_BYTES {
            let message = format!(
                "it expands to more than {} times its size, or {} GiB: a decompression bomb",
                limits::RATIO,
                limits::EXPANDED_BYTES >> 30
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(n)
    }
}

/// UTF-16 to UTF-8; what is no UTF-16 becomes the replacement character.
struct Utf16<R> {
    input: R,
    big: bool,
    odd: Option<u8>,
    high: Option<u16>,
    ready: Vec<u8>,
    at: usize,
}

impl<R: BufRead> Utf16<R> {
    fn new(input: R, big: bool) -> Self {
        Self { input, big, odd: None, high: None, ready: Vec::new(), at: 0 }
    }

    fn push(&mut self, unit: u16) {
        let mut encoded = [0; 4];
        let mut put = |c: char, ready: &mut Vec<u8>| ready.extend_from_slice(c.encode_utf8(&mut encoded).as_bytes());
        match (self.high.take(), unit) {
            (Some(high), 0xdc00..=0xdfff) => {
                let scalar = 0x10000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
                put(char::from_u32(scalar).unwrap_or('\u{fffd}'), &mut self.ready);
            }
            (high, 0xd800..=0xdbff) => {
                if high.is_some() {
                    put('\u{fffd}', &mut self.ready);
                }
                self.high = Some(unit);
            }
            (high, unit) => {
                if high.is_some() {
                    put('\u{fffd}', &mut self.ready);
                }
                put(char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}'), &mut self.ready);
            }
        }
    }
}

impl<R: BufRead> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            self.ready.clear();
            self.at = 0;
            let available = self.input.fill_buf()?.to_vec();
            if available.is_empty() {
                return Ok(0);
            }
            self.input.consume(available.len());
            for byte in available {
                match self.odd.take() {
                    None => self.odd = Some(byte),
                    Some(first) => {
                        let pair = [first, byte];
                        self.push(if self.big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
                    }
                }
            }
        }
        let n = buffer.len().min(self.ready.len() - self.at);
        buffer[..n].copy_from_slice(&self.ready[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}
