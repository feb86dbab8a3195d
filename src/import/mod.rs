//! Results of other load tools: k6, Locust, vegeta and oha, recognised by what is in the file, not by its name.
//!
//! Each becomes [`RunFigures`](crate::record::RunFigures): what the tools agree on, with what a format can't carry left
//! out and said. Files are not trusted: sizes are bounded, numbers are finite and not negative, names are escaped by
//! whoever shows them.

mod error;
mod file;
mod k6_points;
mod k6_summary;
mod locust_csv;
mod locust_json;
mod name;
mod oha;
mod quantity;
mod vegeta;

pub use error::ImportError;
pub use file::{Found, read};
