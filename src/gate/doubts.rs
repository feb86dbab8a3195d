//! Doubts about a measurement: what the generator did to it, and what wasn't measured at all.

use super::on_time::on_time;
use super::thresholds::{Evidence, judge};
use crate::metrics::{ErrorCategory, Histogram, Totals};
use crate::plan::{LoadPlan, Metric, Plan, Step};
use crate::record::{CapacityRecord, Comparison, ComparisonVerdict, GeneratorUse, Record, Summary, ThresholdOutcome, Warning};
use crate::units::{Bytes, Micros, Rate, Share};

/// What a run was and what it came to.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// What was asked for.
    pub plan: &'a Plan,
    /// The load that ran: the plan's own, except in paired mode.
    pub load: &'a LoadPlan,
    /// Whether it took turns with another version of the service, so that what the machine did happened to both.
    pub paired: bool,
    /// What was measured.
    pub totals: &'a Totals,
    /// What the generator used, and how late it was: [`GeneratorUse::late_starts`] by [`lag_limit`].
    pub generator: &'a GeneratorUse,
    /// What a capacity search found.
    pub capacity: Option<&'a CapacityRecord>,
    /// How many arrivals the load asked for until it ended, or was stopped; none where it asked for no arrivals.
    pub arrivals_due: Option<f64>,
    /// Whether a generator that couldn't keep up makes the run invalid; otherwise it is only said.
    pub saturation_invalidates: bool,
}

/// Starts later than a tenth of the median response time are late, but not below this.
const LEAST_LAG: Micros = Micros::from_millis(1);
/// So many late starts of all make a run invalid...
const LATE_SHARE: f64 = 0.01;
/// ...from this many on: one hiccup of the machine among a hundred starts is none of a generator's limit.
const LEAST_LATE: u64 = 3;
/// A generator thread that ran for more of a second than this, in percent, had hardly a moment to wait in.
const AT_LIMIT: f64 = 70.0;
/// The lag that is borne in any case where the machine is to blame.
const MOST_LAG: Micros = Micros::from_millis(25);
/// A stall of a loop that is shorter than this is nothing special on a shared machine.
const LEAST_STALL: Micros = Micros::from_millis(100);
/// The generator was at its limit.
const SATURATED: &str = "generator_saturated";
/// The machine ran something else when requests should have started.
const LATE: &str = "late_starts";
/// A generator that uses more of its cores than this, in percent, adds to what it measures.
const BUSY: f64 = 80.0;
/// Less than this share of the asked arrivals is worth a word.
const REACHED: f64 = 0.95;
/// Requests of this size wait for room in the system however quickly they are read.
const LARGE: Bytes = Bytes(64 << 10);
/// Below this many successful requests p95 is hardly more than the longest of them: 5 / (1 - 0.95).
const FEW: u64 = 100;

/// The schedule lag from which a start is late: a tenth of the median response time, at least a millisecond.
pub fn lag_limit(summary: &Summary) -> Micros {
    summary.latency.p50_latency.map_or(LEAST_LAG, |median| LEAST_LAG.max(Micros::from_secs_f64(median / 10.0)))
}

/// The doubts, those that make the run invalid first.
pub fn doubts(circumstances: &Circumstances<'_>) -> Vec<Warning> {
    let doubts = [nothing_measured, exhausted, saturated, stalled, busy, held_back, dropped, rate_not_reached, few_samples];
    let mut doubts: Vec<Warning> = doubts.iter().filter_map(|doubt| doubt(circumstances)).collect();
    doubts.sort_by_key(|doubt| !doubt.invalidates);
    doubts
}

/// No request, no answer, or no success that anybody would have noticed.
fn nothing_measured(run: &Circumstances<'_>) -> Option<Warning> {
    let (requests, failures) = (run.totals.requests(), run.totals.failures());
    let answers: u64 = run.totals.endpoints.iter().flat_map(|endpoint| endpoint.statuses.values()).sum();
    let (code, message) = if requests == 0 {
        ("nothing_measured", "no request was finished, so nothing was measured".to_owned())
    } else if answers == 0 {
        ("no_answer", format!("none of {requests} requests got an answer{}", mostly(run.totals)))
    } else if failures == requests && !judges_errors(run.plan) {
        ("no_success", format!("all {requests} requests failed{}, and neither a threshold nor verify judges errors", mostly(run.totals)))
    } else {
        return None;
    };
    let advice = match code {
        "no_answer" => Some("see whether the service runs, and whether the target is right".to_owned()),
        "no_success" => Some("add a threshold such as `error_rate < 1%` if failures are expected".to_owned()),
        _ => None,
    };
    Some(Warning { code: code.to_owned(), invalidates: true, message, advice })
}

