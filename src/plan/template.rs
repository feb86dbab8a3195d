//! Compiled texts: static bytes, a variable, or an expression.

use minijinja::Value;

use super::scope::Scope;

/// A text with `{{ }}` in it, compiled.
#[derive(Debug)]
pub struct Template {}

impl Template {
    /// Appends the text to `out`. On an error `out` holds a part of it.
    pub fn render_into(&self, _scope: &Scope, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        todo!()
    }
    /// The text where it has no placeholders.
    pub fn as_static(&self) -> Option<&str> {
        todo!()
    }
}

/// A value that keeps its type where it is one lone `{{ }}`.
#[derive(Debug)]
pub struct ValueTemplate {}

impl ValueTemplate {
    /// Evaluates it.
    pub fn eval(&self, _scope: &Scope) -> Result<Value, RenderError> {
        todo!()
    }
}

/// A JSON document with placeholders, compiled to static bytes and holes.
#[derive(Debug)]
pub struct JsonTemplate {}

impl JsonTemplate {
    /// Appends the document to `out`.
    pub fn render_into(&self, _scope: &Scope, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        todo!()
    }
}

/// Says why a template can't be rendered now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// It needs a variable that no capture filled.
    #[error("`{0}` has no value")]
    Missing(String),
    /// The expression itself failed.
    #[error("{0}")]
    Expression(String),
}
