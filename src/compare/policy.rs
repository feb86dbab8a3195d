//! What counts as a change, and what a comparison may decide.

use super::figure::Figure;
use super::select::MOST_RECORDS;
use crate::record::ComparisonMode;

/// What counts as a change, and what a comparison may decide.
///
/// By default p50, p95, throughput (5 % each; p95 10 % in history mode) and error rate (0.5 points) can fail a run, and
/// p99 is shown; see [`Policy::rule`].
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What somebody wants otherwise than by default; later ones win over earlier ones, and those of an endpoint over
    /// those of everything.
    pub amendments: Vec<Amendment>,
    /// What it means that a change can't be told from noise.
    pub on_inconclusive: Stance,
    /// What it means that there is nothing to compare with: no record, or only records of another load.
    pub on_missing_baseline: Stance,
    /// What a baseline made on another machine may do.
    pub on_other_machine: OnOtherMachine,
    /// How many records make a baseline of history mode at most.
    pub records: usize,
    /// The comparison is shown and never fails the run.
    pub advisory: bool,
}

/// When a change of one figure matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// A harmful change below it is OK; half of it is the least that can fail. A share: 0.05 is 5 %; of the error rate
    /// in points of 0 to 1.
    pub bound: f64,
    /// The least absolute change that can fail, in the figure's unit: `p95: 10% and 2ms`.
    pub floor: Option<f64>,
    /// Whether the figure can fail the run; otherwise it is shown.
    pub gate: bool,
}

/// A wish that differs from the default.
#[derive(Debug, Clone, PartialEq)]
pub struct Amendment {
    /// The name of the endpoint it is for; none: the whole run and all endpoints.
    pub endpoint: Option<String>,
    /// The figure it is for; none: all of them.
    pub figure: Option<Figure>,
    /// What is wanted.
    pub wish: Wish,
}

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wish {
    /// That it can fail the run, with these limits; see [`Rule`].
    Judge {
        /// See [`Rule::bound`].
        bound: f64,
        /// See [`Rule::floor`].
        floor: Option<f64>,
    },
    /// That it is shown only.
    Advisory,
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
    /// The rule for a figure of a scope (`all`, or an endpoint's name): the default of the mode with every amendment
    /// that is for it.
    pub fn rule(&self, mode: ComparisonMode, scope: &str, figure: Figure) -> Rule {
        let mut rule = Rule::default_for(mode, figure);
        let figures = || self.amendments.iter().filter(|amendment| amendment.figure.is_none_or(|of| of == figure));
        let of_all = figures().filter(|amendment| amendment.endpoint.is_none());
        let of_this = figures().filter(|amendment| amendment.endpoint.as_deref() == Some(scope));
        for amendment in of_all.chain(of_this) {
            rule = match amendment.wish {
                Wish::Judge { bound, floor } => Rule { bound, floor, gate: true },
                Wish::Advisory => Rule { gate: false, ..rule },
            };
        }
        rule
    }

    /// Whether an endpoint has rules of its own.
    pub fn amends(&self, endpoint: &str) -> bool {
        self.amendments.iter().any(|amendment| amendment.endpoint.as_deref() == Some(endpoint))
    }

    /// The figures that are compared, in the order in which they are shown: the usual ones and those that an amendment
    /// names.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures: Vec<Figure> =
            Figure::USUAL.into_iter().chain(self.amendments.iter().filter_map(|amendment| amendment.figure)).collect();
        figures.sort();
        figures.dedup();
        figures
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            amendments: Vec::new(),
            on_inconclusive: Stance::default(),
            on_missing_baseline: Stance::default(),
            on_other_machine: OnOtherMachine::default(),
            records: MOST_RECORDS,
            advisory: false,
        }
    }
}

