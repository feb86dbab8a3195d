//! How many of n will fail when the share that fails is itself only known from other counts.

use statrs::function::beta::ln_beta;
use statrs::function::gamma::ln_gamma;

/// The number of failures among `trials` whose share of failures has a beta distribution.
///
/// With a = 0.5 + failures seen and b = 0.5 + successes seen (Jeffreys' prior) it predicts the failures of the next
/// trials. Source: Gelman et al., "Bayesian Data Analysis", 3rd edition, 2.4 and 2.8.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaBinomial {
    trials: u64,
    a: f64,
    b: f64,
}

impl BetaBinomial {
    /// Predicts `trials` from `failures` and `successes` seen before; weighted counts need not be whole.
    pub fn predicting(trials: u64, failures: f64, successes: f64) -> Self {
        Self { trials, a: 0.5 + failures.max(0.0), b: 0.5 + successes.max(0.0) }
    }

    /// The probability of `count` failures or more.
    pub fn upper_tail(&self, count: u64) -> f64 {
        match count {
            0 => 1.0,
            count if count > self.trials => 0.0,
            count if (count as f64) < self.expected() => (1.0 - self.sum_down(count - 1)).max(0.0),
            count => self.sum_up(count),
        }
    }

    /// The probability of `count` failures or fewer.
    pub fn lower_tail(&self, count: u64) -> f64 {
        match count {
            count if count >= self.trials => 1.0,
            count if (count as f64) > self.expected() => (1.0 - self.sum_up(count + 1)).max(0.0),
            count => self.sum_down(count),
        }
    }

    /// The fewest failures that have at most the probability `alpha` of being reached; one more than `trials` where
    /// even all of them failing is likelier. Cost: twenty-odd tails.
    pub fn upper_limit(&self, alpha: f64) -> u64 {
        let (mut low, mut high) = (0, self.trials + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.upper_tail(middle) <= alpha { high = middle } else { low = middle + 1 }
        }
        low
    }

    fn expected(&self) -> f64 {
        self.trials as f64 * self.a / (self.a + self.b)
    }

    // Both sums run away from the expected count only: from far on its other side the first term could be too small
    // for a floating-point number, and the sum would be zero instead of one.

    fn sum_up(&self, start: u64) -> f64 {
        self.sum(start, |k| (k < self.trials).then(|| (k + 1, self.ratio(k))))
    }

    fn sum_down(&self, start: u64) -> f64 {
        self.sum(start, |k| (k > 0).then(|| (k - 1, 1.0 / self.ratio(k - 1))))
    }

    /// Sums probabilities from `start` on; `next` gives the neighbour and the factor to its probability. Terms that
    /// no longer count end the sum, so its cost grows with the root of `trials`, not with `trials`.
    fn sum(&self, start: u64, next: impl Fn(u64) -> Option<(u64, f64)>) -> f64 {
        let mut term = self.probability(start);
        let (mut total, mut at) = (term, start);
        while let Some((neighbour, factor)) = next(at) {
            term *= factor;
            total += term;
            at = neighbour;
            if factor < 1.0 && term <= total * 1e-17 {
                break;
            }
        }
        total.min(1.0)
    }

    /// P(k + 1) / P(k).
    fn ratio(&self, k: u64) -> f64 {
        let (n, k) = (self.trials as f64, k as f64);
        (n - k) * (self.a + k) / ((k + 1.0) * (self.b + n - k - 1.0))
    }

    fn probability(&self, k: u64) -> f64 {
        let (n, k) = (self.trials as f64, k as f64);
        let ways = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
        (ways + ln_beta(k + self.a, n - k + self.b) - ln_beta(self.a, self.b)).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy_1_17() {
        // scipy.stats.betabinom(n, a, b).sf(k - 1) and .cdf(k)
        for (count, trials, failures, successes, upper, lower) in [
            (5, 100, 0.0, 100.0, 0.009_513_792_757_593_786, 0.995_721_987_708_025_7),
            (3, 50, 2.0, 97.0, 0.157_588_610_395_257_07, 0.931_997_156_816_966_6),
            (0, 10, 0.0, 0.0, 1.0, 0.176_197_052_001_953_15),
            (12, 1000, 10.0, 2990.0, 0.002_156_115_397_809_577, 0.999_091_684_870_313),
        ] {
            let predicted = BetaBinomial::predicting(trials, failures, successes);
            assert!((predicted.upper_tail(count) / upper - 1.0).abs() < 1e-8, "{count} of {trials}: {}", predicted.upper_tail(count));
            assert!((predicted.lower_tail(count) / lower - 1.0).abs() < 1e-8, "{count} of {trials}: {}", predicted.lower_tail(count));
        }
    }

    #[test]
    fn a_clean_baseline_lets_few_failures_pass() {
        let predicted = BetaBinomial::predicting(1_000, 0.0, 1_000.0);
        let limit = predicted.upper_limit(0.01);
        assert!(predicted.upper_tail(limit) <= 0.01 && predicted.upper_tail(limit - 1) > 0.01);
        // scipy.stats.betabinom.sf: 5 or more have 0.01006, 6 or more 0.00464.
        assert_eq!(limit, 6);
        assert_eq!(BetaBinomial::predicting(3, 50.0, 50.0).upper_limit(0.0001), 4);
    }

    #[test]
    fn far_tails_of_many_trials_are_one_or_zero() {
        let predicted = BetaBinomial::predicting(100_000, 50_000.0, 50_000.0);
        assert_eq!((predicted.upper_tail(10), predicted.lower_tail(10)), (1.0, 0.0));
        assert_eq!((predicted.upper_tail(99_990), predicted.lower_tail(99_990)), (0.0, 1.0));
    }

    proptest! {
        #[test]
        fn tails_overlap_in_one_term_and_fall(
            trials in 1u64..400, seen in (0.0f64..50.0, 0.0f64..500.0), share in 0.0f64..1.0,
        ) {
            let predicted = BetaBinomial::predicting(trials, seen.0, seen.1);
            let count = (share * trials as f64) as u64;
            let whole = predicted.upper_tail(count) + predicted.lower_tail(count) - predicted.probability(count);
            prop_assert!((whole - 1.0).abs() < 1e-6, "{}", whole);
            prop_assert!(predicted.upper_tail(count + 1) <= predicted.upper_tail(count) + 1e-12);
            prop_assert_eq!(predicted.upper_tail(trials + 1), 0.0);
        }
    }
}
