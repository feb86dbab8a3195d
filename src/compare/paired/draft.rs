//! One figure of base and candidate, and what is said of it.

use super::difference::Evidence;
use super::errors::{FewErrors, counts};
use super::scope::{ALL, Scope};
use crate::compare::history::OTHER_REQUESTS;
use crate::compare::{Figure, Rule};
use crate::record::{BlockPhase, Contrast, ContrastVerdict};
use crate::stats::{Trimmed, normal_quantile, student_t_quantile};

/// Fewer pairs than this are shown and not judged.
pub(super) const FEWEST_PAIRS: usize = 5;
/// The probability with which the smallest detectable change is found.
const POWER: f64 = 0.95;

/// A figure before all judged figures were looked at together.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) scope: String,
    pub(super) figure: Figure,
    pub(super) rule: Rule,
    /// Of all blocks together, in the figure's unit.
    base: f64,
    candidate: f64,
    pub(super) test: Test,
    /// Whether there are samples enough for a statement.
    pub(super) supported: bool,
    /// Whether it can fail the run.
    pub(super) judged: bool,
}

/// How a figure is tested.
#[derive(Debug)]
pub(super) enum Test {
    /// By the signs of its pairs.
    Pairs(Evidence),
    /// By counts of failures, outside of the family.
    Counts(FewErrors),
    /// Not at all: there is too little of it.
    None,
}

/// What the test of a figure said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    /// P-value of harm, adjusted, to be held against alpha.
    pub(super) worse: f64,
    /// The same of improvement.
    pub(super) better: f64,
    /// The least statistic that would have had a p-value of at most alpha; none where none would.
    pub(super) critical: Option<f64>,
    /// The level that counts of failures are held against, after its adjustment.
    pub(super) level: f64,
}

impl Draft {
    /// None where either arm doesn't have the figure.
    pub(super) fn of(scope: &Scope, figure: Figure, rule: Rule) -> Option<Self> {
        let (base, candidate, mut supported) = match figure.percent() {
            Some(percent) => {
                let (base, candidate) = scope.times();
                let supported = base.count().min(candidate.count()) >= figure.support();
                (base.percentile(percent)?, candidate.percentile(percent)?, supported)
            }
            None if figure == Figure::Throughput => {
                if scope.name != ALL {
                    return None;
                }
                let rates = |candidate: bool| {
                    let sides = scope.of_phase(BlockPhase::Throughput);
                    let rates = sides.map(|(_, sides)| if candidate { sides.candidate.throughput } else { sides.base.throughput });
                    Trimmed::of(&rates.collect::<Vec<_>>(), 0.2).map(|rate| rate.mean)
                };
                // Nothing is no part of anything: a change of it would be endless, which no record can hold.
                (rates(false).filter(|&rate| rate > 0.0)?, rates(true)?, true)
            }
            None => {
                let ((base, base_all), (candidate, all)) = (counts(scope, |sides| &sides.base), counts(scope, |sides| &sides.candidate));
                if base_all == 0 || all == 0 {
                    return None;
                }
                let (fewest, base, candidate) = (base_all.min(all), base as f64 / base_all as f64, candidate as f64 / all as f64);
                // With four failures at the bound it is worth a statement. Sides that lie far apart show it with fewer requests: as
                // many as a median takes.
                let is_plain = fewest >= Figure::P50.support() && (candidate - base).abs() > OTHER_REQUESTS;
                (base, candidate, is_plain || fewest as f64 * rule.bound >= 4.0)
            }
        };
        let few = if figure == Figure::ErrorRate { FewErrors::of(scope) } else { None };
        let test = match few {
            Some(few) => Test::Counts(few),
            None => Evidence::of(scope, figure).map_or(Test::None, Test::Pairs),
        };
        supported &= match &test {
            Test::Pairs(evidence) => evidence.test.differences.len() >= FEWEST_PAIRS,
            Test::Counts(_) => true,
            Test::None => false,
        };
        Some(Self { scope: scope.name.clone(), figure, rule, base, candidate, test, supported, judged: supported && rule.gate })
    }

