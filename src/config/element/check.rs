//! What an answer must be.

use crate::config::reader::{Map, element};
use crate::config::yaml::Node;

element! {
    /// What an answer must be to count as a success. A value means equal; a mapping is one or more of `in`, `not`, `min`,
    /// `max`, `min_length`, `max_length`, `contains`, `matches`, `exists` and `type`.
    "check", "a mapping such as `{ status: 201 }`";
    pub struct CheckConfig {
        /// The status: a number, a class `2xx`, a range `200..299`, or a list of these. Replaces the rule "below 400".
        "status" status: Node => default "below 400",
        /// Response headers by name.
        "headers" headers: Map<Node> => optional,
        /// The body as text.
        "body" body: Node => optional,
        /// Parts of a JSON body by JSONPath.
        "json" json: Map<Node> => optional,
        /// The longest response time: `500ms`.
        "time" time: Node => optional,
    }
}
