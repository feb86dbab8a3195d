//! Data feeds: tables of rows that users take from.

mod rows;
mod shuffle;
mod table;

pub use rows::{FeedError, rows_from_csv, rows_from_json, rows_from_list, rows_from_text};
pub use table::{Feed, OnExhausted, Pick};
