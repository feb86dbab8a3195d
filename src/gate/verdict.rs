//! What it all comes to.

use crate::compare::{Policy, Stance};
use crate::record::{ComparisonVerdict, ContrastVerdict, Record, ThresholdOutcome, Verdict};

/// The verdict of a run, with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it isn't a pass, each in a few words; empty for a pass.
    pub reasons: Vec<String>,
}

impl Decision {
    /// What the program exits with: 0 passed, 1 failed, 3 invalid, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Passed => 0,
            Verdict::Failed => 1,
            Verdict::Invalid => 3,
            Verdict::Interrupted => 130,
        }
    }
}

/// Decides on a run whose record is complete but for its verdict.
///
/// An interrupt says most: what was asked for was not measured. Then doubts: figures that can't be trusted fail no gate
/// and pass none. Then thresholds, verify steps and the comparison, each of which can fail the run.
pub fn decide(record: &Record, policy: &Policy, interrupted: bool) -> Decision {
    if interrupted {
        return Decision { verdict: Verdict::Interrupted, reasons: vec!["interrupted".to_owned()] };
    }
    let doubts: Vec<String> = record.warnings.iter().filter(|doubt| doubt.invalidates).map(|doubt| doubt.message.clone()).collect();
    if !doubts.is_empty() {
        return Decision { verdict: Verdict::Invalid, reasons: doubts };
    }
    let mut reasons = Vec::new();
    for threshold in record.thresholds.iter().filter(|threshold| threshold.severity == "fail") {
        match threshold.outcome {
            ThresholdOutcome::Failed => reasons.push(format!("{}: {} is {}", threshold.scope, threshold.expression, threshold.shown)),
            ThresholdOutcome::NoSamples => reasons.push(format!("{}: {} has no samples", threshold.scope, threshold.expression)),
            ThresholdOutcome::Passed | ThresholdOutcome::NotApplicable | ThresholdOutcome::NotJudged => {}
        }
    }
    reasons.extend(record.verify.iter().filter(|step| !step.passed).map(|step| format!("verify {}", step.name)));
    reasons.extend(compared(record, policy));
    let verdict = if reasons.is_empty() { Verdict::Passed } else { Verdict::Failed };
    Decision { verdict, reasons }
}

fn compared(record: &Record, policy: &Policy) -> Vec<String> {
    let Some(comparison) = record.comparison.as_ref().filter(|comparison| !comparison.advisory) else { return Vec::new() };
    let fails = |stance: Stance, why: &str| if stance == Stance::Fail { vec![why.to_owned()] } else { Vec::new() };
    match comparison.verdict {
        ComparisonVerdict::Regressed => {
            let regressed =
                comparison.contrasts.iter().filter(|contrast| contrast.judged && contrast.verdict == ContrastVerdict::Regressed);
            regressed
                .map(|contrast| format!("{} of {} regressed by {:.1} %", contrast.metric, contrast.scope, contrast.delta * 100.0))
                .collect()
        }
        ComparisonVerdict::Inconclusive => fails(policy.on_inconclusive, "the comparison is inconclusive"),
        ComparisonVerdict::NoBaseline => fails(policy.on_missing_baseline, "there is no baseline"),
        ComparisonVerdict::Incomparable => fails(policy.on_missing_baseline, "the baseline is of another load"),
        ComparisonVerdict::Ok | ComparisonVerdict::Improved => Vec::new(),
    }
}
