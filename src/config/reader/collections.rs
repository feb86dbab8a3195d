//! Lists, and mappings with names of the user's own.

use serde_json::json;

use super::reading::{Read, Reader};
use super::schema::Schema;
use super::spanned::Spanned;
use crate::config::yaml::{Kind, Node};

/// Named values in the order written.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<T>(pub Vec<MapEntry<T>>);

/// A name and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct MapEntry<T> {
    /// The name.
    pub name: Spanned<String>,
    /// What it names; none where that was reported to be wrong.
    pub value: Option<Spanned<T>>,
}

/// A list, or one value that means a list of it.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(pub Vec<Spanned<T>>);

impl<T> Map<T> {
    /// The entries whose values could be read.
    pub fn iter(&self) -> impl Iterator<Item = (&Spanned<String>, &Spanned<T>)> {
        self.0.iter().filter_map(|entry| Some((&entry.name, entry.value.as_ref()?)))
    }

    /// The entry of a name, whether or not its value could be read.
    pub fn find(&self, name: &str) -> Option<&MapEntry<T>> {
        self.0.iter().find(|entry| entry.name.value == name)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|entry| entry.name.value.as_str())
    }
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Read> Read for Map<T> {
    fn form() -> String {
        format!("a mapping from names to {}", plural(&T::form()))
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Some(entries) = node.as_mapping() else { return reader.wrong(node, "a mapping of names and values") };
        let read = entries.iter().map(|entry| {
            let name = Spanned { value: entry.key.text.clone(), span: entry.key.span };
            MapEntry { value: reader.read(&name.value, &entry.value), name }
        });
        Some(Self(read.collect()))
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        json!({ "type": "object", "additionalProperties": T::schema(schema) })
    }
}

impl<T: Read> Read for Vec<Spanned<T>> {
    fn form() -> String {
        format!("a list, each item {}", T::form())
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Kind::Sequence(items) = &node.kind else { return reader.wrong(node, &Self::form()) };
        Some(read_items(items, reader))
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        json!({ "type": "array", "items": T::schema(schema) })
    }
}

impl<T: Read> Read for OneOrMany<T> {
    fn form() -> String {
        format!("{}, or a list of them", T::form())
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Sequence(items) => Some(Self(read_items(items, reader))),
            _ => Some(Self(vec![Spanned { value: T::read(node, reader)?, span: node.span }])),
        }
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        let one = T::schema(schema);
        json!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

fn read_items<T: Read>(items: &[Node], reader: &mut Reader) -> Vec<Spanned<T>> {
    items.iter().enumerate().filter_map(|(at, item)| reader.read(&format!("[{at}]"), item)).collect()
}

fn plural(form: &str) -> String {
    match form {
        "a text" => "texts".to_owned(),
        "any value" => "values".to_owned(),
        other => format!("values, each {other}"),
    }
}