/// The generator's own system refused connections: those failures say nothing of the service.
fn exhausted(run: &Circumstances<'_>) -> Option<Warning> {
    let refused = Some(run.totals.counters.exhausted).filter(|&refused| refused > 0)?;
    let noun = if refused == 1 { "connection" } else { "connections" };
    let mut advice = "raise `ulimit -n`, take fewer `--users`, or widen the range of local ports".to_owned();
    if run.saturation_invalidates {
        advice += "; `--on-saturation warn` shows the figures anyway";
    }
    Some(Warning {
        code: "generator_exhausted".to_owned(),
        invalidates: run.saturation_invalidates,
        message: format!("the generator could not open {refused} {noun}: its system has no more files or ports to give"),
        advice: Some(advice),
    })
}

/// Requests started late, where starts have a time at all.
///
/// There are two reasons for it, and the CPU time of the generator's busiest second tells them apart. A generator at its
/// limit makes the run invalid. One that was ready while the machine ran something else, as shared runners do, has only
/// made response times longer than they were: what held in spite of that holds, and is shown with a warning. The run is
/// invalid all the same when the lag is no longer small, or when a threshold was missed that would have held without it.
fn saturated(run: &Circumstances<'_>) -> Option<Warning> {
    let (late, starts) = (run.generator.late_starts, run.totals.lag.count());
    if !has_schedule(run) || late < LEAST_LATE || late as f64 <= starts as f64 * LATE_SHARE {
        return None;
    }
    let lag = run.generator.schedule_lag_p99.map(Micros::from_secs_f64);
    let told = lag.map(|lag| format!("; 99 % of the starts were at most {lag} late")).unwrap_or_default();
    let late = format!("{late} of {starts} requests ({}) started late{told}", Share(late as f64 / starts as f64));
    let at_limit = run.generator.cpu_peak_percent.is_none_or(|peak| peak >= AT_LIMIT);
    let unjust = missed_by_lag_alone(run);
    let invalid = at_limit || unjust || (!run.paired && lag.is_none_or(|lag| lag > bearable(run.totals)));
    let (code, message) = match (at_limit, unjust) {
        (true, _) => (SATURATED, format!("the generator could not keep up: {late}")),
        (false, true) => (LATE, format!("the machine was busy, and a threshold was missed for that alone: {late}")),
        (false, false) if run.paired => (LATE, format!("the machine was busy: {late}; response times of both versions include it alike")),
        (false, false) => (LATE, format!("the machine was busy: {late}; response times include it")),
    };
    let less = match run.load {
        LoadPlan::Open(_) if run.paired => "lower `paired.rate`",
        LoadPlan::Open(_) => "lower `--rate`",
        LoadPlan::Closed(_) => "take fewer `--users`",
        LoadPlan::Capacity(_) => "lower `to`",
    };
    let threads = run.generator.threads;
    let mut advice = match at_limit {
        true if run.paired => format!("{less}, or run loadline on another machine than the services"),
        true => {
            format!("raise `--threads` (now {threads}) where cores are free, {less}, or run loadline on another machine than the service")
        }
        false => "end what else runs there, or run loadline on another machine than the service".to_owned(),
    };
    // A search that ends at the generator's limit has found a lower bound: that is a result.
    let invalidates = invalid && run.saturation_invalidates && run.capacity.is_none();
    if invalidates {
        advice += "; `--on-saturation warn` shows the figures anyway";
    }
    Some(Warning { code: code.to_owned(), invalidates, message, advice: Some(advice) })
}

/// The lag that is borne where the machine is to blame: up to the median response time, and 25 ms in any case.
fn bearable(totals: &Totals) -> Micros {
    let mut all = Histogram::default();
    totals.endpoints.iter().for_each(|endpoint| all.merge(&endpoint.ok));
    all.percentile(50.0).unwrap_or_default().max(MOST_LAG)
}

/// Whether a threshold that fails the run was missed, and would have held if all had started on time.
fn missed_by_lag_alone(run: &Circumstances<'_>) -> bool {
    let judged = |totals| judge(run.plan, totals, &Evidence::default()).into_iter();
    judged(run.totals).zip(judged(&on_time(run.totals))).any(|(seen, on_time)| {
        seen.severity == "fail" && seen.outcome == ThresholdOutcome::Failed && on_time.outcome == ThresholdOutcome::Passed
    })
}

