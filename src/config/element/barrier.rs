//! Where users wait for each other.

use serde_json::json;

use crate::config::reader::{Read, Reader, Schema, element};
use crate::config::yaml::{Kind, Node};
use crate::units::Micros;

/// `barrier: true`, or with settings.
#[derive(Debug, Clone, Default)]
pub struct BarrierConfig {
    /// How long the first user may wait; none: the default.
    pub timeout: Option<Micros>,
}

element! {
    /// A meeting point of all users of the class.
    "barrier", "`true`, or a mapping such as `{ timeout: 10s }`";
    pub struct BarrierSettings {
        /// How long the first user may wait for the others before the run fails.
        "timeout" timeout: Micros => default "30s",
    }
}

impl Read for BarrierConfig {
    fn form() -> String {
        BarrierSettings::form()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.kind {
            Kind::Mapping(_) => {
                let settings = BarrierSettings::read(node, reader)?;
                Some(Self { timeout: settings.timeout.map(|timeout| timeout.value) })
            }
            Kind::Scalar(scalar) if scalar.value == "true" => Some(Self::default()),
            _ => reader.wrong(node, &Self::form()),
        }
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        let settings = BarrierSettings::schema(schema);
        json!({ "anyOf": [{ "const": true }, settings] })
    }
}
