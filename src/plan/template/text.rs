//! Compiled texts: static bytes, variables, expressions.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Value;

use super::expression::Expression;
use super::names::Uses;
use super::statements::Statements;
use super::{NameUse, RenderError, print};
use crate::plan::scope::Scope;

/// A text with `{{ }}` in it, compiled.
///
/// A text without placeholders is copied, a lone variable is an index into the scope; only expressions are evaluated.
#[derive(Debug, Default)]
pub struct Template {
    pub(super) segments: Vec<Segment>,
    pub(super) uses: Uses,
}

/// A part of a text.
#[derive(Debug)]
pub(super) enum Segment {
    Static(Box<str>),
    Expression(Expression),
    Statements(Box<Statements>),
    /// Texts that are sent in base64.
    Base64(Vec<Segment>),
}

impl Template {
    /// `Basic` credentials: the base64 of `username:password`, encoded when it is rendered.
    pub fn basic_auth(username: Self, password: Self) -> Self {
        let mut inner = username.segments;
        inner.push(Segment::Static(":".into()));
        inner.extend(password.segments);
        let mut uses = username.uses;
        uses.append(password.uses);
        let segment = if inner.iter().all(Segment::is_static) {
            let mut text = Vec::new();
            inner.iter().for_each(|segment| segment.copy_static(&mut text));
            Segment::Static(STANDARD.encode(text).into())
        } else {
            Segment::Base64(inner)
        };
        Self { segments: vec![segment], uses }.with_prefix("Basic ")
    }

    /// The same text behind a static one: `Bearer `.
    pub fn with_prefix(mut self, prefix: &str) -> Self {
        match self.segments.first_mut() {
            Some(Segment::Static(text)) => *text = format!("{prefix}{text}").into(),
            _ => self.segments.insert(0, Segment::Static(prefix.into())),
        }
        self
    }

    /// Appends the text to `out`. On an error `out` holds a part of it.
    pub fn render_into(&self, scope: &Scope, out: &mut Vec<u8>) -> Result<(), RenderError> {
        self.segments.iter().try_for_each(|segment| segment.render_into(scope, out))
    }

    /// The text where it has no placeholders.
    pub fn as_static(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [] => Some(""),
            [Segment::Static(text)] => Some(text),
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
}

impl Segment {
    pub(super) fn render_into(&self, scope: &Scope, out: &mut Vec<u8>) -> Result<(), RenderError> {
        match self {
            Self::Static(text) => out.extend_from_slice(text.as_bytes()),
            Self::Expression(expression) => print::write_text(&expression.eval(scope)?, out)?,
            Self::Statements(statements) => out.extend_from_slice(statements.render(scope)?.as_bytes()),
            Self::Base64(inner) => {
                let mut text = Vec::new();
                inner.iter().try_for_each(|segment| segment.render_into(scope, &mut text))?;
                out.extend_from_slice(STANDARD.encode(text).as_bytes());
            }
        }
        Ok(())
    }

    /// The value of an expression, and the text of everything else.
    pub(super) fn eval(&self, scope: &Scope) -> Result<Value, RenderError> {
        if let Self::Expression(expression) = self {
            return expression.eval(scope);
        }
        let mut out = Vec::new();
        self.render_into(scope, &mut out)?;
        Ok(Value::from(String::from_utf8_lossy(&out)))
    }

    fn is_static(&self) -> bool {
        matches!(self, Self::Static(_))
    }

    fn copy_static(&self, out: &mut Vec<u8>) {
        if let Self::Static(text) = self {
            out.extend_from_slice(text.as_bytes());
        }
    }
}
