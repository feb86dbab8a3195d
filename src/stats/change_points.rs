//! Where a series of numbers changed its level.
//!
//! E-divisive: a segment is split where the energy distance between its two sides, weighted by their sizes, is largest,
//! and each side is split again (Matteson & James (2014), "A nonparametric approach for multiple change point analysis
//! of multivariate data", with an exponent of 1). Instead of by permutations a split is tested by Student's t-test, and
//! splits that are weak beside their neighbours are taken back, the weakest first, as Fleming et al. (2023), "Hunter:
//! using change point detection to hunt for performance regressions", do for exactly this purpose: it gives the same
//! answer each time, and keeps a change that became visible only with later values.

use super::distribution::student_t_upper_tail;
use super::location::mean;
use super::spread::variance;

/// What counts as a change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangeRules {
    /// The t-test's two-sided p-value must be below it.
    pub level: f64,
    /// The means must lie at least this far apart.
    pub least_shift: f64,
    /// So many values make a level; fewer odd ones are none, and belong to the level beside them that is nearer.
    pub fewest: usize,
}

/// A change of level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// The index of the first value of the new level.
    pub at: usize,
    /// The mean of the level before: of the values since the change before.
    pub before: f64,
    /// The mean of the level that begins here, up to the next change.
    pub after: f64,
    /// Two-sided, of the t-test between the two levels.
    pub p: f64,
}

/// A split that is only looked at again later may be this many times less clear than a change has to be.
const PATIENCE: f64 = 10.0;

/// The changes of level in a series, oldest first. None in a series too short for two levels, or with values that are
/// not finite. Cost: the square of its length, times the number of changes.
pub fn change_points(series: &[f64], rules: &ChangeRules) -> Vec<ChangePoint> {
    if series.iter().any(|value| !value.is_finite()) {
        return Vec::new();
    }
    let mut splits = Vec::new();
    split(series, 0, rules.level * PATIENCE, &mut splits);
    splits.sort_unstable();
    while let Some(at) = split_beside_a_short_level(series, &splits, rules.fewest) {
        splits.remove(at);
    }
    // The weakest goes first, because it blurs the levels beside it.
    loop {
        let found = levels(series, &splits);
        let strong = |point: &ChangePoint| point.p < rules.level && (point.after - point.before).abs() >= rules.least_shift;
        let weakest = found.iter().enumerate().filter(|(_, point)| !strong(point)).max_by(|a, b| a.1.p.total_cmp(&b.1.p));
        match weakest {
            Some((at, _)) => drop(splits.remove(at)),
            None => return found,
        }
    }
}

/// The split of a segment with the largest energy distance between its sides, as the size of the first side; none for a
/// segment of fewer than two.
fn best_split(segment: &[f64]) -> Option<usize> {
    let energy = energies(segment);
    (1..segment.len()).max_by(|&a, &b| energy[a].total_cmp(&energy[b]).then(b.cmp(&a)))
}

/// Q(m): m n / (m + n) times the energy distance (exponent 1) between the first m values and the n others.
///
/// The distance is 2 E|X - Y| - E|X - X'| - E|Y - Y'|, the means over pairs of different values; a side of one value has
/// none of those. Zero where a side is empty.
fn energies(segment: &[f64]) -> Vec<f64> {
    let distance = |a: usize, b: usize| (segment[a] - segment[b]).abs();
    let count = segment.len();
    let within =
        |range: std::ops::Range<usize>| -> f64 { range.clone().map(|a| (a + 1..range.end).map(|b| distance(a, b)).sum::<f64>()).sum() };
    let (mut before, mut after, mut across) = (0.0, within(0..count), 0.0);
    let mut energies = vec![0.0; count + 1];
    for (m, energy) in energies.iter_mut().enumerate().take(count).skip(1) {
        // The value at m - 1 changes sides.
        let moved = m - 1;
        let to_before: f64 = (0..moved).map(|other| distance(moved, other)).sum();
        let to_after: f64 = (m..count).map(|other| distance(moved, other)).sum();
        before += to_before;
        after -= to_after;
        across += to_after - to_before;
        let (first, second) = (m as f64, (count - m) as f64);
        let mean_within = |sum: f64, size: f64| if size < 2.0 { 0.0 } else { 2.0 * sum / (size * (size - 1.0)) };
        let distance = 2.0 * across / (first * second) - mean_within(before, first) - mean_within(after, second);
        *energy = first * second / (first + second) * distance;
    }
    energies
}

