//! Comparisons.

use std::fmt;

use super::grammar::Part;
use super::types::{Op, ThresholdError};

/// The characters comparisons are made of.
pub(super) const MARKS: [char; 4] = ['<', '>', '=', '!'];

impl Op {
    /// Whether `left op right` holds; never where one of them is not a number. Equality is exact.
    pub fn holds(self, left: f64, right: f64) -> bool {
        if left.is_nan() || right.is_nan() {
            return false;
        }
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::Greater => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        })
    }
}

/// Reads a comparison.
pub(super) fn op(mark: Part<'_>) -> Result<Op, ThresholdError> {
    let meant = match mark.text {
        "<" => return Ok(Op::Less),
        "<=" => return Ok(Op::AtMost),
        ">" => return Ok(Op::Greater),
        ">=" => return Ok(Op::AtLeast),
        "==" => return Ok(Op::Equal),
        "!=" => return Ok(Op::Unequal),
        "=" | "===" => Some(Op::Equal),
        "=<" => Some(Op::AtMost),
        "=>" => Some(Op::AtLeast),
        "<>" | "!" | "!==" => Some(Op::Unequal),
        _ => None,
    };
    let error = mark.error(format!("`{}` is no comparison", mark.text));
    Err(error.help(meant.map_or_else(|| "use one of `<` `<=` `>` `>=` `==` `!=`".to_owned(), |op| format!("write `{op}`"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_hold_as_they_read_and_never_without_a_number() {
        let all = [Op::Less, Op::AtMost, Op::Greater, Op::AtLeast, Op::Equal, Op::Unequal];
        let holding =
            |left: f64, right: f64| all.iter().filter(|op| op.holds(left, right)).map(Op::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(holding(1.0, 2.0), "< <= !=");
        assert_eq!(holding(2.0, 2.0), "<= >= ==");
        assert_eq!(holding(3.0, 2.0), "> >= !=");
        assert_eq!(holding(f64::NAN, 2.0), "");
        assert_eq!(holding(2.0, f64::NAN), "");
    }
}
