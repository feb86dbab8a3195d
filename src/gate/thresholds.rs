//! Thresholds on what was measured.

use super::figures::Figures;
use crate::metrics::Totals;
use crate::plan::{
    Limit, Metric, Op, Plan, ServiceMetric, Severity, Threshold, ThresholdPlan, ThresholdScope, TimeStatistic, format_value,
};
use crate::record::{CapacityRecord, EndpointRecord, JudgedThreshold, Record, ServiceUse, ThresholdOutcome};

/// What thresholds are judged on besides the totals.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// What the system under test used, where it was watched.
    pub service: Option<&'a ServiceUse>,
    /// What a capacity search came to.
    pub capacity: Option<&'a CapacityRecord>,
    /// The newest record that the run can be compared with, for `baseline` in thresholds.
    pub baseline: Option<&'a Record>,
}

/// Judges all thresholds of a plan, in the order written; one of scope `each` gives a row per endpoint.
///
/// Missing data fails: without samples the outcome is [`ThresholdOutcome::NoSamples`].
pub fn judge(plan: &Plan, totals: &Totals, evidence: &Evidence<'_>) -> Vec<JudgedThreshold> {
    plan.thresholds.iter().flat_map(|threshold| judge_one(plan, threshold, totals, evidence)).collect()
}

/// Whether a threshold holds for all requests together; without samples it doesn't.
pub fn holds(threshold: &Threshold, totals: &Totals) -> bool {
    let value = Figures::of_totals(totals, |_| true).value(threshold.metric);
    match (value, threshold.limit) {
        (Ok(value), Limit::Value(limit)) => threshold.op.holds(value, limit),
        _ => false,
    }
}

/// Puts in what a threshold was when it ended the run: at the end it may look better.
pub fn mark_aborted(judged: &mut [JudgedThreshold], aborted: Option<JudgedThreshold>) {
    let Some(aborted) = aborted else { return };
    if let Some(row) = judged.iter_mut().find(|row| row.scope == aborted.scope && row.expression == aborted.expression) {
        *row = aborted;
    }
}

pub(super) fn judge_one(plan: &Plan, of: &ThresholdPlan, totals: &Totals, evidence: &Evidence<'_>) -> Vec<JudgedThreshold> {
    let row = |scope: &str| Row { of, scope: scope.to_owned() };
    let class_name = |class: usize| plan.classes.get(class).map(|class| class.name.as_str()).unwrap_or_default();
    let active = |class: usize| plan.classes.get(class).is_none_or(|class| class.active);
    if !of.applicable {
        let scope = match &of.scope {
            ThresholdScope::Class(class) => class_name(*class),
            ThresholdScope::Endpoint(name) | ThresholdScope::Tag(name) => name,
            ThresholdScope::All => "all",
            ThresholdScope::Each => "each",
            ThresholdScope::Service => "service",
        };
        return vec![row(scope).ended(None, ThresholdOutcome::NotApplicable, Some("its classes were left out by `only`".to_owned()))];
    }
    let of_endpoints = |scope: &str, wanted: &dyn Fn(usize) -> bool, in_baseline: &dyn Fn(&EndpointRecord) -> bool| {
        let figures = Figures::of_totals(totals, wanted);
        row(scope).judge(&figures, evidence.baseline.map(|baseline| Figures::of_record(baseline, in_baseline)).as_ref())
    };
    match (&of.scope, of.threshold.metric) {
        (_, Metric::Service(metric)) => vec![row("service").of_service(metric, evidence.service)],
        (_, Metric::Capacity) => vec![row("all").of_capacity(evidence)],
        (ThresholdScope::All | ThresholdScope::Service, _) => vec![of_endpoints("all", &|_| true, &|_| true)],
        (ThresholdScope::Class(class), _) => {
            let name = class_name(*class);
            vec![of_endpoints(name, &|index| plan.endpoints[index].class == *class, &|endpoint| endpoint.class == name)]
        }
        (ThresholdScope::Endpoint(name), _) => {
            vec![of_endpoints(name, &|index| plan.endpoints[index].name == *name, &|endpoint| endpoint.name == *name)]
        }
        (ThresholdScope::Tag(tag), _) => {
            vec![of_endpoints(tag, &|index| plan.endpoints[index].tags.contains(tag), &|endpoint| endpoint.tags.contains(tag))]
        }
        (ThresholdScope::Each, _) => {
            let mut names: Vec<&str> = Vec::new();
            for endpoint in plan.endpoints.iter().filter(|endpoint| active(endpoint.class)) {
                if !names.contains(&endpoint.name.as_str()) {
                    names.push(&endpoint.name);
                }
            }
            let one = |name: &&str| of_endpoints(name, &|index| plan.endpoints[index].name == *name, &|endpoint| endpoint.name == *name);
            names.iter().map(one).collect()
        }
    }
}

/// A row that is about to be judged.
struct Row<'a> {
    of: &'a ThresholdPlan,
    scope: String,
}

