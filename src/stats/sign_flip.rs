//! Many tests on the same pairs: what would chance have made of them?
//!
//! Which of two blocks is the candidate's was decided by a coin. If that makes no difference, every pair's difference
//! could as well have had the other sign. The signs are drawn again, many times, for all tests at once; how often the
//! largest of all statistics is at least as large as one that was seen is the p-value of that one, adjusted for all.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::student_score::StudentScore;
use super::trimmed::cut;

/// Up to so many pairs all signs there are can be tried: 2^15 is fewer than the draws that are usual.
const MOST_ENUMERATED: usize = 15;
/// Statistics that differ by rounding only count as equal.
const ROUNDING: f64 = 1e-9;

/// One test: is the middle of these differences above zero?
#[derive(Debug, Clone, PartialEq)]
pub struct PairTest {
    /// The number of the pair and its difference, each pair at most once. Tests with the same pair share its sign.
    pub differences: Vec<(usize, f64)>,
    /// What is trimmed off at each end before the mean is taken, 0 to 0.49.
    pub share: f64,
    /// What the statistic that was seen is divided by, one or more: how much less is known than the pairs tell.
    pub widening: f64,
    /// Degrees of freedom of the standard error that was seen; those of the pairs where they are fewer. What is known of few
    /// epochs makes them few, and large statistics likely.
    pub freedom: f64,
}

/// What the draws say of each test, in the order in which they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct SignFlips {
    /// P-values that the middle is above zero, adjusted for all tests together.
    pub above: Vec<f64>,
    /// P-values that it is below zero, adjusted for all tests together, as a family of their own.
    pub below: Vec<f64>,
    /// Of each test, how its statistic is made comparable; none where it has fewer than two differences.
    scores: Vec<Option<StudentScore>>,
    /// Of each test, how many differences it has.
    counts: Vec<usize>,
    /// The largest statistic of each draw, from the largest down.
    maxima: Vec<f64>,
    /// Whether the draws were all there are, what was seen among them.
    whole: bool,
}

/// Tests differences of pairs for their middle being above, and below, zero, with `draws` drawings of the signs of
/// `pairs` pairs from `seed`; with all possible ones when there are fewer than that.
///
/// The statistic is the trimmed mean over its standard error ([`super::Trimmed`]) as a normal score, so that tests of
/// few and of many pairs can be compared. Adjusted step-down: the largest statistic that was seen is compared with the
/// largest of all tests in each draw, the second with the largest of all but the first, and so on; no adjusted p-value
/// is below that of a larger statistic. This is min-P with the p-value of each test taken from Student's t instead of
/// its rank among the draws: ranks end at one in the number of draws, which is too coarse for many tests. The error of
/// the approximation is in the draws as well, so the adjusted p-value is exact whatever the distribution.
///
/// Sources: Fisher (1935), "The Design of Experiments", 21; Westfall & Young (1993), "Resampling-Based Multiple
/// Testing", algorithms 2.8 and 4.1; Phipson & Smyth (2010), "Permutation p-values should never be zero".
///
/// Cost: draws times differences, one or two nanoseconds each.
pub fn sign_flips(tests: &[PairTest], pairs: usize, draws: usize, seed: u64) -> SignFlips {
    let prepared: Vec<Prepared> = tests.iter().map(Prepared::of).collect();
    let longest = prepared.iter().map(|test| test.sizes.len()).max().unwrap_or(0);
    let mut flipped = vec![0.0; longest];
    let seen: Vec<f64> = prepared.iter().map(|test| test.seen(&mut flipped)).collect();
    let mut falling: Vec<usize> = (0..tests.len()).collect();
    falling.sort_by(|&a, &b| seen[b].total_cmp(&seen[a]));

    let whole = pairs <= MOST_ENUMERATED && 1 << pairs <= draws;
    let draws = if whole { 1 << pairs } else { draws };
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut signs = vec![0u64; pairs.div_ceil(64).max(1)];
    let (mut above, mut below) = (vec![0u64; tests.len()], vec![0u64; tests.len()]);
    let (mut drawn, mut maxima) = (vec![0.0; tests.len()], Vec::with_capacity(draws));
    for draw in 0..draws {
        if whole {
            signs[0] = draw as u64;
        } else {
            signs.iter_mut().for_each(|word| *word = random.random());
        }
        for (score, test) in drawn.iter_mut().zip(&prepared) {
            *score = test.score(&signs, &mut flipped);
        }
        maxima.push(count_reached(&mut above, falling.iter().rev().map(|&at| (at, drawn[at], seen[at]))));
        count_reached(&mut below, falling.iter().map(|&at| (at, -drawn[at], -seen[at])));
    }
    maxima.sort_by(|a, b| b.total_cmp(a));
    // What was seen is one of all possible draws, and is counted once.
    let p = |count: u64| if whole { count as f64 / draws as f64 } else { (count + 1) as f64 / (draws + 1) as f64 };
    let falling_order = falling.iter().copied();
    let above = rising_along(falling_order.clone(), above.into_iter().map(p).collect());
    let below = rising_along(falling_order.rev(), below.into_iter().map(p).collect());
    let (scores, counts) = prepared.iter().map(|test| (test.seen_score, test.sizes.len())).unzip();
    SignFlips { above, below, scores, counts, maxima, whole }
}

