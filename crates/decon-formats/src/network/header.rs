//! Header lines: what the columns of the lines below them are.

/// The columns that a file has named so far.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// Zeek's `#fields`, and `#path`.
    pub zeek: Vec<Box<str>>,
    /// What Zeek's lines are about: `dns`, `http`, `conn`, `ssl`.
    pub zeek_path: Box<str>,
    /// What separates Zeek's columns.
    pub zeek_separator: Option<char>,
    /// W3C's `#Fields:` (CloudFront, IIS, proxies).
    pub w3c: Vec<Box<str>>,
    /// VPC flow logs: the first line of each object in the bucket.
    pub flow: Vec<Box<str>>,
    /// A CSV file's first line.
    pub csv: Vec<Box<str>>,
}

impl Header {
    /// Takes a line if it names columns; `first` where it is the first of its file.
    pub fn take(&mut self, line: &str, first: bool) -> bool {
        let line = line.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}');
        if let Some(rest) = line.strip_prefix("#separator ") {
            self.zeek_separator = rest.strip_prefix("\\x").and_then(|h| u8::from_str_radix(h, 16).ok()).map(char::from);
        } else if let Some(path) = line.strip_prefix("#path") {
            self.zeek_path = path.trim().into();
        } else if let Some(fields) = line.strip_prefix("#fields") {
            let separator = self.zeek_separator.unwrap_or('\t');
            let fields = fields.strip_prefix(separator).unwrap_or(fields);
            self.zeek = fields.split(separator).map(Into::into).collect();
        } else if let Some(fields) = line.strip_prefix("#Fields:") {
            self.w3c = fields.split_whitespace().map(Into::into).collect();
        } else if flow(line) {
            self.flow = line.split_whitespace().map(|f| f.replace('_', "-").into()).collect();
        } else if first && csv(line) {
            self.csv = super::csv::cells(line).iter().map(|cell| cell.trim().to_ascii_lowercase().into()).collect();
        } else {
            return line.starts_with('#');
        }
        true
    }
}

/// `version account-id interface-id srcaddr dstaddr …`, any order.
fn flow(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.len() >= 4
        && words.iter().all(|w| w.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b'_')))
        && words.contains(&"srcaddr")
        && words.contains(&"dstaddr")
}

/// Three names at least, none with a digit in front, some of them known.
fn csv(line: &str) -> bool {
    let cells = super::csv::cells(line);
    let named = |cell: &String| {
        let cell = cell.trim();
        !cell.is_empty()
            && cell.len() <= 48
            && cell.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && cell.chars().all(|c| c.is_alphanumeric() || " _-./()".contains(c))
    };
    cells.len() >= 3 && cells.iter().all(named)
}