fn split(series: &[f64], start: usize, level: f64, splits: &mut Vec<usize>) {
    let Some(at) = best_split(series) else { return };
    let (before, after) = series.split_at(at);
    if t_test(before, after) >= level {
        return;
    }
    splits.push(start + at);
    split(before, start, level, splits);
    split(after, start + at, level, splits);
}

/// Of the first level with fewer than so many values, the split to its nearer neighbour, as its place among the splits.
fn split_beside_a_short_level(series: &[f64], splits: &[usize], fewest: usize) -> Option<usize> {
    let bounds: Vec<usize> = std::iter::once(0).chain(splits.iter().copied()).chain([series.len()]).collect();
    let level = |at: usize| mean(&series[bounds[at]..bounds[at + 1]]).unwrap_or_default();
    let short = (0..splits.len() + 1).find(|&at| bounds[at + 1] - bounds[at] < fewest)?;
    let step = |split: usize| (level(split) - level(split + 1)).abs();
    match (short.checked_sub(1), (short < splits.len()).then_some(short)) {
        (Some(before), Some(after)) => Some(if step(before) <= step(after) { before } else { after }),
        (before, after) => before.or(after),
    }
}

/// The change at each split, between the levels beside it.
fn levels(series: &[f64], splits: &[usize]) -> Vec<ChangePoint> {
    let bounds: Vec<usize> = std::iter::once(0).chain(splits.iter().copied()).chain([series.len()]).collect();
    bounds
        .windows(3)
        .map(|bounds| {
            let (before, after) = (&series[bounds[0]..bounds[1]], &series[bounds[1]..bounds[2]]);
            let of = |level: &[f64]| mean(level).unwrap_or_default();
            ChangePoint { at: bounds[1], before: of(before), after: of(after), p: t_test(before, after) }
        })
        .collect()
}

