//! Values that depend on their neighbours tell less than as many that don't.

use super::location::mean;
use super::spread::variance;
use super::trimmed::cut;

/// With fewer batches than this nothing is known of how they differ.
const FEWEST_BATCHES: usize = 5;

/// How many times larger the standard error of a trimmed mean is than it would be for independent values, one or more:
/// by how much the means of `batch` consecutive values differ, against what the values let expect. One when there are fewer
/// values than five batches take, or nothing differs.
///
/// Winsorised values are taken, because a trimmed mean depends on them alone (its influence function; Huber (1981), "Robust
/// Statistics", 3.3). Batches overlap: one begins at every value, which makes the result steadier than batches side by side, by a
/// third of its variance. Batches that agree better than by chance make nothing more certain. With independent values it is 1
/// plus some hundredths in twenty batches. Source: overlapping batch means, Meketon & Schmeiser (1984), "Overlapping batch
/// means: something for nothing?".
pub fn batch_inflation(values: &[f64], share: f64, batch: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = cut(sorted.len(), share);
    let (Some(&lowest), Some(&highest)) = (sorted.get(cut), sorted.get(sorted.len().saturating_sub(cut + 1))) else { return 1.0 };
    let winsorised: Vec<f64> = values.iter().map(|value| value.clamp(lowest, highest)).collect();
    let batch = batch.max(1);
    if winsorised.len() < FEWEST_BATCHES * batch {
        return 1.0;
    }
    let (Some(middle), Some(all)) = (mean(&winsorised), variance(&winsorised).filter(|&all| all > 0.0)) else { return 1.0 };
    let means = winsorised.windows(batch).filter_map(mean);
    let between: f64 = means.map(|mean| (mean - middle).powi(2)).sum();
    let (count, batches) = (winsorised.len() as f64, (winsorised.len() - batch + 1) as f64);
    // What independent values would give on average: their variance over the batch, less what the middle takes of it.
    let expected = all * batches * (1.0 / batch as f64 - 1.0 / count);
    (between / expected).sqrt().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    /// Independent numbers from -1 to 1.
    fn scattered(count: usize) -> Vec<f64> {
        let mut random = Pcg64Mcg::seed_from_u64(7);
        (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
    }

    #[test]
    fn it_is_the_square_root_of_the_ratio_of_variances() {
        // numpy: v = [1, 2, 2, 3, 7, 8, 4, 4, 1, 0]; m = np.convolve(v, [0.5, 0.5], "valid");
        // sqrt(((m - v.mean()) ** 2).sum() / (v.var(ddof=1) * 9 * (1 / 2 - 1 / 10))).
        let values = [1.0, 2.0, 2.0, 3.0, 7.0, 8.0, 4.0, 4.0, 1.0, 0.0];
        assert!((batch_inflation(&values, 0.0, 2) - 1.318_111_8).abs() < 1e-6, "{}", batch_inflation(&values, 0.0, 2));
        // Winsorised at a tenth of either end: 0 becomes 1, and 8 becomes 7.
        assert!((batch_inflation(&values, 0.1, 2) - 1.331_581_5).abs() < 1e-6, "{}", batch_inflation(&values, 0.1, 2));
    }

    #[test]
    fn what_lasts_is_noticed_and_what_does_not_is_not() {
        let independent = scattered(400);
        assert!(batch_inflation(&independent, 0.2, 5) < 1.2);
        let lasting: Vec<f64> = independent.iter().flat_map(|&value| [value; 5]).collect();
        let inflation = batch_inflation(&lasting, 0.2, 5);
        // Batches of five begin everywhere: on average their means have 17/25 of the variance of the values, not 1/5.
        assert!((inflation - 3.4f64.sqrt()).abs() < 0.1, "{inflation}");
    }

    #[test]
    fn batches_that_agree_too_well_make_nothing_more_certain() {
        let alternating: Vec<f64> = (0..100).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert_eq!(batch_inflation(&alternating, 0.2, 5), 1.0);
    }

    #[test]
    fn little_says_nothing() {
        for values in [&[][..], &[1.0], &[1.0; 100], &scattered(24)] {
            assert_eq!(batch_inflation(values, 0.2, 5), 1.0);
        }
    }

    proptest! {
        #[test]
        fn scale_and_sign_do_not_matter(values in prop::collection::vec(-1.0f64..1.0, 10..80), scale in 0.1f64..10.0) {
            let other: Vec<f64> = values.iter().map(|value| -scale * value).collect();
            let (one, other) = (batch_inflation(&values, 0.2, 2), batch_inflation(&other, 0.2, 2));
            prop_assert!((one - other).abs() < 1e-9 && one >= 1.0);
        }
    }
}
