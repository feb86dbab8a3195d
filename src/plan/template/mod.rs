//! Texts and values with `{{ }}` in them, compiled once, rendered for each request.

mod compiler;
mod error;
mod json;
mod names;
mod text;
mod value;

pub use compiler::Compiler;
pub use error::RenderError;
pub use json::JsonTemplate;
pub use names::NameUse;
pub use text::Template;
pub use value::ValueTemplate;
