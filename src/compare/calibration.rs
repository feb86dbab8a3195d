//! What a gate said where nothing had changed.

use std::collections::BTreeSet;

use super::sentence;
use crate::record::Calibration;
use crate::stats::median;

/// Calibrations together: how often the gate cried wolf, and how small a change it could typically have seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Comparisons of a version with itself.
    pub runs: usize,
    /// Those of them that said "regressed".
    pub alarms: usize,
    /// By metric of the whole run, the median of the smallest change that each could have seen.
    pub detectable: Vec<(String, f64)>,
}

impl Tally {
    /// Of some calibrations; none of none.
    pub fn of(calibrations: &[Calibration]) -> Option<Self> {
        if calibrations.is_empty() {
            return None;
        }
        // Short runs judge fewer metrics than long ones: which of them comes first must not matter.
        let metrics: BTreeSet<&String> = calibrations.iter().flat_map(|calibration| calibration.detectable.keys()).collect();
        let typical = |metric: &String| {
            let seen: Vec<f64> = calibrations.iter().filter_map(|calibration| calibration.detectable.get(metric).copied()).collect();
            Some((metric.clone(), median(&seen)?))
        };
        Some(Self {
            runs: calibrations.len(),
            alarms: calibrations.iter().filter(|calibration| calibration.is_false_alarm()).count(),
            detectable: metrics.into_iter().filter_map(typical).collect(),
        })
    }

    /// In plain words, as reports quote it.
    pub fn sentence(&self) -> String {
        let seen: Vec<String> = self.detectable.iter().map(|(metric, least)| sentence::least_change(metric, *least)).collect();
        let typically = if seen.is_empty() { String::new() } else { format!("; it can typically see {}", sentence::listed(&seen)) };
        format!("false alarms of this gate on this repository: {} of {}{typically}", self.alarms, self.runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ComparisonVerdict, Tool};

    fn calibration(verdict: ComparisonVerdict, p50: f64) -> Calibration {
        Calibration {
            schema_version: 1,
            tool: Tool { name: "loadline".to_owned(), version: "0".to_owned() },
            scenario: "shop".to_owned(),
            digest: "d".to_owned(),
            machine: "m".to_owned(),
            at: jiff::Timestamp::UNIX_EPOCH,
            run_id: "r".to_owned(),
            verdict,
            detectable: [("error_rate".to_owned(), 0.004), ("p50".to_owned(), p50)].into(),
        }
    }

    #[test]
    fn alarms_are_counted_and_the_typical_change_is_the_median() {
        use ComparisonVerdict::{Improved, Inconclusive, Ok, Regressed};
        let calibrations = [(Ok, 0.03), (Regressed, 0.02), (Inconclusive, 0.09), (Improved, 0.031), (Ok, 0.04)];
        let tally = Tally::of(&calibrations.map(|(verdict, p50)| calibration(verdict, p50))).unwrap();
        assert_eq!((tally.runs, tally.alarms), (5, 1));
        insta::assert_snapshot!(tally.sentence(), @"false alarms of this gate on this repository: 1 of 5; it can typically see 0.40 points in error rate and 3.1 % in p50");
        assert_eq!(Tally::of(&[]), None);
    }

    #[test]
    fn the_order_of_calibrations_does_not_matter() {
        let (mut few, all) = (calibration(ComparisonVerdict::Ok, 0.03), calibration(ComparisonVerdict::Ok, 0.05));
        few.detectable.remove("error_rate");
        let tally = Tally::of(&[few.clone(), all.clone()]).unwrap();
        assert_eq!(tally.detectable.len(), 2);
        assert_eq!(Tally::of(&[all, few]), Some(tally));
    }
}
