//! Many tests at once: Holm's step-down procedure.
//!
//! Keeps the probability of even one false alarm among all tests at the family's level, whatever the tests have to do
//! with each other. Source: Holm (1979), "A simple sequentially rejective multiple test procedure", with the weights
//! of its section 4.

/// The p-values adjusted for all of them together, in the order given: each can be compared with the family's level.
///
/// A test has a share of the level in proportion to its weight (positive). The tests are taken in the order of p over
/// weight; each adjusted value is that ratio times the weight of the tests not taken yet, never below the one before
/// it, cut at 1. With equal weights the k-th smallest of m is multiplied by m - k + 1.
pub fn holm_adjusted(tests: &[(f64, f64)]) -> Vec<f64> {
    let mut adjusted = vec![1.0; tests.len()];
    let mut remaining: f64 = tests.iter().map(|test| test.1).sum();
    let mut least: f64 = 0.0;
    for at in order(tests) {
        let (p, weight) = tests[at];
        least = least.max(p / weight * remaining).min(1.0);
        adjusted[at] = least;
        remaining -= weight;
    }
    adjusted
}

/// For each test of (p-value, weight) the plain level at which it is rejected, the others being as they are:
/// `p <= level` says the same as `adjusted <= alpha`.
///
/// The others are taken without it, as long as they are rejected; what they leave of the family is its level: what a
/// report can show as the limit that a single figure would have had to pass.
pub fn holm_levels(tests: &[(f64, f64)], alpha: f64) -> Vec<f64> {
    let order = order(tests);
    let whole: f64 = tests.iter().map(|test| test.1).sum();
    let level = |own: usize| {
        let mut remaining = whole;
        for &at in order.iter().filter(|&&at| at != own) {
            let (p, weight) = tests[at];
            if p > alpha * weight / remaining {
                break;
            }
            remaining -= weight;
        }
        alpha * tests[own].1 / remaining
    };
    (0..tests.len()).map(level).collect()
}

fn order(tests: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tests.len()).collect();
    order.sort_by(|&a, &b| (tests[a].0 / tests[a].1).total_cmp(&(tests[b].0 / tests[b].1)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn adjusts_as_worked_by_hand() {
        // Rising: 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1, which is not below the one before it.
        let adjusted = holm_adjusted(&[(0.01, 1.0), (0.04, 1.0), (0.03, 1.0), (0.005, 1.0)]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
        // Three quarters of the level to the first: 0.003 / 0.75 x 1, then 0.001 / 0.25 x 0.25 raised to it.
        let weighted = holm_adjusted(&[(0.003, 0.75), (0.002, 0.25)]);
        assert!((weighted[0] - 0.004).abs() < 1e-12 && (weighted[1] - 0.004).abs() < 1e-12, "{weighted:?}");
        assert!(holm_adjusted(&[]).is_empty());
        assert_eq!(holm_adjusted(&[(0.7, 1.0), (0.9, 1.0)]), [1.0, 1.0]);
    }

    #[test]
    fn a_rejected_neighbour_makes_the_level_wider() {
        assert_eq!(holm_levels(&[(0.5, 1.0), (0.5, 1.0)], 0.01), [0.005, 0.005]);
        assert_eq!(holm_levels(&[(0.001, 1.0), (0.5, 1.0)], 0.01), [0.005, 0.01]);
        assert_eq!(holm_levels(&[(0.5, 0.75), (0.5, 0.25)], 0.01), [0.0075, 0.0025]);
        assert_eq!(holm_levels(&[(0.5, 3.0)], 0.01), [0.01]);
    }

    proptest! {
        #[test]
        fn level_and_adjusted_value_say_the_same(tests in prop::collection::vec((0.0f64..0.2, 0.1f64..3.0), 1..12), alpha in 0.001f64..0.2) {
            let (adjusted, levels) = (holm_adjusted(&tests), holm_levels(&tests, alpha));
            let whole: f64 = tests.iter().map(|test| test.1).sum();
            for (((p, weight), adjusted), level) in tests.iter().zip(&adjusted).zip(&levels) {
                // Away from the edge, where rounding decides.
                if (p - level).abs() > 1e-12 {
                    prop_assert_eq!(p <= level, *adjusted <= alpha, "p {} adjusted {} level {}", p, adjusted, level);
                }
                prop_assert!(*adjusted >= p - 1e-12 && *adjusted <= 1.0);
                prop_assert!(alpha * weight / whole <= level + 1e-12 && *level <= alpha + 1e-12);
            }
        }
    }
}
