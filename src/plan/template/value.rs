//! Compiled values that keep their types.

use minijinja::Value;

use super::{NameUse, RenderError};
use crate::plan::scope::Scope;

/// A value that keeps its type where it is one lone `{{ }}`.
#[derive(Debug)]
pub struct ValueTemplate {}

impl ValueTemplate {
    /// Evaluates it.
    pub fn eval(&self, _scope: &Scope) -> Result<Value, RenderError> {
        todo!()
    }

    /// The value where it has no placeholders.
    pub fn as_static(&self) -> Option<&Value> {
        todo!()
    }

    /// The variables it uses, each place once, in the order written.
    pub fn names(&self) -> &[NameUse] {
        todo!()
    }

    /// The names of `env` it uses.
    pub fn env_names(&self) -> &[NameUse] {
        todo!()
    }
}
