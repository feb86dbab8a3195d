//! What is kept of an answer.

use crate::config::reader::Map;
use crate::config::yaml::Node;

/// Variables and where their values come from: `$.path`, `{header: name}`, `{regex: '..(group)..'}`, `{cookie: name}`.
pub type CapturesConfig = Map<Node>;
