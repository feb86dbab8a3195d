//! Why a value doesn't pass, and how values look in messages.

use serde_json::Value as Json;

use crate::plan::template::RenderError;

/// Why a value doesn't pass.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Complaint {
    /// Something else came.
    Unmet {
        /// `0`, `at least 5`, `to contain "x"`.
        expected: String,
        /// What came, where that isn't best said by the value itself.
        got: Option<String>,
    },
    /// What was expected can't be computed.
    Failed(RenderError),
}

impl From<RenderError> for Complaint {
    fn from(error: RenderError) -> Self {
        Self::Failed(error)
    }
}

/// A value as a message shows it: compact JSON of at most 80 characters.
pub(super) fn shown(value: &Json) -> String {
    bounded_text(&value.to_string())
}

/// A text, cut to 80 characters.
pub(super) fn bounded_text(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some(_) => text.chars().take(MOST - 1).chain(['…']).collect(),
    }
}
