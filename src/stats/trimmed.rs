//! A middle that bears wild values, and how far it can be trusted.

use super::distribution::student_t_quantile;
use super::location::mean;

/// A trimmed mean with its standard error.
///
/// The standard error is that of Tukey and McLaughlin: the standard deviation of the winsorised values (what is cut off
/// at each end counts as much as the outermost that is left) over `(1 - 2 share) * sqrt(n)`; studentised with it, the
/// trimmed mean has nearly Student's t distribution with `n - 2 cut - 1` degrees of freedom. Source: Tukey & McLaughlin
/// (1963), "Less vulnerable confidence and significance procedures"; Wilcox, "Introduction to Robust Estimation and
/// Hypothesis Testing", 4.3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trimmed {
    /// The trimmed mean.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom of Student's t.
    pub freedom: f64,
}

impl Trimmed {
    /// Cuts off `share` of the values at each end, rounded down to whole values; a share of zero gives the plain mean.
    ///
    /// None when fewer than two values would be left.
    pub fn of(values: &[f64], share: f64) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Self::of_sorted(&sorted, share)
    }

    /// The same of values that rise.
    pub(super) fn of_sorted(sorted: &[f64], share: f64) -> Option<Self> {
        let (count, cut) = (sorted.len(), cut(sorted.len(), share));
        let kept = sorted.get(cut..count - cut).filter(|kept| kept.len() > 1)?;
        let (lowest, highest) = (kept[0], kept[kept.len() - 1]);
        let (middle, outer, all) = (mean(kept)?, cut as f64, count as f64);
        let winsorised = (kept.iter().sum::<f64>() + outer * (lowest + highest)) / all;
        let square = |value: f64| (value - winsorised).powi(2);
        let squares = kept.iter().map(|&value| square(value)).sum::<f64>() + outer * (square(lowest) + square(highest));
        let error = (squares / (all - 1.0)).sqrt() / ((1.0 - 2.0 * share) * all.sqrt());
        Some(Self { mean: middle, error, freedom: kept.len() as f64 - 1.0 })
    }

    /// The two-sided interval that holds the true middle with probability `level`.
    pub fn interval(&self, level: f64) -> (f64, f64) {
        let reach = student_t_quantile(0.5 + level / 2.0, self.freedom) * self.error;
        (self.mean - reach, self.mean + reach)
    }

    /// What the true middle is below with probability `level`.
    pub fn upper_bound(&self, level: f64) -> f64 {
        self.mean + student_t_quantile(level, self.freedom) * self.error
    }
}

/// The share to cut off, at most `share`, so that chance cuts off all values of one sign with a probability of at most
/// `chance` where every sign is as likely as the other.
///
/// When a few of many equal differences change their sign and just these are cut off, the trimmed mean is as it was: no
/// test by signs can have a smaller p-value than the probability of that, which is 0.0007 for a fifth of thirty values.
pub fn share_for_signs(count: usize, share: f64, chance: f64) -> f64 {
    let most = cut(count, share);
    // Binomial: as many of one sign as are cut off, or fewer.
    let (mut term, mut below) = (0.5f64.powf(count as f64), 0.0);
    for few in 0..=most {
        below += term;
        if below > chance {
            // A trifle more, so that rounding takes just as many. Not more than that: the standard error grows with the share.
            return if few == 0 { 0.0 } else { (few as f64 - 1.0 + 1e-9) / count as f64 };
        }
        term *= (count - few) as f64 / (few + 1) as f64;
    }
    share
}

