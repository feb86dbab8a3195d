//! Compiled JSON documents: static bytes and holes.

use super::{NameUse, RenderError};
use crate::plan::scope::Scope;

/// A JSON document with placeholders, compiled to static bytes and holes.
#[derive(Debug)]
pub struct JsonTemplate {}

impl JsonTemplate {
    /// Appends the document to `out`.
    pub fn render_into(&self, _scope: &Scope, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        todo!()
    }

    /// The variables it uses, each place once, in the order written.
    pub fn names(&self) -> &[NameUse] {
        todo!()
    }

    /// The names of `env` it uses.
    pub fn env_names(&self) -> &[NameUse] {
        todo!()
    }
}