/// A regression found in a run whose requests started late is no regression of the service: the run is invalid. Not so
/// in paired mode, where what made them late happened to both versions.
pub fn doubt_regression(record: &mut Record) {
    let regressed = |comparison: &Comparison| comparison.verdict == ComparisonVerdict::Regressed && !comparison.advisory;
    if record.comparison.as_ref().is_some_and(regressed)
        && let Some(late) = record.warnings.iter_mut().find(|warning| warning.code == LATE)
    {
        late.invalidates = true;
        late.message += ", so that the comparison can't be trusted";
        record.warnings.sort_by_key(|warning| !warning.invalidates);
    }
}

/// A generator thread whose loop was held up: answers that came meanwhile were seen late. Only worth a word where nothing
/// has a time to start at, so that nothing was late, and where it is more than a slow answer.
fn stalled(run: &Circumstances<'_>) -> Option<Warning> {
    let stall = run.generator.loop_stall_max.map(Micros::from_secs_f64)?;
    let median = run.totals.endpoints.iter().filter_map(|endpoint| endpoint.ok.percentile(50.0)).max().unwrap_or_default();
    if has_schedule(run) || stall < LEAST_STALL || stall < median {
        return None;
    }
    let at_limit = run.generator.cpu_peak_percent.is_some_and(|peak| peak >= AT_LIMIT);
    let advice = match at_limit {
        true => format!("raise `--threads` (now {}) where cores are free, or take fewer `--users`", run.generator.threads),
        false => "end what else runs there, or run loadline on another machine than the service".to_owned(),
    };
    Some(Warning {
        code: "generator_stalled".to_owned(),
        invalidates: false,
        message: format!("a generator thread was held up for {stall}: the longest latencies may be its own"),
        advice: Some(advice),
    })
}

/// A generator without a moment's rest: what it measures includes itself.
fn busy(run: &Circumstances<'_>) -> Option<Warning> {
    let percent = run.generator.cpu_percent.filter(|&percent| percent > BUSY)?;
    let message = format!("latency includes the generator: it used {percent:.0} % of its cores");
    let advice =
        format!("raise `--threads` (now {}) where cores are free; throughput is not judged in a comparison", run.generator.threads);
    Some(Warning { code: "generator_busy".to_owned(), invalidates: false, message, advice: Some(advice) })
}

/// Requests waited in the generator to be sent, because the service did not take in what was sent before: small ones, for
/// which the system always has room where somebody reads. Large ones can't but wait.
fn held_back(run: &Circumstances<'_>) -> Option<Warning> {
    let (counters, sent) = (&run.totals.counters, run.totals.counters.sent_load);
    let bytes: u64 = run.totals.endpoints.iter().map(|endpoint| endpoint.bytes_out).sum();
    let is_large = bytes > sent.saturating_mul(LARGE.0);
    if is_large || counters.held_back < LEAST_LATE || counters.held_back as f64 <= sent as f64 * LATE_SHARE {
        return None;
    }
    Some(Warning {
        code: "sends_held_back".to_owned(),
        invalidates: false,
        message: format!(
            "{} of {sent} requests could not be sent at once: the service, or the network, did not take in what was sent before",
            counters.held_back
        ),
        advice: Some("response times include the wait; see why the service reads its connections slowly".to_owned()),
    })
}

/// Arrivals that found no user: the service's doing.
fn dropped(run: &Circumstances<'_>) -> Option<Warning> {
    let dropped = Some(run.totals.counters.dropped).filter(|&dropped| dropped > 0)?;
    let arrivals = dropped + run.totals.counters.iterations + run.totals.counters.iterations_cut;
    let (users, wait) = match run.load {
        LoadPlan::Open(open) if !run.paired && open.graceful_stop < open.max_wait => {
            (open.max_users, format!("{}, or before the end,", open.max_wait))
        }
        LoadPlan::Open(open) => (open.max_users, open.max_wait.to_string()),
        // A capacity search goes on until arrivals are dropped, or something else is missed.
        LoadPlan::Capacity(_) | LoadPlan::Closed(_) => return None,
    };
    let share = Share(dropped as f64 / arrivals as f64);
    Some(Warning {
        code: "dropped_iterations".to_owned(),
        invalidates: false,
        message: format!("{dropped} of {arrivals} arrivals ({share}) found none of {users} users free within {wait} and were dropped"),
        advice: Some(match run.paired {
            true => "the service did not answer fast enough for this rate; lower `paired.rate`".to_owned(),
            false => format!("the service did not answer fast enough for this rate; raise `--max-users` (now {users}) or lower `--rate`"),
        }),
    })
}