impl Rule {
    /// The rule where nobody says anything: 5 % for p50 and throughput, 5 % (history mode: 10 %) for p95, 0.5 points
    /// for the error rate. Other percentiles can't fail a run unless somebody asks for it; up to p75 they have the bound
    /// of p50, then that of p95, and above p95 10 %.
    pub fn default_for(mode: ComparisonMode, figure: Figure) -> Self {
        let bound = match (figure, mode) {
            (Figure::ErrorRate, _) => 0.005,
            (Figure::Throughput, _) => 0.05,
            (Figure::Percentile(percentile), ComparisonMode::Paired) => {
                if percentile.percent() <= 95.0 {
                    0.05
                } else {
                    0.10
                }
            }
            (Figure::Percentile(percentile), ComparisonMode::History | ComparisonMode::Unjudged) => {
                if percentile.percent() <= 75.0 {
                    0.05
                } else {
                    0.10
                }
            }
        };
        Self { bound, floor: None, gate: !matches!(figure, Figure::Percentile(_)) || [Figure::P50, Figure::P95].contains(&figure) }
    }

    /// The least harmful change that can fail: half of the bound.
    pub fn least_effect(&self) -> f64 {
        self.bound / 2.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Percentile;

    fn amended(amendments: &[(Option<&str>, Option<Figure>, Wish)]) -> Policy {
        let amendment = |&(endpoint, figure, wish): &(Option<&str>, Option<Figure>, Wish)| Amendment {
            endpoint: endpoint.map(str::to_owned),
            figure,
            wish,
        };
        Policy { amendments: amendments.iter().map(amendment).collect(), ..Policy::default() }
    }

    #[test]
    fn the_modes_differ_in_p95_and_only_the_usual_figures_can_fail() {
        use ComparisonMode::{History, Paired};
        let policy = Policy::default();
        for (figure, history, paired, gate) in [
            (Figure::P50, 0.05, 0.05, true),
            (Figure::P95, 0.10, 0.05, true),
            (Figure::P99, 0.10, 0.10, false),
            (Figure::Throughput, 0.05, 0.05, true),
            (Figure::ErrorRate, 0.005, 0.005, true),
        ] {
            assert_eq!(policy.rule(History, "all", figure), Rule { bound: history, floor: None, gate }, "{figure}");
            assert_eq!(policy.rule(Paired, "GET /", figure), Rule { bound: paired, floor: None, gate }, "{figure}");
        }
        assert_eq!(policy.figures(), Figure::USUAL);
    }

    #[test]
    fn an_endpoint_wins_over_all_and_what_comes_later_over_what_came_before() {
        let judge = |bound, floor| Wish::Judge { bound, floor };
        let p90 = Figure::Percentile(Percentile::new(90.0).unwrap());
        let policy = amended(&[
            (Some("POST /orders"), Some(Figure::P95), judge(0.2, None)),
            (None, Some(Figure::P95), judge(0.1, Some(0.002))),
            (None, Some(Figure::P95), judge(0.15, Some(0.001))),
            (None, Some(p90), judge(0.3, None)),
            (Some("GET /slow"), None, Wish::Advisory),
            (None, Some(Figure::Throughput), Wish::Advisory),
        ]);
        let rule = |scope, figure| {
            let rule = policy.rule(ComparisonMode::History, scope, figure);
            (rule.bound, rule.floor, rule.gate)
        };
        assert_eq!(rule("POST /orders", Figure::P95), (0.2, None, true));
        assert_eq!(rule("all", Figure::P95), (0.15, Some(0.001), true));
        assert_eq!(rule("all", p90), (0.3, None, true));
        assert_eq!(rule("GET /slow", Figure::P95), (0.15, Some(0.001), false));
        assert_eq!(rule("GET /slow", Figure::ErrorRate), (0.005, None, false));
        assert_eq!(rule("all", Figure::Throughput), (0.05, None, false));
        assert_eq!(
            policy.figures().iter().map(Figure::to_string).collect::<Vec<_>>(),
            ["p50", "p90", "p95", "p99", "throughput", "error_rate"]
        );
    }
}
