//! The quantities of a load test as types: a duration can't be mistaken for a rate.
//!
//! Every type parses what a person writes (`1.5s`, `300/min`, `10MiB`, `2%`) and prints what a person reads.

mod bytes;
mod duration;
mod rate;
mod share;

pub use bytes::Bytes;
pub use duration::Micros;
pub use rate::Rate;
pub use share::Share;

/// Says why a text is not a quantity; reads well after "failed to parse".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct UnitError {
    /// The text as it was written.
    pub text: String,
    /// What would have been right, with an example.
    pub expected: &'static str,
}

impl UnitError {
    fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.to_owned(), expected }
    }
}

/// Splits `12.5ms` into the number in front and the unit behind, both trimmed.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|&(at, c)| !(c.is_ascii_digit() || c == '.' || c == '_' || (at == 0 && (c == '-' || c == '+'))))
        .map_or(text.len(), |(at, _)| at);
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    number.is_finite().then(|| (number, text[end..].trim()))
}

/// Prints a number with at most `digits` decimals and no trailing zeros.
fn trimmed(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
