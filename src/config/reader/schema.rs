//! The JSON Schema of the language, from the same declarations that the reader uses.

use serde_json::{Map, Value as Json, json};

use super::element::Element;

/// What is known about a key.
#[derive(Debug, Clone)]
pub(in crate::config) struct KeyInfo {
    /// The key.
    pub(in crate::config) key: &'static str,
    /// What it means.
    pub(in crate::config) about: &'static str,
    /// What it takes.
    pub(in crate::config) form: String,
    /// Whether it must be there.
    pub(in crate::config) presence: Presence,
    /// Its schema.
    pub(in crate::config) schema: Json,
}

/// Whether a key must be there, and what holds when it isn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Presence {
    /// It must.
    Required,
    /// It need not.
    Optional,
    /// It need not, and means this then.
    Default(&'static str),
}

/// An element as the docs and the schema describe it.
#[derive(Debug)]
pub(in crate::config) struct Described {
    /// Its name.
    pub(in crate::config) name: String,
    about: String,
    /// Its keys.
    pub(in crate::config) keys: Vec<KeyInfo>,
    free: Option<&'static str>,
}

/// Collects the elements that a schema is made of.
#[derive(Debug, Default)]
pub(in crate::config) struct Schema {
    /// In the order in which they were met; a place is taken before the keys are known.
    pub(in crate::config) elements: Vec<Described>,
}

impl Schema {
    /// A reference to an element, which is defined when it is first met.
    pub(in crate::config) fn element<E: Element>(&mut self, about: &str) -> Json {
        self.object(E::NAME, about, E::keys, None)
    }

    /// A reference to an object, which is defined when it is first met. Keys that match `free` may hold anything.
    pub(in crate::config) fn object(
        &mut self,
        name: &str,
        about: &str,
        keys: impl FnOnce(&mut Self) -> Vec<KeyInfo>,
        free: Option<&'static str>,
    ) -> Json {
        if !self.elements.iter().any(|element| element.name == name) {
            // The place is taken before the keys are asked: a step may hold steps.
            let at = self.elements.len();
            self.elements.push(Described { name: name.to_owned(), about: about.trim().to_owned(), keys: Vec::new(), free });
            self.elements[at].keys = keys(self);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// The whole schema, with `root` as what a file must be.
    pub(in crate::config) fn finish(mut self, root: &Json, title: &str) -> Json {
        self.elements.sort_by(|a, b| a.name.cmp(&b.name));
        let definitions: Map<String, Json> = self.elements.iter().map(|element| (element.name.clone(), element.definition())).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": title,
            "$ref": root["$ref"],
            "$defs": definitions,
        })
    }
}

impl Described {
    fn definition(&self) -> Json {
        let mut properties = Map::new();
        for key in &self.keys {
            // A boolean schema takes no description.
            let mut schema = if key.schema == Json::Bool(true) { json!({}) } else { key.schema.clone() };
            schema["description"] = format!("{} Takes {}.", key.about.trim(), key.form).into();
            if let Presence::Default(default) = key.presence {
                schema["default"] = default.into();
            }
            properties.insert(key.key.to_owned(), schema);
        }
        let mut schema = json!({ "type": "object", "description": self.about, "properties": properties, "additionalProperties": false });
        let required: Vec<&str> = self.keys.iter().filter(|key| key.presence == Presence::Required).map(|key| key.key).collect();
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        if let Some(pattern) = self.free {
            schema["patternProperties"] = json!({ pattern: true });
        }
        schema
    }
}
