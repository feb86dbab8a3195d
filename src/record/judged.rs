//! What was judged: thresholds, checks, verify steps, capacity, doubts.

use serde::{Deserialize, Serialize};

/// A threshold as it was judged at the end (or when it aborted the run).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedThreshold {
    /// `all`, `service`, or the name of a class, endpoint or tag; for `each` the endpoint's name.
    pub scope: String,
    /// As written: `p95 < 500ms`.
    pub expression: String,
    /// What was measured, in the metric's unit (seconds, per second, 0 to 1, bytes, percent); null without samples.
    pub value: Option<f64>,
    /// The same for people: `412ms`.
    pub shown: String,
    /// How it ended.
    pub outcome: ThresholdOutcome,
    /// Whether a miss fails the run (`fail`) or is only shown (`warn`).
    pub severity: String,
    /// Why it ended so, where that needs words: `no samples`, few samples, the scenario's own `message`.
    pub note: Option<String>,
    /// Whether it ended the run early.
    #[serde(default)]
    pub aborted: bool,
    /// `file:line:column` of the scenario; null for options.
    #[serde(default)]
    pub place: Option<(String, usize, usize)>,
}

/// How a threshold ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdOutcome {
    /// It held.
    Passed,
    /// It was missed.
    Failed,
    /// There is nothing to judge it on: counts as a failure.
    NoSamples,
    /// Its classes were left out by `only:`: not judged.
    NotApplicable,
    /// Too little data for a statement (memory growth under 15 s): not judged, said aloud.
    NotJudged,
}

/// How often one check held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The endpoint it belongs to.
    pub endpoint: String,
    /// The user class.
    pub class: String,
    /// What it asks: `status in [201, 409]`.
    pub name: String,
    /// How often it held.
    pub passed: u64,
    /// How often it didn't.
    pub failed: u64,
}

/// One verify step (or failed setup or teardown step).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyRecord {
    /// `METHOD path` as written, or the step's name.
    pub name: String,
    /// Whether all its checks held.
    pub passed: bool,
    /// What was expected and what came, where it failed; foreign text, bounded.
    pub message: Option<String>,
}

/// A doubt about the measurement, or something worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable name: `generator_saturated`, `dropped_iterations`, `few_samples`.
    pub code: String,
    /// Whether it makes the run invalid.
    pub invalidates: bool,
    /// What is the matter.
    pub message: String,
    /// What to do about it, with the options in use.
    pub advice: Option<String>,
}

/// A capacity search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacityRecord {
    /// The highest rate that met the objective, per second; zero where none did.
    pub rate: f64,
    /// What ended the search: `objective`, `generator`, `to` or `interrupt`; with any but the first the capacity is a lower bound.
    pub limited_by: String,
    /// The objective, as written.
    pub objective: Vec<String>,
    /// The rates in the order tried.
    pub steps: Vec<CapacityStep>,
}

impl CapacityRecord {
    /// Whether the service might carry more: the search ended for another reason than the objective.
    pub fn is_lower_bound(&self) -> bool {
        self.limited_by != "objective"
    }
}

/// One rate of a capacity search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacityStep {
    /// Asked arrivals per second.
    pub rate: f64,
    /// Answers per second.
    pub throughput: f64,
    /// 95th percentile of the response time, seconds.
    pub p95_latency: Option<f64>,
    /// Failed of all.
    pub error_rate: f64,
    /// Arrivals dropped.
    pub dropped: u64,
    /// Whether the objective was met.
    pub met: bool,
    /// What was missed, as written; or why the step doesn't count.
    pub missed: Vec<String>,
}