impl SignFlips {
    /// The least statistic (trimmed mean over standard error) with which a test would have had an adjusted p-value of at
    /// most `alpha` if it were the largest of all; none where no statistic would do, because there are too few pairs.
    pub fn critical(&self, test: usize, alpha: f64) -> Option<f64> {
        // Whatever is seen is one of all signs that its own pairs can have.
        if self.counts.get(test).is_none_or(|&count| 0.5f64.powf(count as f64) > alpha) {
            return None;
        }
        let draws = self.maxima.len();
        // As many draws may reach it.
        let allowed = if self.whole { (alpha * draws as f64).floor() } else { (alpha * (draws + 1) as f64).floor() - 1.0 };
        if allowed < if self.whole { 1.0 } else { 0.0 } {
            return None;
        }
        let least = *self.maxima.get(if self.whole { allowed as usize - 1 } else { allowed as usize })?;
        self.scores.get(test).copied().flatten()?.statistic(least)
    }
}

/// For each test from the smallest statistic to the largest: was it reached by it or by any before it in this draw?
/// Returns the largest of all.
fn count_reached(counts: &mut [u64], rising: impl Iterator<Item = (usize, f64, f64)>) -> f64 {
    let mut largest = f64::NEG_INFINITY;
    for (at, drawn, seen) in rising {
        largest = largest.max(drawn);
        counts[at] += u64::from(largest >= seen - ROUNDING);
    }
    largest
}

/// No value below the one before it in `order`.
fn rising_along(order: impl Iterator<Item = usize>, mut values: Vec<f64>) -> Vec<f64> {
    let mut least: f64 = 0.0;
    for at in order {
        least = least.max(values[at]);
        values[at] = least;
    }
    values
}

/// A test with its differences in the order of their size: with any signs, the negative ones from the last to the first
/// and then the positive ones from the first to the last are sorted, so that no draw has to sort.
struct Prepared {
    /// Word and bit of the pair, whether the difference was negative, and its size, from the largest to the smallest.
    sizes: Vec<(usize, u32, u64, f64)>,
    cut: usize,
    share: f64,
    widening: f64,
    /// Of draws.
    score: Option<StudentScore>,
    /// Of what was seen.
    seen_score: Option<StudentScore>,
}

impl Prepared {
    fn of(test: &PairTest) -> Self {
        let mut sizes: Vec<(usize, u32, u64, f64)> = test
            .differences
            .iter()
            .map(|&(pair, value)| (pair / 64, (pair % 64) as u32, u64::from(value.is_sign_negative()), value.abs()))
            .collect();
        sizes.sort_by(|a, b| b.3.total_cmp(&a.3));
        let share = test.share.clamp(0.0, 0.49);
        let cut = cut(sizes.len(), share);
        let kept = sizes.len() - 2 * cut;
        let freedom = (kept > 1).then_some(kept as f64 - 1.0);
        let (score, seen_score) = (freedom.map(StudentScore::new), freedom.map(|freedom| StudentScore::new(freedom.min(test.freedom))));
        Self { sizes, cut, share, widening: test.widening.max(1.0), score, seen_score }
    }

