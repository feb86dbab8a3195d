//! Thresholds, checks, verify steps, capacity and doubts, as shown.

use serde::Serialize;

use super::foreign::{foreign, prose};
use super::tone::Tone;
use crate::record::{CapacityRecord, CheckRecord, JudgedThreshold, ThresholdOutcome, VerifyRecord, Warning};
use crate::report::figures;

/// How a threshold ended of which there is too little to judge it on.
pub(super) const NOT_JUDGED: &str = "not judged";

/// One threshold and how it ended.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ThresholdView {
    pub(crate) tone: Tone,
    pub(crate) scope: String,
    pub(crate) expression: String,
    pub(crate) value: String,
    /// `held`, `missed`, `no samples`, `not applicable`, `not judged`.
    pub(crate) outcome: String,
    pub(crate) note: String,
    /// `shop.yml:12:5`; empty for options.
    pub(crate) place: String,
}

impl ThresholdView {
    pub(crate) fn of(threshold: &JudgedThreshold) -> Self {
        let warns = threshold.severity == "warn";
        let missed = matches!(threshold.outcome, ThresholdOutcome::Failed | ThresholdOutcome::NoSamples);
        let tone = match threshold.outcome {
            ThresholdOutcome::Passed => Tone::Good,
            ThresholdOutcome::Failed | ThresholdOutcome::NoSamples if warns => Tone::Warn,
            ThresholdOutcome::Failed | ThresholdOutcome::NoSamples => Tone::Bad,
            ThresholdOutcome::NotApplicable => Tone::Neutral,
            ThresholdOutcome::NotJudged => Tone::Warn,
        };
        let mut outcome = match threshold.outcome {
            ThresholdOutcome::Passed => "held",
            ThresholdOutcome::Failed => "missed",
            ThresholdOutcome::NoSamples => "no samples",
            ThresholdOutcome::NotApplicable => "not applicable",
            ThresholdOutcome::NotJudged => NOT_JUDGED,
        }
        .to_owned();
        if missed && warns {
            outcome += " (warning)";
        }
        if threshold.aborted {
            outcome += ", ended the run";
        }
        let value = if threshold.shown.is_empty() { figures::NONE.to_owned() } else { foreign(&threshold.shown) };
        Self {
            tone,
            scope: foreign(&threshold.scope),
            expression: foreign(&threshold.expression),
            value,
            outcome,
            note: threshold.note.as_deref().map(prose).unwrap_or_default(),
            place: threshold.place.as_ref().map(|(file, line, column)| format!("{}:{line}:{column}", foreign(file))).unwrap_or_default(),
        }
    }

    /// `all: p95 < 500ms missed: 612ms`, with what the scenario says about it.
    pub(crate) fn sentence(&self) -> String {
        let mut text = format!("{}: {}", self.scope, self.expression);
        if self.value == figures::NONE || self.outcome.starts_with("no samples") {
            text += &format!(": {}", self.outcome);
        } else {
            text += &format!(" {}: {}", self.outcome, self.value);
        }
        if !self.note.is_empty() && self.note != self.outcome {
            text += &format!(" ({})", self.note);
        }
        text
    }
}

/// How often one check held.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CheckView {
    pub(crate) tone: Tone,
    pub(crate) endpoint: String,
    pub(crate) name: String,
    pub(crate) passed: String,
    pub(crate) failed: String,
    /// Failed of all.
    pub(crate) share: String,
}

impl CheckView {
    pub(crate) fn of(check: &CheckRecord) -> Self {
        let all = check.passed + check.failed;
        let tone = match (check.failed, all) {
            (_, 0) => Tone::Neutral,
            (0, _) => Tone::Good,
            _ => Tone::Warn,
        };
        Self {
            tone,
            endpoint: foreign(&check.endpoint),
            name: foreign(&check.name),
            passed: figures::count(check.passed),
            failed: figures::count(check.failed),
            share: if all == 0 { figures::NONE.to_owned() } else { figures::share(check.failed as f64 / all as f64) },
        }
    }
}

/// One verify step.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VerifyView {
    pub(crate) tone: Tone,
    pub(crate) name: String,
    pub(crate) outcome: &'static str,
    pub(crate) message: String,
}

impl VerifyView {
    /// A step that failed without failing the run (a teardown) is only a warning.
    pub(crate) fn of(step: &VerifyRecord, run_passed: bool) -> Self {
        Self {
            tone: match (step.passed, run_passed) {
                (true, _) => Tone::Good,
                (false, true) => Tone::Warn,
                (false, false) => Tone::Bad,
            },
            name: foreign(&step.name),
            outcome: if step.passed { "held" } else { "failed" },
            message: step.message.as_deref().map(prose).unwrap_or_default(),
        }
    }
}

/// A doubt, with what to do about it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WarningView {
    pub(crate) tone: Tone,
    pub(crate) message: String,
    /// In lines: the last output of a service is one below the other.
    pub(crate) advice: Vec<String>,
}

impl WarningView {
    pub(crate) fn of(warning: &Warning) -> Self {
        Self {
            tone: if warning.invalidates { Tone::Bad } else { Tone::Warn },
            message: prose(&warning.message),
            advice: warning.advice.iter().flat_map(|advice| advice.lines()).map(prose).collect(),
        }
    }
}

/// A capacity search.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CapacityView {
    /// `420/s`, or `>= 420/s (generator-limited)`.
    pub(crate) rate: String,
    pub(crate) objective: String,
    pub(crate) steps: Vec<CapacityStepView>,
}

/// One rate of a capacity search.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CapacityStepView {
    pub(crate) tone: Tone,
    pub(crate) rate: String,
    pub(crate) throughput: String,
    pub(crate) p95: String,
    pub(crate) error_rate: String,
    pub(crate) dropped: String,
    /// `carried`, or what was missed.
    pub(crate) outcome: String,
}

impl CapacityView {
    pub(crate) fn of(capacity: &CapacityRecord) -> Self {
        let rate = figures::rate(capacity.rate);
        let rate = match capacity.limited_by.as_str() {
            "generator" => format!(">= {rate} (generator-limited)"),
            "to" => format!(">= {rate} (the highest rate asked for)"),
            "interrupt" if capacity.rate <= 0.0 => "none yet: the search was interrupted".to_owned(),
            "interrupt" => format!(">= {rate} (the search was interrupted)"),
            _ if capacity.rate <= 0.0 => "none: no rate met the objective".to_owned(),
            _ => rate,
        };
        let steps = capacity.steps.iter().map(|step| CapacityStepView {
            tone: if step.met { Tone::Good } else { Tone::Neutral },
            rate: figures::rate(step.rate),
            throughput: figures::rate(step.throughput),
            p95: figures::latency(step.p95_latency),
            error_rate: figures::share(step.error_rate),
            dropped: figures::count(step.dropped),
            outcome: if step.met {
                "carried".to_owned()
            } else {
                format!("missed: {}", step.missed.iter().map(|text| foreign(text)).collect::<Vec<_>>().join(", "))
            },
        });
        Self { rate, objective: prose(&capacity.objective.join(", ")), steps: steps.collect() }
    }
}
