//! One number of each pair.

use std::collections::BTreeMap;

use super::epochs::widened;
use super::exceedance::Exceedance;
use super::scope::{Scope, Sides};
use crate::compare::Figure;
use crate::record::BlockPhase;
use crate::stats::{PairTest, Trimmed, batch_inflation, share_for_signs};

/// The share of pairs that is trimmed off at each end: blocks of 200 ms have heavy tails. Less of few pairs...
const SHARE: f64 = 0.2;
/// ...so that chance trims off all of one sign with a probability far below the alpha of a look.
const ALL_TRIMMED: f64 = 3e-5;
/// As long as this part of the pairs has blocks with samples enough, the others are left out of it.
const NEARLY_ALL: f64 = 0.9;

/// A busy machine keeps one of two processes waiting for seconds: neighbouring pairs then err in the same direction.
const LASTING: usize = 5;
/// Fewer such stretches would not tell how much they differ: where there are few pairs, the stretches are shorter.
const STRETCHES: usize = 10;

/// What the pairs say of a figure: how much it changed, and the test that it did.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    /// The change: a logarithm, or points of the error rate. Its error is widened by what differs between epochs, or by what
    /// lasts for several pairs, whichever is more.
    pub(super) change: Trimmed,
    /// The differences of the pairs, harmful ones positive.
    pub(super) test: PairTest,
}

impl Evidence {
    /// None where there are too few pairs, or their change has no bounds.
    pub(super) fn of(scope: &Scope, figure: Figure) -> Option<Self> {
        match figure.percent() {
            Some(percent) => Self::latency(scope, percent, figure),
            None if figure == Figure::Throughput => {
                let logarithm = |sides: &Sides| logarithm(sides.base.throughput, sides.candidate.throughput);
                let pairs = scope.of_phase(BlockPhase::Throughput);
                let values: Vec<_> = pairs.filter_map(|(pair, sides)| Some((pair, sides.epoch, logarithm(sides)?))).collect();
                let share = trimmed(values.len());
                Self::middle(values, share, figure)
            }
            None => Self::errors(scope, figure),
        }
    }

    /// A percentile of each block where nearly all have samples enough; of the blocks' neighbourhoods otherwise.
    fn latency(scope: &Scope, percent: f64, figure: Figure) -> Option<Self> {
        let per_block = block_support(percent);
        let supported = |sides: &Sides| sides.base.times.count() >= per_block && sides.candidate.times.count() >= per_block;
        let pairs: Vec<_> = scope.of_phase(BlockPhase::Latency).collect();
        let enough: Vec<_> = pairs.iter().filter(|(_, sides)| supported(sides)).collect();
        if enough.len() as f64 >= NEARLY_ALL * pairs.len() as f64 {
            let logarithm = |sides: &Sides| logarithm(sides.base.times.percentile(percent)?, sides.candidate.times.percentile(percent)?);
            let values: Vec<_> = enough.into_iter().filter_map(|(pair, sides)| Some((*pair, sides.epoch, logarithm(sides)?))).collect();
            let share = trimmed(values.len());
            return Self::middle(values, share, figure);
        }
        let exceedance = Exceedance::of(pairs.iter().copied(), percent)?;
        let change = exceedance.estimate()?;
        let mut epochs: BTreeMap<u32, Vec<(usize, &Sides)>> = BTreeMap::new();
        for &(pair, sides) in &pairs {
            epochs.entry(sides.epoch).or_default().push((pair, sides));
        }
        let changes: Vec<f64> = epochs.into_values().filter_map(|pairs| Exceedance::of(pairs.into_iter(), percent)?.change()).collect();
        let differences = exceedance.differences(0.0);
        let wide = lasting(widened(change, &changes), change, differences.iter().map(|difference| difference.1), exceedance.share);
        let test = PairTest { differences, share: exceedance.share, widening: ratio(wide, change), freedom: wide.freedom };
        Some(Self { change: wide, test: harmful(test, figure) })
    }

    /// How many more of the requests of a usual block failed.
    fn errors(scope: &Scope, figure: Figure) -> Option<Self> {
        let pairs: Vec<_> =
            scope.pairs.iter().enumerate().filter(|(_, sides)| sides.base.requests > 0 && sides.candidate.requests > 0).collect();
        // Twice the harmonic mean, as many independent requests as an uneven pair is worth.
        let weight = |sides: &Sides| {
            let (base, candidate) = (sides.base.requests as f64, sides.candidate.requests as f64);
            2.0 * base * candidate / (base + candidate)
        };
        let usual = pairs.iter().map(|(_, sides)| weight(sides)).sum::<f64>() / pairs.len().max(1) as f64;
        let share = |side: &super::scope::Side| side.failures as f64 / side.requests as f64;
        let value = |sides: &Sides| (share(&sides.candidate) - share(&sides.base)) * weight(sides) / usual;
        Self::middle(pairs.into_iter().map(|(pair, sides)| (pair, sides.epoch, value(sides))).collect(), 0.0, figure)
    }

    /// Of values by pair and epoch.
    fn middle(values: Vec<(usize, u32, f64)>, share: f64, figure: Figure) -> Option<Self> {
        let of = |values: &[f64]| Trimmed::of(values, share);
        let change = of(&values.iter().map(|value| value.2).collect::<Vec<_>>())?;
        let mut epochs: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for &(_, epoch, value) in &values {
            epochs.entry(epoch).or_default().push(value);
        }
        let changes: Vec<f64> = epochs.values().filter_map(|values| Some(of(values)?.mean)).collect();
        let wide = lasting(widened(change, &changes), change, values.iter().map(|value| value.2), share);
        let differences = values.into_iter().map(|(pair, _, value)| (pair, value)).collect();
        let test = PairTest { differences, share, widening: ratio(wide, change), freedom: wide.freedom };
        Some(Self { change: wide, test: harmful(test, figure) })
    }
}

/// The share of so many pairs that is trimmed off.
pub(super) fn trimmed(pairs: usize) -> f64 {
    share_for_signs(pairs, SHARE, ALL_TRIMMED)
}

/// `wide`, or `change` with what lasts for several pairs, whose differences come in their order.
fn lasting(wide: Trimmed, change: Trimmed, differences: impl Iterator<Item = f64>, share: f64) -> Trimmed {
    let differences: Vec<f64> = differences.collect();
    let inflation = batch_inflation(&differences, share, LASTING.min(differences.len() / STRETCHES));
    Trimmed { error: wide.error.max(change.error * inflation), ..wide }
}

/// How many samples a block takes to have a percentile of its own: 10 / (1 - p), so that ten lie beyond it.
fn block_support(percent: f64) -> u64 {
    (10.0 / (percent / 100.0).min(1.0 - percent / 100.0)).round() as u64
}

fn logarithm(base: f64, candidate: f64) -> Option<f64> {
    (base > 0.0 && candidate > 0.0).then(|| (candidate / base).ln())
}

fn ratio(wide: Trimmed, plain: Trimmed) -> f64 {
    if plain.error > 0.0 { wide.error / plain.error } else { 1.0 }
}

fn harmful(mut test: PairTest, figure: Figure) -> PairTest {
    test.differences.iter_mut().for_each(|(_, value)| *value *= figure.harm());
    test
}
