//! The load of a paired run: warm-up, probe, and as many blocks as the budget has room for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ledger::{Ledger, Place};
use super::monitors::Monitors;
use super::side::Side;
use super::sizes::{self, Probe};
use super::watch::Watch;
use crate::conduct::limits::OpenFiles;
use crate::conduct::run::{plain_warning, trouble};
use crate::conduct::{News, Steering};
use crate::engine::{self, Alternation, BlockLoad, BlockRun, Pauses};
use crate::metrics::{Histogram, Totals};
use crate::plan::{Metric, PairedLoad, PairedPlan, Plan, ServiceMetric};
use crate::record::{BlockPhase, Comparison, ComparisonVerdict, Warning};
use crate::units::{Micros, Rate};

/// Shares of a budget: warm-up and probe; of the rest, what goes to response times.
const WARM_UP: f64 = 5.0 / 70.0;
const PROBE: f64 = 5.0 / 70.0;
const LATENCY: f64 = 0.75;
/// So many pairs are wanted of anything at least, also where the budget is short; the first is no result.
const LEAST_PAIRS: u32 = 3;
/// The part of a block whose samples are no results, from its beginning.
pub(super) const DISCARDED: f64 = 0.1;
/// How old connections get.
const RENEW_AFTER: Duration = Duration::from_secs(3);
/// Services that are ready within this are started several times...
const QUICK_START: Duration = Duration::from_secs(1);
/// ...as often as this: two or three starts would tell next to nothing of how much they differ.
const STARTS: u32 = 4;
/// How long services are warmed up again after a restart.
const WARM_AGAIN: Duration = Duration::from_millis(500);
/// How long an arrival waits for a free user.
pub(super) const MAX_WAIT: Micros = Micros::from_secs(1);

/// What was decided about the load before anything was judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) block: Micros,
    /// What a pair takes, with what is in flight at the end of its blocks.
    pair: Micros,
    /// None where users wait for answers.
    pub(super) rate: Option<Rate>,
    pub(super) users: u32,
}

/// The load of a paired run while it goes on.
pub(super) struct Session<'a, 'b> {
    pub(super) plan: &'a Arc<Plan>,
    pub(super) paired: &'a PairedPlan,
    pub(super) steering: &'a Steering,
    pub(super) sides: &'b mut [Side<'a>; 2],
    pub(super) ledger: &'b mut Ledger,
    pub(super) warnings: &'b mut Vec<Warning>,
    pub(super) watch: &'b mut Watch,
    pub(super) monitors: &'b mut Monitors,
    pub(super) open_files: &'b OpenFiles,
    pub(super) listen: &'b mut dyn FnMut(News<'_>),
    pub(super) begun: Instant,
    /// Until when it lasts as far as is known.
    pub(super) until: Instant,
    pub(super) stretches: u64,
    pub(super) last_told: Instant,
}

/// Judges the blocks so far; none where there are none.
pub(super) type Judge<'j> = &'j mut dyn FnMut(&Ledger, Sizes) -> Option<Comparison>;

impl Session<'_, '_> {
    /// Everything from the warm-up to the last block. What was decided and found is given also where it ended early.
    pub(super) fn run(&mut self, sizes: &mut Option<Sizes>, judge: Judge<'_>) -> Result<Option<Comparison>, Warning> {
        let budget = Duration::from(self.paired.budget);
        self.until = self.begun + budget;
        let decided = self.size(budget)?;
        *sizes = Some(decided);
        self.ledger.set_block_length(decided.block);
        let (mut found, mut epoch) = (None, 0);
        for look in 1..=self.paired.looks {
            if look > 1 {
                self.until = Instant::now() + budget;
                (self.listen)(News::Doing("inconclusive: a second look"));
            }
            let starts = self.starts(self.until.saturating_duration_since(Instant::now()).into(), decided.pair);
            for start in 0..starts {
                if self.is_over() || (start > 0 && Instant::now() >= self.until) {
                    break;
                }
                let slot = self.until.saturating_duration_since(Instant::now()) / (starts - start);
                let end = Instant::now() + slot;
                if start > 0 || (look > 1 && starts > 1) {
                    epoch += 1;
                    match self.restart(decided.block) {
                        // What was measured until then is judged as after any other interrupt.
                        Err(_) if self.steering.is_interrupted() => break,
                        restarted => restarted?,
                    }
                }
                self.measure(decided, Place { phase: None, epoch, look }, end)?;
            }
            found = judge(self.ledger, decided);
            let unclear = found.as_ref().is_some_and(|found| found.verdict == ComparisonVerdict::Inconclusive);
            if !unclear || self.is_over() {
                break;
            }
        }
        Ok(found)
    }

