//! Reads the rows of a feed.

use minijinja::Value;
use serde_json::Value as Json;

/// Says why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FeedError {
    /// What is wrong with it.
    pub message: String,
    /// Line in the file, or the number of the row; counted from one. None where the file as a whole is meant.
    pub row: Option<u64>,
    /// Column, counted from one.
    pub column: Option<u64>,
}

/// Reads comma-separated values with a header row: each row becomes a mapping of texts.
pub fn rows_from_csv(_text: &[u8]) -> Result<Vec<Value>, FeedError> {
    todo!()
}

/// Reads a JSON array of objects or scalars.
pub fn rows_from_json(_text: &[u8]) -> Result<Vec<Value>, FeedError> {
    todo!()
}

/// The inline list of a scenario: scalars keep their types.
pub fn rows_from_list(_values: &[Json]) -> Result<Vec<Value>, FeedError> {
    todo!()
}

/// A comma-separated text: `STU_001,STU_002`.
pub fn rows_from_text(_text: &str) -> Result<Vec<Value>, FeedError> {
    todo!()
}
