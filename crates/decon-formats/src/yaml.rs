//! YAML as a tree with places: what sites and documents are read from.
//!
//! Aliases stay aliases: a bomb that doubles at each level is a few nodes here. Depth and number
//! of nodes are bounded.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde_json::Value;

/// A node and where it stands.
#[derive(Debug, Clone)]
pub enum Node {
    /// A scalar.
    Scalar(Scalar),
    /// A list.
    List(Vec<Self>),
    /// A map, in order, duplicates kept.
    Map(Vec<(Self, Self)>),
    /// `*name`: the number of the anchor it stands for.
    Alias(usize),
}

/// A scalar with its place in the text.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// Its value.
    pub text: String,
    /// Byte span in the text, quotes included.
    pub start: usize,
    /// End of the span.
    pub end: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Whether it is written without quotes on one line.
    pub plain: bool,
    /// Whether it is written in quotes.
    pub quoted: bool,
}

/// A document and its anchored nodes.
#[derive(Debug, Default)]
pub struct Document {
    /// The top node.
    pub root: Option<Node>,
    /// Anchored nodes by number.
    pub anchors: Vec<(usize, Node)>,
}

/// Nodes in all documents of one text.
const NODES: usize = 2_000_000;
/// Nesting.
const DEPTH: usize = 200;

impl Node {
    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn entries(&self) -> &[(Self, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }
}

enum Open {
    List(Vec<Node>, usize),
    Map(Vec<(Node, Node)>, Option<Node>, usize),
}

/// Reads every document of a text.
///
/// # Errors
/// Line and message of what is no YAML, or of a limit.
pub fn documents(text: &str) -> Result<Vec<Document>, (usize, String)> {
    let mut builder = Builder { documents: Vec::new(), stack: Vec::new(), nodes: 0, offsets: Offsets::new(text) };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|e| (e.marker().line(), e.info().to_owned()))?;
        builder.event(event, span).map_err(|message| (span.start.line(), message))?;
    }
    Ok(builder.documents)
}

/// From the parser's character offsets to byte offsets, going forward only.
struct Offsets<'t> {
    text: &'t str,
    characters: usize,
    bytes: usize,
    ascii: bool,
}

impl<'t> Offsets<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, characters: 0, bytes: 0, ascii: text.is_ascii() }
    }

    fn byte(&mut self, character: usize) -> usize {
        if self.ascii {
            return character.min(self.text.len());
        }
        if character < self.characters {
            (self.characters, self.bytes) = (0, 0);
        }
        for c in self.text[self.bytes..].chars().take(character - self.characters) {
            self.bytes += c.len_utf8();
            self.characters += 1;
        }
        self.bytes
    }
}

struct Builder<'t> {
    documents: Vec<Document>,
    stack: Vec<Open>,
    nodes: usize,
    offsets: Offsets<'t>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), String> {
        match event {
            Event::DocumentStart(_) => self.documents.push(Document::default()),
            Event::Scalar(value, style, anchor, _) => {
                let scalar = self.scalar(value.into_owned(), style, span);
                self.close(Node::Scalar(scalar), anchor)?;
            }
            Event::SequenceStart(anchor, _) => self.open(Open::List(Vec::new(), anchor))?,
            Event::MappingStart(anchor, _) => self.open(Open::Map(Vec::new(), None, anchor))?,
            Event::SequenceEnd | Event::MappingEnd => {
                let (node, anchor) = match self.stack.pop() {
                    Some(Open::List(items, anchor)) => (Node::List(items), anchor),
                    Some(Open::Map(entries, _, anchor)) => (Node::Map(entries), anchor),
                    None => return Ok(()),
                };
                self.close(node, anchor)?;
            }
            Event::Alias(anchor) => self.close(Node::Alias(anchor), 0)?,
            _ => {}
        }
        Ok(())
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, span: Span) -> Scalar {
        Scalar {
            text,
            start: self.offsets.byte(span.start.index()),
            end: self.offsets.byte(span.end.index()),
            line: span.start.line(),
            column: span.start.col() + 1,
            plain: style == ScalarStyle::Plain,
            quoted: matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted),
        }
    }

    fn open(&mut self, open: Open) -> Result<(), String> {
        if self.stack.len() >= DEPTH {
            return Err(format!("nested deeper than {DEPTH} levels"));
        }
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > NODES {
            return Err(format!("more than {NODES} nodes"));
        }
        let Some(document) = self.documents.last_mut() else { return Ok(()) };
        if anchor > 0 {
            document.anchors.push((anchor, node.clone()));
        }
        match self.stack.last_mut() {
            None => document.root = Some(node),
            Some(Open::List(items, _)) => items.push(node),
            Some(Open::Map(entries, key, _)) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
        Ok(())
    }
}

/// Every document as a plain value; aliases become null.
///
/// # Errors
/// As [`documents`].
pub fn values(text: &str) -> Result<Vec<Value>, (usize, String)> {
    Ok(documents(text)?.into_iter().filter_map(|d| d.root.map(|r| value(&r))).collect())
}

fn value(node: &Node) -> Value {
    match node {
        Node::Scalar(scalar) if scalar.plain => plain_value(&scalar.text),
        Node::Scalar(scalar) => Value::String(scalar.text.clone()),
        Node::List(items) => Value::Array(items.iter().map(value).collect()),
        Node::Map(entries) => {
            Value::Object(entries.iter().map(|(k, v)| (k.text().unwrap_or("").to_owned(), value(v))).collect())
        }
        Node::Alias(_) => Value::Null,
    }
}

fn plain_value(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
    }
}