    /// Warm-up and probe: how long blocks are, and how much comes.
    fn size(&mut self, budget: Duration) -> Result<Sizes, Warning> {
        let nothing = Place { phase: None, epoch: 0, look: 1 };
        let as_written = matches!(self.paired.load, PairedLoad::Users(_));
        let room = self.paired.budget * ((1.0 - WARM_UP - PROBE) * self.shortest_phase());
        let first = self.paired.block.unwrap_or_else(|| sizes::block(None, false, room));
        self.ledger.set_block_length(first);
        (self.listen)(News::Doing("warm-up of both versions"));
        let mut slow = Histogram::default();
        let (mut requests, mut failures, mut why) = (0, 0, String::new());
        let load = BlockLoad::Users { users: self.paired.users, pauses: Pauses { between_iterations: false, within_iterations: true } };
        let end = Instant::now() + budget.mul_f64(WARM_UP);
        self.stretch(load, first, nothing, end, &[0, 1], &mut |arm, totals, _| {
            if arm != 0 {
                return;
            }
            requests += totals.requests();
            failures += totals.failures();
            totals.endpoints.iter().for_each(|endpoint| slow.merge(&endpoint.ok));
            if let Some((category, message)) = totals.endpoints.iter().flat_map(|endpoint| endpoint.errors.keys()).next() {
                why = format!(" ({category}: {message})");
            }
        })?;
        if requests == failures && !self.is_over() {
            let what = match requests {
                0 => "the base answered nothing in the warm-up".to_owned(),
                _ => format!("the base failed all {requests} requests of the warm-up{why}"),
            };
            return Err(trouble("base_failed", format!("{what}, so there is nothing to compare with")));
        }
        // By the base alone: a candidate that got slow must not decide how many pairs it is judged by.
        let p95 = slow.percentile(95.0);
        let block = self.paired.block.unwrap_or_else(|| sizes::block(p95, as_written, room));
        let pair = (block + p95.unwrap_or(Micros::ZERO)) * 2.0;
        let rate = match self.paired.load {
            PairedLoad::Users(_) => None,
            PairedLoad::Arrivals(Some(rate)) => Some(rate),
            PairedLoad::Arrivals(None) => Some(self.probe(budget, block)?),
        };
        Ok(Sizes { block, pair, rate, users: self.paired.users })
    }

    /// The part of the time for results that the phase with the least of it has.
    fn shortest_phase(&self) -> f64 {
        match self.paired.load {
            PairedLoad::Users(_) => 1.0,
            PairedLoad::Arrivals(_) => 1.0 - LATENCY,
        }
    }

    /// What the base carries, in a closed loop without any wait.
    fn probe(&mut self, budget: Duration, block: Micros) -> Result<Rate, Warning> {
        (self.listen)(News::Doing("probe of the base"));
        let load = BlockLoad::Users { users: self.paired.users, pauses: Pauses { between_iterations: false, within_iterations: false } };
        let end = Instant::now() + budget.mul_f64(PROBE);
        let mut probe = Probe { generator: Some(0.0), ..Probe::default() };
        self.stretch(load, block, Place { phase: None, epoch: 0, look: 1 }, end, &[0], &mut |_, totals, run| {
            // As many passes as the parts of requests are worth that lie in the block: all users begin with it, and hardly any of
            // them ends with it.
            let part = run.finished / totals.requests().max(1) as f64;
            probe.iterations += totals.counters.iterations as f64 * part;
            probe.seconds += run.measured.as_secs_f64();
            let used = run.generator_cpu.map(|share| share * run.measured.as_secs_f64());
            probe.generator = probe.generator.zip(used).map(|(sum, used)| sum + used);
        })?;
        match probe.rate() {
            Some(rate) => Ok(rate),
            None if self.is_over() => Ok(Rate(1.0)),
            None => Err(trouble(
                "probe_failed",
                "the base finished no iteration while it was probed, so no rate could be chosen\ngive one: `paired: { rate: 5/s }`, or a longer `--budget`"
                    .to_owned(),
            )),
        }
    }

