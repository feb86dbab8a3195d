//! A percentile of blocks that are too short to have one of their own.
//!
//! A block of seventy requests has no p95 worth the name, but it has a number of requests that took longer than the p95
//! of its neighbourhood: of the blocks of both arms in some consecutive pairs. That percentile is the same whichever
//! block of a pair is the candidate's, so pairs can be swapped whole; and it drifts with the machine, so that a slow
//! second counts against nobody. The difference of a pair is how many more requests of the candidate were beyond it.
//!
//! The change in percent is the one that the test would not see: the factor by which the candidate's times have to be
//! divided so that the middle difference is zero. Its error is how much further they would have to be divided until the
//! test sees something (Hodges & Lehmann (1963), "Estimates of location based on rank tests"; the interval that goes
//! with a test, Lehmann & Romano, "Testing Statistical Hypotheses", 3.5).

use super::difference::trimmed;
use super::scope::Sides;
use crate::stats::{Trimmed, student_t_quantile};

/// So many times of a neighbourhood are beyond its percentile.
const BEYOND: f64 = 20.0;
/// With fewer times than this beyond the percentile in a block, most differences are nothing or one: trimming would cut
/// off what there is to see.
const FEW_BEYOND: f64 = 2.0;
/// Changes are looked for within the logarithms of these factors: 8 % first, and at last 780 million times, further than any two
/// times of a histogram are apart.
const NEAREST: f64 = 0.08;
const FARTHEST: f64 = 20.5;
/// A change is found to a hundredth of a percent; the histograms have a tenth of one.
const EXACT: f64 = 1e-4;

/// Pairs, with the numbers of their signs, and the percentile that they are compared at.
pub(super) struct Exceedance<'a> {
    neighbourhoods: Vec<Vec<(usize, &'a Sides)>>,
    percent: f64,
    weight: f64,
    /// What is trimmed off.
    pub(super) share: f64,
}

