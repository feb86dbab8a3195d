//! Rates per second.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{UnitError, split_number, trimmed};

/// Of the smallest rate that is shown as more than nothing: once in thirty years.
const MOST_DECIMALS: f64 = 9.0;

/// How often something happens, per second; finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(pub f64);

impl Rate {
    /// As it is read back by [`Rate::parse`]: what people read is rounded, and so may be another rate.
    pub fn exact(self) -> String {
        let shown = self.to_string();
        if Self::parse(&shown) == Ok(self) { shown } else { format!("{}/s", self.0) }
    }

    /// Reads `5/s`, `300/min`, `1000/h`; a bare number is per second.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::new(text, "a rate such as `5/s` or `300/min`");
        let (number, unit) = split_number(text).ok_or_else(wrong)?;
        let seconds = match unit.replace(' ', "").as_str() {
            "" | "/s" | "/sec" => 1.0,
            "/m" | "/min" => 60.0,
            "/h" => 3600.0,
            _ => return Err(wrong()),
        };
        if number < 0.0 { Err(wrong()) } else { Ok(Self(number / seconds)) }
    }
}

impl FromStr for Rate {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::parse(text)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.0 {
            rate if rate >= 100.0 => 0,
            rate if rate >= 10.0 => 1,
            // Two figures of what comes less often: one a minute is not 0.02/s, and ten an hour are not nothing.
            rate if rate > 0.0 => (1.0 - rate.log10().floor()).clamp(2.0, MOST_DECIMALS) as usize,
            _ => 2,
        };
        f.pad(&format!("{}/s", trimmed(self.0, digits)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, per_second, printed) in [
            ("5/s", 5.0, "5/s"),
            ("300/min", 5.0, "5/s"),
            ("7200/h", 2.0, "2/s"),
            ("12.5", 12.5, "12.5/s"),
            ("20000/s", 20000.0, "20000/s"),
            ("1/min", 1.0 / 60.0, "0.017/s"),
            ("10/h", 10.0 / 3600.0, "0.0028/s"),
        ] {
            let rate = Rate::parse(text).unwrap();
            assert_eq!(rate, Rate(per_second));
            assert_eq!(rate.to_string(), printed);
        }
        for text in ["", "/s", "-1/s", "5/day", "5s"] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }
}
