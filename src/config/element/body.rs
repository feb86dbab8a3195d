//! What a request sends.

use serde_json::json;

use crate::config::reader::{Map, Read, Reader, Schema, Spanned, Text, element};
use crate::config::yaml::{Kind, Node};

/// The body of a request.
#[derive(Debug, Clone)]
pub enum BodyConfig {
    /// `json:`
    Json(Spanned<Node>),
    /// `form:`
    Form(Spanned<Map<Text>>),
    /// `text:`
    Text(Spanned<Text>),
    /// `file:`
    File(Spanned<Text>),
    /// `multipart:`
    Multipart(Spanned<Map<PartConfig>>),
}

/// One part of a multipart body.
#[derive(Debug, Clone)]
pub enum PartConfig {
    /// A text.
    Text(Spanned<Text>),
    /// `{file: path}`
    File(Spanned<Text>),
}

element! {
    /// A file as a part of a multipart body.
    "part", "a text, or a mapping such as `{ file: photo.jpg }`";
    pub struct PartSettings {
        /// The file, relative to the scenario.
        "file" file: Text => required,
    }
}

impl Read for PartConfig {
    fn form() -> String {
        PartSettings::form()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Mapping(_) => PartSettings::read(node, reader)?.file.map(Self::File),
            _ => Some(Self::Text(Spanned { value: Text::read(node, reader)?, span: node.span })),
        }
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        let (text, settings) = (Text::schema(schema), PartSettings::schema(schema));
        json!({ "anyOf": [text, settings] })
    }
}
