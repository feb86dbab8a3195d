//! What a value is compared with.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::complaint::shown;
use crate::plan::scope::Scope;
use crate::plan::source_error::SourceError;
use crate::plan::template::{Compiler, RenderError, ValueTemplate};

/// What a value is compared with: the same always, or computed for each answer.
#[derive(Debug)]
pub(super) struct Operand {
    source: Json,
    template: ValueTemplate,
}

impl Operand {
    /// Compiles a value of the scenario.
    pub(super) fn compile(compiler: &Compiler, source: &Json) -> Result<Self, SourceError> {
        Ok(Self { source: source.clone(), template: compiler.value(source)? })
    }

    /// The value where it is the same always.
    pub(super) fn constant(&self) -> Option<&Json> {
        self.template.as_static().map(|_| &self.source)
    }

    /// The value for this answer.
    pub(super) fn value(&self, scope: &Scope) -> Result<Cow<'_, Json>, RenderError> {
        if let Some(constant) = self.constant() {
            return Ok(Cow::Borrowed(constant));
        }
        let value = self.template.eval(scope)?;
        serde_json::to_value(value).map(Cow::Owned).map_err(|error| RenderError::Expression(error.to_string()))
    }

    /// As the scenario has it, for the name of the check.
    pub(super) fn written(&self) -> String {
        shown(&self.source)
    }

    /// What computes it.
    pub(super) fn template(&self) -> &ValueTemplate {
        &self.template
    }
}

/// A whole number, also where `${VAR}` made a text of it.
pub(super) fn whole(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}
