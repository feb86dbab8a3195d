//! The verdict of a run.

use crate::compare::{Policy, Stance};
use crate::record::{Comparison, ComparisonVerdict, JudgedThreshold, Record, ThresholdOutcome, Verdict};

/// The verdict of a run, with everything that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What it is.
    pub verdict: Verdict,
    /// Why it isn't passed, in plain sentences, most important first; empty for a pass.
    pub reasons: Vec<String>,
    /// Passed only because the policy takes a comparison that says nothing as neither good nor bad.
    pub neutral: bool,
}

impl Decision {
    /// Writes it into the record.
    pub fn settle(&self, record: &mut Record) {
        record.summary.verdict = self.verdict;
        record.summary.neutral = self.neutral;
    }

    /// 0 passed, 1 failed, 3 invalid, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Passed => 0,
            Verdict::Failed => 1,
            Verdict::Invalid => 3,
            Verdict::Interrupted => 130,
        }
    }
}

/// Decides a run by its warnings, thresholds, verify steps and comparison; the verdict in its summary is not read.
///
/// Interrupted before invalid before failed: figures that can't be trusted are not held against anybody. The reasons
/// name everything all the same.
pub fn decide(record: &Record, policy: &Policy, interrupted: bool) -> Decision {
    let doubts: Vec<String> = record.warnings.iter().filter(|warning| warning.invalidates).map(|warning| warning.message.clone()).collect();
    let thresholds = record.thresholds.iter().filter_map(missed);
    let verify = record.verify.iter().filter(|step| !step.passed).map(|step| match &step.message {
        Some(message) => format!("verify `{}` failed: {message}", step.name),
        None => format!("verify `{}` failed", step.name),
    });
    let comparison = record.comparison.as_ref().map_or(NOTHING, |comparison| compared(comparison, policy));
    let failed: Vec<String> = verify.chain(thresholds).chain(comparison.failed).collect();
    let verdict = match (interrupted, doubts.is_empty(), failed.is_empty()) {
        (true, _, _) => Verdict::Interrupted,
        (_, false, _) => Verdict::Invalid,
        (_, _, false) => Verdict::Failed,
        _ => Verdict::Passed,
    };
    let reasons = interrupted.then(|| "interrupted: the figures are of what was measured until then".to_owned());
    let reasons = reasons.into_iter().chain(doubts).chain(failed).collect();
    Decision { verdict, reasons, neutral: verdict == Verdict::Passed && comparison.neutral }
}

/// Decides a stored run again, for a comparison or policy that it wasn't made with. That it was interrupted stays so.
pub fn decide_again(record: &Record, policy: &Policy) -> Decision {
    decide(record, policy, record.summary.verdict == Verdict::Interrupted)
}

/// Decides a comparison that has no run around it. Its exit code is that of a run in which nothing else was wrong.
pub fn decide_comparison(comparison: &Comparison, policy: &Policy) -> Decision {
    let Compared { failed, neutral } = compared(comparison, policy);
    let verdict = if failed.is_some() { Verdict::Failed } else { Verdict::Passed };
    Decision { verdict, reasons: failed.into_iter().collect(), neutral }
}

fn missed(threshold: &JudgedThreshold) -> Option<String> {
    let missed = matches!(threshold.outcome, ThresholdOutcome::Failed | ThresholdOutcome::NoSamples);
    (missed && threshold.severity == "fail").then(|| {
        let note = threshold.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
        let ended = if threshold.aborted { ", which ended the run" } else { "" };
        let was = if threshold.outcome == ThresholdOutcome::NoSamples { "has nothing to judge on" } else { "was missed" };
        let value = threshold.value.map(|_| format!(" with {}", threshold.shown)).unwrap_or_default();
        format!("threshold `{}: {}` {was}{value}{ended}{note}", threshold.scope, threshold.expression)
    })
}

struct Compared {
    failed: Option<String>,
    neutral: bool,
}

const NOTHING: Compared = Compared { failed: None, neutral: false };

