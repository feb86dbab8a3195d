//! Texts and values with `{{ }}` in them, compiled once, rendered for each request.
//!
//! The language is minijinja's, with the functions that a load test needs; `docs/templates.md` lists them. Names without
//! a value are errors: nothing is ever sent with an empty text in the place of a variable.

mod analysis;
mod compiler;
mod current;
#[cfg(test)]
mod documentation;
mod environment;
mod error;
mod expression;
mod fake_data;
mod functions;
mod json;
mod jwt;
mod names;
mod print;
mod regions;
mod segments;
mod statements;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
mod value;

pub use compiler::Compiler;
pub use error::RenderError;
pub use json::JsonTemplate;
pub use names::NameUse;
pub use text::Template;
pub use value::ValueTemplate;

pub(super) use value::mapping;