    /// Response times, then throughput, until `end`.
    fn measure(&mut self, sizes: Sizes, place: Place, end: Instant) -> Result<(), Warning> {
        let [base, candidate] = &*self.sides;
        base.align(candidate);
        let now = Instant::now();
        let (load, share) = match self.paired.load {
            PairedLoad::Users(users) => {
                (BlockLoad::Users { users, pauses: Pauses { between_iterations: true, within_iterations: true } }, 1.0)
            }
            PairedLoad::Arrivals(_) => {
                let rate = sizes.rate.unwrap_or(Rate(1.0));
                (BlockLoad::Arrivals { rate, max_users: self.paired.max_users, max_wait: MAX_WAIT }, LATENCY)
            }
        };
        (self.listen)(News::Doing("response times"));
        let middle = now + end.saturating_duration_since(now).mul_f64(share);
        self.stretch(load, sizes.block, Place { phase: Some(BlockPhase::Latency), ..place }, middle, &[0, 1], &mut |_, _, _| {})?;
        if share < 1.0 && !self.is_over() {
            (self.listen)(News::Doing("throughput"));
            let pauses = Pauses { between_iterations: false, within_iterations: true };
            let load = BlockLoad::Users { users: sizes.users, pauses };
            self.stretch(load, sizes.block, Place { phase: Some(BlockPhase::Throughput), ..place }, end, &[0, 1], &mut |_, _, _| {})?;
        }
        Ok(())
    }

    /// How often both services are started within a time, where a pair takes so long.
    fn starts(&self, within: Micros, pair: Micros) -> u32 {
        if !self.sides.iter().all(Side::can_restart) {
            return 1;
        }
        if let Some(starts) = self.paired.starts {
            return starts;
        }
        let slowest = self.sides.iter().map(|side| side.start_took).max().unwrap_or_default();
        if is_undone_by_a_restart(self.plan) || slowest > QUICK_START {
            return 1;
        }
        let warm = (pair * f64::from(LEAST_PAIRS)).max(Micros::from(WARM_AGAIN) + pair);
        let start = Micros::from(slowest) * 2.0 + warm;
        if sizes::has_room(within, STARTS, start, pair, self.shortest_phase()) { STARTS } else { 1 }
    }

    fn restart(&mut self, block: Micros) -> Result<(), Warning> {
        (self.listen)(News::Doing("both versions start anew"));
        for side in self.sides.iter_mut() {
            // One that ended after it was last looked at must not be replaced in silence.
            side.still_runs()?;
            self.warnings.extend(self.open_files.without(|| side.restart())?);
            side.set_up()?;
            self.monitors.follow(side);
        }
        let load = BlockLoad::Users { users: self.paired.users, pauses: Pauses { between_iterations: false, within_iterations: true } };
        let nothing = Place { phase: None, epoch: 0, look: 1 };
        self.stretch(load, block, nothing, Instant::now() + WARM_AGAIN + Duration::from(block) * 2, &[0, 1], &mut |_, _, _| {})
    }

