//! Durations in whole microseconds.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{UnitError, split_number, trimmed};

/// A duration, or a point on an arm's clock, in whole microseconds.
///
/// Serializes as a number of seconds. Arithmetic saturates: a duration is never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(pub u64);

impl Micros {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest duration there is.
    pub const MAX: Self = Self(u64::MAX);

    /// A duration of whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds * 1_000_000)
    }

    /// A duration of whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000)
    }

    /// The nearest duration to `seconds`; negative and not-a-number become zero.
    pub fn from_secs_f64(seconds: f64) -> Self {
        Self((seconds * 1e6).round() as u64)
    }

    /// The duration in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The duration in milliseconds.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// What is left of `self` after `other`; zero where `other` is longer.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// As it is read back by [`Micros::parse`]: what people read is rounded, and so may be another time.
    pub fn exact(self) -> String {
        let shown = self.to_string();
        if Self::parse(&shown) == Ok(self) { shown } else { format!("{}s", self.as_secs_f64()) }
    }

    /// Reads `500ms`, `1.5s`, `2m`, `1h`, `2s500ms`; a bare number is seconds.
    pub fn parse(text: &str) -> Result<Self, UnitError> {
        Self::parse_with_bare(text, 1e6)
    }

    /// Like [`Micros::parse`], but a bare number is milliseconds (k6's thresholds).
    pub fn parse_bare_millis(text: &str) -> Result<Self, UnitError> {
        Self::parse_with_bare(text, 1e3)
    }

    fn parse_with_bare(text: &str, bare: f64) -> Result<Self, UnitError> {
        let wrong = || UnitError::new(text, "a duration such as `500ms`, `1.5s`, `2m` or `1h`");
        let mut rest = text.trim();
        let (mut total, mut parts) = (0.0, 0);
        while !rest.is_empty() {
            let (number, tail) = split_number(rest).ok_or_else(wrong)?;
            let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let scale = match tail[..unit_end].trim() {
                "us" | "µs" | "μs" => 1.0,
                "ms" => 1e3,
                "s" | "sec" => 1e6,
                "m" | "min" => 60e6,
                "h" => 3_600e6,
                "d" => 86_400e6,
                "" if parts == 0 && unit_end == tail.len() => bare,
                _ => return Err(wrong()),
            };
            if number < 0.0 {
                return Err(wrong());
            }
            total += number * scale;
            parts += 1;
            rest = tail[unit_end..].trim_start();
        }
        if parts == 0 || total > 1e18 { Err(wrong()) } else { Ok(Self(total.round() as u64)) }
    }
}

impl From<Duration> for Micros {
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
    }
}

impl From<Micros> for Duration {
    fn from(micros: Micros) -> Self {
        Duration::from_micros(micros.0)
    }
}

impl FromStr for Micros {
    type Err = UnitError;
    fn from_str(text: &str) -> Result<Self, UnitError> {
        Self::parse(text)
    }
}

impl Add for Micros {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Micros {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Mul<f64> for Micros {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self((self.0 as f64 * factor).round() as u64)
    }
}

impl fmt::Display for Micros {
    /// Three significant figures below a minute (`1.25ms`, `830µs`), whole parts above (`2m5s`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let us = self.0 as f64;
        let figures = |value: f64| match value {
            v if v >= 99.95 => 0,
            v if v >= 9.995 => 1,
            _ => 2,
        };
        let text = match self.0 {
            0 => "0s".to_owned(),
            1..1_000 => format!("{}µs", self.0),
            1_000..999_500 => format!("{}ms", trimmed(us / 1e3, figures(us / 1e3))),
            999_500..60_000_000 => format!("{}s", trimmed(us / 1e6, figures(us / 1e6))),
            _ => {
                let seconds = (us / 1e6).round() as u64;
                let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
                let mut parts = String::new();
                for (count, unit) in [(hours, "h"), (minutes, "m"), (seconds, "s")] {
                    if count > 0 {
                        parts += &format!("{count}{unit}");
                    }
                }
                parts
            }
        };
        f.pad(&text)
    }
}

impl Serialize for Micros {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_secs_f64())
    }
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        if seconds.is_finite() && seconds >= 0.0 {
            Ok(Self::from_secs_f64(seconds))
        } else {
            Err(serde::de::Error::custom("a duration is a finite number of seconds, not below zero"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (text, micros) in [
            ("500ms", 500_000),
            ("1.5s", 1_500_000),
            ("2m", 120_000_000),
            ("1h", 3_600_000_000),
            ("2s500ms", 2_500_000),
            ("2m 30s", 150_000_000),
            ("30", 30_000_000),
            ("0.5", 500_000),
            ("250us", 250),
            ("0s", 0),
        ] {
            assert_eq!(Micros::parse(text), Ok(Micros(micros)), "{text}");
        }
        assert_eq!(Micros::parse_bare_millis("500"), Ok(Micros(500_000)));
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "fast", "-1s", "1x", "5 5", "1s..2s", "ms", "NaN", "inf", "1s5"] {
            assert!(Micros::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn prints_three_figures() {
        for (micros, text) in [
            (0, "0s"),
            (830, "830µs"),
            (1_250, "1.25ms"),
            (12_345, "12.3ms"),
            (123_456, "123ms"),
            (999_600, "1s"),
            (59_000_000, "59s"),
            (125_000_000, "2m5s"),
            (3_600_000_000, "1h"),
        ] {
            assert_eq!(Micros(micros).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn whole_units_survive_print_and_parse(seconds in 0u64..100_000) {
            let duration = Micros::from_secs(seconds);
            if seconds != 60 {
                let again = Micros::parse(&duration.to_string()).unwrap();
                prop_assert!(again == duration || seconds < 60 && again.0.abs_diff(duration.0) * 1000 <= duration.0);
            }
        }

        #[test]
        fn never_panics(text in ".{0,20}") {
            let _ = Micros::parse(&text);
        }
    }
}