impl<'a> Exceedance<'a> {
    /// Leaves out pairs with a block without times; none when there is no other.
    pub(super) fn of(pairs: impl Iterator<Item = (usize, &'a Sides)>, percent: f64) -> Option<Self> {
        let pairs: Vec<_> = pairs.filter(|(_, sides)| sides.base.times.count() > 0 && sides.candidate.times.count() > 0).collect();
        if pairs.is_empty() {
            return None;
        }
        let weight = pairs.iter().map(|(_, sides)| Self::weight(sides)).sum::<f64>() / pairs.len() as f64;
        // Of a percentile below the median, what lies before it is scarce.
        let scarce = weight * (percent / 100.0).min(1.0 - percent / 100.0);
        let size = ((BEYOND / (2.0 * scarce)).ceil() as usize).clamp(1, pairs.len());
        let count = pairs.len();
        let neighbourhoods = pairs.chunks(size).map(<[_]>::to_vec).collect();
        Some(Self { neighbourhoods, percent, weight, share: if scarce < FEW_BEYOND { 0.0 } else { trimmed(count) } })
    }

    /// How many times the blocks of a pair have, so that a pair of uneven blocks counts for as much as it says.
    fn weight(sides: &Sides) -> f64 {
        let (base, candidate) = (sides.base.times.count() as f64, sides.candidate.times.count() as f64);
        2.0 * base * candidate / (base + candidate)
    }

    /// By how much the share of times beyond the percentile is larger in the candidate's block of each pair, once its
    /// times are divided by e to the power of `shift`.
    pub(super) fn differences(&self, shift: f64) -> Vec<(usize, f64)> {
        let factor = (-shift).exp();
        let mut differences = Vec::new();
        let mut together: Vec<(f64, u64)> = Vec::new();
        for pairs in &self.neighbourhoods {
            together.clear();
            for (_, sides) in pairs {
                together.extend(sides.base.times.iter().map(|(time, count)| (time as f64, count)));
                together.extend(sides.candidate.times.iter().map(|(time, count)| (time as f64 * factor, count)));
            }
            let edge = Edge::of(&mut together, self.percent);
            for (pair, sides) in pairs {
                let beyond = |side: &super::times::Times, factor: f64| {
                    side.iter().map(|(time, count)| count as f64 * edge.beyond(time as f64 * factor)).sum::<f64>() / side.count() as f64
                };
                let difference = beyond(&sides.candidate.times, factor) - beyond(&sides.base.times, 1.0);
                differences.push((*pair, difference * Self::weight(sides) / self.weight));
            }
        }
        differences
    }

    /// The change of the percentile as a logarithm, with its standard error; none for fewer than two pairs, or for so few that
    /// their change has no bounds.
    pub(super) fn estimate(&self) -> Option<Trimmed> {
        let freedom = self.middle(0.0)?.freedom;
        let edge = student_t_quantile(0.975, freedom);
        let (low, mean, high) = (self.shift_with(edge)?, self.shift_with(0.0)?, self.shift_with(-edge)?);
        Some(Trimmed { mean, error: (high - low) / (2.0 * edge), freedom })
    }

    /// The change alone.
    pub(super) fn change(&self) -> Option<f64> {
        self.shift_with(0.0)
    }

    fn middle(&self, shift: f64) -> Option<Trimmed> {
        let differences: Vec<f64> = self.differences(shift).into_iter().map(|(_, difference)| difference).collect();
        Trimmed::of(&differences, self.share)
    }

    /// The shift at which the middle difference over its standard error falls to `statistic`.
    fn shift_with(&self, statistic: f64) -> Option<f64> {
        let at = |shift: f64| {
            let middle = self.middle(shift)?;
            Some(if middle.mean == 0.0 { 0.0 } else { middle.mean / middle.error } - statistic)
        };
        // Most changes are small: a narrow bracket first, wider ones where it holds nothing.
        let mut reach = NEAREST;
        while at(-reach)? < 0.0 || at(reach)? > 0.0 {
            reach *= 4.0;
            if reach > FARTHEST {
                return None;
            }
        }
        let (mut low, mut high) = (-reach, reach);
        while high - low > EXACT {
            let middle = f64::midpoint(low, high);
            if at(middle)? > 0.0 { low = middle } else { high = middle }
        }
        Some(f64::midpoint(low, high))
    }
}

/// The percentile of a neighbourhood, and which part of the times that equal it are counted as beyond.
struct Edge {
    time: f64,
    share: f64,
}

impl Edge {
    fn of(times: &mut [(f64, u64)], percent: f64) -> Self {
        times.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let count = times.iter().map(|(_, count)| count).sum::<u64>() as f64;
        let wanted = count * (1.0 - percent / 100.0);
        let mut beyond = 0.0;
        let mut at = 0;
        while at < times.len() {
            let time = times[at].0;
            let equal = times[at..].iter().take_while(|next| next.0 == time).count();
            let here = times[at..at + equal].iter().map(|(_, count)| count).sum::<u64>() as f64;
            if beyond + here >= wanted {
                return Self { time, share: (wanted - beyond) / here };
            }
            beyond += here;
            at += equal;
        }
        Self { time: 0.0, share: 0.0 }
    }

