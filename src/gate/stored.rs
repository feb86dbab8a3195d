//! The stored runs that `baseline` stands for in a threshold.

use std::borrow::Borrow;

use super::view::View;
use crate::compare::{OnOtherMachine, Policy, Selection, newest_level};
use crate::plan::{Metric, Plan, ServiceMetric, ThresholdPlan};
use crate::record::Record;
use crate::stats::median;

/// The stored runs that `baseline` stands for in a threshold, newest first: those that the run is compared with. None
/// by default.
#[derive(Debug, Clone, Default)]
pub struct Stored<'a> {
    runs: Vec<&'a Record>,
    /// So many of them count at most.
    most: usize,
    /// They are of several machines: what differs between those is no change of the code.
    elsewhere: bool,
}

/// What `baseline` stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Level {
    /// The median, in the metric's unit.
    pub(super) value: f64,
    /// How many runs it is of, where older ones are left out because the level changed.
    pub(super) since_change: Option<usize>,
}

impl<'a> Stored<'a> {
    /// The runs that a selection holds, as far as the policy lets them judge.
    pub fn of<B: Borrow<Record>>(selection: &'a Selection<B>, policy: &Policy) -> Self {
        if selection.elsewhere && policy.on_other_machine == OnOtherMachine::Advisory {
            return Self::default();
        }
        Self { runs: selection.iter().collect(), most: policy.records, elsewhere: selection.elsewhere }
    }

    /// The run of the base beside the run.
    pub fn beside(base: &'a Record) -> Self {
        Self { runs: vec![base], most: 1, elsewhere: false }
    }

    /// The median of what a threshold measures, over the runs since its last change of level, as history mode finds those;
    /// none where no run has it.
    pub(super) fn level(&self, plan: &Plan, planned: &ThresholdPlan, scope: &str) -> Option<Level> {
        let metric = planned.threshold.metric;
        let value = |run: &&Record| View::of_record(plan, run, &planned.scope, scope).measure(metric).map(|measured| measured.value);
        let values: Vec<Option<f64>> = self.runs.iter().map(value).collect();
        let newest = if has_levels(metric) && !self.elsewhere { newest_level(&values) } else { values.len() };
        let counted: Vec<f64> = values[..newest.min(self.most)].iter().flatten().copied().collect();
        let since_change = Some(counted.len()).filter(|_| newest < values.len());
        median(&counted).map(|value| Level { value, since_change })
    }
}

/// Whether a metric keeps a level until the code changes. Failures move in bursts, and growth has no level.
fn has_levels(metric: Metric) -> bool {
    match metric {
        Metric::ErrorRate | Metric::SuccessRate | Metric::CheckRate | Metric::Count(_) | Metric::Dropped => false,
        Metric::Service(ServiceMetric::MemoryGrowth) => false,
        Metric::Time(..) | Metric::Requests | Metric::Throughput | Metric::Iterations => true,
        Metric::BytesIn | Metric::BytesOut | Metric::Capacity | Metric::Service(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::select;
    use crate::gate::fixture::{plan, totals};
    use crate::gate::{Evidence, judge};
    use crate::record::ThresholdOutcome;
    use crate::record::fixture::{Sketch, endpoint, sketch};
    use crate::units::Micros;

    /// Runs an hour apart, newest first: the newest `since` have a cart of so many milliseconds, the others one of 10.
    fn runs(since: i64, cart: f64) -> Vec<Record> {
        let run = |at: i64| {
            let wave = 1.0 + 0.01 * ((at * 7 % 5) as f64 - 2.0);
            let time = Micros::from_millis(10) * (wave * if at < since { cart / 10.0 } else { 1.0 });
            let endpoints = vec![endpoint("GET /items", Micros::from_millis(10) * wave, 2_000, 0), endpoint("POST /cart", time, 1_000, 0)];
            Sketch { endpoints, ..sketch(&format!("b{at}"), -1 - at) }.record()
        };
        (0..20).map(run).collect()
    }

    /// What is said of thresholds that allow a tenth more than the baseline, in a run whose cart takes so long.
    fn said(stored: &Stored<'_>, cart: u64) -> Vec<(ThresholdOutcome, String)> {
        let plan = plan("  POST /cart: [p50 < baseline * 1.1, mean < baseline * 1.1]\n  GET /items: [p50 < baseline * 1.1]\n");
        let totals = totals([(1_000, 0, 10), (0, 0, 0), (1_000, 0, cart)]);
        let evidence = Evidence { baseline: stored.clone(), ..Evidence::default() };
        judge(&plan, &totals, &evidence).into_iter().map(|row| (row.outcome, row.note.unwrap_or_default())).collect()
    }

    #[test]
    fn runs_before_a_change_of_level_are_no_baseline_any_more() {
        use ThresholdOutcome::{Failed, Passed};
        let head = sketch("head", 0).record();
        let outcomes = |since, level, cart| {
            let selection = select(&head, runs(since, level));
            let said = said(&Stored::of(&selection, &Policy::default()), cart);
            said.into_iter().map(|(outcome, _)| outcome).collect::<Vec<_>>()
        };
        assert_eq!(outcomes(6, 20.0, 20), [Passed; 3], "a slowdown that was accepted");
        assert_eq!(outcomes(6, 20.0, 40), [Failed, Failed, Passed]);
        assert_eq!(outcomes(6, 5.0, 10), [Failed, Failed, Passed], "a relapse after a speed-up");
        assert_eq!(outcomes(0, 10.0, 10), [Passed; 3]);
    }

    #[test]
    fn what_was_cut_is_said_and_only_where_it_was() {
        let selection = select(&sketch("head", 0).record(), runs(6, 20.0));
        let of = |policy: &Policy| said(&Stored::of(&selection, policy), 20).into_iter().map(|(_, note)| note).collect::<Vec<_>>();
        let notes = of(&Policy::default());
        assert!(notes[0].contains("of the 6 runs since its level changed"), "{notes:?}");
        assert!(!notes[2].contains("level"), "{notes:?}");
        let three = of(&Policy { records: 3, ..Policy::default() });
        assert!(three[0].contains("of the 3 runs"), "{three:?}");
    }

    #[test]
    fn runs_of_other_machines_count_only_where_they_may_and_have_no_levels() {
        let head = Sketch { machine: "m2", ..sketch("head", 0) }.record();
        let selection = select(&head, runs(6, 20.0));
        assert!(selection.elsewhere);
        assert!(said(&Stored::of(&selection, &Policy::default()), 10).iter().all(|(outcome, _)| *outcome == ThresholdOutcome::NotJudged));
        let judging = Policy { on_other_machine: OnOtherMachine::Judge, ..Policy::default() };
        let judged = said(&Stored::of(&selection, &judging), 10);
        assert!(judged.iter().all(|(outcome, note)| *outcome == ThresholdOutcome::Passed && !note.contains("level")), "{judged:?}");
    }
}
