//! One run, and several of them under one verdict.

use serde::Serialize;

use super::comparison::ComparisonView;
use super::endpoint::{EndpointView, ErrorView};
use super::facts::{self, Fact};
use super::foreign::{foreign, prose};
use super::judged::{CapacityView, CheckView, ThresholdView, VerifyView, WarningView};
use super::tone::Tone;
use super::verdict::VerdictView;
use crate::metrics::{ServiceSample, TimelineRow};
use crate::record::{Record, Verdict};

/// Everything a report shows.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReportView {
    /// Of all runs together; of the one run where there is one.
    pub(crate) verdict: VerdictView,
    /// The scenario's name, or `3 scenarios`.
    pub(crate) title: String,
    pub(crate) runs: Vec<RunView>,
    /// `loadline 0.1.0`.
    pub(crate) tool: String,
    /// The commit under test, as people write it: `4f5a6b7`. Empty where it isn't known.
    pub(crate) commit: String,
}

/// One run.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunView {
    pub(crate) name: String,
    pub(crate) verdict: VerdictView,
    /// `500 users (10/s) for 5m against http://127.0.0.1:8000`.
    pub(crate) description: String,
    /// Whether any request of the load finished.
    pub(crate) measured: bool,
    pub(crate) headline: Vec<Fact>,
    pub(crate) warnings: Vec<WarningView>,
    /// Missed first.
    pub(crate) thresholds: Vec<ThresholdView>,
    pub(crate) comparison: Option<ComparisonView>,
    pub(crate) endpoints: Vec<EndpointView>,
    pub(crate) total: EndpointView,
    /// Whether there is more than one user class.
    pub(crate) classes: bool,
    pub(crate) errors: Vec<ErrorView>,
    /// Those that failed most first.
    pub(crate) checks: Vec<CheckView>,
    pub(crate) verify: Vec<VerifyView>,
    pub(crate) capacity: Option<CapacityView>,
    pub(crate) service: Option<ServiceView>,
    pub(crate) generator: Vec<Fact>,
    pub(crate) machine: Vec<Fact>,
    pub(crate) details: Vec<Fact>,
    pub(crate) sent: Vec<Fact>,
    pub(crate) seed: String,
    pub(crate) repeat: String,
    #[serde(skip)]
    pub(crate) timeline: Vec<TimelineRow>,
}

/// What the system under test used.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ServiceView {
    pub(crate) facts: Vec<Fact>,
    #[serde(skip)]
    pub(crate) samples: Vec<ServiceSample>,
}

impl ReportView {
    /// Of one record or several.
    pub(crate) fn of(records: &[Record]) -> Self {
        let runs: Vec<RunView> = records.iter().map(RunView::of).collect();
        let tool = records.first().map(|record| format!("{} {}", foreign(&record.tool.name), foreign(&record.tool.version)));
        let (verdict, title) = match runs.as_slice() {
            [run] => (run.verdict.clone(), run.name.clone()),
            _ => {
                let names: Vec<String> = runs.iter().map(|run| run.name.clone()).collect();
                (VerdictView::of_all(records, &names), format!("{} scenarios", runs.len()))
            }
        };
        let commit = records.iter().find_map(|record| record.run.sha.as_deref());
        let commit = commit.map(|sha| foreign(&sha.chars().take(7).collect::<String>())).unwrap_or_default();
        Self { verdict, title, runs, tool: tool.unwrap_or_else(|| "loadline".to_owned()), commit }
    }
}

impl RunView {
    fn of(record: &Record) -> Self {
        let name = foreign(&record.scenario.name);
        let mut thresholds: Vec<_> = record.thresholds.iter().map(ThresholdView::of).collect();
        thresholds.sort_by_key(|row| row.tone);
        let mut checks: Vec<_> = record.checks.iter().collect();
        checks.sort_by_key(|check| std::cmp::Reverse(check.failed));
        let run_passed = record.summary.verdict == Verdict::Passed;
        let verify: Vec<_> = record.verify.iter().map(|step| VerifyView::of(step, run_passed)).collect();
        let comparison = record.comparison.as_ref().map(ComparisonView::of);
        let verdict = VerdictView::of_run(record, &name, &thresholds, &verify, comparison.as_ref());
        let mut classes: Vec<&str> = record.endpoints.iter().map(|endpoint| endpoint.class.as_str()).collect();
        classes.dedup();
        let which: Vec<String> = [
            record.scenario.profile.as_deref().map(|profile| format!("profile {}", foreign(profile))),
            record.scenario.environment.as_deref().map(|environment| format!("environment {}", foreign(environment))),
            record.run.connections.as_deref().map(foreign),
        ]
        .into_iter()
        .flatten()
        .collect();
        let which = if which.is_empty() { String::new() } else { format!(" ({})", which.join(", ")) };
        Self {
            verdict,
            description: format!("{} against {}{which}", foreign(&record.run.load), foreign(&record.run.target)),
            measured: record.summary.requests > 0,
            headline: facts::headline(record),
            warnings: record.warnings.iter().map(WarningView::of).collect(),
            thresholds,
            comparison,
            endpoints: EndpointView::all(record),
            total: EndpointView::total(record),
            classes: classes.len() > 1,
            errors: ErrorView::all(record),
            checks: checks.into_iter().map(CheckView::of).collect(),
            verify,
            capacity: record.capacity.as_ref().map(CapacityView::of),
            service: record.service.as_ref().map(|used| ServiceView { facts: facts::service(used), samples: used.samples.clone() }),
            generator: facts::generator(&record.generator),
            machine: facts::machine(&record.machine),
            details: facts::run(record),
            sent: facts::sent(&record.sent),
            seed: record.run.seed.to_string(),
            repeat: prose(&record.run.repeat),
            timeline: record.timeline.clone(),
            name,
        }
    }

    /// Checks that failed at least once.
    pub(crate) fn failed_checks(&self) -> impl Iterator<Item = &CheckView> {
        self.checks.iter().filter(|check| check.tone == Tone::Warn)
    }
}
