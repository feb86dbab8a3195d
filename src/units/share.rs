//! Shares of a whole.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{UnitError, split_number, trimmed};

/// A part of a whole, 0.02 for two percent; finite and not negative, above one where growth is meant.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Share(pub f64);

impl Share {
    /// Reads `2%` or `0.02`.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::new(text, "a share such as `2%` or `0.02`");
        let (number, unit) = split_number(text).ok_or_else(wrong)?;
        let whole = match unit {
            "" => 1.0,
            "%" => 100.0,
            _ => return Err(wrong()),
        };
        if number < 0.0 { Err(wrong()) } else { Ok(Self(number / whole)) }
    }
}

impl FromStr for Share {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::parse(text)
    }
}

impl fmt::Display for Share {
    /// In percent: two decimals below ten percent, so that 0.04 % is not shown as none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.0 * 100.0;
        f.pad(&format!("{}%", trimmed(percent, if percent < 10.0 { 2 } else { 1 })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, share, printed) in
            [("2%", 0.02, "2%"), ("0.02", 0.02, "2%"), ("0.04%", 0.0004, "0.04%"), ("150%", 1.5, "150%"), ("99.95%", 0.9995, "100%")]
        {
            let parsed = Share::parse(text).unwrap();
            assert!((parsed.0 - share).abs() < 1e-12);
            assert_eq!(parsed.to_string(), printed);
        }
        for text in ["", "%", "-2%", "2 percent"] {
            assert!(Share::parse(text).is_err(), "{text}");
        }
    }
}
