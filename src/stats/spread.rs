//! How far numbers lie apart.

use super::location::mean;

/// The sample variance with n - 1 in the denominator (Bessel's correction); none for fewer than two values.
pub fn variance(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    Some(values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64)
}

/// The standard error of the mean of values that are independent of each other: the standard deviation over the root
/// of their number; none for fewer than two values.
///
/// Over slices of a run (one second each) it is the method of batch means: slices long against the service's memory
/// are nearly independent, the requests in them are not. Source: Law & Kelton, "Simulation Modeling and Analysis", 9.5.
pub fn standard_error(values: &[f64]) -> Option<f64> {
    variance(values).map(|variance| (variance / values.len() as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_numpy() {
        // numpy.var(ddof=1)
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert!((variance(&values).unwrap() - 4.571_428_571_428_571).abs() < 1e-12);
        assert!((standard_error(&values).unwrap() - (4.571_428_571_428_571f64 / 8.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn one_value_has_no_spread() {
        assert_eq!((variance(&[]), variance(&[3.0]), standard_error(&[3.0])), (None, None, None));
    }

    proptest! {
        #[test]
        fn spread_ignores_where_values_lie_and_grows_with_their_scale(
            values in prop::collection::vec(-1e3f64..1e3, 2..40), shift in -1e3f64..1e3, scale in 0.1f64..10.0,
        ) {
            let spread = variance(&values).unwrap();
            let changed: Vec<f64> = values.iter().map(|value| value * scale + shift).collect();
            prop_assert!(spread >= 0.0);
            prop_assert!((variance(&changed).unwrap() - spread * scale * scale).abs() <= 1e-6 * (1.0 + spread * scale * scale));
        }
    }
}
