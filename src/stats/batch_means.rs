//! Values that depend on their neighbours tell less than as many that don't.

use super::location::mean;
use super::spread::variance;
use super::trimmed::cut;

/// With fewer batches than this nothing is known of how they differ.
const FEWEST_BATCHES: usize = 5;

/// How many times larger the standard error of a trimmed mean is than it would be for independent values, one or more:
/// by how much the means of `batch` consecutive values differ, against what the values let expect. One when there are fewer
/// than five batches, or nothing differs; values at the end that fill no batch are left out.
///
/// Winsorised values are taken, because a trimmed mean depends on them alone (its influence function; Huber (1981), "Robust
/// Statistics", 3.3). Batches that agree better than by chance make nothing more certain. With independent values it is 1
/// plus some hundredths in twenty batches. Source: the method of batch means, Conway (1963), "Some tactical problems in
/// digital simulation".
pub fn batch_inflation(values: &[f64], share: f64, batch: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = cut(sorted.len(), share);
    let (Some(&lowest), Some(&highest)) = (sorted.get(cut), sorted.get(sorted.len().saturating_sub(cut + 1))) else { return 1.0 };
    let winsorised: Vec<f64> = values.iter().map(|value| value.clamp(lowest, highest)).collect();
    let means: Vec<f64> = winsorised.chunks_exact(batch.max(1)).filter_map(mean).collect();
    if means.len() < FEWEST_BATCHES {
        return 1.0;
    }
    match (variance(&means), variance(&winsorised)) {
        (Some(between), Some(all)) if all > 0.0 => (between * batch as f64 / all).sqrt().max(1.0),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers that look drawn, from -1 to 1.
    fn scattered(count: u64) -> Vec<f64> {
        (0..count).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1u64 << 52) as f64 - 1.0).collect()
    }

    #[test]
    fn it_is_the_square_root_of_the_ratio_of_variances() {
        // numpy: v = [1, 2, 2, 3, 7, 8, 4, 4, 1, 0]; sqrt(v.reshape(5, 2).mean(1).var(ddof=1) * 2 / v.var(ddof=1)).
        let values = [1.0, 2.0, 2.0, 3.0, 7.0, 8.0, 4.0, 4.0, 1.0, 0.0];
        assert!((batch_inflation(&values, 0.0, 2) - 1.475_448_4).abs() < 1e-6, "{}", batch_inflation(&values, 0.0, 2));
        // Winsorised at a tenth of either end: 0 becomes 1, and 8 becomes 7.
        assert!((batch_inflation(&values, 0.1, 2) - 1.484_160_1).abs() < 1e-6, "{}", batch_inflation(&values, 0.1, 2));
    }

    #[test]
    fn what_lasts_is_noticed_and_what_does_not_is_not() {
        let independent = scattered(200);
        assert!(batch_inflation(&independent, 0.2, 5) < 1.2);
        let lasting: Vec<f64> = independent.iter().flat_map(|&value| [value; 5]).collect();
        let inflation = batch_inflation(&lasting, 0.2, 5);
        assert!((inflation - 5f64.sqrt()).abs() < 0.01, "{inflation}");
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
