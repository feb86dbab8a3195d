//! What people read: diagnostics with the place they speak of, suggestions, foreign text made harmless, secrets masked.
//!
//! It knows nothing of scenarios, requests or reports: every module may say what it found through these types.

mod diagnostic;
mod plain;
mod render;
mod secrets;
mod source;
mod suggest;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use plain::plain;
pub use render::{render, render_styled};
pub use secrets::Secrets;
pub use source::{Place, Source};
pub use suggest::suggest;
