//! Sizes in bytes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{UnitError, split_number, trimmed};

/// A size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// Reads `10MiB`, `1GB`, `512KiB`, `100B`; a bare number is bytes.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::new(text, "a size such as `10MiB` or `1GB`");
        let (number, unit) = split_number(text).ok_or_else(wrong)?;
        let scale = match unit.to_ascii_lowercase().as_str() {
            "" | "b" => 1.0,
            "kb" => 1e3,
            "mb" => 1e6,
            "gb" => 1e9,
            "kib" => 1024.0,
            "mib" => 1024.0 * 1024.0,
            "gib" => 1024.0 * 1024.0 * 1024.0,
            _ => return Err(wrong()),
        };
        if number < 0.0 { Err(wrong()) } else { Ok(Self((number * scale).round() as u64)) }
    }
}

impl FromStr for Bytes {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::parse(text)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0 as f64;
        let text = if self.0 < 1024 {
            format!("{} B", self.0)
        } else {
            let (scaled, unit) = match self.0 {
                0..0x10_0000 => (value / 1024.0, "KiB"),
                0x10_0000..0x4000_0000 => (value / 1_048_576.0, "MiB"),
                _ => (value / 1_073_741_824.0, "GiB"),
            };
            format!("{} {unit}", trimmed(scaled, if scaled >= 100.0 { 0 } else { 1 }))
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints() {
        for (text, bytes, printed) in [
            ("100", 100, "100 B"),
            ("10MiB", 10 << 20, "10 MiB"),
            ("1GB", 1_000_000_000, "954 MiB"),
            ("1.5 KiB", 1536, "1.5 KiB"),
            ("2GiB", 2 << 30, "2 GiB"),
        ] {
            let size = Bytes::parse(text).unwrap();
            assert_eq!(size, Bytes(bytes));
            assert_eq!(size.to_string(), printed);
        }
        for text in ["", "MiB", "-1B", "3 loaves"] {
            assert!(Bytes::parse(text).is_err(), "{text}");
        }
    }
}