/// Fewer arrivals than asked for, for no reason that was told already.
fn rate_not_reached(run: &Circumstances<'_>) -> Option<Warning> {
    let seconds = run.totals.duration.as_secs_f64();
    let expected = run.arrivals_due.filter(|_| seconds > 0.0)?;
    let arrived = (run.totals.counters.iterations + run.totals.counters.iterations_cut + run.totals.counters.dropped) as f64;
    // Independent visitors come in numbers that vary by their root: three times that is chance, and so is one arrival.
    if arrived + 1.0 + 3.0 * expected.sqrt() >= expected || arrived >= expected * REACHED {
        return None;
    }
    Some(Warning {
        code: "rate_not_reached".to_owned(),
        invalidates: false,
        message: format!("{} was asked for and {} came about", Rate(expected / seconds), Rate(arrived / seconds)),
        advice: Some(match run.paired {
            true => "lower `paired.rate`".to_owned(),
            false => format!("raise `--threads` (now {}) or lower `--rate`", run.generator.threads),
        }),
    })
}

/// Percentiles of hardly anything; no news where only numbers of answers are judged, as in a race for the last item.
fn few_samples(run: &Circumstances<'_>) -> Option<Warning> {
    let successes = run.totals.requests() - run.totals.failures();
    let metrics = || run.plan.thresholds.iter().map(|planned| planned.threshold.metric);
    let only_counts =
        metrics().any(|metric| matches!(metric, Metric::Count(_))) && !metrics().any(|metric| matches!(metric, Metric::Time(..)));
    ((1..FEW).contains(&successes) && !only_counts).then(|| Warning {
        code: "few_samples".to_owned(),
        invalidates: false,
        message: format!("only {successes} successful requests: p95 and above are hardly more than the longest of them"),
        advice: Some(match run.paired {
            true => "raise `--budget` or `paired.rate` if latency matters here".to_owned(),
            false => "raise `--duration` or `--iterations` if latency matters here".to_owned(),
        }),
    })
}

/// Whether requests have a time at which they should start that isn't "as soon as the last was answered".
fn has_schedule(run: &Circumstances<'_>) -> bool {
    let thinks = |step: &Step| matches!(step, Step::Think(time) if !time.is_none());
    let classes = || run.plan.classes.iter().filter(|class| class.active);
    match run.load {
        LoadPlan::Open(_) | LoadPlan::Capacity(_) => true,
        LoadPlan::Closed(_) => {
            classes().any(|class| !class.think_time.is_none() || class.tasks.iter().any(|task| task.program.steps.iter().any(thinks)))
        }
    }
}

/// Whether anything in the scenario would notice that requests fail.
fn judges_errors(plan: &Plan) -> bool {
    let of_errors = |metric| matches!(metric, Metric::ErrorRate | Metric::SuccessRate | Metric::Count(_) | Metric::CheckRate);
    !plan.verify.steps.is_empty() || plan.thresholds.iter().any(|planned| planned.applicable && of_errors(planned.threshold.metric))
}