/// How many of `count` values are cut off at each end. Shares as people write them are a bit more than they say
/// (0.2 of 5 is one).
pub(super) fn cut(count: usize, share: f64) -> usize {
    (count as f64 * share.clamp(0.0, 0.49)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::trimmed_mean;
    use proptest::prelude::*;

    #[test]
    fn few_values_are_trimmed_less_so_that_their_signs_can_tell() {
        // scipy.stats.binom.cdf: (6, 30, 0.5) = 7.2e-4, (4, 30, 0.5) = 3.0e-5, (3, 30, 0.5) = 4.2e-6, (22, 112, 0.5) = 2.9e-11.
        for (count, cut_off) in [(112, 22), (37, 6), (30, 4), (20, 1), (15, 0), (5, 0), (0, 0)] {
            let share = share_for_signs(count, 0.2, 3.1e-5);
            assert_eq!(cut(count, share), cut_off, "{count}");
            // The standard error is of what was cut off, not of more.
            assert!(count == 112 || (share * count as f64 - cut_off as f64).abs() < 1e-6, "{count}: {share}");
        }
        assert_eq!(cut(30, share_for_signs(30, 0.2, 1e-5)), 3);
        assert_eq!(share_for_signs(112, 0.2, 3e-5), 0.2);
    }

    #[test]
    fn agrees_with_scipy_1_17() {
        // scipy.stats.mstats.trimmed_mean_ci(values, limits=(share, share), alpha=0.05), scipy.stats.mstats.trimmed_stde
        let wild = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0, 200.0, -50.0];
        let pairs = [0.031, -0.012, 0.054, 0.007, 0.022, -0.3, 0.9, 0.041, 0.018, -0.005, 0.027, 0.033];
        for (values, share, mean, error, (low, high)) in [
            (&wild[..], 0.2, 4.5, 1.145_307_118_227_127_7, (1.555_894_325_660_372_3, 7.444_105_674_339_628)),
            (&wild[..], 0.1, 16.0, 16.081_876_013_423_027, (-22.027_594_032_448_37, 54.027_594_032_448_37)),
            (
                &pairs[..],
                0.2,
                0.021_750_000_000_000_002,
                0.008_837_048_961_244_605,
                (0.000_853_699_713_728_190_6, 0.042_646_300_286_271_81),
            ),
            (&pairs[..], 0.1, 0.021_6, 0.008_367_590_571_347_106, (0.002_671_195_053_664_421_3, 0.040_528_804_946_335_58)),
            // A share of zero is the plain mean: numpy.mean, scipy.stats.sem, scipy.stats.t.ppf.
            (&pairs[..], 0.0, 0.068, 0.080_383_267_518_617_95, (-0.108_922_378_928_154_35, 0.244_922_378_928_154_36)),
        ] {
            let found = Trimmed::of(values, share).unwrap();
            assert!((found.mean - mean).abs() < 1e-12 && (found.error - error).abs() < 1e-12, "{found:?}");
            let interval = found.interval(0.95);
            assert!((interval.0 - low).abs() < 1e-7 && (interval.1 - high).abs() < 1e-7, "{interval:?}");
        }
    }

    #[test]
    fn too_few_values_have_no_error() {
        assert_eq!(Trimmed::of(&[], 0.2), None);
        assert_eq!(Trimmed::of(&[1.0], 0.2), None);
        assert_eq!(Trimmed::of(&[1.0, 1.0], 0.2).unwrap().error, 0.0);
    }

    proptest! {
        #[test]
        fn it_is_the_trimmed_mean_and_moves_with_the_values(
            values in prop::collection::vec(-1e3f64..1e3, 3..60), shift in -1e3f64..1e3, scale in 0.1f64..10.0,
        ) {
            let plain = Trimmed::of(&values, 0.2).unwrap();
            prop_assert!((plain.mean - trimmed_mean(&values, 0.2).unwrap()).abs() < 1e-9);
            let changed: Vec<f64> = values.iter().map(|value| value * scale + shift).collect();
            let moved = Trimmed::of(&changed, 0.2).unwrap();
            prop_assert!((moved.mean - plain.mean * scale - shift).abs() < 1e-6);
            prop_assert!((moved.error - plain.error * scale).abs() < 1e-6 * (1.0 + moved.error));
            let (low, high) = moved.interval(0.95);
            prop_assert!(low <= moved.mean && moved.mean <= high && moved.upper_bound(0.95) <= high);
        }
    }
}
