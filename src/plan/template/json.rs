//! Compiled JSON documents: static bytes and holes.

use super::names::Uses;
use super::text::{Segment, Template};
use super::{NameUse, RenderError, print};
use crate::plan::scope::Scope;

/// A JSON document with placeholders, compiled to static bytes and holes.
///
/// Whatever a placeholder holds, the document stays valid JSON: inside a text it is escaped, alone it is written with
/// its type.
#[derive(Debug, Default)]
pub struct JsonTemplate {
    pub(super) parts: Vec<Part>,
    pub(super) uses: Uses,
}

/// A part of a document.
#[derive(Debug)]
pub(super) enum Part {
    Static(Vec<u8>),
    /// A whole value.
    Value(Segment),
    /// A piece of a text, between quotes that are static.
    Text(Segment),
}

impl JsonTemplate {
    /// Appends the document to `out`. On an error `out` holds a part of it.
    pub fn render_into(&self, scope: &Scope, out: &mut Vec<u8>) -> Result<(), RenderError> {
        for part in &self.parts {
            match part {
                Part::Static(bytes) => out.extend_from_slice(bytes),
                Part::Value(segment) => print::write_json(&segment.eval(scope)?, out)?,
                Part::Text(segment) => print::write_json_text(&segment.eval(scope)?, out)?,
            }
        }
        Ok(())
    }

    /// The document where it has no placeholders.
    pub fn as_static(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(b""),
            [Part::Static(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// The variables it uses, each place once, in the order written.
    pub fn names(&self) -> &[NameUse] {
        &self.uses.names
    }

    /// The names of `env` it uses.
    pub fn env_names(&self) -> &[NameUse] {
        &self.uses.env
    }

    /// Appends a text with placeholders, quotes included.
    pub(super) fn push_text(&mut self, template: Template) {
        self.static_bytes().push(b'"');
        for segment in template.segments {
            match segment {
                Segment::Static(text) => print::escape_json(&text, self.static_bytes()),
                segment => self.parts.push(Part::Text(segment)),
            }
        }
        self.static_bytes().push(b'"');
    }

    /// Where static bytes go on.
    pub(super) fn static_bytes(&mut self) -> &mut Vec<u8> {
        if !matches!(self.parts.last(), Some(Part::Static(_))) {
            self.parts.push(Part::Static(Vec::new()));
        }
        match self.parts.last_mut() {
            Some(Part::Static(bytes)) => bytes,
            _ => unreachable!("the last part was just made static"),
        }
    }
}
