//! All checks of a request, and what they say of an answer.

use super::check_plan::CheckPlan;
use super::status::StatusRule;
use crate::plan::answer::Answer;
use crate::plan::scope::Scope;

/// The index of a check in [`crate::plan::Plan::checks`]; results are counted per check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckId(pub u32);

/// What a counted check is called in reports.
#[derive(Debug, Clone)]
pub struct CheckInfo {
    /// Name of the endpoint (or step) it belongs to.
    pub endpoint: String,
    /// What it asks, as written: `status in [201, 409]`, `$.stock == 0`.
    pub name: String,
    /// Index of the user class; none in setup, verify and teardown.
    pub class: Option<usize>,
}

/// All checks of one request.
#[derive(Debug, Default)]
pub struct ChecksPlan {
    /// Which statuses are a success.
    pub status: StatusRule,
    /// Where the status rule is counted: only where the scenario wrote `check.status`.
    pub status_id: Option<CheckId>,
    /// All others, in the order written.
    pub checks: Vec<(CheckId, CheckPlan)>,
}

/// What the checks say of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckVerdict {
    /// All is as it should be.
    Passed,
    /// The status is not one that counts as success; the text says what was expected and what came.
    WrongStatus(String),
    /// A check failed; the text says which, what was expected and what came (bounded, not yet escaped).
    Failed(String),
}

impl ChecksPlan {
    /// Whether any of them needs the body.
    pub fn reads_body(&self) -> bool {
        self.checks.iter().any(|(_, check)| check.reads_body())
    }

    /// Whether any of them needs the headers.
    pub fn reads_headers(&self) -> bool {
        self.checks.iter().any(|(_, check)| matches!(check, CheckPlan::Header(..)))
    }

    /// Judges an answer, and tells `count` of each check whether it held.
    ///
    /// All checks are counted, also behind one that failed; the verdict is that of the first, and a wrong status before
    /// anything else. The status is counted only where the scenario has a rule for it.
    pub fn judge(&self, answer: &Answer<'_>, scope: &Scope, count: &mut dyn FnMut(CheckId, bool)) -> CheckVerdict {
        let right_status = self.status.allows(answer.status);
        if let Some(id) = self.status_id {
            count(id, right_status);
        }
        let mut failed = None;
        for (id, check) in &self.checks {
            let outcome = check.judge(answer, scope);
            count(*id, outcome.is_ok());
            failed = failed.or(outcome.err());
        }
        match failed {
            _ if !right_status => CheckVerdict::WrongStatus(self.status.complaint(answer.status)),
            Some(message) => CheckVerdict::Failed(message),
            None => CheckVerdict::Passed,
        }
    }
}
