//! What the baseline lets expect of the error rate, in absolute points.

use super::observation::dispersion;
use crate::stats::{BetaBinomial, normal_quantile};

/// What the baseline lets expect of the number of failures in the next run.
///
/// The share of failures has the beta distribution that the baseline's counts leave (Jeffreys' prior), the failures
/// of the next run are binomial with it. Failures come in bursts: all counts are divided by how much more they vary,
/// between slices of either side's runs or from run to run, than independent failures would (quasi-likelihood;
/// McCullagh & Nelder, "Generalized Linear Models", 4.5).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ErrorPrediction {
    predicted: BetaBinomial,
    /// How many requests count as one.
    clumping: f64,
    failures: u64,
    requests: u64,
    base: (f64, f64),
}

/// So many independent requests tell a hundredth of a point; more only cost time.
const MOST_REQUESTS: f64 = 100_000.0;

impl ErrorPrediction {
    /// From (failures, requests) of the candidate and of each run of the baseline; `clumping` as it was within runs of either.
    /// None where either side has no requests.
    pub(super) fn from((failures, requests): (u64, u64), baseline: &[(u64, u64)], clumping: f64) -> Option<Self> {
        let (failed, all) = baseline.iter().fold((0, 0), |sum, run| (sum.0 + run.0, sum.1 + run.1));
        if requests == 0 || all == 0 {
            return None;
        }
        let clumping = clumping.max(dispersion(baseline)).max(requests as f64 / MOST_REQUESTS).max(1.0);
        let base = (failed as f64 / clumping, all as f64 / clumping);
        let trials = (requests as f64 / clumping).round().max(1.0) as u64;
        let predicted = BetaBinomial::predicting(trials, base.0, base.1 - base.0);
        Some(Self { predicted, clumping, failures, requests, base })
    }

    /// The baseline's share of failures, all runs together.
    pub(super) fn base(&self) -> f64 {
        self.base.0 / self.base.1
    }

    /// The probability of at least as many failures (direction 1), or at most as many (-1), by chance.
    pub(super) fn p_value(&self, direction: f64) -> f64 {
        let failures = self.failures as f64 / self.clumping;
        if direction > 0.0 { self.predicted.upper_tail(failures.floor() as u64) } else { self.predicted.lower_tail(failures.ceil() as u64) }
    }

    /// The share of failures that is reached with at most the probability `level` by chance; none where even all
    /// requests failing is not that unlikely.
    pub(super) fn limit(&self, level: f64) -> Option<f64> {
        let share = self.predicted.upper_limit(level) as f64 * self.clumping / self.requests as f64;
        (share <= 1.0).then_some(share)
    }

    /// The two-sided 95 % interval of the difference in points, by itself: Wald's after adding one success and one
    /// failure to either side. Source: Agresti & Caffo (2000), "Simple and effective confidence intervals for
    /// proportions and differences of proportions".
    pub(super) fn interval(&self) -> (f64, f64) {
        let own = (self.failures as f64 / self.clumping, self.requests as f64 / self.clumping);
        let adjusted = |(failed, all): (f64, f64)| ((failed + 1.0) / (all + 2.0), all + 2.0);
        let ((own, own_count), (base, base_count)) = (adjusted(own), adjusted(self.base));
        let reach = normal_quantile(0.975) * (own * (1.0 - own) / own_count + base * (1.0 - base) / base_count).sqrt();
        (own - base - reach, own - base + reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_failures_are_counted_as_they_are() {
        let prediction = ErrorPrediction::from((12, 1_000), &[(5, 1_500), (5, 1_500)], 1.0).unwrap();
        // scipy.stats.betabinom(1000, 10.5, 2990.5).sf(11)
        assert!((prediction.p_value(1.0) - 0.002_156_115_397_809_577).abs() < 1e-9);
        assert!((prediction.base() - 10.0 / 3_000.0).abs() < 1e-12);
        let limit = prediction.limit(0.01).unwrap();
        assert!((limit - 0.011).abs() < 1e-9, "{limit}");
        let (low, high) = prediction.interval();
        assert!(0.0 < low && low < 12.0 / 1_000.0 - 10.0 / 3_000.0 && 0.0087 < high);
    }

    #[test]
    fn a_baseline_whose_failures_come_in_bursts_is_more_patient() {
        let calm = ErrorPrediction::from((30, 10_000), &[(10, 10_000), (10, 10_000), (10, 10_000)], 1.0).unwrap();
        let bursts = ErrorPrediction::from((30, 10_000), &[(0, 10_000), (30, 10_000), (0, 10_000)], 1.0).unwrap();
        let within = ErrorPrediction::from((30, 10_000), &[(10, 10_000), (10, 10_000), (10, 10_000)], 10.0).unwrap();
        assert!(calm.p_value(1.0) < 0.001);
        assert!(bursts.p_value(1.0) > 0.1 && within.p_value(1.0) > 0.1);
        assert_eq!(calm.base(), bursts.base());
    }

    #[test]
    fn large_and_tiny_runs_have_answers() {
        let large = ErrorPrediction::from((0, 50_000_000), &[(0, 50_000_000)], 1.0).unwrap();
        assert_eq!(large.p_value(1.0), 1.0);
        assert!(large.limit(0.01).unwrap() < 0.001);
        let tiny = ErrorPrediction::from((3, 3), &[(0, 1)], 1.0).unwrap();
        assert_eq!(tiny.limit(0.0001), None);
        assert_eq!(ErrorPrediction::from((0, 0), &[(0, 1)], 1.0), None);
        assert_eq!(ErrorPrediction::from((0, 1), &[(0, 0)], 1.0), None);
    }
}
