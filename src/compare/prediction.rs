//! What the baseline lets expect of a figure's logarithm.

use super::observation::Reading;
use crate::stats::{median, student_t_quantile, student_t_upper_tail, variance};

/// What the baseline lets expect of the next run.
///
/// y = ln(value) of N runs. The centre is the median. The spread pools what the runs show with what is expected
/// before any was seen: s2 = (4 * prior2 + (N - 1) * variance) / (4 + N - 1), so that one run can be a baseline; it is
/// never below the error within a run. A new run lies around the centre with a t distribution of 4 + N - 1 degrees of
/// freedom and width s * sqrt(1 + k / N), where k is 1 for the mean of one or two and pi / 2 for a median of more.
/// Sources: Gelman et al., "Bayesian Data Analysis", 3rd edition, 2.6 and 3.3 (scaled inverse chi-squared prior);
/// Kenney & Keeping, "Mathematics of Statistics", II, 8.13 (variance of the median).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prediction {
    centre: f64,
    width: f64,
    freedom: f64,
}

/// As many runs as the expected spread counts for.
const PRIOR_RUNS: f64 = 4.0;

impl Prediction {
    /// From the readings of the baseline; `own` is the candidate's. None without a baseline.
    pub(super) fn from(baseline: &[Reading], own: Reading, prior_spread: f64) -> Option<Self> {
        let logarithms: Vec<f64> = baseline.iter().map(|reading| reading.value.ln()).collect();
        let centre = median(&logarithms)?;
        let others = (baseline.len() - 1) as f64;
        let freedom = PRIOR_RUNS + others;
        let pooled = (PRIOR_RUNS * prior_spread.powi(2) + others * variance(&logarithms).unwrap_or(0.0)) / freedom;
        let within = baseline.iter().map(|reading| reading.error.powi(2)).sum::<f64>() / baseline.len() as f64;
        let spread = pooled.max(within).max(own.error.powi(2)).sqrt();
        let k = if baseline.len() <= 2 { 1.0 } else { std::f64::consts::FRAC_PI_2 };
        Some(Self { centre, width: spread * (1.0 + k / baseline.len() as f64).sqrt(), freedom })
    }

    /// The centre, in the figure's unit.
    pub(super) fn base(&self) -> f64 {
        self.centre.exp()
    }

    /// The probability of a value at least as far in the direction (1: up, -1: down) by chance.
    pub(super) fn p_value(&self, value: f64, direction: f64) -> f64 {
        student_t_upper_tail((value.ln() - self.centre) * direction / self.width, self.freedom)
    }

    /// The value that is passed in the direction with probability `level` by chance.
    pub(super) fn limit(&self, level: f64, direction: f64) -> f64 {
        (self.centre + direction * student_t_quantile(1.0 - level, self.freedom) * self.width).exp()
    }

    /// The two-sided 95 % interval of the relative change to `value`, by itself.
    pub(super) fn interval(&self, value: f64) -> (f64, f64) {
        let (change, reach) = (value.ln() - self.centre, student_t_quantile(0.975, self.freedom) * self.width);
        ((change - reach).exp_m1(), (change + reach).exp_m1())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(values: &[f64]) -> Vec<Reading> {
        values.iter().map(|&value| Reading { value, error: 0.0 }).collect()
    }

    const EXACT: Reading = Reading { value: 1.0, error: 0.0 };

    #[test]
    fn one_record_is_judged_by_the_expected_spread_alone() {
        let one = Prediction::from(&readings(&[0.01]), EXACT, 0.08).unwrap();
        assert!((one.base() - 0.01).abs() < 1e-12);
        // t(0.99, 4) = 3.7469 times 8 % times the root of two: + 52.8 %, - 34.6 %.
        assert!((one.limit(0.01, 1.0) / 0.01 - 1.528).abs() < 0.001);
        assert!((one.limit(0.01, -1.0) / 0.01 - 0.654).abs() < 0.001);
        assert!((one.p_value(one.limit(0.003, 1.0), 1.0) - 0.003).abs() < 1e-9);
        assert!((one.p_value(0.01, 1.0) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn ten_calm_records_narrow_the_limit_and_wild_ones_widen_it() {
        let calm = Prediction::from(&readings(&[1.0; 10]), EXACT, 0.08).unwrap();
        let spread = (4.0 * 0.08f64.powi(2) / 13.0).sqrt();
        let expected = (2.650_308_837_912_191 * spread * (1.0 + std::f64::consts::FRAC_PI_2 / 10.0).sqrt()).exp();
        assert!((calm.limit(0.01, 1.0) - expected).abs() < 1e-6);
        let wild = Prediction::from(&readings(&[0.5, 2.0, 1.0, 0.4, 1.0, 1.9, 0.7, 1.0, 1.4, 0.9]), EXACT, 0.08).unwrap();
        assert!(wild.limit(0.01, 1.0) > 2.0 && calm.limit(0.01, 1.0) < 1.15);
    }

    /// numpy.var(ddof=1) and scipy.stats.t (ppf, sf) of SciPy 1.17.1, with the formulas of the documentation.
    #[test]
    fn agrees_with_scipy_1_17() {
        let three = Prediction::from(&readings(&[0.010, 0.012, 0.0105]), EXACT, 0.08).unwrap();
        assert!((three.base() - 0.0105).abs() < 1e-12);
        assert!((three.limit(0.004, 1.0) / 0.015_810_829_614_751_04 - 1.0).abs() < 1e-7);
        assert!((three.p_value(0.013, 1.0) / 0.044_085_289_036_120_08 - 1.0).abs() < 1e-7);
        let (low, high) = three.interval(0.013);
        assert!((low + 0.042_426_751_114_720_274).abs() < 1e-7 && (high - 0.600_796_409_442_875_3).abs() < 1e-7);
    }

    #[test]
    fn the_spread_is_never_below_the_error_within_a_run() {
        let calm = readings(&[1.0; 10]);
        let rough: Vec<Reading> = calm.iter().map(|reading| Reading { error: 0.3, ..*reading }).collect();
        let limits = [
            Prediction::from(&calm, Reading { error: 0.3, ..EXACT }, 0.08).unwrap().limit(0.01, 1.0),
            Prediction::from(&rough, EXACT, 0.08).unwrap().limit(0.01, 1.0),
        ];
        let expected = (2.650_308_837_912_191 * 0.3 * (1.0 + std::f64::consts::FRAC_PI_2 / 10.0).sqrt()).exp();
        for limit in limits {
            assert!((limit - expected).abs() < 1e-6, "{limit}");
        }
    }

    #[test]
    fn nothing_predicts_nothing() {
        assert_eq!(Prediction::from(&[], EXACT, 0.08), None);
    }
}
