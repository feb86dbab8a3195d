//! A stranger's measurement, put into the words of our own scenario.

use jiff::Timestamp;

use super::paired::{describe_paired, paired_digest};
use super::recording;
use super::run::Measured;
use crate::metrics::{EndpointTotals, ErrorTotals, PhaseHistograms, Totals};
use crate::plan::Plan;
use crate::record::{EndpointRecord, Record, ScenarioId, Summary, Verdict, Warning};
use crate::units::Micros;

/// The record that the figures of a foreign one give with a plan of our own, and what was measured: names, load and target
/// are the plan's, sums and percentiles are computed again from the histograms, the time is that of judging, and the
/// foreign verdict, thresholds, notes and comparison count for nothing. Neither judged nor compared yet.
///
/// Where the plan has paired mode, digest and load are those of a paired run. Invalid where the foreign run says that it is,
/// or where its load was another one than the plan's.
pub fn rejudged(plan: &Plan, foreign: Record) -> Measured {
    let totals = totals(plan, &foreign);
    let mut warnings = Vec::new();
    let (digest, load) = match &plan.paired {
        Some(paired) => (paired_digest(plan, paired), describe_paired(paired)),
        None => (plan.digest.clone(), super::describe_load(&plan.load)),
    };
    if foreign.scenario.digest != digest {
        let message = "the load is another one than that of this repository, so what was measured can't be judged by its scenario";
        let advice = "the pull request changes the load itself, or the workflow that measured sets options that this one doesn't: \
            see docs/github.md";
        warnings.push(Warning { advice: Some(advice.to_owned()), ..invalid("another_load", message) });
    }
    if matches!(foreign.summary.verdict, Verdict::Invalid | Verdict::Interrupted)
        || foreign.warnings.iter().any(|warning| warning.invalidates)
    {
        warnings.push(invalid("invalid_there", "the run itself says that its figures can't be trusted"));
    }
    let mut run = foreign.run;
    run.load = load;
    run.target = plan.target.clone();
    run.repeat = String::new();
    run.branch = None;
    // A waiver ends on a day, and a stranger could name another one.
    run.started_at = Timestamp::now();
    let record = Record {
        thresholds: Vec::new(),
        scenario: ScenarioId { name: plan.name.clone(), digest, profile: plan.profile.clone(), environment: plan.environment.clone() },
        run,
        summary: Summary {
            iterations: foreign.summary.iterations,
            schedule_lag_p99: foreign.summary.schedule_lag_p99,
            ..recording::summary(&totals, foreign.capacity.as_ref().map(|capacity| capacity.rate))
        },
        endpoints: recording::endpoints(plan, &totals),
        checks: Vec::new(),
        comparison: None,
        warnings,
        ..foreign
    };
    Measured { record, totals, aborted: None }
}

/// Whether a record is of the load that the plan runs: of its paired mode where it has that.
pub fn is_load_of(plan: &Plan, record: &Record) -> bool {
    let digest = plan.paired.as_ref().map_or_else(|| plan.digest.clone(), |paired| paired_digest(plan, paired));
    record.scenario.digest == digest
}

fn totals(plan: &Plan, foreign: &Record) -> Totals {
    let mut totals = Totals::new(plan.endpoints.len(), plan.checks.len());
    totals.duration = foreign.run.duration;
    totals.counters.iterations = foreign.summary.iterations;
    totals.counters.iterations_cut = foreign.summary.iterations_cut;
    totals.counters.dropped = foreign.summary.dropped;
    for (endpoint, into) in plan.endpoints.iter().zip(&mut totals.endpoints) {
        let class = plan.classes.get(endpoint.class).map_or("", |class| class.name.as_str());
        if let Some(found) = foreign.endpoints.iter().find(|found| found.name == endpoint.name && found.class == class) {
            *into = endpoint_totals(found, totals.duration);
        }
    }
    totals
}

fn endpoint_totals(endpoint: &EndpointRecord, duration: Micros) -> EndpointTotals {
    let (phases, in_time) = (endpoint.phases.clone(), endpoint.in_time(duration));
    let errors = endpoint.errors.iter().map(|error| {
        let totals = ErrorTotals { count: error.count, first: error.first, last: error.last };
        ((error.category, error.message.clone()), totals)
    });
    EndpointTotals {
        requests: endpoint.requests,
        failures: endpoint.failures,
        after_end: endpoint.requests.saturating_sub(in_time),
        before_begin: in_time.saturating_sub(endpoint.requests),
        bytes_in: endpoint.bytes_in,
        bytes_out: endpoint.bytes_out,
        checks: (endpoint.checks_passed, endpoint.checks_failed),
        ok: endpoint.latency.ok.clone(),
        failed: endpoint.latency.failed.clone(),
        service: endpoint.service_time.clone(),
        phases: PhaseHistograms { dns: phases.dns, connect: phases.connect, tls: phases.tls, wait: phases.wait, receive: phases.receive },
        statuses: endpoint.statuses.clone(),
        errors: errors.collect(),
    }
}

fn invalid(code: &str, message: &str) -> Warning {
    Warning { code: code.to_owned(), invalidates: true, message: message.to_owned(), advice: None }
}
