//! What a value must be.

use serde_json::Value as Json;

use crate::plan::source_error::SourceError;
use crate::plan::template::{Compiler, NameUse};

/// What a header, a body or a part of it must be.
#[derive(Debug)]
pub struct Predicate {}

impl Predicate {
    /// Compiles a literal (equal), or a mapping of `in not min max min_length max_length contains matches exists type`.
    pub fn compile(_compiler: &Compiler, _source: &Json) -> Result<Self, SourceError> {
        todo!()
    }

    /// The variables it uses.
    pub fn names(&self) -> Vec<NameUse> {
        todo!()
    }

    /// The names of `env` it uses.
    pub fn env_names(&self) -> Vec<NameUse> {
        todo!()
    }
}
