//! The search for the highest arrival rate that meets an objective.

use std::sync::Arc;

use minijinja::Value;

use super::run::{News, trouble};
use super::steering::Steering;
use crate::engine::{self, Event, Load, LoadOptions, LoadResult};
use crate::gate;
use crate::metrics::{ErrorCategory, Histogram, Totals};
use crate::plan::{ArrivalKind, CapacityPlan, OpenLoad, Plan, RateShape, SlotId, Target};
use crate::record::{CapacityRecord, CapacityStep, Statistics, Warning};
use crate::service::Service;
use crate::units::{Micros, Rate};

/// Each rate that is carried is followed by one this many times as high.
const STRIDE: f64 = 4.0;
/// Then the gap between the highest carried and the lowest missed rate is halved (in its logarithm) this often.
const BISECTIONS: u32 = 3;
/// Arrivals that came less than this share of what was asked: the generator could not send them.
const LEAST_SENT: f64 = 0.98;

/// What a search needs.
pub(super) struct Search<'a> {
    pub(super) plan: &'a Arc<Plan>,
    pub(super) capacity: &'a CapacityPlan,
    pub(super) target: &'a Target,
    pub(super) globals: &'a [(SlotId, Value)],
    pub(super) threads: usize,
    pub(super) steering: &'a Steering,
}

/// What a search came to: its record, and everything measured on the way.
pub(super) struct Found {
    pub(super) record: CapacityRecord,
    pub(super) result: LoadResult,
    /// Why it ended before its time, where the service is why.
    pub(super) ended: Option<Warning>,
}

/// Why a rate is not carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Met,
    /// The service missed the objective.
    Missed,
    /// The generator could not make the load: says nothing of the service.
    Generator,
}

/// Searches: four times the rate as long as the objective is met, then three bisections between the highest rate that
/// was carried and the lowest that wasn't. Where not even the first is, the search goes down instead. It ends at once when
/// the service does: what is left of it carries no rate at all.
pub(super) fn search(search: &Search<'_>, service: &mut Option<&mut Service>, listen: &mut dyn FnMut(News<'_>)) -> Result<Found, Warning> {
    let plan = search.capacity;
    let objective = plan.objective.iter().map(|threshold| threshold.expression.clone()).collect();
    let mut record = CapacityRecord { rate: 0.0, limited_by: "objective".to_owned(), objective, steps: Vec::new() };
    let mut whole: Option<LoadResult> = None;
    let (mut carried, mut missed) = (None::<f64>, None::<f64>);
    let (mut rate, mut bisections) = (plan.from.0.min(plan.to.0), 0);
    let mut ended = None;
    loop {
        let warmup = if whole.is_none() { plan.warmup } else { Micros::ZERO };
        listen(News::Doing(&format!("trying {}", Rate(rate))));
        let result = hold(search, rate, warmup, service, listen)?;
        if search.steering.is_interrupted() {
            // A rate that was not held to its end says nothing of it.
            record.limited_by = "interrupt".to_owned();
            whole = Some(match whole {
                None => result,
                Some(before) => joined(before, result),
            });
            break;
        }
        let (step, outcome) = judge(plan, rate, &result);
        record.steps.push(step);
        let over = result.stopped_early || result.failure.is_some();
        let is_gone = refuses_everybody(&result.totals);
        whole = Some(match whole {
            None => result,
            Some(before) => joined(before, result),
        });
        if over {
            break;
        }
        match outcome {
            Outcome::Met => carried = Some(rate),
            Outcome::Missed | Outcome::Generator => missed = Some(rate),
        }
        record.limited_by = match (outcome, record.limited_by.as_str()) {
            (Outcome::Generator, _) => "generator".to_owned(),
            (Outcome::Missed, _) => "objective".to_owned(),
            (Outcome::Met, before) => before.to_owned(),
        };
        if is_gone {
            ended = Some(gone(rate, carried));
            break;
        }
        rate = match (carried, missed) {
            (Some(low), None) if low >= plan.to.0 => {
                record.limited_by = "to".to_owned();
                break;
            }
            (Some(low), None) => (low * STRIDE).min(plan.to.0),
            (low, Some(high)) if bisections < BISECTIONS => {
                bisections += 1;
                // Below the first rate the search goes down to a sixteenth of it, and halves that gap.
                (low.unwrap_or(plan.from.0 / (STRIDE * STRIDE)) * high).sqrt()
            }
            _ => break,
        };
    }
    record.rate = carried.unwrap_or(0.0);
    let result = whole.unwrap_or_else(|| unreachable!("at least one rate was tried"));
    Ok(Found { record, result, ended })
}

