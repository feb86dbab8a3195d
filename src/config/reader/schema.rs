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

/// Collects the definitions of elements while a schema is built.
#[derive(Debug, Default)]
pub(in crate::config) struct Schema {
    definitions: Map<String, Json>,
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
        free: Option<&str>,
    ) -> Json {
        if !self.definitions.contains_key(name) {
            // The place is taken before the keys are asked: a step may hold steps.
            self.definitions.insert(name.to_owned(), Json::Null);
            let keys = keys(self);
            let definition = object(about, &keys, free);
            self.definitions.insert(name.to_owned(), definition);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    /// The whole schema, with `root` as what a file must be.
    pub(in crate::config) fn finish(self, root: &Json, title: &str) -> Json {
        let mut definitions: Vec<(String, Json)> = self.definitions.into_iter().collect();
        definitions.sort_by(|a, b| a.0.cmp(&b.0));
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": title,
            "$ref": root["$ref"],
            "$defs": definitions.into_iter().collect::<Map<_, _>>(),
        })
    }
}

fn object(about: &str, keys: &[KeyInfo], free: Option<&str>) -> Json {
    let mut properties = Map::new();
    for key in keys {
        let mut schema = key.schema.clone();
        if let Json::Bool(true) = schema {
            schema = json!({});
        }
        schema["description"] = key.about.trim().into();
        if let Presence::Default(default) = key.presence {
            schema["default"] = default.into();
        }
        properties.insert(key.key.to_owned(), schema);
    }
    let required: Vec<&str> = keys.iter().filter(|key| key.presence == Presence::Required).map(|key| key.key).collect();
    let mut schema = json!({ "type": "object", "description": about.trim(), "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    if let Some(pattern) = free {
        schema["patternProperties"] = json!({ pattern: true });
    }
    schema
}
