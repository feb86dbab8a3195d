//! Values with the place they stand on.

use std::ops::Deref;

use super::reading::{Read, Reader};
use super::schema::Schema;
use crate::config::yaml::{Node, Scalar, Span};

/// A value and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands in the scenario.
    pub span: Span,
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// A text that still knows where each byte of it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    scalar: Scalar,
}

impl Text {
    /// A text that stands in no file.
    pub fn new(value: impl Into<String>) -> Self {
        Self { scalar: Scalar { value: value.into(), plain: false, verbatim: None, pieces: Vec::new(), unresolved: false } }
    }

    /// The text with its variables substituted.
    pub fn as_str(&self) -> &str {
        &self.scalar.value
    }

    /// As a list of one JSON text or the value it looks like.
    pub fn to_json(&self) -> serde_json::Value {
        self.scalar.to_json()
    }
}

impl Spanned<Text> {
    /// Where a stretch of the text stands; the whole text where that isn't known.
    pub fn place(&self, start: usize, end: usize) -> Span {
        self.value.scalar.place(self.span, start, end)
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Read for Text {
    fn form() -> String {
        "a text".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.as_scalar() {
            Some(scalar) => Some(Self { scalar: scalar.clone() }),
            None => reader.wrong(node, &Self::form()),
        }
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        serde_json::json!({ "type": ["string", "number", "boolean"] })
    }
}

/// Anything: a JSON body, what a check compares with.
impl Read for Node {
    const TAKES_NOTHING: bool = true;

    fn form() -> String {
        "any value".to_owned()
    }

    fn read(node: &Node, _reader: &mut Reader) -> Option<Self> {
        Some(node.clone())
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        serde_json::Value::Bool(true)
    }
}

impl Read for bool {
    fn form() -> String {
        "`true` or `false`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.as_scalar().map(|scalar| scalar.value.as_str()) {
            Some("true" | "True" | "TRUE") => Some(true),
            Some("false" | "False" | "FALSE") => Some(false),
            _ => reader.wrong(node, &Self::form()),
        }
        .inspect(|_| reader.is_public(node))
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        serde_json::json!({ "anyOf": [{ "type": "boolean" }, { "type": "string", "pattern": "^(true|false)$|\\$\\{" }] })
    }
}
