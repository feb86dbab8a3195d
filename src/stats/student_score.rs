//! Statistics of different degrees of freedom on one scale.

/// Turns a statistic that has Student's t distribution into one that is nearly normal, and back.
///
/// Wallace's approximation, good to 0.02 for five degrees of freedom and more; it rises, so that no comparison of two
/// statistics of the same degrees changes. Source: Wallace (1959), "Bounds on normal approximations to Student's and the
/// chi-square distributions".
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StudentScore {
    freedom: f64,
    factor: f64,
}

impl StudentScore {
    pub(super) fn new(freedom: f64) -> Self {
        let freedom = freedom.max(1.0);
        Self { freedom, factor: (8.0 * freedom + 1.0) / (8.0 * freedom + 3.0) }
    }

    /// The normal score of a statistic.
    pub(super) fn of(self, statistic: f64) -> f64 {
        (self.freedom * (statistic * statistic / self.freedom).ln_1p()).sqrt().copysign(statistic) * self.factor
    }

    /// The statistic with a normal score; none where it is too large for a number.
    pub(super) fn statistic(self, score: f64) -> Option<f64> {
        let size = (self.freedom * ((score / self.factor).powi(2) / self.freedom).exp_m1()).sqrt();
        size.is_finite().then(|| size.copysign(score))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{normal_quantile, student_t_quantile};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn equal_probabilities_have_equal_scores(p in 0.0001f64..0.9999, freedom in 5.0f64..300.0) {
            let score = StudentScore::new(freedom).of(student_t_quantile(p, freedom));
            prop_assert!((score - normal_quantile(p)).abs() < 0.02, "{} for {}", score, normal_quantile(p));
        }

        #[test]
        fn there_and_back_is_the_same(statistic in -50.0f64..50.0, freedom in 1.0f64..300.0) {
            let scale = StudentScore::new(freedom);
            let back = scale.statistic(scale.of(statistic)).unwrap();
            prop_assert!((back - statistic).abs() < 1e-6 * (1.0 + statistic.abs()));
        }
    }

    #[test]
    fn what_is_endless_stays_so() {
        assert_eq!(StudentScore::new(4.0).of(f64::INFINITY), f64::INFINITY);
        assert_eq!(StudentScore::new(4.0).of(f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert_eq!(StudentScore::new(4.0).statistic(f64::INFINITY), None);
    }
}
