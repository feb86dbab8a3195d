//! The pseudomedian.

use super::location::median;

/// The estimate of Hodges and Lehmann: the median of the means of all pairs of values, each paired with itself too.
///
/// It bears up to 29 % wild values, and wastes less of what normal values say than the median does. None when empty.
/// Cost: grows with the square of the number of values. Source: Hodges & Lehmann (1963), "Estimates of location based
/// on rank tests".
pub fn hodges_lehmann(values: &[f64]) -> Option<f64> {
    let pairs = values.iter().enumerate().flat_map(|(at, one)| values[at..].iter().map(move |other| f64::midpoint(*one, *other)));
    median(&pairs.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_the_definition_in_numpy() {
        // i, j = numpy.triu_indices(len(v)); numpy.median((v[i] + v[j]) / 2)
        assert_eq!(hodges_lehmann(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0, 200.0, -50.0]), Some(5.0));
        let pairs = [0.031, -0.012, 0.054, 0.007, 0.022, -0.3, 0.9, 0.041, 0.018, -0.005, 0.027, 0.033];
        assert!((hodges_lehmann(&pairs).unwrap() - 0.023_25).abs() < 1e-12);
        assert_eq!(hodges_lehmann(&[]), None);
    }

    proptest! {
        #[test]
        fn it_lies_between_the_extremes_and_moves_with_the_values(
            values in prop::collection::vec(-1e3f64..1e3, 1..40), shift in -1e3f64..1e3,
        ) {
            let found = hodges_lehmann(&values).unwrap();
            prop_assert!(values.iter().any(|value| *value <= found + 1e-9) && values.iter().any(|value| *value >= found - 1e-9));
            let moved: Vec<f64> = values.iter().map(|value| value + shift).collect();
            prop_assert!((hodges_lehmann(&moved).unwrap() - found - shift).abs() < 1e-9);
        }
    }
}
