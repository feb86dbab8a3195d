//! Compiled values that keep their types.

use minijinja::value::{Serde, Value};
use serde::{Serialize, Serializer};

use super::names::Uses;
use super::text::{Segment, Template};
use super::{NameUse, RenderError};
use crate::plan::scope::Scope;

/// A value that keeps its type where it is one lone `{{ }}`.
#[derive(Debug)]
pub struct ValueTemplate {
    pub(super) node: Node,
    pub(super) uses: Uses,
}

/// A part of a value.
#[derive(Debug)]
pub(super) enum Node {
    Static(Value),
    /// One lone placeholder.
    Single(Segment),
    Text(Template),
    List(Vec<Node>),
    Map(Vec<(Template, Node)>),
}

impl ValueTemplate {
    /// Evaluates it.
    pub fn eval(&self, scope: &Scope) -> Result<Value, RenderError> {
        self.node.eval(scope)
    }

    /// The value where it has no placeholders.
    pub fn as_static(&self) -> Option<&Value> {
        match &self.node {
            Node::Static(value) => Some(value),
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

impl Node {
    fn eval(&self, scope: &Scope) -> Result<Value, RenderError> {
        Ok(match self {
            Self::Static(value) => value.clone(),
            Self::Single(segment) => segment.eval(scope)?,
            Self::Text(template) => Value::from(text(template, scope)?),
            Self::List(nodes) => Value::from(nodes.iter().map(|node| node.eval(scope)).collect::<Result<Vec<Value>, _>>()?),
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, node)| Ok((text(key, scope)?, node.eval(scope)?)));
                mapping(entries.collect::<Result<_, RenderError>>()?)
            }
        })
    }
}

/// A mapping with its keys in the order given.
pub(in crate::plan) fn mapping(entries: Vec<(String, Value)>) -> Value {
    struct Ordered(Vec<(String, Value)>);
    impl Serialize for Ordered {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }
    Value::from(Serde(Ordered(entries)))
}

fn text(template: &Template, scope: &Scope) -> Result<String, RenderError> {
    let mut out = Vec::new();
    template.render_into(scope, &mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}
