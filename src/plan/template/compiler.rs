//! From the texts of a scenario to what renders them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{JsonTemplate, Template, ValueTemplate};
use crate::plan::scope::Slots;
use crate::plan::source_error::SourceError;

/// Compiles the texts and values of one scenario.
///
/// `slots` must already hold every variable of the plan: names that are not in it are compiled, and are in
/// [`Template::names`], so that the caller can report them; rendering them fails.
#[derive(Debug)]
pub struct Compiler {
    slots: Arc<Slots>,
    env: BTreeMap<String, String>,
}

impl Compiler {
    /// `env` is what `env.NAME` reads.
    pub fn new(slots: Arc<Slots>, env: BTreeMap<String, String>) -> Self {
        Self { slots, env }
    }

    /// Compiles a text: a path, a header, a form field.
    pub fn text(&self, _source: &str) -> Result<Template, SourceError> {
        todo!()
    }

    /// Compiles a value: of `vars`, of a check. A text that is one lone `{{ }}` keeps its type.
    pub fn value(&self, _source: &Json) -> Result<ValueTemplate, SourceError> {
        todo!()
    }

    /// Compiles the document of a `json` body.
    pub fn json(&self, _source: &Json) -> Result<JsonTemplate, SourceError> {
        todo!()
    }

    /// Whether `env.NAME` has a value.
    pub fn has_env(&self, name: &str) -> bool {
        self.env.contains_key(name)
    }

    /// The variable or function that `name` was probably meant to be.
    pub fn suggest(&self, _name: &str) -> Option<String> {
        let _ = &self.slots;
        todo!()
    }
}
