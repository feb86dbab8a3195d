//! One figure of candidate and baseline, and what is said of it.

use super::error_rate::ErrorPrediction;
use super::figure::Figure;
use super::policy::Rule;
use super::prediction::Prediction;
use crate::record::{Contrast, ContrastVerdict};

/// A figure before the family of all judged figures was looked at together.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) scope: String,
    pub(super) figure: Figure,
    pub(super) rule: Rule,
    /// The candidate's value, in the figure's unit.
    pub(super) candidate: f64,
    pub(super) expected: Expected,
    /// Whether there are samples enough for a statement.
    pub(super) supported: bool,
    /// Whether it can fail the run.
    pub(super) judged: bool,
}

/// What the baseline lets expect.
#[derive(Debug, Clone)]
pub(super) enum Expected {
    /// Of a figure that varies in proportion to itself.
    Logarithm(Prediction),
    /// Of a share of failures.
    Errors(ErrorPrediction),
}

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Worse,
    Better,
}

impl Draft {
    /// The probability of a change at least as large to this side by chance.
    pub(super) fn p_value(&self, side: Side) -> f64 {
        match &self.expected {
            Expected::Logarithm(prediction) => prediction.p_value(self.candidate, self.direction(side)),
            Expected::Errors(prediction) => prediction.p_value(self.direction(side)),
        }
    }

    /// The finished contrast. `levels` are what the p-values to the worse and to the better are held against;
    /// `adjusted` is the p-value of harm among all judged figures.
    pub(super) fn finish(self, levels: (f64, f64), adjusted: Option<f64>) -> Contrast {
        let (base, delta) = (self.base(), self.delta());
        let limit = self.limit(levels.0).filter(|_| self.supported);
        let verdict = if !self.supported {
            ContrastVerdict::Inconclusive
        } else if self.is_change(Side::Worse, levels.0) {
            ContrastVerdict::Regressed
        } else if self.is_change(Side::Better, levels.1) {
            ContrastVerdict::Improved
        } else if self.is_within_bound() {
            ContrastVerdict::Ok
        } else {
            ContrastVerdict::Inconclusive
        };
        let interval = match &self.expected {
            Expected::Logarithm(prediction) => prediction.interval(self.candidate),
            Expected::Errors(prediction) => prediction.interval(),
        };
        Contrast {
            detectable: limit.map(|limit| if self.in_points() { limit - base } else { (limit / base - 1.0).abs() }),
            scope: self.scope,
            metric: self.figure.to_string(),
            base,
            candidate: self.candidate,
            delta,
            interval: self.supported.then_some(interval),
            limit,
            p_adjusted: adjusted,
            judged: self.judged,
            verdict,
            accepted: None,
        }
    }

    fn base(&self) -> f64 {
        match &self.expected {
            Expected::Logarithm(prediction) => prediction.base(),
            Expected::Errors(prediction) => prediction.base(),
        }
    }

    /// Relative, or in points.
    fn delta(&self) -> f64 {
        let difference = self.candidate - self.base();
        if self.in_points() { difference } else { difference / self.base() }
    }

    fn in_points(&self) -> bool {
        matches!(self.expected, Expected::Errors(_))
    }

    /// One where the value rises to this side.
    fn direction(&self, side: Side) -> f64 {
        if side == Side::Worse { self.figure.harm() } else { -self.figure.harm() }
    }

    /// Beyond chance, beyond the least effect, and beyond the floor.
    fn is_change(&self, side: Side, level: f64) -> bool {
        let direction = self.direction(side);
        let beyond_least = self.delta() * direction > self.rule.least_effect();
        let beyond_floor = self.rule.floor.is_none_or(|floor| (self.candidate - self.base()) * direction > floor);
        beyond_least && beyond_floor && self.p_value(side) <= level
    }

    fn is_within_bound(&self) -> bool {
        let direction = self.direction(Side::Worse);
        let below_floor = self.rule.floor.is_some_and(|floor| (self.candidate - self.base()) * direction <= floor);
        below_floor || self.delta() * direction < self.rule.bound
    }

    /// The value beyond which all three conditions of a regression hold.
    fn limit(&self, level: f64) -> Option<f64> {
        let (base, direction) = (self.base(), self.direction(Side::Worse));
        let by_chance = match &self.expected {
            Expected::Logarithm(prediction) => Some(prediction.limit(level, direction)),
            Expected::Errors(prediction) => prediction.limit(level),
        }?;
        let least = self.rule.least_effect() * if self.in_points() { 1.0 } else { base };
        let farthest = ((by_chance - base) * direction).max(least).max(self.rule.floor.unwrap_or(0.0));
        Some(base + direction * farthest)
    }
}