    /// The finished contrast; `adjusted` says whether the p-value belongs to the family and is shown.
    pub(super) fn finish(&self, outcome: Outcome, alpha: f64, adjusted: bool) -> Contrast {
        let harm = self.figure.harm();
        let change = self.change();
        let delta = change.map_or_else(|| self.plain_change(), |change| self.relative(change.mean));
        let least = self.least_harm(outcome).filter(|_| self.supported);
        let verdict = match change.filter(|_| self.supported) {
            None => ContrastVerdict::Inconclusive,
            Some(_) if outcome.worse <= alpha && self.matters(delta * harm) => ContrastVerdict::Regressed,
            Some(_) if outcome.better <= alpha && self.matters(-delta * harm) => ContrastVerdict::Improved,
            // What could not have failed, because there are too few pairs, is not called fine either.
            Some(change) if least.is_some() && self.is_harmless(self.harm_bound(change)) => ContrastVerdict::Ok,
            Some(_) => ContrastVerdict::Inconclusive,
        };
        let interval = change.filter(|_| self.supported).map(|change| {
            let (low, high) = change.interval(0.95);
            (self.relative(low), self.relative(high))
        });
        Contrast {
            accepted: None,
            scope: self.scope.clone(),
            metric: self.figure.to_string(),
            base: self.base,
            candidate: self.candidate,
            delta,
            interval,
            limit: least.map(|least| self.moved(least)),
            detectable: self.detectable(outcome).filter(|_| self.supported),
            p_adjusted: adjusted.then_some(outcome.worse),
            judged: self.judged,
            verdict,
        }
    }

    /// A logarithm, or points, with its error.
    fn change(&self) -> Option<Trimmed> {
        match &self.test {
            Test::Pairs(evidence) => Some(evidence.change),
            Test::Counts(counts) => {
                let (mean, error) = counts.difference();
                // As good as normal.
                Some(Trimmed { mean, error, freedom: 1e6 })
            }
            Test::None => None,
        }
    }

    /// What the figures of all blocks together differ by, as it is shown, where the pairs say nothing.
    fn plain_change(&self) -> f64 {
        if self.in_points() { self.candidate - self.base } else { self.candidate / self.base - 1.0 }
    }

    fn in_points(&self) -> bool {
        self.figure == Figure::ErrorRate
    }

    /// A change as it is shown: a share of the base, or points.
    fn relative(&self, change: f64) -> f64 {
        if self.in_points() { change } else { change.exp_m1() }
    }

    /// A change that is a share of the base, or points, in the figure's unit.
    fn absolute(&self, change: f64) -> f64 {
        if self.in_points() { change } else { change * self.base }
    }

    /// The base's value changed for the worse by this size.
    fn moved(&self, size: f64) -> f64 {
        self.base + self.figure.harm() * self.absolute(size)
    }

    /// Beyond the least effect and beyond the floor; `size` as it is shown, positive in the direction that is asked for.
    fn matters(&self, size: f64) -> bool {
        size > self.rule.least_effect() && self.rule.floor.is_none_or(|floor| self.absolute(size) > floor)
    }

    fn is_harmless(&self, size: f64) -> bool {
        size < self.rule.bound || self.rule.floor.is_some_and(|floor| self.absolute(size) <= floor)
    }

    /// The harm that the true one is below with a probability of 95 %, as it is shown.
    fn harm_bound(&self, change: Trimmed) -> f64 {
        let harm = self.figure.harm();
        let worst = Trimmed { mean: change.mean * harm, ..change }.upper_bound(0.95);
        harm * self.relative(worst * harm)
    }

    /// The harm from which all conditions of a regression hold, as it is shown.
    fn least_harm(&self, outcome: Outcome) -> Option<f64> {
        let by_chance = match &self.test {
            Test::Pairs(evidence) => self.shown(outcome.critical? * evidence.change.error)?,
            Test::Counts(counts) => counts.detectable(outcome.level, 0.5)?,
            Test::None => return None,
        };
        Some(by_chance.max(self.least_that_matters()))
    }

    /// The smallest harm that would have been found with a probability of 95 %: beyond what can fail by as much as the
    /// estimate falls short of the truth in one run of twenty.
    fn detectable(&self, outcome: Outcome) -> Option<f64> {
        let least = self.least_harm(outcome)?;
        match &self.test {
            Test::Pairs(evidence) if self.in_points() => {
                Some(least + student_t_quantile(POWER, evidence.change.freedom) * evidence.change.error)
            }
            Test::Pairs(evidence) => {
                let harm = self.figure.harm();
                let logarithm = (harm * least).ln_1p() * harm;
                self.shown(logarithm + student_t_quantile(POWER, evidence.change.freedom) * evidence.change.error)
            }
            Test::Counts(counts) => {
                let error = counts.difference().1;
                Some(counts.detectable(outcome.level, POWER)?.max(self.least_that_matters() + normal_quantile(POWER) * error))
            }
            Test::None => None,
        }
    }

    /// A harm as it is shown, from its logarithm's size or its points.
    fn shown(&self, size: f64) -> Option<f64> {
        let harm = self.figure.harm();
        Some(harm * self.relative(harm * size)).filter(|shown| shown.is_finite())
    }

    fn least_that_matters(&self) -> f64 {
        let floor = self.rule.floor.unwrap_or(0.0);
        let floor = if self.in_points() || self.base <= 0.0 { floor } else { floor / self.base };
        self.rule.least_effect().max(floor)
    }
}