/// Whether nobody listens any more: not one connection was accepted. A service with too much to do is slow, or times out.
fn refuses_everybody(totals: &Totals) -> bool {
    let errors = totals.endpoints.iter().flat_map(|endpoint| &endpoint.errors);
    let refused: u64 = errors.filter(|((category, _), _)| *category == ErrorCategory::ConnectRefused).map(|(_, error)| error.count).sum();
    refused > 0 && refused == totals.requests()
}

fn gone(rate: f64, carried: Option<f64>) -> Warning {
    let known = carried.map(|carried| format!("; {} was the last rate that it carried", Rate(carried))).unwrap_or_default();
    Warning {
        code: "service_gone".to_owned(),
        invalidates: false,
        message: format!("the search ended at {}, where the service refused every connection{known}", Rate(rate)),
        advice: Some("see whether the service ended under the load: its log, its memory, its limit of open files".to_owned()),
    }
}

fn hold(
    search: &Search<'_>,
    rate: f64,
    warmup: Micros,
    service: &mut Option<&mut Service>,
    listen: &mut dyn FnMut(News<'_>),
) -> Result<LoadResult, Warning> {
    let plan = search.capacity;
    let load = Load::Open(OpenLoad {
        rate: RateShape::Constant(Rate(rate)),
        arrivals: plan.arrivals,
        duration: Some(plan.hold),
        iterations: None,
        max_users: plan.max_users,
        max_wait: plan.max_wait,
        warmup,
        graceful_stop: plan.graceful_stop,
    });
    let control = search.steering.begin();
    let options =
        LoadOptions { target: search.target.clone(), threads: search.threads, globals: search.globals.to_vec(), control: control.clone() };
    engine::run(search.plan, &load, &options, &mut |event| {
        if let Event::Tick { snapshot, .. } = event {
            listen(News::Tick(snapshot));
            if service.as_mut().is_some_and(|service| service.exited().is_some()) {
                control.stop();
            }
        }
    })
    .map_err(|error| trouble("no_threads", format!("failed to {error}")))
}

fn judge(plan: &CapacityPlan, rate: f64, result: &LoadResult) -> (CapacityStep, Outcome) {
    let totals = &result.totals;
    let misses = |totals: &Totals| -> Vec<String> {
        let objective = plan.objective.iter();
        objective.filter(|threshold| !gate::holds(threshold, totals)).map(|threshold| threshold.expression.clone()).collect()
    };
    let mut missed = misses(totals);
    let asked = rate * plan.hold.as_secs_f64();
    let arrived = (totals.counters.iterations + totals.counters.iterations_cut + totals.counters.dropped) as f64;
    let mut outcome = if missed.is_empty() { Outcome::Met } else { Outcome::Missed };
    // Response times count from the intended start, so a generator that is late looks like a slow service. The service
    // is to blame when they miss the objective without the lag too, or when it kept all users busy.
    let generator_late = !missed.is_empty() && totals.counters.dropped == 0 && misses(&gate::on_time(totals)).is_empty();
    // Independent visitors come in numbers that vary by their root: three times that is chance.
    let chance = if plan.arrivals == ArrivalKind::Poisson { 3.0 * asked.sqrt() } else { 1.0 };
    if generator_late || (arrived + chance < asked * LEAST_SENT && !result.stopped_early) {
        outcome = Outcome::Generator;
        missed.push("the generator could not keep up".to_owned());
    } else if totals.counters.dropped > 0 && outcome == Outcome::Met {
        // Who is dropped is in no percentile; a rate of which a part is turned away is not carried.
        outcome = Outcome::Missed;
        missed.push(format!("{} arrivals dropped: every one of {} users was busy", totals.counters.dropped, plan.max_users));
    }
    let mut all = Histogram::default();
    totals.endpoints.iter().for_each(|endpoint| all.merge(&endpoint.ok));
    let (requests, failures) = (totals.requests(), totals.failures());
    let step = CapacityStep {
        rate,
        throughput: totals.in_time() as f64 / totals.duration.as_secs_f64().max(f64::MIN_POSITIVE),
        p95_latency: Statistics::of(&all).p95_latency,
        error_rate: if requests > 0 { failures as f64 / requests as f64 } else { 0.0 },
        dropped: totals.counters.dropped,
        met: outcome == Outcome::Met,
        missed,
    };
    (step, outcome)
}

fn joined(mut before: LoadResult, after: LoadResult) -> LoadResult {
    let offset = before.totals.duration.max(before.timeline.end());
    before.timeline.append(after.timeline, offset);
    before.totals.merge(&after.totals, offset);
    before.users_max = before.users_max.max(after.users_max);
    before.stall_max = before.stall_max.max(after.stall_max);
    before.busy_max = before.busy_max.into_iter().chain(after.busy_max).reduce(f64::max);
    before.stopped_early |= after.stopped_early;
    before.failure = before.failure.or(after.failure);
    for remark in after.remarks {
        if !before.remarks.contains(&remark) {
            before.remarks.push(remark);
        }
    }
    before
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Counters, EndpointTotals, Timeline};
    use crate::plan::{CompileOptions, LoadPlan, from_text};

    const SCENARIO: &str = "target: http://127.0.0.1:9\nusers: {u: {tasks: [{get: /}]}}\n\
                            load: {max_users: 10, capacity: {objective: [p95 < 200ms], from: 10/s, to: 1000/s, hold: 10s}}\n";

    fn search_of(text: &str) -> CapacityPlan {
        let (overrides, process) = (Default::default(), Default::default());
        let loaded = from_text("t.yml", text, std::path::Path::new(""), &overrides, &process, CompileOptions::default());
        match loaded.unwrap_or_else(|problems| panic!("{problems:?}")).plan.load {
            LoadPlan::Capacity(search) => search,
            load => panic!("{load:?}"),
        }
    }

    /// What came of 10 s at 100/s, by milliseconds: response times, service times, lag, each with how many there were.
    fn held(ok: &[(u64, u64)], service: &[(u64, u64)], lag: &[(u64, u64)], counters: Counters) -> LoadResult {
        let histogram = |times: &[(u64, u64)]| {
            let mut histogram = Histogram::default();
            times.iter().for_each(|&(millis, count)| histogram.record_n(Micros::from_millis(millis), count));
            histogram
        };
        let ok = histogram(ok);
        let endpoint = EndpointTotals { requests: ok.count(), ok, service: histogram(service), ..EndpointTotals::default() };
        LoadResult {
            totals: Totals {
                endpoints: vec![endpoint],
                lag: histogram(lag),
                counters,
                duration: Micros::from_secs(10),
                ..Totals::default()
            },
            timeline: Timeline::new(Micros::from_secs(1)),
            users_max: 10,
            threads: 1,
            busy_max: None,
            stall_max: Micros::ZERO,
            stopped_early: false,
            failure: None,
            remarks: Vec::new(),
        }
    }

    fn iterations(iterations: u64) -> Counters {
        Counters { iterations, ..Counters::default() }
    }

    fn judged(result: &LoadResult) -> (Outcome, Vec<String>) {
        let (step, outcome) = judge(&search_of(SCENARIO), 100.0, result);
        assert_eq!(step.met, outcome == Outcome::Met);
        (outcome, step.missed)
    }

    #[test]
    fn the_generator_is_to_blame_for_its_lag_and_for_nothing_else() {
        let (quick, slow) = ([(100, 1000)], [(100, 800), (250, 200)]);
        let (on_time, late) = ([(1, 1000)], [(1, 800), (150, 200)]);
        assert_eq!(judged(&held(&quick, &quick, &on_time, iterations(1000))), (Outcome::Met, vec![]));
        let said = |what: &[&str]| what.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let keeping_up = "the generator could not keep up";
        assert_eq!(judged(&held(&slow, &quick, &late, iterations(1000))), (Outcome::Generator, said(&["p95 < 200ms", keeping_up])));
        // They waited for a free user, or for a connection: the service kept the users busy, or opened slowly.
        assert_eq!(judged(&held(&slow, &quick, &on_time, iterations(1000))), (Outcome::Missed, said(&["p95 < 200ms"])));
        assert_eq!(judged(&held(&slow, &slow, &late, iterations(1000))), (Outcome::Missed, said(&["p95 < 200ms"])));
        // Arrivals that never came are the generator's in any case, but for those that chance did not bring.
        let few = held(&quick, &quick, &on_time, iterations(920));
        assert_eq!(judged(&few), (Outcome::Generator, said(&[keeping_up])));
        let by_chance = CapacityPlan { arrivals: ArrivalKind::Poisson, ..search_of(SCENARIO) };
        assert_eq!(judge(&by_chance, 100.0, &few).1, Outcome::Met);
        assert_eq!(judge(&by_chance, 100.0, &held(&quick, &quick, &on_time, iterations(880))).1, Outcome::Generator);
        let dropping = Counters { dropped: 3, ..iterations(997) };
        let dropped = "3 arrivals dropped: every one of 10 users was busy";
        assert_eq!(judged(&held(&quick, &quick, &on_time, dropping)), (Outcome::Missed, said(&[dropped])));
    }
}
