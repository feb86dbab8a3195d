//! Many tests at once: Holm's step-down procedure.
//!
//! Keeps the probability of even one false alarm among all tests at the family's level, whatever the tests have to do
//! with each other. Source: Holm (1979), "A simple sequentially rejective multiple test procedure".

/// The p-values adjusted for all of them together, in the order given: each can be compared with the family's level.
///
/// The k-th smallest of m is multiplied by m - k + 1, never below the one before it, and cut at 1.
pub fn holm_adjusted(p_values: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least: f64 = 0.0;
    for (rank, at) in rising(p_values).into_iter().enumerate() {
        least = least.max(p_values[at] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[at] = least;
    }
    adjusted
}

/// For each test the plain level at which it is rejected, the other tests being as they are: `p <= level` says the
/// same as `adjusted <= alpha`.
///
/// Where j of the other tests are rejected without it, that level is alpha / (m - j): what a report can show as the
/// limit that a single figure would have had to pass.
pub fn holm_levels(p_values: &[f64], alpha: f64) -> Vec<f64> {
    let count = p_values.len();
    let order = rising(p_values);
    (0..count)
        .map(|own| {
            let others = order.iter().filter(|&&at| at != own);
            let rejected = others.enumerate().take_while(|&(rank, &at)| p_values[at] <= alpha / (count - rank) as f64).count();
            alpha / (count - rejected) as f64
        })
        .collect()
}

fn rising(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn adjusts_as_worked_by_hand() {
        // Rising: 0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1, which is not below the one before it.
        let adjusted = holm_adjusted(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert!(holm_adjusted(&[]).is_empty());
        assert_eq!(holm_adjusted(&[0.7, 0.9]), [1.0, 1.0]);
    }

    #[test]
    fn a_rejected_neighbour_makes_the_level_wider() {
        assert_eq!(holm_levels(&[0.5, 0.5], 0.01), [0.005, 0.005]);
        assert_eq!(holm_levels(&[0.001, 0.5], 0.01), [0.005, 0.01]);
        assert_eq!(holm_levels(&[0.5], 0.01), [0.01]);
    }

    proptest! {
        #[test]
        fn level_and_adjusted_value_say_the_same(p_values in prop::collection::vec(0.0f64..0.2, 1..12), alpha in 0.001f64..0.2) {
            let (adjusted, levels) = (holm_adjusted(&p_values), holm_levels(&p_values, alpha));
            for ((p, adjusted), level) in p_values.iter().zip(&adjusted).zip(&levels) {
                // Away from the edge, where rounding decides.
                if (p - level).abs() > 1e-12 {
                    prop_assert_eq!(p <= level, *adjusted <= alpha, "p {} adjusted {} level {}", p, adjusted, level);
                }
                prop_assert!(adjusted >= p && *adjusted <= 1.0);
                prop_assert!(alpha / p_values.len() as f64 <= *level && *level <= alpha);
            }
        }
    }
}
