//! Two shares of few events.

use statrs::function::gamma::ln_gamma;

/// The probability of at least `events` among `count` when `events + other_events` are spread over `count + other_count`
/// by chance: Fisher's exact test, one-sided.
///
/// One where there is nothing to compare. Exact for events that are independent of each other. Source: Fisher (1935),
/// "The logic of inductive inference".
pub fn fisher_upper_tail((events, count): (u64, u64), (other_events, other_count): (u64, u64)) -> f64 {
    if events > count || other_events > other_count {
        return 1.0;
    }
    let all = events + other_events;
    let ln_choose = |n: u64, k: u64| ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k) as f64 + 1.0);
    let whole = ln_choose(count + other_count, all);
    let probability = |k: u64| (ln_choose(count, k) + ln_choose(other_count, all - k) - whole).exp();
    let possible = events.max(all.saturating_sub(other_count))..=all.min(count);
    possible.map(probability).sum::<f64>().min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy_1_17() {
        // scipy.stats.fisher_exact([[a, n - a], [b, m - b]], alternative="greater")
        for (one, other, expected) in [
            ((9, 1000), (0, 1000), 0.001_918_135_794_245_79),
            ((15, 4000), (2, 4100), 0.000_986_342_923_646_31),
            ((3, 10), (3, 10), 0.685_758_513_931_888_5),
            ((8, 9), (0, 7), 0.000_699_300_699_300_70),
            ((40, 100000), (9, 100000), 0.000_004_620_835_180_31),
        ] {
            let found = fisher_upper_tail(one, other);
            assert!((found / expected - 1.0).abs() < 1e-8, "{one:?} and {other:?}: {found}");
        }
    }

    #[test]
    fn nothing_to_compare_is_no_evidence() {
        assert_eq!(fisher_upper_tail((0, 0), (0, 0)), 1.0);
        assert!((fisher_upper_tail((0, 10), (0, 10)) - 1.0).abs() < 1e-12);
        assert!((fisher_upper_tail((0, 10), (3, 10)) - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn more_events_are_less_likely_and_the_two_tails_make_one(
            count in 1u64..200, other in 1u64..200, share in 0.0f64..1.0, other_share in 0.0f64..1.0,
        ) {
            let (events, others) = ((share * count as f64) as u64, (other_share * other as f64) as u64);
            let upper = fisher_upper_tail((events, count), (others, other));
            prop_assert!((0.0..=1.0).contains(&upper));
            if events < count && others > 0 {
                let more = fisher_upper_tail((events + 1, count), (others - 1, other));
                prop_assert!(more <= upper + 1e-12);
                // P(X >= k) + P(X <= k - 1) = 1, and the latter is the upper tail of the other side.
                let lower = fisher_upper_tail((others, other), (events, count));
                let both = more + lower;
                prop_assert!((both - 1.0).abs() < 1e-9, "{}", both);
            }
        }
    }
}
