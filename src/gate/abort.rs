//! Thresholds that end a run early.

use std::collections::HashMap;

use super::thresholds::{Evidence, judge_one};
use crate::metrics::Totals;
use crate::plan::{Plan, ThresholdScope};
use crate::record::{JudgedThreshold, ServiceUse, ThresholdOutcome};
use crate::units::Micros;

/// Watches the thresholds with `abort: true` while the load runs.
///
/// Cost of a look: what judging those thresholds costs; nothing where there are none.
#[derive(Debug, Default)]
pub struct AbortWatch {
    watched: Vec<usize>,
    /// Since when (load time) a row has been missed without a break, by threshold and scope.
    missed_since: HashMap<(usize, String), Micros>,
}

impl AbortWatch {
    /// A watch over the plan's thresholds that may abort it.
    pub fn new(plan: &Plan) -> Self {
        let abort = |at: &usize| plan.thresholds[*at].threshold.abort && plan.thresholds[*at].applicable;
        Self { watched: (0..plan.thresholds.len()).filter(abort).collect(), missed_since: HashMap::new() }
    }

    /// Looks at the run so far, whose load time is [`Totals::duration`]; the same plan each time. Gives the first
    /// threshold that was judged (`after` has passed) and missed for as long as its `for` says. What has no samples
    /// yet is not missed.
    ///
    /// `service` tells what the service used so far; it is asked only where a threshold is about that.
    pub fn look(&mut self, plan: &Plan, totals: &Totals, service: &dyn Fn() -> Option<ServiceUse>) -> Option<JudgedThreshold> {
        let now = totals.duration;
        let is_of_service = |at: &usize| plan.thresholds[*at].scope == ThresholdScope::Service;
        let used = self.watched.iter().any(is_of_service).then(service).flatten();
        let evidence = Evidence { service: used.as_ref(), ..Evidence::default() };
        for &at in &self.watched {
            let planned = &plan.thresholds[at];
            if now == Micros::ZERO || now < planned.threshold.after {
                continue;
            }
            for row in judge_one(plan, totals, &evidence, planned) {
                let key = (at, row.scope.clone());
                if row.outcome != ThresholdOutcome::Failed {
                    self.missed_since.remove(&key);
                    continue;
                }
                let since = *self.missed_since.entry(key).or_insert(now);
                if now.saturating_sub(since) >= planned.threshold.hold {
                    return Some(JudgedThreshold { aborted: true, ..row });
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::fixture::{CLOSED, USERS, compiled, plan, totals};

    /// The time (in seconds) and scope at which a watch over `threshold` ends a run that fails as `failing` says.
    fn ended(threshold: &str, failing: impl Fn(u64) -> u64) -> Option<(u64, String)> {
        let plan = plan(threshold);
        let mut watch = AbortWatch::new(&plan);
        (0..30).find_map(|second| {
            let mut so_far = totals([(100, 0, 10), (0, 0, 0), (100, failing(second), 10)]);
            so_far.duration = Micros::from_secs(second);
            let missed = watch.look(&plan, &so_far, &|| None)?;
            assert!(missed.aborted && missed.outcome == ThresholdOutcome::Failed);
            Some((second, missed.scope))
        })
    }

    #[test]
    fn a_threshold_without_abort_ends_nothing() {
        assert_eq!(ended("  all: [error_rate < 10%]", |_| 500), None);
    }

    #[test]
    fn it_is_judged_once_after_has_passed_and_for_has_run_out() {
        let all = |scope: &str| Some((0, scope.to_owned()));
        let at = |found: Option<(u64, String)>, second| assert_eq!(found, all("all").map(|(_, scope)| (second, scope)));
        at(ended("  all: [{expect: error_rate < 10%, abort: true}]", |_| 500), 1);
        at(ended("  all: [{expect: error_rate < 10%, abort: true, after: 5s}]", |_| 500), 5);
        at(ended("  all: [{expect: error_rate < 10%, abort: true, after: 5s, for: 3s}]", |_| 500), 8);
        at(ended("  all: [{expect: error_rate < 10%, abort: true, for: 3s}]", |second| if second < 4 { 0 } else { 500 }), 7);
    }

    #[test]
    fn a_moment_that_is_fine_begins_for_again() {
        let found = ended("  all: [{expect: error_rate < 10%, abort: true, for: 5s}]", |second| if second == 4 { 0 } else { 500 });
        assert_eq!(found, Some((10, "all".to_owned())));
    }

    #[test]
    fn each_endpoint_is_watched_by_itself_and_one_without_samples_is_not_missed() {
        let found = ended("  each: [{expect: error_rate < 10%, abort: true, for: 2s}]", |_| 500);
        assert_eq!(found, Some((3, "POST /cart".to_owned())));
        assert_eq!(ended("  each: [{expect: p95 < 1s, abort: true}]", |_| 0), None);
    }
    #[test]
    fn what_the_service_used_is_asked_for_where_a_threshold_is_about_it() {
        let used = |memory| ServiceUse {
            found_by: "command".to_owned(),
            memory_max: Some(memory),
            memory_mean: None,
            memory_growth: None,
            memory_growth_interval: None,
            cpu_max: None,
            cpu_mean: None,
            samples: Vec::new(),
            died: None,
        };
        let served = |thresholds: &str| {
            let service = "service: {command: ./serve, port: 9, monitor: true, ready: {tcp: 9}}\n";
            compiled(&format!("{USERS}{CLOSED}{service}thresholds:\n{thresholds}"))
        };
        let plan = served("  service: [{expect: memory_max < 1MB, abort: true}]");
        let so_far = totals([(100, 0, 10), (0, 0, 0), (100, 0, 10)]);
        let mut watch = AbortWatch::new(&plan);
        assert_eq!(watch.look(&plan, &so_far, &|| None), None);
        assert_eq!(watch.look(&plan, &so_far, &|| Some(used(1e5))), None);
        assert_eq!(watch.look(&plan, &so_far, &|| Some(used(2e6))).unwrap().scope, "service");
        let plan = served("  all: [{expect: error_rate < 10%, abort: true}]");
        assert_eq!(AbortWatch::new(&plan).look(&plan, &so_far, &|| panic!("nobody needs it")), None);
    }
}
