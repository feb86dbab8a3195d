//! Where the middle of some numbers lies.

/// The arithmetic mean; none when empty.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The middle value, or the mean of the two in the middle; none when empty.
pub fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// The mean of what is left when `share` of the values is cut off at each end, rounded down to whole values.
///
/// A share of 0.2 bears a fifth of wild values on either side. None when empty or when nothing would be left (a share
/// from 0.5 on). Source: Tukey & McLaughlin (1963), "Less vulnerable confidence and significance procedures".
pub fn trimmed_mean(values: &[f64], share: f64) -> Option<f64> {
    let sorted = sorted(values);
    let cut = (sorted.len() as f64 * share.max(0.0)) as usize;
    (2 * cut < sorted.len()).then(|| mean(&sorted[cut..sorted.len() - cut])).flatten()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy_1_17() {
        // numpy.median, scipy.stats.trim_mean
        assert_eq!(median(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]), Some(4.5));
        assert_eq!(median(&[9.0, 1.0, 4.0]), Some(4.0));
        assert_eq!(trimmed_mean(&[1.0, 2.0, 3.0, 4.0, 100.0], 0.2), Some(3.0));
        assert_eq!(trimmed_mean(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0, 200.0, -50.0], 0.2), Some(4.5));
    }

    #[test]
    fn nothing_has_no_middle() {
        assert_eq!((mean(&[]), median(&[]), trimmed_mean(&[], 0.2)), (None, None, None));
        assert_eq!(trimmed_mean(&[1.0, 2.0], 0.5), None);
    }

    proptest! {
        #[test]
        fn a_middle_lies_between_the_extremes_and_moves_with_the_values(
            values in prop::collection::vec(-1e6f64..1e6, 1..60), shift in -1e3f64..1e3, share in 0.0f64..0.49,
        ) {
            let (low, high) = (values.iter().copied().fold(f64::MAX, f64::min), values.iter().copied().fold(f64::MIN, f64::max));
            let moved: Vec<f64> = values.iter().map(|value| value + shift).collect();
            for middle in [mean, median, |values: &[f64]| trimmed_mean(values, 0.2)] {
                let found = middle(&values).unwrap();
                prop_assert!(low - 1e-6 <= found && found <= high + 1e-6);
                prop_assert!((middle(&moved).unwrap() - found - shift).abs() < 1e-6);
            }
            prop_assert!(trimmed_mean(&values, share).is_some());
        }
    }
}
