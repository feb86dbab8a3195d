//! Thresholds that end a paired run before its time.

use super::ledger::Ledger;
use super::monitors::Monitors;
use crate::gate::AbortWatch;
use crate::plan::Plan;
use crate::record::{Arm, JudgedThreshold};

/// Watches the thresholds with `abort: true` over the candidate's response times and what its service uses: what thresholds
/// are judged on in the end. Their clock is the candidate's time under load there, in which `after` and `for` count.
#[derive(Debug)]
pub(super) struct Watch {
    thresholds: AbortWatch,
    missed: Option<JudgedThreshold>,
}

impl Watch {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { thresholds: AbortWatch::new(plan), missed: None }
    }

    /// Looks at what was measured so far; whether the run ends here.
    pub(super) fn ends(&mut self, plan: &Plan, ledger: &Ledger, monitors: &Monitors) -> bool {
        if self.missed.is_none() {
            self.missed = self.thresholds.look(plan, &ledger.side(Arm::Candidate).totals, &|| monitors.so_far());
        }
        self.has_ended()
    }

    /// Whether a threshold has ended the run.
    pub(super) fn has_ended(&self) -> bool {
        self.missed.is_some()
    }

    /// The threshold that ended the run, as it was judged then.
    pub(super) fn into_missed(self) -> Option<JudgedThreshold> {
        self.missed
    }
}
