//! Which statuses are a success.

use serde_json::Value as Json;

use crate::plan::source_error::SourceError;

/// Which statuses count as success: by default all below 400.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusRule {}

impl StatusRule {
    /// Reads `check.status`: a number, a class `2xx`, a range `200..299`, or a list of these.
    pub fn parse(_source: &Json) -> Result<Self, SourceError> {
        todo!()
    }

    /// Whether `status` is a success.
    pub fn allows(&self, _status: u16) -> bool {
        todo!()
    }

    /// What the check is called in reports: `status == 201`, `status in [201, 409]`.
    pub fn name(&self) -> String {
        todo!()
    }
}

impl Default for StatusRule {
    fn default() -> Self {
        Self {}
    }
}
