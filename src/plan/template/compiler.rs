//! From the texts of a scenario to what renders them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Serde, Value};
use serde_json::Value as Json;

use super::current::EnvValues;
use super::environment::{FUNCTIONS, is_global};
use super::json::Part;
use super::names::Uses;
use super::text::Segment;
use super::value::Node;
use super::{JsonTemplate, Template, ValueTemplate};
use crate::plan::scope::Slots;
use crate::plan::source_error::SourceError;
use crate::text::suggest;

/// Compiles the texts and values of one scenario.
///
/// `slots` must already hold every variable of the plan: names that are not in it are compiled, and are in
/// [`Template::names`], so that the caller can report them; rendering them fails.
pub struct Compiler {
    pub(super) slots: Arc<Slots>,
    /// What `env` is in expressions.
    pub(super) env: Value,
    env_names: Vec<String>,
}

impl Compiler {
    /// `env` is what `env.NAME` reads.
    pub fn new(slots: Arc<Slots>, env: BTreeMap<String, String>) -> Self {
        let env_names = env.keys().cloned().collect();
        Self { slots, env: Value::from_object(EnvValues::new(env)), env_names }
    }

    /// Compiles a text: a path, a header, a form field.
    pub fn text(&self, source: &str) -> Result<Template, SourceError> {
        let (segments, uses) = self.segments(source)?;
        Ok(Template { segments, uses })
    }

    /// Compiles a value: of `vars`, of a check. A text that is one lone `{{ }}` keeps its type.
    pub fn value(&self, source: &Json) -> Result<ValueTemplate, SourceError> {
        let mut uses = Uses::default();
        let node = self.node(source, "", &mut uses)?;
        Ok(ValueTemplate { node, uses })
    }

    /// Compiles the document of a `json` body.
    pub fn json(&self, source: &Json) -> Result<JsonTemplate, SourceError> {
        let mut document = JsonTemplate::default();
        self.document(source, "", &mut document)?;
        Ok(document)
    }

    /// Whether `env.NAME` has a value.
    pub fn has_env(&self, name: &str) -> bool {
        self.env_names.iter().any(|known| known == name)
    }

    /// Whether a name means a function, `env` or `fake` and so can't be a variable's.
    pub fn is_reserved(name: &str) -> bool {
        is_global(name)
    }

    /// The variable or function that `name` was probably meant to be.
    pub fn suggest(&self, name: &str) -> Option<String> {
        let variables = (0..self.slots.len()).filter_map(|at| u32::try_from(at).ok()).map(|at| self.slots.name(crate::plan::SlotId(at)));
        let found = suggest(name, variables.chain(FUNCTIONS))?;
        Some(if FUNCTIONS.contains(&found) && self.slots.find(found).is_none() { format!("{found}()") } else { found.to_owned() })
    }

    fn node(&self, source: &Json, pointer: &str, uses: &mut Uses) -> Result<Node, SourceError> {
        let node = match source {
            Json::String(text) => {
                let (mut segments, used) = self.segments(text).map_err(|error| error.within(pointer))?;
                uses.append(used.at(pointer));
                match segments.pop() {
                    None => Node::Static(Value::from("")),
                    Some(Segment::Static(text)) if segments.is_empty() => Node::Static(Value::from(&*text)),
                    Some(segment) if segments.is_empty() => Node::Single(segment),
                    Some(segment) => {
                        segments.push(segment);
                        Node::Text(Template { segments, uses: Uses::default() })
                    }
                }
            }
            Json::Array(items) => {
                let items = items.iter().enumerate().map(|(at, item)| self.node(item, &format!("{pointer}/{at}"), uses));
                Node::List(items.collect::<Result<_, _>>()?)
            }
            Json::Object(entries) => {
                let mut nodes = Vec::new();
                for (key, item) in entries {
                    let below = below(pointer, key);
                    let (segments, used) = self.segments(key).map_err(|error| error.within(&below))?;
                    uses.append(used.at(&below));
                    nodes.push((Template { segments, uses: Uses::default() }, self.node(item, &below, uses)?));
                }
                Node::Map(nodes)
            }
            scalar => Node::Static(Value::from(Serde(scalar))),
        };
        let is_static = match &node {
            Node::List(items) => items.iter().all(|item| matches!(item, Node::Static(_))),
            Node::Map(entries) => entries.iter().all(|(key, item)| key.as_static().is_some() && matches!(item, Node::Static(_))),
            _ => false,
        };
        Ok(if is_static { Node::Static(Value::from(Serde(source))) } else { node })
    }

    fn document(&self, source: &Json, pointer: &str, document: &mut JsonTemplate) -> Result<(), SourceError> {
        match source {
            Json::String(text) => {
                let (mut segments, used) = self.segments(text).map_err(|error| error.within(pointer))?;
                document.uses.append(used.at(pointer));
                match segments.pop() {
                    Some(segment @ Segment::Expression(_)) if segments.is_empty() => document.parts.push(Part::Value(segment)),
                    last => {
                        segments.extend(last);
                        document.push_text(Template { segments, uses: Uses::default() });
                    }
                }
            }
            Json::Array(items) => {
                document.static_bytes().push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        document.static_bytes().push(b',');
                    }
                    self.document(item, &format!("{pointer}/{at}"), document)?;
                }
                document.static_bytes().push(b']');
            }
            Json::Object(entries) => {
                document.static_bytes().push(b'{');
                for (at, (key, item)) in entries.iter().enumerate() {
                    if at > 0 {
                        document.static_bytes().push(b',');
                    }
                    let below = below(pointer, key);
                    let (segments, used) = self.segments(key).map_err(|error| error.within(&below))?;
                    document.uses.append(used.at(&below));
                    document.push_text(Template { segments, uses: Uses::default() });
                    document.static_bytes().push(b':');
                    self.document(item, &below, document)?;
                }
                document.static_bytes().push(b'}');
            }
            scalar => document.static_bytes().extend_from_slice(scalar.to_string().as_bytes()),
        }
        Ok(())
    }
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").field("slots", &self.slots).field("env_names", &self.env_names).finish()
    }
}

fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}
