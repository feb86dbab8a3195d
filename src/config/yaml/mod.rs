//! YAML as a tree that remembers where everything stands.

mod node;
mod parse;
mod scalar;

pub use node::{Entry, Key, Kind, Node, Span};
pub use parse::parse;
pub use scalar::{Piece, Scalar};
