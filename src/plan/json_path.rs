//! Paths into JSON.

use crate::plan::source_error::SourceError;

/// A compiled JSONPath (RFC 9535).
#[derive(Debug, Clone)]
pub struct JsonPath {}

impl JsonPath {
    /// Compiles `$.a.b[0]`.
    pub fn parse(_source: &str) -> Result<Self, SourceError> {
        todo!()
    }
}
