//! `key=value key="quoted value"` lines of Go programs (logrus text formatter).

use std::borrow::Cow;

/// The fields of a logfmt line, found when asked for.
#[derive(Debug, Clone, Copy)]
pub struct Logfmt<'a>(&'a str);

impl<'a> Logfmt<'a> {
    /// A line that starts with a `key=`.
    pub fn claim(text: &'a str) -> Option<Self> {
        let text = text.trim_start();
        let at = text.find('=')?;
        let key = &text[..at];
        let word = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        (at > 0 && at <= 40 && key.bytes().all(word)).then_some(Self(text))
    }

    /// The value of a key, unquoted.
    pub fn get(&self, wanted: &str) -> Option<Cow<'a, str>> {
        self.fields().find(|(key, _)| *key == wanted).map(|(_, value)| value)
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            rest = rest.trim_start();
            let at = rest.find('=')?;
            let key = rest[..at].rsplit(' ').next().unwrap_or("");
            let tail = &rest[at + 1..];
            let (value, left) = match tail.strip_prefix('"') {
                Some(quoted) => unquote(quoted),
                None => {
                    let end = tail.find(' ').unwrap_or(tail.len());
                    (Cow::Borrowed(&tail[..end]), &tail[end..])
                }
            };
            rest = left;
            Some((key, value))
        })
    }
}

/// A Go-quoted string after its opening quote, and what follows the closing one.
fn unquote(text: &str) -> (Cow<'_, str>, &str) {
    let mut escaped = false;
    let end = text.bytes().position(|b| {
        let closing = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closing
    });
    let (inside, rest) = match end {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, ""),
    };
    if !inside.contains('\\') {
        return (Cow::Borrowed(inside), rest);
    }
    let mut out = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('n')) => out.push('\n'),
            (_, Some('t')) => out.push('\t'),
            (_, Some(other)) => out.push(other),
            (c, None) => out.push(c),
        }
    }
    (Cow::Owned(out), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_are_undone() {
        let line = r#"time="2026-04-22T12:00:00Z" level=info msg="Pulled image \"a:1\" in 1s" id=7 cut="abc"#;
        let fields = Logfmt::claim(line).unwrap();
        assert_eq!(fields.get("msg").unwrap(), r#"Pulled image "a:1" in 1s"#);
        assert_eq!(fields.get("id").unwrap(), "7");
        assert_eq!(fields.get("cut").unwrap(), "abc");
        assert!(fields.get("none").is_none());
        assert!(Logfmt::claim("Digest: sha256:x").is_none());
    }
}