fn compared(comparison: &Comparison, policy: &Policy) -> Compared {
    let stance = match comparison.verdict {
        ComparisonVerdict::Regressed => Stance::Fail,
        ComparisonVerdict::Inconclusive => policy.on_inconclusive,
        ComparisonVerdict::Incomparable | ComparisonVerdict::NoBaseline => policy.on_missing_baseline,
        ComparisonVerdict::Accepted | ComparisonVerdict::Improved | ComparisonVerdict::Ok => Stance::Pass,
    };
    match stance {
        Stance::Fail if !comparison.advisory => Compared { failed: Some(comparison.sentence.clone()), ..NOTHING },
        Stance::Fail | Stance::Pass => NOTHING,
        Stance::Neutral => Compared { neutral: true, ..NOTHING },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Selection, history};
    use crate::record::fixture::sketch;
    use crate::record::{VerifyRecord, Warning};

    fn threshold(outcome: ThresholdOutcome, severity: &str) -> JudgedThreshold {
        JudgedThreshold {
            scope: "all".to_owned(),
            expression: "p95 < 100ms".to_owned(),
            value: Some(0.120),
            shown: "120ms".to_owned(),
            outcome,
            severity: severity.to_owned(),
            note: None,
            aborted: false,
            place: None,
        }
    }

    fn decided(change: impl Fn(&mut Record)) -> (Verdict, u8, Vec<String>) {
        let mut record = sketch("head", 0).record();
        change(&mut record);
        let decision = decide(&record, &Policy::default(), false);
        (decision.verdict, decision.exit_code(), decision.reasons)
    }

    fn compared(verdict: ComparisonVerdict, advisory: bool) -> Comparison {
        let nothing = Selection::<Record> { records: Vec::new(), elsewhere: false, other_load: 0 };
        let made = history(&sketch("head", 0).record(), &nothing, "baselines/main/shop", &Policy::default());
        Comparison { verdict, advisory, sentence: "the sentence".to_owned(), ..made }
    }

    #[test]
    fn a_run_without_complaints_passes() {
        assert_eq!(decided(|_| ()), (Verdict::Passed, 0, Vec::new()));
    }

    #[test]
    fn thresholds_fail_by_severity() {
        let with = |outcome, severity: &str| decided(|record| record.thresholds = vec![threshold(outcome, severity)]);
        assert_eq!(
            with(ThresholdOutcome::Failed, "fail"),
            (Verdict::Failed, 1, vec!["threshold `all: p95 < 100ms` was missed with 120ms".to_owned()])
        );
        assert_eq!(with(ThresholdOutcome::NoSamples, "fail").0, Verdict::Failed);
        for passing in [ThresholdOutcome::Passed, ThresholdOutcome::NotApplicable, ThresholdOutcome::NotJudged] {
            assert_eq!(with(passing, "fail").0, Verdict::Passed);
        }
        assert_eq!(with(ThresholdOutcome::Failed, "warn").0, Verdict::Passed);
    }

    #[test]
    fn verify_fails_by_name() {
        let step =
            |passed, message: Option<&str>| VerifyRecord { name: "GET /stock".to_owned(), passed, message: message.map(str::to_owned) };
        let (verdict, code, reasons) = decided(|record| record.verify = vec![step(true, None), step(false, Some("expected 0, got 3"))]);
        assert_eq!((verdict, code), (Verdict::Failed, 1));
        assert_eq!(reasons, ["verify `GET /stock` failed: expected 0, got 3"]);
    }

    #[test]
    fn invalid_comes_before_failed_and_interrupted_before_both_and_all_reasons_are_told() {
        let doubt = |invalidates| Warning { code: "x".to_owned(), invalidates, message: "the generator".to_owned(), advice: None };
        let mut record = sketch("head", 0).record();
        record.thresholds = vec![threshold(ThresholdOutcome::Failed, "fail")];
        record.warnings = vec![doubt(false)];
        assert_eq!(decide(&record, &Policy::default(), false).verdict, Verdict::Failed);
        record.warnings.push(doubt(true));
        let invalid = decide(&record, &Policy::default(), false);
        assert_eq!((invalid.verdict, invalid.exit_code(), invalid.reasons.len()), (Verdict::Invalid, 3, 2));
        assert_eq!(invalid.reasons[0], "the generator");
        let interrupted = decide(&record, &Policy::default(), true);
        assert_eq!((interrupted.verdict, interrupted.exit_code(), interrupted.reasons.len()), (Verdict::Interrupted, 130, 3));
        record.summary.verdict = Verdict::Interrupted;
        assert_eq!(decide_again(&record, &Policy::default()), interrupted);
    }

    #[test]
    fn a_comparison_decides_as_far_as_the_policy_lets_it() {
        use ComparisonVerdict::{Improved, Incomparable, Inconclusive, NoBaseline, Ok, Regressed};
        let policy = |stance| Policy { on_inconclusive: stance, on_missing_baseline: stance, ..Policy::default() };
        let outcome = |verdict, advisory, stance| {
            let mut record = sketch("head", 0).record();
            let comparison = record.comparison.insert(compared(verdict, advisory));
            let alone = decide_comparison(comparison, &policy(stance));
            let decision = decide(&record, &policy(stance), false);
            assert_eq!(alone, decision, "a comparison without a run decides the same");
            (decision.exit_code(), decision.neutral)
        };
        for stance in [Stance::Neutral, Stance::Pass, Stance::Fail] {
            assert_eq!(outcome(Regressed, false, stance), (1, false));
            assert_eq!(outcome(Regressed, true, stance), (0, false));
            assert_eq!(outcome(Improved, false, stance), (0, false));
            assert_eq!(outcome(Ok, false, stance), (0, false));
        }
        for unclear in [Inconclusive, Incomparable, NoBaseline] {
            assert_eq!(outcome(unclear, false, Stance::Neutral), (0, true));
            assert_eq!(outcome(unclear, false, Stance::Pass), (0, false));
            assert_eq!(outcome(unclear, false, Stance::Fail), (1, false));
            assert_eq!(outcome(unclear, true, Stance::Fail), (0, false));
        }
    }
}
