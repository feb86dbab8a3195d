//! What decides.

use serde_json::json;

use crate::config::reader::{Read, Reader, Schema, Spanned, Text, element, words};
use crate::config::yaml::{Kind, Node};
use crate::units::Micros;

/// A threshold: an expression, or one with settings.
#[derive(Debug, Clone)]
pub struct ThresholdConfig(pub ThresholdSettings);

element! {
    /// A threshold with settings.
    "threshold", "a threshold such as `p95 < 500ms`, or a mapping such as `{ expect: p95 < 500ms, severity: warn }`";
    pub struct ThresholdSettings {
        /// What must hold: metric, operator, value.
        "expect" expect: Text => required,
        /// Whether the run fails, or it is only shown.
        "severity" severity: SeverityConfig => default "fail",
        /// Ends the run as soon as it is missed.
        "abort" abort: bool => default "false",
        /// With `abort`: how much load must have run before it is judged.
        "after" after: Micros => default "0s",
        /// With `abort`: how long it must be missed without a break.
        "for" hold: Micros => default "0s",
        /// Shown when it is missed.
        "message" message: Text => optional,
    }
}

words! {
    /// What a missed threshold means.
    pub enum SeverityConfig {
        /// The run fails.
        Fail = "fail",
        /// It is shown.
        Warn = "warn",
    }
}

impl Read for ThresholdConfig {
    fn form() -> String {
        ThresholdSettings::form()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Mapping(_) => {
                if let Some(expect) = node.entry("expect") {
                    reader.is_public(&expect.value);
                }
                ThresholdSettings::read(node, reader).map(Self)
            }
            Kind::Sequence(_) => reader.wrong(node, &Self::form()),
            Kind::Scalar(_) => {
                reader.is_public(node);
                let expect = Spanned { value: Text::read(node, reader)?, span: node.span };
                Some(Self(ThresholdSettings { expect: Some(expect), ..ThresholdSettings::default() }))
            }
        }
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        let settings = ThresholdSettings::schema(schema);
        json!({ "anyOf": [{ "type": "string" }, settings] })
    }
}
