//! Thresholds, judged.

use super::stored::Stored;
use super::view::View;
use crate::metrics::Totals;
use crate::plan::{
    Limit, Metric, Op, Plan, ServiceMetric, Severity, Threshold, ThresholdPlan, ThresholdScope, TimeStatistic, format_value,
};
use crate::record::{CapacityRecord, JudgedThreshold, ServiceUse, ThresholdOutcome};

/// What thresholds are judged on besides what was measured of requests.
#[derive(Debug, Clone, Default)]
pub struct Evidence<'a> {
    /// What the service used, where it was watched.
    pub service: Option<&'a ServiceUse>,
    /// What a capacity search found.
    pub capacity: Option<&'a CapacityRecord>,
    /// What `baseline` stands for in a threshold: the median of the metric over these runs.
    pub baseline: Stored<'a>,
    /// A baseline that isn't there fails the thresholds that need it; otherwise they are not judged.
    pub baseline_wanted: bool,
}

/// Judges every threshold of a plan, in order; `each` gives a row for every endpoint name.
///
/// Nothing to judge on is a miss of its own kind, not a pass. Only memory growth over too short a time is not judged, and
/// neither is a term of a baseline that isn't there unless one is wanted; both say so.
pub fn judge(plan: &Plan, totals: &Totals, evidence: &Evidence<'_>) -> Vec<JudgedThreshold> {
    plan.thresholds.iter().flat_map(|threshold| judge_one(plan, totals, evidence, threshold)).collect()
}

/// Whether a threshold holds for all requests together; not where nothing was measured. A baseline term never holds.
pub fn holds(threshold: &Threshold, totals: &Totals) -> bool {
    match (View::whole(totals).measure(threshold.metric), threshold.limit) {
        (Some(measured), Limit::Value(limit)) => threshold.op.holds(measured.value, limit),
        _ => false,
    }
}

/// Puts the threshold that ended a run in the place of its row: it was missed then, whatever it is now.
pub fn mark_aborted(judged: &mut [JudgedThreshold], aborted: Option<JudgedThreshold>) {
    let Some(aborted) = aborted else { return };
    let same =
        |row: &&mut JudgedThreshold| row.scope == aborted.scope && row.expression == aborted.expression && row.place == aborted.place;
    if let Some(row) = judged.iter_mut().find(same) {
        *row = aborted;
    }
}

/// The rows of one threshold.
pub(super) fn judge_one(plan: &Plan, totals: &Totals, evidence: &Evidence<'_>, threshold: &ThresholdPlan) -> Vec<JudgedThreshold> {
    let name = |text: &str| vec![(text.to_owned(), threshold.applicable)];
    let rows = match &threshold.scope {
        ThresholdScope::All => name("all"),
        ThresholdScope::Service => name("service"),
        ThresholdScope::Class(class) => name(plan.classes.get(*class).map_or("", |class| class.name.as_str())),
        ThresholdScope::Endpoint(endpoint) => name(endpoint),
        ThresholdScope::Tag(tag) => name(tag),
        ThresholdScope::Each => endpoint_names(plan),
    };
    rows.into_iter().map(|(scope, applicable)| judge_row(plan, totals, evidence, threshold, scope, applicable)).collect()
}

/// All endpoint names in the order of the plan, each with whether a class that runs has it.
fn endpoint_names(plan: &Plan) -> Vec<(String, bool)> {
    let mut names: Vec<(String, bool)> = Vec::new();
    for endpoint in &plan.endpoints {
        let active = plan.classes.get(endpoint.class).is_none_or(|class| class.active);
        match names.iter_mut().find(|(name, _)| *name == endpoint.name) {
            Some((_, any)) => *any |= active,
            None => names.push((endpoint.name.clone(), active)),
        }
    }
    names
}

