//! Numbers and units, written as numbers or as text.

use serde_json::json;

use super::reading::{Read, Reader};
use super::schema::Schema;
use crate::config::yaml::Node;
use crate::text::Diagnostic;
use crate::units::{Bytes, Micros, Rate};

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const MIN: u64, const MAX: u64>(pub u64);

/// A share among others, in any unit: finite and above zero.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Weight(pub f64);

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    /// The number that an option gives in place of a key.
    ///
    /// # Errors
    /// When it is outside of the bounds.
    pub fn of_option(option: &str, number: u64) -> Result<Self, Diagnostic> {
        let wrong = || Diagnostic::error(format!("`--{option}` must be {}", Self::form()));
        (MIN..=MAX).contains(&number).then_some(Self(number)).ok_or_else(wrong)
    }
}

impl<const MIN: u64, const MAX: u64> Read for Whole<MIN, MAX> {
    fn form() -> String {
        let example = MIN.max(10).min(MAX);
        match (MIN, MAX) {
            (0, u64::MAX) => format!("a whole number such as `{example}`"),
            (1, u64::MAX) => format!("a whole number above zero such as `{example}`"),
            _ => format!("a whole number from {MIN} to {MAX}"),
        }
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let parse = |text: &str| text.replace('_', "").parse().ok().filter(|number| (MIN..=MAX).contains(number));
        quantity::<Self, _>(node, reader, parse).map(Self)
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        let mut schema = json!({ "type": ["integer", "string"], "minimum": MIN, "pattern": "^[0-9][0-9_]*$|\\$\\{" });
        if MAX < u64::MAX {
            schema["maximum"] = MAX.into();
        }
        schema
    }
}

/// Sums of weights must stay numbers that can be drawn from.
const HEAVIEST: f64 = 1e9;

impl Read for Weight {
    fn form() -> String {
        "a number above zero, up to a billion, such as `3`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let parse = |text: &str| text.parse().ok().filter(|number: &f64| *number > 0.0 && *number <= HEAVIEST);
        quantity::<Self, _>(node, reader, parse).map(Self)
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        json!({ "type": ["number", "string"], "exclusiveMinimum": 0, "pattern": "^[0-9.]+$|\\$\\{" })
    }
}

impl Read for Micros {
    fn form() -> String {
        "a duration such as `500ms`, `1.5s`, `2m` or `1h`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        quantity::<Self, _>(node, reader, |text| Micros::parse(text).ok())
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        json!({ "type": ["number", "string"], "minimum": 0, "pattern": "^ *[0-9._]+ *(us|µs|μs|ms|s|sec|m|min|h|d)?( *[0-9._]+ *(us|µs|μs|ms|s|sec|m|min|h|d))* *$|\\$\\{" })
    }
}

impl Read for Rate {
    fn form() -> String {
        "a rate such as `5/s` or `300/min`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        quantity::<Self, _>(node, reader, |text| Rate::parse(text).ok())
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        json!({ "type": ["number", "string"], "minimum": 0, "pattern": "^ *[0-9._]+ *(/ *(s|sec|m|min|h))? *$|\\$\\{" })
    }
}

impl Read for Bytes {
    fn form() -> String {
        "a size such as `10MiB` or `1GB`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        quantity::<Self, _>(node, reader, |text| Bytes::parse(text).ok())
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        json!({ "type": ["number", "string"], "minimum": 0, "pattern": "^ *[0-9._]+ *([kKmMgG][iI]?)?[bB]? *$|\\$\\{" })
    }
}

/// Reads a scalar with the parser of its unit. A number is no secret, wherever it comes from.
pub(super) fn quantity<T: Read, V>(node: &Node, reader: &mut Reader, parse: impl FnOnce(&str) -> Option<V>) -> Option<V> {
    reader.is_public(node);
    match node.as_scalar().and_then(|scalar| parse(scalar.value.trim())) {
        Some(value) => Some(value),
        None => reader.wrong(node, &T::form()),
    }
}
