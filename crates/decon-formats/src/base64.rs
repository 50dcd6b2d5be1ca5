//! Base64 in logs: whole fields, and runs in text whose alignment is not known.

/// The text of a field (RFC 4648, either alphabet, with or without padding); `None` where it is none.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0u32, 0u32);
    for byte in text.trim_end_matches('=').bytes() {
        bits = (bits << 6) | value(byte)?;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).unwrap_or(0));
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

fn value(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Shorter runs hold no name.
const RUN: usize = 12;

/// What the runs of a text say, at each of the four places where a group of four may begin. NULs are
/// left out, so that UTF-16 of plain text (PowerShell's) reads as that text.
pub(crate) fn runs(text: &str) -> impl Iterator<Item = String> {
    let runs = text.split(|c: char| !c.is_ascii() || value(u8::try_from(c).unwrap_or(b' ')).is_none());
    runs.filter(|run| run.len() >= RUN)
        .flat_map(|run| (0..4).filter_map(|skip| decode(run.get(skip..)?)))
        .map(|plain| plain.replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_read_at_every_alignment_and_as_utf16() {
        for text in [
            "cookie=eCBhdWRpdC5jaGVja21hcnguY3g=;",
            "GET /p/eCBhdWRpdC5jaGVja21hcnguY3g HTTP/1.1",
            "powershell -enc YQB1AGQAaQB0AC4AYwBoAGUAYwBrAG0AYQByAHgALgBjAHgA",
        ] {
            assert!(runs(text).any(|plain| plain.contains("audit.checkmarx.cx")), "{text}");
        }
    }
}