fn judge_row(
    plan: &Plan,
    totals: &Totals,
    evidence: &Evidence<'_>,
    planned: &ThresholdPlan,
    scope: String,
    applicable: bool,
) -> JudgedThreshold {
    let threshold = &planned.threshold;
    let view = View::of_run(plan, totals, &planned.scope, &scope).with(evidence.capacity.map(|capacity| capacity.rate), evidence.service);
    let measured = view.measure(threshold.metric).filter(|_| applicable);
    let mut notes = Vec::new();
    let outcome = match measured {
        None if !applicable => {
            notes.push("its classes were left out by `only`".to_owned());
            ThresholdOutcome::NotApplicable
        }
        None => {
            notes.push(nothing_measured(threshold.metric, &view));
            ThresholdOutcome::NoSamples
        }
        Some(measured) => match resolve(plan, evidence, planned, &scope, &mut notes) {
            Some(limit) => {
                notes.extend(few_samples(threshold.metric, measured.samples));
                notes.extend(evidence.capacity.filter(|_| threshold.metric == Metric::Capacity).and_then(lower_bound));
                outcome(threshold, measured.value, limit, evidence.service, &mut notes)
            }
            None if evidence.baseline_wanted => ThresholdOutcome::NoSamples,
            None => ThresholdOutcome::NotJudged,
        },
    };
    if matches!(outcome, ThresholdOutcome::Failed | ThresholdOutcome::NoSamples) {
        notes.extend(threshold.message.clone());
    }
    JudgedThreshold {
        scope,
        expression: threshold.expression.clone(),
        value: measured.map(|measured| measured.value),
        shown: measured.map_or("–".to_owned(), |measured| format_value(threshold.metric, measured.value)),
        outcome,
        severity: if threshold.severity == Severity::Fail { "fail" } else { "warn" }.to_owned(),
        note: (!notes.is_empty()).then(|| notes.join("; ")),
        aborted: false,
        place: planned.place.clone(),
    }
}

/// What the value is compared with; none for a baseline that isn't there.
fn resolve(plan: &Plan, evidence: &Evidence<'_>, planned: &ThresholdPlan, scope: &str, notes: &mut Vec<String>) -> Option<f64> {
    let metric = planned.threshold.metric;
    match planned.threshold.limit {
        Limit::Value(limit) => Some(limit),
        Limit::Baseline { factor, plus } => {
            let Some(level) = evidence.baseline.level(plan, planned, scope) else {
                let why =
                    if evidence.baseline_wanted { "there is no baseline, and one is wanted" } else { "not judged: there is no baseline" };
                notes.push(why.to_owned());
                return None;
            };
            let limit = level.value * factor + plus;
            let of = level.since_change.map(|count| format!(" of the {count} runs since its level changed")).unwrap_or_default();
            let (base, shown) = (format_value(metric, level.value), format_value(metric, limit));
            notes.push(format!("the baseline{of} is {base}, so the limit is {shown}"));
            Some(limit)
        }
    }
}

/// Memory growth is missed when even the end of its interval that is kinder to the service is beyond the limit.
fn outcome(threshold: &Threshold, value: f64, limit: f64, service: Option<&ServiceUse>, notes: &mut Vec<String>) -> ThresholdOutcome {
    let mut judged = value;
    if threshold.metric == Metric::Service(ServiceMetric::MemoryGrowth) {
        let Some((low, high)) = service.and_then(|service| service.memory_growth_interval) else {
            notes.push("not judged: under 15 s of data".to_owned());
            return ThresholdOutcome::NotJudged;
        };
        let bound = match threshold.op {
            Op::Less | Op::AtMost => Some(("lower", low)),
            Op::Greater | Op::AtLeast => Some(("upper", high)),
            Op::Equal | Op::Unequal => None,
        };
        if let Some((side, bound)) = bound {
            judged = bound;
            notes.push(format!("judged by the {side} 95 % bound of the slope, {}", format_value(threshold.metric, bound)));
        }
    }
    if threshold.op.holds(judged, limit) { ThresholdOutcome::Passed } else { ThresholdOutcome::Failed }
}

fn nothing_measured(metric: Metric, view: &View<'_>) -> String {
    match metric {
        Metric::Service(_) => "nothing was seen of the service".to_owned(),
        Metric::Capacity => "no capacity search was made".to_owned(),
        _ if view.requests() == 0 => "no request was finished".to_owned(),
        Metric::CheckRate => "nothing was checked".to_owned(),
        Metric::Time(_, Some(_)) => "no successful request had this phase".to_owned(),
        Metric::Time(_, None) => "no request was successful".to_owned(),
        _ => "no samples".to_owned(),
    }
}

