//! What was measured, as a record holds it.

use crate::metrics::{EndpointTotals, Histogram, PhaseHistograms, Totals};
use crate::plan::Plan;
use crate::record::{CheckRecord, EndpointLatency, EndpointPhases, EndpointRecord, ErrorRecord, Statistics, Summary, Verdict};

/// The endpoints of a record.
pub(super) fn endpoints(plan: &Plan, totals: &Totals) -> Vec<EndpointRecord> {
    let seconds = totals.duration.as_secs_f64();
    plan.endpoints
        .iter()
        .zip(&totals.endpoints)
        .filter(|(endpoint, _)| plan.classes.get(endpoint.class).is_none_or(|class| class.active))
        .map(|(endpoint, measured)| EndpointRecord {
            name: endpoint.name.clone(),
            method: endpoint.method.clone(),
            class: plan.classes.get(endpoint.class).map(|class| class.name.clone()).unwrap_or_default(),
            tags: endpoint.tags.clone(),
            requests: measured.requests,
            failures: measured.failures,
            throughput: per_second(measured.in_time(), seconds),
            error_rate: share(measured.failures, measured.requests),
            statistics: Statistics::of(&measured.ok),
            statuses: measured.statuses.clone(),
            errors: errors(measured),
            checks_passed: measured.checks.0,
            checks_failed: measured.checks.1,
            bytes_in: measured.bytes_in,
            bytes_out: measured.bytes_out,
            latency: EndpointLatency { ok: measured.ok.clone(), failed: measured.failed.clone() },
            service_time: measured.service.clone(),
            phases: phases(&measured.phases),
        })
        .collect()
}

/// The summary of a record; the verdict is put in once it is known.
pub(super) fn summary(totals: &Totals, capacity: Option<f64>) -> Summary {
    let (requests, failures) = (totals.requests(), totals.failures());
    let mut all = Histogram::default();
    totals.endpoints.iter().for_each(|endpoint| all.merge(&endpoint.ok));
    Summary {
        verdict: Verdict::Invalid,
        neutral: false,
        requests,
        failures,
        throughput: per_second(totals.in_time(), totals.duration.as_secs_f64()),
        error_rate: share(failures, requests),
        success_rate: share(requests - failures, requests),
        latency: Statistics::of(&all),
        iterations: totals.counters.iterations,
        iterations_cut: totals.counters.iterations_cut,
        dropped: totals.counters.dropped,
        reconnects: totals.counters.reconnects,
        redirects: totals.counters.redirects,
        bytes_in: totals.endpoints.iter().map(|endpoint| endpoint.bytes_in).sum(),
        bytes_out: totals.endpoints.iter().map(|endpoint| endpoint.bytes_out).sum(),
        schedule_lag_p99: totals.lag.percentile(99.0).map(|lag| lag.as_secs_f64()),
        capacity,
    }
}

/// The checks of a record, in the order of the scenario.
pub(super) fn checks(plan: &Plan, totals: &Totals) -> Vec<CheckRecord> {
    plan.checks
        .iter()
        .zip(&totals.checks)
        .filter_map(|(check, &(passed, failed))| {
            let class = plan.classes.get(check.class?)?;
            class.active.then(|| CheckRecord {
                endpoint: check.endpoint.clone(),
                class: class.name.clone(),
                name: check.name.clone(),
                passed,
                failed,
            })
        })
        .collect()
}

fn errors(measured: &EndpointTotals) -> Vec<ErrorRecord> {
    let mut errors: Vec<ErrorRecord> = measured
        .errors
        .iter()
        .map(|((category, message), error)| ErrorRecord {
            category: *category,
            message: message.clone(),
            count: error.count,
            first: error.first,
            last: error.last,
        })
        .collect();
    errors.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| (a.category, &a.message).cmp(&(b.category, &b.message))));
    errors
}

fn phases(measured: &PhaseHistograms) -> EndpointPhases {
    let PhaseHistograms { dns, connect, tls, wait, receive } = measured.clone();
    EndpointPhases { dns, connect, tls, wait, receive }
}

fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole > 0 { part as f64 / whole as f64 } else { 0.0 }
}