impl Row<'_> {
    fn judge(self, figures: &Figures, baseline: Option<&Figures>) -> JudgedThreshold {
        let threshold = &self.of.threshold;
        let value = match figures.value(threshold.metric) {
            Ok(value) => value,
            Err(missing) => return self.ended(None, ThresholdOutcome::NoSamples, Some(missing.to_owned())),
        };
        let limit = match threshold.limit {
            Limit::Value(limit) => limit,
            Limit::Baseline { factor, plus } => match baseline.and_then(|baseline| baseline.value(threshold.metric).ok()) {
                Some(base) => base * factor + plus,
                None => {
                    let note = "there is no baseline of this load on this machine".to_owned();
                    return self.ended(Some(value), ThresholdOutcome::NotJudged, Some(note));
                }
            },
        };
        let mut notes = Vec::new();
        if let Metric::Time(TimeStatistic::Percentile(percent), phase) = threshold.metric {
            let count = figures.histogram(phase).count();
            let wanted = (5.0 / (1.0 - percent / 100.0)).ceil();
            if percent < 100.0 && (count as f64) < wanted {
                notes.push(format!("of {count} samples; {wanted} would carry it"));
            }
        }
        if let Limit::Baseline { .. } = threshold.limit {
            notes.push(format!("the limit is {}", format_value(threshold.metric, limit)));
        }
        let outcome = if threshold.op.holds(value, limit) { ThresholdOutcome::Passed } else { ThresholdOutcome::Failed };
        self.ended(Some(value), outcome, (!notes.is_empty()).then(|| notes.join("; ")))
    }

    fn of_service(self, metric: ServiceMetric, service: Option<&ServiceUse>) -> JudgedThreshold {
        let value = service.and_then(|service| match metric {
            ServiceMetric::MemoryMax => service.memory_max,
            ServiceMetric::MemoryMean => service.memory_mean,
            ServiceMetric::MemoryGrowth => service.memory_growth,
            ServiceMetric::CpuMax => service.cpu_max,
            ServiceMetric::CpuMean => service.cpu_mean,
        });
        if metric == ServiceMetric::MemoryGrowth
            && let Some(service) = service
            && service.memory_max.is_some()
        {
            return self.of_growth(service);
        }
        let (op, limit) = (self.of.threshold.op, self.of.threshold.limit);
        match (value, limit) {
            (Some(value), Limit::Value(limit)) => {
                let outcome = if op.holds(value, limit) { ThresholdOutcome::Passed } else { ThresholdOutcome::Failed };
                self.ended(Some(value), outcome, None)
            }
            (Some(value), Limit::Baseline { .. }) => {
                let note = "figures of the service have no baseline".to_owned();
                self.ended(Some(value), ThresholdOutcome::NotJudged, Some(note))
            }
            (None, _) => self.ended(None, ThresholdOutcome::NoSamples, Some("no process of the service was seen".to_owned())),
        }
    }

    /// Growth fails when even the cautious end of its interval is beyond the limit: a slope through noise is none.
    fn of_growth(self, service: &ServiceUse) -> JudgedThreshold {
        let value = service.memory_growth;
        let (Some((low, high)), Limit::Value(limit)) = (service.memory_growth_interval, self.of.threshold.limit) else {
            let note = "under 15 s of data: growth is not judged".to_owned();
            return self.ended(value, ThresholdOutcome::NotJudged, Some(note));
        };
        let op = self.of.threshold.op;
        let (cautious, word) = match op {
            Op::Less | Op::AtMost => (low, "at least"),
            Op::Greater | Op::AtLeast => (high, "at most"),
            Op::Equal | Op::Unequal => (value.unwrap_or(low), "about"),
        };
        let metric = Metric::Service(ServiceMetric::MemoryGrowth);
        let note = format!("{word} {} with 95 % confidence", format_value(metric, cautious));
        let outcome = if op.holds(cautious, limit) { ThresholdOutcome::Passed } else { ThresholdOutcome::Failed };
        self.ended(value, outcome, Some(note))
    }

    fn of_capacity(self, evidence: &Evidence<'_>) -> JudgedThreshold {
        let Some(found) = evidence.capacity else {
            return self.ended(None, ThresholdOutcome::NoSamples, Some("no capacity was searched".to_owned()));
        };
        let limit = match self.of.threshold.limit {
            Limit::Value(limit) => limit,
            Limit::Baseline { factor, plus } => match evidence.baseline.and_then(|baseline| baseline.summary.capacity) {
                Some(base) => base * factor + plus,
                None => {
                    let note = "there is no baseline of this load on this machine".to_owned();
                    return self.ended(Some(found.rate), ThresholdOutcome::NotJudged, Some(note));
                }
            },
        };
        let outcome = if self.of.threshold.op.holds(found.rate, limit) { ThresholdOutcome::Passed } else { ThresholdOutcome::Failed };
        let note = match found.limited_by.as_str() {
            "generator" => Some("a lower bound: the generator could not make more".to_owned()),
            "to" => Some("a lower bound: `to` was reached".to_owned()),
            _ => None,
        };
        self.ended(Some(found.rate), outcome, note)
    }

    fn ended(self, value: Option<f64>, outcome: ThresholdOutcome, note: Option<String>) -> JudgedThreshold {
        let threshold = &self.of.threshold;
        let failed = matches!(outcome, ThresholdOutcome::Failed | ThresholdOutcome::NoSamples);
        let note = match (&threshold.message, note) {
            (Some(message), Some(note)) if failed => Some(format!("{message} ({note})")),
            (Some(message), None) if failed => Some(message.clone()),
            (_, note) => note,
        };
        JudgedThreshold {
            scope: self.scope,
            expression: threshold.expression.clone(),
            value,
            shown: value.map_or_else(|| "–".to_owned(), |value| format_value(threshold.metric, value)),
            outcome,
            severity: match threshold.severity {
                Severity::Fail => "fail".to_owned(),
                Severity::Warn => "warn".to_owned(),
            },
            note,
            aborted: false,
            place: self.of.place.clone(),
        }
    }
}