/// A percentile of so few samples that fewer than five lie beyond it.
fn few_samples(metric: Metric, samples: Option<u64>) -> Option<String> {
    let Metric::Time(TimeStatistic::Percentile(percent), _) = metric else { return None };
    let beyond = 1.0 - percent / 100.0;
    // Up to a rounding error, so that p95 takes 100 and not 101.
    let needed = (5.0 / beyond - 1e-6).ceil();
    samples.filter(|&samples| (samples as f64) < needed && needed.is_finite()).map(|samples| {
        let noun = if samples == 1 { "sample" } else { "samples" };
        format!("only {samples} {noun} of {needed:.0}")
    })
}

fn lower_bound(capacity: &CapacityRecord) -> Option<String> {
    match capacity.limited_by.as_str() {
        "generator" => Some("a lower bound: the generator could not make more".to_owned()),
        "to" => Some("a lower bound: the search ended at `to`".to_owned()),
        "interrupt" => Some("a lower bound: the search was interrupted".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Policy, Selection};
    use crate::gate::fixture::{compiled, plan, totals};
    use crate::record::fixture::sketch;

    /// 1,000 fast items of visitors, 400 of customers with 100 failures, and a slow cart.
    fn run() -> Totals {
        totals([(1_000, 0, 10), (300, 100, 20), (200, 0, 300)])
    }

    fn rows(thresholds: &str, totals: &Totals, evidence: &Evidence<'_>) -> Vec<String> {
        let shown = |row: JudgedThreshold| {
            let note = row.note.map(|note| format!(" ({note})")).unwrap_or_default();
            format!("{}: {} = {} {:?}/{}{note}", row.scope, row.expression, row.shown, row.outcome, row.severity)
        };
        judge(&plan(thresholds), totals, evidence).into_iter().map(shown).collect()
    }

    #[test]
    fn every_scope_looks_at_its_own_endpoints() {
        let thresholds = "
  all: [requests == 1600, error_rate <= 6.25%, throughput >= 160/s]
  visitor: [max < 11ms, error_rate == 0]
  GET /items: [requests == 1400, count(5xx) == 100, count(200) == 1300]
  write: ['p50 < 100ms']
  each: [{expect: error_rate == 0, severity: warn, message: look at it}]
";
        assert_eq!(
            rows(thresholds, &run(), &Evidence::default()),
            [
                "all: requests == 1600 = 1600 Passed/fail",
                "all: error_rate <= 6.25% = 6.25% Passed/fail",
                "all: throughput >= 160/s = 160/s Passed/fail",
                "visitor: max < 11ms = 10ms Passed/fail",
                "visitor: error_rate == 0 = 0% Passed/fail",
                "GET /items: requests == 1400 = 1400 Passed/fail",
                "GET /items: count(5xx) == 100 = 100 Passed/fail",
                "GET /items: count(200) == 1300 = 1300 Passed/fail",
                "write: p50 < 100ms = 300ms Failed/fail",
                "GET /items: error_rate == 0 = 7.14% Failed/warn (look at it)",
                "POST /cart: error_rate == 0 = 0% Passed/warn",
            ]
        );
    }

    #[test]
    fn nothing_to_judge_on_is_a_miss_with_its_reason() {
        let quiet = totals([(5, 0, 10), (0, 3, 0), (0, 0, 0)]);
        let thresholds = "
  write: [p95 < 1s, count(5xx) == 0, requests < 5]
  all: [dns_p95 < 5ms, check_rate == 100%, p95 < 1s]
  customer: [p95 < 1s]
";
        assert_eq!(
            rows(thresholds, &quiet, &Evidence::default()),
            [
                "write: p95 < 1s = – NoSamples/fail (no request was finished)",
                "write: count(5xx) == 0 = – NoSamples/fail (no request was finished)",
                "write: requests < 5 = – NoSamples/fail (no request was finished)",
                "all: dns_p95 < 5ms = – NoSamples/fail (no successful request had this phase)",
                "all: check_rate == 100% = – NoSamples/fail (nothing was checked)",
                "all: p95 < 1s = 10ms Passed/fail (only 5 samples of 100)",
                "customer: p95 < 1s = – NoSamples/fail (no request was successful)",
            ]
        );
    }

    #[test]
    fn percentiles_of_a_hundred_samples_need_no_word_at_p95() {
        let note = |count, expression: &str| {
            rows(&format!("  visitor: ['{expression}']"), &totals([(count, 0, 10), (0, 0, 0), (0, 0, 0)]), &Evidence::default())
        };
        assert_eq!(note(100, "p95 < 1s"), ["visitor: p95 < 1s = 10ms Passed/fail"]);
        assert!(note(99, "p95 < 1s")[0].contains("99 samples"));
        assert!(note(499, "p99 < 1s")[0].contains("of 500"));
        assert!(note(1, "p50 < 1s")[0].contains("(only 1 sample of 10)"));
        assert_eq!(note(1, "max < 1s"), ["visitor: max < 1s = 10ms Passed/fail"]);
    }

    #[test]
    fn classes_left_out_are_shown_and_not_judged() {
        let plan = compiled(
            "
target: http://127.0.0.1:9
users:
  visitor: {tasks: [{get: /items}]}
  customer: {tasks: [{get: /items}, {post: /cart}]}
load: {users: 2, duration: 1s, only: [visitor]}
thresholds: {customer: [p95 < 1s], each: [p95 < 1s]}
",
        );
        let rows = judge(&plan, &totals([(1_000, 0, 10), (0, 0, 0), (0, 0, 0)]), &Evidence::default());
        let outcomes: Vec<_> = rows.iter().map(|row| (row.scope.as_str(), row.outcome)).collect();
        assert_eq!(
            outcomes,
            [
                ("customer", ThresholdOutcome::NotApplicable),
                ("GET /items", ThresholdOutcome::Passed),
                ("POST /cart", ThresholdOutcome::NotApplicable)
            ]
        );
        assert_eq!((rows[0].value, rows[0].shown.as_str()), (None, "–"));
    }

    fn service(interval: Option<(f64, f64)>) -> ServiceUse {
        ServiceUse {
            found_by: "command".to_owned(),
            memory_max: Some(200.0 * 1024.0 * 1024.0),
            memory_mean: None,
            memory_growth: Some(1024.0 * 1024.0),
            memory_growth_interval: interval,
            cpu_max: Some(150.0),
            cpu_mean: Some(40.0),
            samples: Vec::new(),
            died: None,
        }
    }

    #[test]
    fn memory_growth_is_missed_only_when_its_lower_bound_is_beyond_the_limit() {
        let mib = 1024.0 * 1024.0;
        let judged = |interval, expression: &str| {
            let plan = compiled(&format!(
                "target: http://127.0.0.1:9\nservice: {{monitor: true}}\nusers: {{a: {{tasks: [{{get: /}}]}}}}\nload: {{users: 1, duration: 1s}}\nthresholds: {{service: ['{expression}']}}\n"
            ));
            let used = service(interval);
            let row = judge(&plan, &Totals::new(1, 0), &Evidence { service: Some(&used), ..Evidence::default() }).remove(0);
            (row.outcome, row.note.unwrap_or_default())
        };
        // The slope itself is 60 MiB/min.
        assert_eq!(
            judged(Some((0.2 * mib, 1.8 * mib)), "memory_growth < 20MiB/min"),
            (ThresholdOutcome::Passed, "judged by the lower 95 % bound of the slope, 12 MiB/min".to_owned())
        );
        assert_eq!(judged(Some((0.5 * mib, 1.5 * mib)), "memory_growth < 20MiB/min").0, ThresholdOutcome::Failed);
        assert_eq!(judged(None, "memory_growth < 20MiB/min"), (ThresholdOutcome::NotJudged, "not judged: under 15 s of data".to_owned()));
        assert_eq!(judged(None, "cpu_mean < 80%").0, ThresholdOutcome::Passed);
        assert_eq!(judged(None, "memory_max < 100MiB").0, ThresholdOutcome::Failed);
        assert_eq!(judged(None, "memory_mean < 1GiB"), (ThresholdOutcome::NoSamples, "nothing was seen of the service".to_owned()));
    }

    #[test]
    fn capacity_is_judged_on_a_lower_bound_that_says_so() {
        let plan = compiled(
            "
target: http://127.0.0.1:9
users: {a: {tasks: [{get: /}]}}
load: {capacity: {objective: [p95 < 1s], from: 10/s, to: 1000/s, hold: 1s}}
thresholds: {all: ['capacity >= 200/s']}
",
        );
        let judged = |rate, limited_by: &str| {
            let found = CapacityRecord { rate, limited_by: limited_by.to_owned(), objective: Vec::new(), steps: Vec::new() };
            let row = judge(&plan, &Totals::new(1, 0), &Evidence { capacity: Some(&found), ..Evidence::default() }).remove(0);
            (row.outcome, row.note)
        };
        assert_eq!(judged(250.0, "objective"), (ThresholdOutcome::Passed, None));
        assert_eq!(judged(150.0, "objective"), (ThresholdOutcome::Failed, None));
        assert_eq!(judged(250.0, "generator").1.as_deref(), Some("a lower bound: the generator could not make more"));
        assert_eq!(judged(150.0, "interrupt").1.as_deref(), Some("a lower bound: the search was interrupted"));
        let without = judge(&plan, &Totals::new(1, 0), &Evidence::default()).remove(0);
        assert_eq!((without.outcome, without.note.as_deref()), (ThresholdOutcome::NoSamples, Some("no capacity search was made")));
    }

    #[test]
    fn a_baseline_term_is_the_median_of_the_stored_runs() {
        let thresholds = "  all: ['max < baseline * 1.1 + 5ms']\n  GET /items: ['requests >= baseline']\n";
        assert_eq!(
            rows(thresholds, &run(), &Evidence::default())[0],
            "all: max < baseline * 1.1 + 5ms = 300ms NotJudged/fail (not judged: there is no baseline)"
        );
        assert_eq!(
            rows(thresholds, &run(), &Evidence { baseline_wanted: true, ..Evidence::default() })[0],
            "all: max < baseline * 1.1 + 5ms = 300ms NoSamples/fail (there is no baseline, and one is wanted)"
        );
        let stored = [1.0, 30.0, 20.0].map(|factor| sketch("b", 0).slower(factor).record());
        let selection = Selection { records: stored.to_vec(), elsewhere: false, other_load: 0 };
        let baseline = Stored::of(&selection, &Policy::default());
        let judged = rows(thresholds, &run(), &Evidence { baseline, ..Evidence::default() });
        // Medians of 10, 300 and 200 ms with half as much on top: 300 ms.
        assert_eq!(judged[0], "all: max < baseline * 1.1 + 5ms = 300ms Passed/fail (the baseline is 300ms, so the limit is 335ms)");
        assert_eq!(judged[1], "GET /items: requests >= baseline = 1400 Failed/fail (the baseline is 2000, so the limit is 2000)");
    }

    #[test]
    fn an_objective_holds_for_all_requests_together() {
        let objective = |text: &str| Threshold::parse(text).unwrap();
        assert!(holds(&objective("p50 < 11ms"), &run()) && !holds(&objective("max < 300ms"), &run()));
        assert!(!holds(&objective("p50 < 11ms"), &Totals::new(3, 0)));
        assert!(!holds(&objective("p50 < baseline * 2"), &run()));
        let mut slow = run();
        assert!(holds(&objective("throughput >= 160/s"), &slow));
        slow.endpoints[0].after_end = 1;
        assert!(!holds(&objective("throughput >= 160/s"), &slow) && holds(&objective("requests == 1600"), &slow));
    }

    #[test]
    fn the_threshold_that_ended_the_run_stays_missed() {
        let plan = plan("  all: [error_rate < 50%, p95 < 1s]");
        let mut judged = judge(&plan, &run(), &Evidence::default());
        let aborted = JudgedThreshold { outcome: ThresholdOutcome::Failed, aborted: true, shown: "60%".to_owned(), ..judged[0].clone() };
        mark_aborted(&mut judged, Some(aborted.clone()));
        assert_eq!((&judged[0], judged[1].outcome), (&aborted, ThresholdOutcome::Passed));
    }
}
