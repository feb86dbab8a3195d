//! Thresholds that end a run as soon as they are missed.

use super::thresholds::{Evidence, judge_one};
use crate::metrics::Totals;
use crate::plan::Plan;
use crate::record::{JudgedThreshold, ThresholdOutcome};
use crate::units::Micros;

/// Watches the thresholds of a plan that say `abort`, tick by tick.
///
/// A threshold is looked at from its `after` on, and must be missed for its `for` without a break. What has no samples
/// yet is not missed yet.
#[derive(Debug)]
pub struct AbortWatch {
    /// Since when each threshold has been missed, in load time, by index in the plan.
    missed_since: Vec<Option<Micros>>,
}

impl AbortWatch {
    /// A watch that has seen nothing yet.
    pub fn new(plan: &Plan) -> Self {
        Self { missed_since: vec![None; plan.thresholds.len()] }
    }

    /// Looks at what is measured so far; gives the threshold that ends the run.
    pub fn look(&mut self, plan: &Plan, totals: &Totals) -> Option<JudgedThreshold> {
        let now = totals.duration;
        for (of, since) in plan.thresholds.iter().zip(&mut self.missed_since) {
            let threshold = &of.threshold;
            if !threshold.abort || !of.applicable || now == Micros::ZERO || now < threshold.after {
                continue;
            }
            let rows = judge_one(plan, of, totals, &Evidence::default());
            let Some(missed) = rows.into_iter().find(|row| row.outcome == ThresholdOutcome::Failed) else {
                *since = None;
                continue;
            };
            if now.saturating_sub(*since.get_or_insert(now)) >= threshold.hold {
                let note = format!("ended the run after {now}");
                let note = missed.note.as_ref().map_or(note.clone(), |old| format!("{old}; {note}"));
                return Some(JudgedThreshold { aborted: true, note: Some(note), ..missed });
            }
        }
        None
    }
}
