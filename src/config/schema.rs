//! The JSON Schema of a scenario file, for editors.

use super::element::DocumentConfig;
use super::reader::{Read, Schema};

/// The schema of the language, from the declarations that the reader itself uses. What a schema can't say, such as
/// which keys exclude each other, is left to `loadline check`.
pub fn schema() -> serde_json::Value {
    let mut schema = Schema::default();
    let root = DocumentConfig::schema(&mut schema);
    schema.finish(&root, "loadline scenario")
}