    fn beyond(&self, time: f64) -> f64 {
        if time > self.time {
            1.0
        } else if time == self.time {
            self.share
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::Side;
    use super::super::times::Times;
    use super::*;
    use crate::metrics::Histogram;
    use crate::record::BlockPhase;
    use crate::units::Micros;
    use proptest::prelude::*;

    fn sides(base: &[u64], candidate: &[u64]) -> Sides {
        let side = |times: &[u64]| {
            let mut histogram = Histogram::default();
            times.iter().for_each(|&time| histogram.record(Micros(time)));
            Side { requests: times.len() as u64, failures: 0, throughput: 0.0, times: Times::of([histogram]) }
        };
        Sides { phase: BlockPhase::Latency, epoch: 0, base: side(base), candidate: side(candidate) }
    }

    fn of(pairs: &[Sides], percent: f64) -> Exceedance<'_> {
        Exceedance::of(pairs.iter().enumerate(), percent).unwrap()
    }

    fn pairs() -> impl Strategy<Value = Vec<(Vec<u64>, Vec<u64>)>> {
        let times = || prop::collection::vec(100u64..2_000, 1..40);
        prop::collection::vec((times(), times()), 2..20)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn swapping_a_pair_turns_its_sign_and_leaves_the_others(times in pairs(), which: prop::sample::Index, percent in 50.0f64..99.0) {
            let swapped = which.index(times.len());
            let plain: Vec<Sides> = times.iter().map(|(base, candidate)| sides(base, candidate)).collect();
            let turned: Vec<Sides> = times.iter().enumerate()
                .map(|(at, (base, candidate))| if at == swapped { sides(candidate, base) } else { sides(base, candidate) })
                .collect();
            for (before, after) in of(&plain, percent).differences(0.0).iter().zip(of(&turned, percent).differences(0.0)) {
                let expected = if before.0 == swapped { -before.1 } else { before.1 };
                prop_assert!((after.1 - expected).abs() < 1e-12);
            }
        }

        #[test]
        fn a_slower_candidate_is_beyond_the_percentile_more_often(times in pairs(), percent in 50.0f64..99.0) {
            let plain: Vec<Sides> = times.iter().map(|(base, candidate)| sides(base, candidate)).collect();
            let exceedance = of(&plain, percent);
            let sum = |shift| exceedance.differences(shift).iter().map(|difference| difference.1).sum::<f64>();
            // A positive shift makes it faster again.
            prop_assert!(sum(-5.0) >= sum(0.0) - 1e-9 && sum(0.0) >= sum(5.0) - 1e-9);
        }
    }

    #[test]
    fn times_that_are_ten_percent_longer_are_found_to_be() {
        let base = |pair: u64| (0..30).map(|at| 1_000 + (at * 37 + pair * 11) % 500).collect::<Vec<u64>>();
        let candidate = |pair: u64| base(pair + 5).iter().map(|time| time * 11 / 10).collect::<Vec<u64>>();
        let pairs: Vec<Sides> = (0..60).map(|pair| sides(&base(pair), &candidate(pair))).collect();
        for percent in [50.0, 95.0] {
            let found = of(&pairs, percent).estimate().unwrap();
            assert!((found.mean - 1.1f64.ln()).abs() < 0.01, "p{percent}: {found:?}");
            assert!(found.error > 0.0 && found.error < 0.02, "p{percent}: {found:?}");
        }
    }

    #[test]
    fn a_change_beyond_all_measure_is_found_too() {
        let base = |pair: u64| (0..30).map(|at| 300 + (at * 37 + pair * 11) % 50).collect::<Vec<u64>>();
        let hanging = |pair: u64| base(pair + 5).iter().map(|time| time * 10_000).collect::<Vec<u64>>();
        let worse: Vec<Sides> = (0..60).map(|pair| sides(&base(pair), &hanging(pair))).collect();
        let better: Vec<Sides> = (0..60).map(|pair| sides(&hanging(pair), &base(pair))).collect();
        for percent in [50.0, 95.0] {
            for (pairs, change) in [(&worse, 10_000f64.ln()), (&better, -10_000f64.ln())] {
                let found = of(pairs, percent).estimate().unwrap();
                assert!((found.mean - change).abs() < 0.03 && found.error < 0.02, "p{percent}: {found:?}");
            }
        }
    }

    #[test]
    fn blocks_without_times_are_left_out() {
        assert!(Exceedance::of([sides(&[], &[5]), sides(&[5], &[])].iter().enumerate(), 50.0).is_none());
        let found = of(&[sides(&[], &[5]), sides(&[3, 4], &[5, 6])], 50.0).differences(0.0);
        assert_eq!(found, [(1, 1.0)]);
    }
}
