//! What counts as a change, and what a comparison may decide.

use super::figure::Figure;

/// What counts as a change, and what a comparison may decide.
///
/// The default is that of history mode: p50 5 %, p95 10 %, throughput 5 %, error rate 0.5 points, p99 shown only.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// For the median.
    pub p50: Rule,
    /// For the 95th percentile.
    pub p95: Rule,
    /// For the 99th percentile.
    pub p99: Rule,
    /// For finished requests per second.
    pub throughput: Rule,
    /// For failed requests of all; bound and floor are in points (0.005 is half a percentage point).
    pub error_rate: Rule,
    /// What it means that a change can't be told from noise.
    pub on_inconclusive: Stance,
    /// What it means that there is nothing to compare with: no record, or only records of another load.
    pub on_missing_baseline: Stance,
    /// What a baseline made on another machine may do.
    pub on_other_machine: OnOtherMachine,
    /// The comparison is shown and never fails the run.
    pub advisory: bool,
}

/// When a change of one figure matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// A harmful change below it is OK; half of it is the least that can fail. A share: 0.05 is 5 %.
    pub bound: f64,
    /// The least absolute change that can fail, in the figure's unit: `p95: 10% and 2ms`.
    pub floor: Option<f64>,
    /// Whether the figure can fail the run; otherwise it is shown.
    pub gate: bool,
}

/// What an unclear outcome means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stance {
    /// Exit 0, shown as neither good nor bad.
    #[default]
    Neutral,
    /// Exit 0, shown as good.
    Pass,
    /// Exit 1.
    Fail,
}

/// What a baseline made on another machine may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnOtherMachine {
    /// Be shown.
    #[default]
    Advisory,
    /// Judge as if it were of the same machine.
    Judge,
}

impl Policy {
    /// The rule for a figure.
    pub fn rule(&self, figure: Figure) -> &Rule {
        match figure {
            Figure::P50 => &self.p50,
            Figure::P95 => &self.p95,
            Figure::P99 => &self.p99,
            Figure::Throughput => &self.throughput,
            Figure::ErrorRate => &self.error_rate,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        let rule = |bound| Rule { bound, floor: None, gate: true };
        Self {
            p50: rule(0.05),
            p95: rule(0.10),
            p99: Rule { gate: false, ..rule(0.10) },
            throughput: rule(0.05),
            error_rate: rule(0.005),
            on_inconclusive: Stance::default(),
            on_missing_baseline: Stance::default(),
            on_other_machine: OnOtherMachine::default(),
            advisory: false,
        }
    }
}

impl Rule {
    /// The least harmful change that can fail: half of the bound.
    pub fn least_effect(&self) -> f64 {
        self.bound / 2.0
    }
}
