//! Numbers of a foreign file, checked.

use super::error::Problem;
use crate::units::Micros;

/// No count is higher: above it neighbouring numbers of a JSON file can't be told apart.
const HIGHEST_COUNT: f64 = 9_007_199_254_740_992.0;
/// No time is longer: some thirty years, in seconds.
const LONGEST: f64 = 1e9;

/// Checks the numbers of one kind of file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checked {
    /// `a k6 summary`, in messages.
    pub(super) kind: &'static str,
}

impl Checked {
    /// A number that is finite and not negative.
    pub(super) fn number(self, what: &str, value: f64) -> Result<f64, Problem> {
        self.up_to(f64::MAX, what, value)
    }

    /// A count; fractions are cut off.
    pub(super) fn count(self, what: &str, value: f64) -> Result<u64, Problem> {
        self.up_to(HIGHEST_COUNT, what, value).map(|count| count as u64)
    }

    /// Seconds out of a number of which so many make a second.
    pub(super) fn seconds(self, what: &str, value: f64, in_a_second: f64) -> Result<f64, Problem> {
        self.up_to(LONGEST, what, value / in_a_second)
    }

    /// The same as a duration.
    pub(super) fn duration(self, what: &str, value: f64, in_a_second: f64) -> Result<Micros, Problem> {
        self.seconds(what, value, in_a_second).map(Micros::from_secs_f64)
    }

    /// What has to be there.
    pub(super) fn needed<T>(self, what: &str, value: Option<T>) -> Result<T, Problem> {
        value.ok_or_else(|| Problem::Missing { kind: self.kind, what: what.to_owned() })
    }

    fn up_to(self, most: f64, what: &str, value: f64) -> Result<f64, Problem> {
        if value.is_finite() && (0.0..=most).contains(&value) {
            Ok(value)
        } else {
            Err(Problem::Number { kind: self.kind, what: what.to_owned(), value: value.to_string() })
        }
    }
}

/// Finished requests per second; none where the time isn't known or was none.
pub(super) fn per_second(requests: u64, duration: Option<Micros>) -> Option<f64> {
    let seconds = duration?.as_secs_f64();
    (seconds > 0.0).then(|| requests as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_cannot_be_are_refused_by_name() {
        let checked = Checked { kind: "a k6 summary" };
        assert_eq!(checked.count("requests", 3.0).unwrap(), 3);
        assert_eq!(checked.duration("time", 1_500.0, 1e3).unwrap(), Micros::from_millis(1_500));
        for value in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(checked.count("requests", value).is_err(), "{value}");
            assert!(checked.seconds("p95", value, 1e3).is_err(), "{value}");
        }
        assert_eq!(
            checked.seconds("p95", -1.0, 1.0).unwrap_err().to_string(),
            "looks like a k6 summary, and p95 is -1: it must be a number that is finite and not negative"
        );
    }

    #[test]
    fn no_time_has_no_rate() {
        assert_eq!(per_second(10, Some(Micros::from_secs(5))), Some(2.0));
        assert_eq!(per_second(10, Some(Micros::ZERO)), None);
        assert_eq!(per_second(10, None), None);
    }
}
