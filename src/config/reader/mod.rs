//! Reads the tree into typed values, and goes on after a problem: every mistake of a scenario is said at once.
//!
//! What an element of the language looks like is written down once, with [`element!`]: its keys, their types, defaults
//! and docs. The reader, the suggestions, the JSON Schema and the tables of `docs/scenario.md` all come from there.

mod collections;
mod element;
mod fields;
mod quantity;
mod reading;
mod schema;
mod spanned;
mod words;

pub use collections::{Map, MapEntry, OneOrMany};
pub(in crate::config) use element::{Element, element};
pub(in crate::config) use fields::{Fields, listed, one_of};
pub use quantity::{Weight, Whole};
pub(in crate::config) use reading::{Read, Reader};
#[cfg(test)]
pub(in crate::config) use schema::Described;
pub(in crate::config) use schema::{KeyInfo, Presence, Schema};
pub use spanned::{Spanned, Text};
pub(in crate::config) use words::{words, written_words};
