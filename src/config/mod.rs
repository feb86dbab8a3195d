//! The scenario file as it is written: every value typed, with the place it stands on.
//!
//! Text becomes a tree that remembers its places ([`yaml`]), variables are put in, one environment and one profile are
//! selected, and the tree is read into the elements of the language. Reading goes on after a problem, so that all of
//! them are said at once. What the elements mean is decided by whoever makes a plan of them.

mod adjust;
mod dotenv;
mod element;
mod fill;
mod overrides;
mod read;
mod reader;
mod scenario;
mod schema;
mod select;
mod substitute;
mod variables;
pub mod yaml;

pub use element::*;
pub use overrides::{Base, Overrides};
pub use read::{Reading, read};
pub use reader::{Map, MapEntry, OneOrMany, Spanned, Text, Weight, Whole};
pub use scenario::Scenario;
pub use schema::schema;
pub use variables::{ProcessEnv, Variables};
