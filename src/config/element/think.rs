//! How long a user waits.

use serde_json::json;

use crate::config::reader::{Read, Reader, Schema, element};
use crate::config::yaml::{Kind, Node};
use crate::units::Micros;

/// A wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ThinkConfig {
    /// `500ms`
    Constant(Micros),
    /// `1s..3s`
    Range(Micros, Micros),
    /// `{exponential: 1s}`
    Exponential(Micros),
}

element! {
    /// A wait drawn from a distribution.
    "think", "a mapping such as `{ exponential: 1s }`";
    pub struct ThinkSettings {
        /// The mean of an exponential distribution.
        "exponential" exponential: Micros => required,
    }
}

impl Read for ThinkConfig {
    fn form() -> String {
        "a duration such as `500ms`, a range such as `1s..3s`, or `{ exponential: 1s }`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Mapping(_) => ThinkSettings::read(node, reader)?.exponential.map(|mean| Self::Exponential(mean.value)),
            Kind::Sequence(_) => reader.wrong(node, &Self::form()),
            Kind::Scalar(scalar) => {
                let parsed = match scalar.value.split_once("..") {
                    Some((low, high)) => Micros::parse(low).ok().zip(Micros::parse(high).ok()).map(|(low, high)| Self::Range(low, high)),
                    None => Micros::parse(&scalar.value).ok().map(Self::Constant),
                };
                match parsed {
                    Some(Self::Range(low, high)) if low > high => {
                        let bare = scalar.value.split("..").any(|part| part.trim().parse::<f64>().is_ok());
                        let unit = if bare { "; a number without a unit is seconds" } else { "" };
                        let help = format!("write the shorter time first{unit}");
                        let label = format!("from {low} to {high}");
                        reader.report(node.span, "the range ends before it begins", &label, Some(help));
                        None
                    }
                    Some(think) => {
                        reader.is_public(node);
                        Some(think)
                    }
                    None => reader.wrong(node, &Self::form()),
                }
            }
        }
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        let constant = Micros::schema(schema);
        let settings = ThinkSettings::schema(schema);
        json!({ "anyOf": [constant, { "type": "string", "pattern": "\\.\\." }, settings] })
    }
}
