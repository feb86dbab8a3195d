//! Compiled texts: static bytes, variables, expressions.

use super::{NameUse, RenderError};
use crate::plan::scope::Scope;

/// A text with `{{ }}` in it, compiled.
#[derive(Debug)]
pub struct Template {}

impl Template {
    /// `Basic` credentials: the base64 of `username:password`, encoded when it is rendered.
    pub fn basic_auth(_username: Self, _password: Self) -> Self {
        todo!()
    }

    /// The same text behind a static one: `Bearer `.
    pub fn with_prefix(self, _prefix: &str) -> Self {
        todo!()
    }

    /// Appends the text to `out`. On an error `out` holds a part of it.
    pub fn render_into(&self, _scope: &Scope, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        todo!()
    }

    /// The text where it has no placeholders.
    pub fn as_static(&self) -> Option<&str> {
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
