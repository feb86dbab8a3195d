//! The nodes of the tree.

use std::ops::Range;

use super::scalar::Scalar;

/// A stretch of the scenario's text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Its first byte.
    pub start: usize,
    /// The byte behind its last one.
    pub end: usize,
}

/// A value with the place it stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// From its first to its last byte.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A text, a number, true, false, or nothing.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order written, each key once.
    Mapping(Vec<Entry>),
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key as text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// Its value.
    pub value: Node,
}

impl Span {
    /// Of what stands in no file: it came from the command line.
    pub const OUTSIDE: Self = Self { start: usize::MAX, end: usize::MAX };

    /// The bytes from `start` to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// As a range, for labels.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

impl Node {
    /// The scalar, where it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The entries, where it is a mapping.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, where it is a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a key, where it is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().find(|entry| entry.key.text == key)
    }

    /// Whether it is written as nothing: an empty value, `~` or `null`.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// Whether it stands for a variable that isn't set, which was said already: nothing is known about its value.
    pub fn is_unresolved(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| scalar.unresolved)
    }

    /// What it is, for messages: `a list`, `the text `fast``.
    pub fn description(&self) -> String {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.description(),
            Kind::Sequence(items) if items.is_empty() => "an empty list".to_owned(),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(entries) if entries.is_empty() => "an empty mapping".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        }
    }

    /// The value as JSON, numbers and booleans typed as YAML types them. Numbers that JSON can't hold stay text.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.to_json(),
            Kind::Sequence(items) => items.iter().map(Self::to_json).collect(),
            Kind::Mapping(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.text.clone(), entry.value.to_json()));
                serde_json::Value::Object(pairs.collect())
            }
        }
    }
}