    fn seen(&self, flipped: &mut [f64]) -> f64 {
        let highest = self.sizes.iter().map(|size| size.0 + 1).max().unwrap_or(1);
        let Some(score) = self.seen_score else { return f64::NEG_INFINITY };
        score.of(self.statistic(&vec![0; highest], flipped) / self.widening)
    }

    fn score(&self, signs: &[u64], flipped: &mut [f64]) -> f64 {
        self.score.map_or(f64::NEG_INFINITY, |score| score.of(self.statistic(signs, flipped)))
    }

    /// The trimmed mean over its standard error when the pairs whose bit is set change sides.
    fn statistic(&self, signs: &[u64], flipped: &mut [f64]) -> f64 {
        let count = self.sizes.len();
        let (mut low, mut high) = (0, count);
        for &(word, bit, negative, size) in &self.sizes {
            // Half of the signs are either: arithmetic, because no branch could be predicted.
            let negative = (signs[word] >> bit & 1) ^ negative;
            let (down, up) = (negative as usize, 1 - negative as usize);
            high -= up;
            flipped[low * down + high * up] = size * (1.0 - 2.0 * negative as f64);
            low += down;
        }
        let kept = &flipped[self.cut..count - self.cut];
        let (mut sum, mut squares) = (0.0, 0.0);
        for value in kept {
            sum += value;
            squares += value * value;
        }
        let (lowest, highest, outer, all) = (kept[0], kept[kept.len() - 1], self.cut as f64, count as f64);
        let winsorised = sum + outer * (lowest + highest);
        let squares = squares + outer * (lowest * lowest + highest * highest);
        let variance = (squares - winsorised * winsorised / all) / (all - 1.0);
        let mean = sum / kept.len() as f64;
        let error = variance.max(0.0).sqrt() / ((1.0 - 2.0 * self.share) * all.sqrt());
        if mean == 0.0 { 0.0 } else { mean / error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIRST: [f64; 10] = [0.031, -0.012, 0.054, 0.007, 0.022, 0.09, 0.041, 0.018, -0.005, 0.027];
    const SECOND: [f64; 10] = [0.01, 0.02, -0.03, 0.005, 0.015, 0.04, -0.002, 0.011, 0.006, 0.001];

    fn test(differences: &[f64]) -> PairTest {
        PairTest { differences: differences.iter().copied().enumerate().collect(), share: 0.2, widening: 1.0, freedom: f64::INFINITY }
    }

    #[test]
    fn all_signs_of_ten_pairs_agree_with_numpy() {
        // Trimmed mean over its standard error, by itertools.product([1, -1], repeat=10), numpy.sort and numpy.std.
        let found = sign_flips(&[test(&SECOND), test(&FIRST)], 10, 50_000, 1);
        assert_eq!((found.above[1], found.above[0]), (12.0 / 1024.0, 17.0 / 1024.0));
        assert_eq!((found.below[1], found.below[0]), (1.0, 1.0));
        assert_eq!(sign_flips(&[test(&FIRST)], 10, 50_000, 1).above, [12.0 / 1024.0]);
    }

    #[test]
    fn drawn_signs_agree_with_all_of_them() {
        let tests = [test(&SECOND), test(&FIRST)];
        let (drawn, all) = (sign_flips(&tests, 10, 1_000, 1), sign_flips(&tests, 10, 1_024, 1));
        for (drawn, all) in drawn.above.iter().zip(&all.above) {
            assert!((drawn - all).abs() < 0.03, "{drawn} for {all}");
        }
        assert_ne!(drawn, all);
        assert_eq!(drawn, sign_flips(&tests, 10, 1_000, 1));
        assert_ne!(drawn, sign_flips(&tests, 10, 1_000, 2));
    }

    #[test]
    fn a_p_value_is_never_zero_and_too_few_pairs_never_reach_a_small_one() {
        let clear: Vec<f64> = (0..100).map(|at| 1.0 + f64::from(at) / 1e3).collect();
        let found = sign_flips(&[test(&clear)], 100, 999, 3);
        assert_eq!((found.above[0], found.below[0]), (0.001, 1.0));
        assert!(found.critical(0, 0.001).unwrap() > found.critical(0, 0.05).unwrap());
        assert_eq!(found.critical(0, 0.0001), None);
        // Trimming takes off the smallest of five, whichever sign it has.
        let few = sign_flips(&[test(&clear[..5])], 5, 50_000, 3);
        assert_eq!(few.above[0], 2.0 / 32.0);
        assert_eq!(few.critical(0, 0.001), None);
        // A test with many pairs does not lend them to one with few.
        let both = sign_flips(&[test(&clear[..5]), test(&clear)], 100, 9_999, 3);
        assert_eq!((both.critical(0, 0.001), both.critical(1, 0.001).is_some()), (None, true));
    }

    #[test]
    fn a_test_without_differences_says_nothing_and_harms_no_other() {
        let found = sign_flips(&[test(&[]), test(&FIRST), test(&[0.5])], 10, 50_000, 1);
        assert_eq!((found.above[0], found.above[2]), (1.0, 1.0));
        assert_eq!(found.above[1], 12.0 / 1024.0);
        assert_eq!(found.critical(0, 0.01), None);
    }

    #[test]
    fn what_is_less_certain_than_the_pairs_tell_needs_a_larger_middle() {
        let wide = PairTest { widening: 2.0, ..test(&FIRST) };
        assert!(sign_flips(&[wide], 10, 50_000, 1).above[0] > 2.0 * 12.0 / 1024.0);
    }

    #[test]
    fn an_error_of_few_degrees_of_freedom_needs_a_larger_middle() {
        let clear: Vec<f64> = (0..40).map(|at| 1.0 + f64::from(at % 7) / 3.0).collect();
        let of = |freedom| sign_flips(&[PairTest { freedom, widening: 6.0, ..test(&clear) }], 40, 50_000, 1);
        let (known, guessed) = (of(f64::INFINITY), of(3.0));
        // Of 23 and of 3 degrees scipy.stats.t.ppf(0.999, [23, 3]) = 3.49, 10.2.
        let critical = |found: &SignFlips| found.critical(0, 0.001).unwrap();
        let (known_least, guessed_least) = (critical(&known), critical(&guessed));
        assert!((3.2..4.2).contains(&known_least) && (2.5..4.5).contains(&(guessed_least / known_least)), "{known_least} {guessed_least}");
        assert!(known.above[0] < 0.03 && guessed.above[0] > 2.5 * known.above[0], "{} {}", known.above[0], guessed.above[0]);
        assert_eq!(of(100.0), known, "the pairs have no more than 23");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn sides_mirror_each_other_and_more_tests_never_lower_a_p_value(
            one in prop::collection::vec(-1.0f64..1.0, 2..9), other in prop::collection::vec(-1.0f64..1.0, 2..9),
        ) {
            let mirrored = |values: &[f64]| test(&values.iter().map(|value| -value).collect::<Vec<_>>());
            let both = sign_flips(&[test(&one), test(&other)], 9, 50_000, 1);
            let turned = sign_flips(&[mirrored(&one), mirrored(&other)], 9, 50_000, 1);
            prop_assert_eq!(&both.above, &turned.below);
            let alone = sign_flips(&[test(&one)], 9, 50_000, 1);
            prop_assert!(both.above[0] >= alone.above[0] && both.below[0] >= alone.below[0]);
        }

        #[test]
        fn a_p_value_is_at_most_alpha_exactly_where_the_critical_statistic_is_reached(
            values in prop::collection::vec(-0.3f64..1.0, 8..12), alpha in 0.005f64..0.2,
        ) {
            let found = sign_flips(&[test(&values)], 12, 50_000, 1);
            let statistic = super::super::Trimmed::of(&values, 0.2).unwrap();
            match found.critical(0, alpha) {
                Some(critical) => {
                    let statistic = statistic.mean / statistic.error;
                    prop_assume!((statistic - critical).abs() > 1e-6);
                    prop_assert_eq!(found.above[0] <= alpha, statistic > critical, "{} {}", statistic, critical);
                }
                None => prop_assert!(found.above[0] > alpha),
            }
        }
    }
}