    /// Blocks of one kind until `end`, on the sides with these numbers.
    fn stretch(
        &mut self,
        load: BlockLoad,
        block: Micros,
        place: Place,
        end: Instant,
        on: &[usize],
        see: &mut dyn FnMut(usize, &Totals, &SeenBlock),
    ) -> Result<(), Warning> {
        let what = Alternation {
            load,
            block,
            // What a warm-up or a probe finds is no result: there a service that takes longer than a block counts too, all of
            // whose requests are due when the block begins.
            discarded: if place.phase.is_some() { block * DISCARDED } else { Micros::ZERO },
            drain: self.paired.drain,
            renew_after: RENEW_AFTER,
            until: end,
            at_least: LEAST_PAIRS,
            number: self.stretches,
        };
        self.stretches += 1;
        let arms: Vec<_> = on.iter().map(|&side| self.sides[side].arm_options()).collect();
        let control = self.steering.begin();
        let mut died = None;
        let told = engine::alternate(self.plan, &arms, &what, &control, &mut |mut run: BlockRun| {
            run.arm = on[run.arm];
            let (arm, users) = (run.arm, run.users);
            let seen = SeenBlock { measured: run.measured, finished: run.finished, generator_cpu: run.generator_cpu };
            if let Some(totals) = self.ledger.take(run, place) {
                see(arm, &totals, &seen);
            }
            if self.last_told.elapsed() < Duration::from_secs(1) {
                return;
            }
            self.last_told = Instant::now();
            let planned = Micros::from(self.until.saturating_duration_since(self.begun));
            let snapshot = self.ledger.snapshot(Micros::from(self.begun.elapsed()), planned, place.phase.is_none(), users);
            (self.listen)(News::Tick(&snapshot));
            if self.watch.ends(self.plan, self.ledger, self.monitors) {
                control.stop();
            }
            if died.is_none()
                && let Some(Err(how)) = self.sides.iter_mut().map(Side::still_runs).find(Result::is_err)
            {
                died = Some(how);
                control.stop();
            }
        })
        .map_err(|error| trouble("no_threads", format!("failed to {error}")))?;
        self.ledger.end_stretch();
        for remark in told.remarks.into_iter().flatten() {
            let warning = plain_warning("iterations_cut", remark);
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        match (died, told.failure) {
            (Some(how), _) => Err(how),
            (None, Some(failure)) => Err(trouble("load_failed", failure)),
            (None, None) => Ok(()),
        }
    }

    fn is_over(&self) -> bool {
        self.steering.is_interrupted() || self.watch.has_ended()
    }
}

/// Whether a restart would take something from a run: what setup did, verify asks for or teardown takes away, or memory that
/// grows. What has just started grows in any case.
fn is_undone_by_a_restart(plan: &Plan) -> bool {
    let growth = Metric::Service(ServiceMetric::MemoryGrowth);
    [&plan.setup, &plan.verify, &plan.teardown].iter().any(|program| !program.steps.is_empty())
        || plan.thresholds.iter().any(|planned| planned.threshold.metric == growth)
}

/// What a block was besides its results.
pub(super) struct SeenBlock {
    measured: Micros,
    finished: f64,
    generator_cpu: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{CompileOptions, from_text};

    #[test]
    fn what_a_restart_would_undo_is_not_started_again() {
        let is_undone = |more: &str| {
            let text = format!(
                "target: http://127.0.0.1:9\nservice: {{command: ./serve, monitor: true}}\nusers: {{u: {{tasks: [{{get: /}}]}}}}\n\
                 load: {{users: 1, duration: 1s}}\n{more}\n"
            );
            let (overrides, process) = (Default::default(), Default::default());
            let loaded = from_text("t.yml", &text, std::path::Path::new(""), &overrides, &process, CompileOptions::default());
            is_undone_by_a_restart(&loaded.unwrap_or_else(|problems| panic!("{problems:?}")).plan)
        };
        for (more, expected) in [
            ("", false),
            ("thresholds: {service: [memory_max < 1GiB], all: [p95 < 1s]}", false),
            ("thresholds: {service: [memory_growth < 1MiB/min]}", true),
            ("setup: [{get: /}]", true),
            ("verify: [{get: /}]", true),
            ("teardown: [{get: /}]", true),
        ] {
            assert_eq!(is_undone(more), expected, "{more}");
        }
    }
}