/// `, most of them: connect refused`.
fn mostly(totals: &Totals) -> String {
    let mut counts = ErrorCategory::ALL.map(|category| (0, category));
    for ((category, _), error) in totals.endpoints.iter().flat_map(|endpoint| &endpoint.errors) {
        counts.iter_mut().filter(|(_, known)| known == category).for_each(|(count, _)| *count += error.count);
    }
    counts
        .into_iter()
        .max_by_key(|(count, _)| *count)
        .filter(|(count, _)| *count > 0)
        .map_or(String::new(), |(_, category)| format!(" ({category})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::fixture::{compiled, plan, plan_with, totals};

    const OPEN: &str = "load: {rate: 100/s, duration: 10s, max_users: 50}\n";

    fn run_with(totals: Totals, late: u64) -> (Totals, GeneratorUse) {
        let mut totals = totals;
        let count = totals.requests();
        if count > late {
            totals.lag.record_n(Micros(100), count - late);
        }
        if late > 0 {
            totals.lag.record_n(Micros::from_millis(20), late);
        }
        let lag = totals.lag.percentile(99.0).map(|lag| lag.as_secs_f64());
        let generator =
            GeneratorUse { threads: 1, cpu_percent: Some(30.0), schedule_lag_p99: lag, late_starts: late, ..GeneratorUse::default() };
        (totals, generator)
    }

    fn found(plan: &Plan, (totals, generator): &(Totals, GeneratorUse), change: impl Fn(&mut Circumstances<'_>)) -> Vec<Warning> {
        let mut circumstances = Circumstances {
            plan,
            load: &plan.load,
            paired: false,
            totals,
            generator,
            capacity: None,
            arrivals_due: matches!(plan.load, LoadPlan::Open(_)).then_some(1000.0),
            saturation_invalidates: true,
        };
        change(&mut circumstances);
        doubts(&circumstances)
    }

    fn codes(warnings: &[Warning]) -> Vec<(&str, bool)> {
        warnings.iter().map(|warning| (warning.code.as_str(), warning.invalidates)).collect()
    }

    fn good() -> Totals {
        totals([(500, 0, 10), (300, 0, 10), (200, 0, 10)])
    }

    #[test]
    fn a_good_run_leaves_no_doubt() {
        assert_eq!(found(&plan_with(OPEN), &run_with(good(), 0), |_| ()), []);
    }

    #[test]
    fn more_than_one_of_a_hundred_late_starts_is_saturation() {
        let open = plan_with(OPEN);
        assert_eq!(found(&open, &run_with(good(), 10), |_| ()), []);
        let mut late = run_with(good(), 40);
        late.1.cpu_peak_percent = Some(96.0);
        let warnings = found(&open, &late, |_| ());
        assert_eq!(codes(&warnings), [("generator_saturated", true)]);
        assert_eq!(
            (warnings[0].message.as_str(), warnings[0].advice.as_deref()),
            (
                "the generator could not keep up: 40 of 1000 requests (4%) started late; 99 % of the starts were at most 20ms late",
                Some(
                    "raise `--threads` (now 1) where cores are free, lower `--rate`, or run loadline on another machine than the service; `--on-saturation warn` shows the figures anyway"
                )
            )
        );
        assert_eq!(codes(&found(&open, &late, |run| run.saturation_invalidates = false)), [("generator_saturated", false)]);
        // Two hiccups in fifty starts are not.
        assert_eq!(
            codes(&found(&open, &run_with(totals([(48, 0, 10), (0, 0, 0), (0, 0, 0)]), 2), |run| run.arrivals_due = None)),
            [("few_samples", false)]
        );
    }

    #[test]
    fn connections_that_our_own_system_refused_are_not_the_services() {
        let mut run = run_with(good(), 0);
        run.0.counters.exhausted = 3;
        let warnings = found(&plan_with(OPEN), &run, |_| ());
        assert_eq!(codes(&warnings), [("generator_exhausted", true)]);
        assert_eq!(warnings[0].message, "the generator could not open 3 connections: its system has no more files or ports to give");
    }

    #[test]
    fn a_machine_that_was_busy_takes_nothing_from_what_held() {
        let open = plan_with(&format!("{OPEN}thresholds: {{all: [p95 < 50ms]}}\n"));
        let mut late = run_with(good(), 40);
        late.1.cpu_peak_percent = Some(12.0);
        let warnings = found(&open, &late, |_| ());
        assert_eq!(codes(&warnings), [("late_starts", false)]);
        assert_eq!(
            warnings[0].message,
            "the machine was busy: 40 of 1000 requests (4%) started late; 99 % of the starts were at most 20ms late; response times include it"
        );
        // A lag beyond 25 ms and the median is no longer noise.
        late.1.schedule_lag_p99 = Some(0.026);
        assert_eq!(codes(&found(&open, &late, |_| ())), [("late_starts", true)]);
        // Unless both versions had it alike.
        let warnings = found(&open, &late, |run| run.paired = true);
        assert_eq!(codes(&warnings), [("late_starts", false)]);
        assert!(warnings[0].message.ends_with("response times of both versions include it alike"), "{warnings:?}");
        // Nor is a threshold that was missed for the lag alone.
        late.1.schedule_lag_p99 = Some(0.020);
        let lengthen = |late: &mut Totals, longest: u64| {
            for endpoint in &mut late.endpoints {
                let number = endpoint.ok.count();
                endpoint.ok = Histogram::default();
                endpoint.ok.record_n(Micros::from_millis(10), number - 30);
                endpoint.ok.record_n(Micros::from_millis(longest), 30);
            }
        };
        lengthen(&mut late.0, 60);
        let warnings = found(&open, &late, |_| ());
        assert_eq!(codes(&warnings), [("late_starts", true)]);
        assert!(warnings[0].message.starts_with("the machine was busy, and a threshold was missed for that alone: 40 of 1000"));
        // Where it would have been missed without the lag, by a wait for a user say, that is not to blame.
        lengthen(&mut late.0, 90);
        assert_eq!(codes(&found(&open, &late, |_| ())), [("late_starts", false)]);
    }

    #[test]
    fn a_regression_in_a_late_run_is_not_the_services() {
        let mut record = crate::record::fixture::sketch("r", 0).record();
        let base = record.clone();
        record.comparison = Some(crate::compare::between(&base, &base, "base", &crate::compare::Policy::default()));
        let warning = |code: &str| Warning { code: code.to_owned(), invalidates: false, message: "late".to_owned(), advice: None };
        record.warnings = vec![warning("few_samples"), warning("late_starts")];
        doubt_regression(&mut record);
        assert_eq!(codes(&record.warnings), [("few_samples", false), ("late_starts", false)]);
        if let Some(comparison) = &mut record.comparison {
            comparison.verdict = ComparisonVerdict::Regressed;
        }
        doubt_regression(&mut record);
        assert_eq!(codes(&record.warnings), [("late_starts", true), ("few_samples", false)]);
        assert_eq!(record.warnings[0].message, "late, so that the comparison can't be trusted");
    }

    #[test]
    fn a_closed_loop_is_saturated_only_where_its_users_think() {
        let late = run_with(good(), 40);
        assert_eq!(found(&plan("  all: [p95 < 1s]"), &late, |_| ()), []);
        let closed =
            |user: &str| compiled(&format!("target: http://127.0.0.1:9\nusers: {{a: {{{user}}}}}\nload: {{users: 4, duration: 10s}}\n"));
        for user in ["think_time: 1s, tasks: [{get: /}]", "tasks: [{steps: [{get: /}, {think: 1s}]}]"] {
            let warnings = found(&closed(user), &late, |_| ());
            assert_eq!(codes(&warnings), [("generator_saturated", true)], "{user}");
            assert!(warnings[0].advice.as_deref().is_some_and(|advice| advice.contains("take fewer `--users`")));
        }
    }

    #[test]
    fn a_search_that_ends_at_the_generators_limit_is_valid() {
        let search = plan_with("load: {capacity: {objective: [p95 < 1s], from: 10/s, to: 1000/s, hold: 1s}}\n");
        let found_rate = CapacityRecord { rate: 250.0, limited_by: "generator".to_owned(), objective: Vec::new(), steps: Vec::new() };
        let mut late = run_with(good(), 40);
        late.0.counters.dropped = 5;
        let run = Circumstances {
            plan: &search,
            load: &search.load,
            paired: false,
            totals: &late.0,
            generator: &late.1,
            capacity: Some(&found_rate),
            arrivals_due: None,
            saturation_invalidates: true,
        };
        assert_eq!(codes(&doubts(&run)), [("generator_saturated", false)]);
    }

    #[test]
    fn a_busy_generator_is_noted_and_never_invalid() {
        let mut busy = run_with(good(), 0);
        busy.1.cpu_percent = Some(97.0);
        let warnings = found(&plan("  all: [p95 < 1s]"), &busy, |_| ());
        assert_eq!(codes(&warnings), [("generator_busy", false)]);
        assert_eq!(warnings[0].message, "latency includes the generator: it used 97 % of its cores");
    }

    #[test]
    fn dropped_arrivals_are_the_services_doing() {
        let mut dropping = run_with(good(), 0);
        dropping.0.counters.dropped = 250;
        dropping.0.counters.iterations = 750;
        let warnings = found(&plan_with(OPEN), &dropping, |_| ());
        assert_eq!(codes(&warnings), [("dropped_iterations", false)]);
        assert_eq!(warnings[0].message, "250 of 1000 arrivals (25%) found none of 50 users free within 1s and were dropped");
        let impatient = plan_with("load: {rate: 100/s, duration: 10s, max_users: 50, graceful_stop: 0s}\n");
        let told = found(&impatient, &dropping, |_| ())[0].message.clone();
        assert_eq!(told, "250 of 1000 arrivals (25%) found none of 50 users free within 1s, or before the end, and were dropped");
    }

    #[test]
    fn a_rate_that_did_not_come_about_is_told() {
        let mut slow = run_with(good(), 0);
        slow.0.counters.iterations = 600;
        let warnings = found(&plan_with(OPEN), &slow, |_| ());
        assert_eq!(codes(&warnings), [("rate_not_reached", false)]);
        assert_eq!(warnings[0].message, "100/s was asked for and 60/s came about");
        slow.0.counters.iterations = 930;
        assert_eq!(found(&plan_with(OPEN), &slow, |_| ()), [], "within three roots of a thousand");
    }

    #[test]
    fn nothing_measured_is_never_green() {
        let judging = plan("  all: [error_rate < 5%]");
        let blind = plan("  all: [p95 < 1s]");
        let code = |plan: &Plan, totals: Totals| {
            codes(&found(plan, &run_with(totals, 0), |_| ())).first().map(|&(code, invalid)| (code.to_owned(), invalid))
        };
        let invalid = |code: &str| Some((code.to_owned(), true));
        assert_eq!(code(&judging, Totals::new(3, 0)), invalid("nothing_measured"));
        let mut unanswered = totals([(0, 50, 0), (0, 0, 0), (0, 0, 0)]);
        unanswered.endpoints[0].statuses.clear();
        assert_eq!(code(&judging, unanswered), invalid("no_answer"));
        let failing = || totals([(0, 50, 0), (0, 50, 0), (0, 0, 0)]);
        assert_eq!(code(&judging, failing()), None);
        assert_eq!(code(&blind, failing()), invalid("no_success"));
        let warnings = found(&blind, &run_with(failing(), 0), |_| ());
        assert_eq!(warnings[0].message, "all 100 requests failed (status), and neither a threshold nor verify judges errors");
    }

    #[test]
    fn small_requests_that_wait_for_room_are_told_and_large_ones_are_not() {
        let mut run = run_with(good(), 0);
        let told = |run: &(Totals, GeneratorUse)| {
            let warnings = found(&plan_with(OPEN), run, |_| ());
            warnings.into_iter().find(|warning| warning.code == "sends_held_back")
        };
        (run.0.counters.sent_load, run.0.counters.held_back) = (1000, 10);
        assert_eq!(told(&run), None);
        run.0.counters.held_back = 11;
        let warning = told(&run).unwrap();
        let message = "11 of 1000 requests could not be sent at once: the service, or the network, did not take in what was sent before";
        assert_eq!((warning.message.as_str(), warning.invalidates), (message, false));
        run.0.endpoints[0].bytes_out = 100_000_000;
        assert_eq!(told(&run), None);
    }

    #[test]
    fn a_held_up_loop_is_worth_a_word_where_nothing_could_be_late() {
        let (closed, open) = (plan_with("load: {users: 2, duration: 10s}\n"), plan_with(OPEN));
        let mut run = run_with(totals([(0, 1000, 0), (0, 0, 0), (0, 0, 0)]), 0);
        let told = |plan: &Plan, run: &(Totals, GeneratorUse)| {
            let warnings = found(plan, run, |_| ());
            warnings.into_iter().find(|warning| warning.code == "generator_stalled")
        };
        run.1.loop_stall_max = Some(0.099);
        assert_eq!(told(&closed, &run), None);
        run.1.loop_stall_max = Some(0.25);
        let warning = told(&closed, &run).unwrap();
        assert_eq!(warning.message, "a generator thread was held up for 250ms: the longest latencies may be its own");
        assert!(!warning.invalidates && warning.advice.unwrap().starts_with("end what else runs there"));
        run.1.cpu_peak_percent = Some(90.0);
        assert!(told(&closed, &run).unwrap().advice.unwrap().starts_with("raise `--threads`"));
        assert_eq!(told(&open, &run), None, "there the lag says more");
    }

    #[test]
    fn late_is_a_tenth_of_the_median_and_at_least_a_millisecond() {
        let mut summary = crate::record::fixture::sketch("r", 0).record().summary;
        for (median, limit) in [(None, 1_000), (Some(0.002), 1_000), (Some(0.050), 5_000)] {
            summary.latency.p50_latency = median;
            assert_eq!(lag_limit(&summary), Micros(limit));
        }
    }
}