/// The two-sided p-value of Student's t-test with pooled variance; zero for different levels without any spread, one for
/// equal ones.
fn t_test(left: &[f64], right: &[f64]) -> f64 {
    let (Some(left_mean), Some(right_mean)) = (mean(left), mean(right)) else { return 1.0 };
    let (m, n) = (left.len() as f64, right.len() as f64);
    let freedom = m + n - 2.0;
    if freedom <= 0.0 {
        return 1.0;
    }
    let squares = |values: &[f64]| variance(values).unwrap_or(0.0) * (values.len() as f64 - 1.0);
    let error = ((squares(left) + squares(right)) / freedom * (1.0 / m + 1.0 / n)).sqrt();
    let shift = (left_mean - right_mean).abs();
    if shift == 0.0 {
        return 1.0;
    }
    if error == 0.0 { 0.0 } else { 2.0 * student_t_upper_tail(shift / error, freedom) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: ChangeRules = ChangeRules { level: 0.001, least_shift: 0.05, fewest: 3 };

    /// Small numbers that look like noise, between -0.02 and 0.02; the same each time.
    fn noise(at: usize) -> f64 {
        0.02 * (at as f64 * 12.9898).sin() * (at as f64 * 4.1414).cos()
    }

    fn series(levels: &[(f64, usize)]) -> Vec<f64> {
        let levels = levels.iter().flat_map(|&(level, count)| std::iter::repeat_n(level, count));
        levels.enumerate().map(|(at, level)| level + noise(at)).collect()
    }

    fn places(series: &[f64]) -> Vec<usize> {
        change_points(series, &RULES).iter().map(|point| point.at).collect()
    }

    #[test]
    fn a_change_is_found_where_it_is() {
        assert_eq!(places(&series(&[(1.0, 20), (1.1, 20)])), [20]);
        assert_eq!(places(&series(&[(1.0, 12), (1.2, 15), (1.0, 13)])), [12, 27]);
        assert_eq!(places(&series(&[(1.0, 46), (1.3, 4)])), [46]);
    }

    #[test]
    fn what_is_too_small_too_short_or_no_change_is_none() {
        assert_eq!(places(&series(&[(1.0, 50)])), [] as [usize; 0]);
        assert_eq!(places(&series(&[(1.0, 25), (1.04, 25)])), [] as [usize; 0]);
        // One odd run, two odd runs: no level.
        assert_eq!(places(&series(&[(1.0, 20), (2.0, 1), (1.0, 20)])), [] as [usize; 0]);
        assert_eq!(places(&series(&[(1.0, 20), (1.5, 2)])), [] as [usize; 0]);
        // A run on the way from one level to the next belongs to the nearer one.
        assert_eq!(places(&series(&[(1.0, 20), (1.8, 1), (2.0, 20)])), [20]);
        for short in [&[][..], &[1.0], &[1.0, 2.0], &[1.0, 1.0, 2.0, 2.0, 2.0]] {
            assert_eq!(places(short), [] as [usize; 0]);
        }
        assert_eq!(places(&[1.0, 1.0, 1.0, f64::NAN, 2.0, 2.0, 2.0, 2.0]), [] as [usize; 0]);
        assert_eq!(places(&[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]), [3]);
        assert_eq!(places(&[1.0; 30]), [] as [usize; 0]);
    }

    /// numpy 2, mean absolute differences over pairs; scipy.stats.ttest_ind(equal_var=True) of SciPy 1.17.1
    #[test]
    fn agrees_with_numpy_and_scipy_1_17() {
        let values = [4.61, 4.58, 4.63, 4.60, 4.66, 4.57, 4.62, 4.59, 4.64, 4.60, 4.71, 4.76, 4.69, 4.73, 4.74, 4.72];
        let energies = energies(&values);
        for (size, expected) in [
            (1, 0.042_857_142_857_142_72),
            (3, 0.075),
            (9, 0.431_25),
            (10, 0.625),
            (11, 0.487_5),
            (13, 0.296_875),
            (15, 0.083_035_714_285_713_99),
        ] {
            assert!((energies[size] - expected).abs() < 1e-12, "{size}: {}", energies[size]);
        }
        let found = change_points(&values, &RULES);
        assert_eq!(found.len(), 1);
        let ChangePoint { at, before, after, p } = found[0];
        assert_eq!(at, 10);
        assert!((before - 4.61).abs() < 1e-12 && (after - 4.725).abs() < 1e-12);
        assert!((p / 8.249_653_407_611_499e-7 - 1.0).abs() < 1e-6, "{p}");
        assert!((t_test(&[1.0, 2.0, 4.0], &[2.5, 3.5, 5.0, 7.0]) - 0.175_476_170_779_717_83).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn levels_lie_between_the_changes_and_all_changes_are_clear(
            values in prop::collection::vec(-1.0f64..1.0, 0..40), step in -2.0f64..2.0, at in 0usize..40,
        ) {
            let values: Vec<f64> = values.iter().enumerate().map(|(place, value)| 0.1 * value + if place < at { 0.0 } else { step }).collect();
            let found = change_points(&values, &RULES);
            let mut begin = 0;
            for (number, point) in found.iter().enumerate() {
                let end = found.get(number + 1).map_or(values.len(), |next| next.at);
                prop_assert!(point.at - begin >= 3 && end - point.at >= 3);
                prop_assert!(point.p < RULES.level && (point.after - point.before).abs() >= RULES.least_shift);
                prop_assert!((mean(&values[begin..point.at]).unwrap() - point.before).abs() < 1e-9);
                prop_assert!((mean(&values[point.at..end]).unwrap() - point.after).abs() < 1e-9);
                begin = point.at;
            }
        }

        #[test]
        fn neither_the_origin_nor_the_direction_of_time_matters(
            levels in prop::collection::vec((0u8..5, 4usize..12), 1..5), shift in -10.0f64..10.0,
        ) {
            let values = series(&levels.iter().map(|&(level, count)| (f64::from(level) / 4.0, count)).collect::<Vec<_>>());
            let moved: Vec<f64> = values.iter().map(|value| value + shift).collect();
            prop_assert_eq!(places(&values), places(&moved));
            let reversed: Vec<f64> = values.iter().rev().copied().collect();
            let mut back: Vec<usize> = places(&reversed).iter().map(|at| values.len() - at).collect();
            back.reverse();
            prop_assert_eq!(places(&values), back);
        }
    }
}
