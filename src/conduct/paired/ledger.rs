//! Everything that blocks came to, as it comes.

use std::time::Instant;

use super::disturbed;
use super::silence::Silence;
use crate::engine::BlockRun;
use crate::metrics::{Counters, Histogram, Snapshot, Timeline, Totals};
use crate::plan::Plan;
use crate::record::{Arm, Block, BlockEndpoint, BlockPhase};
use crate::units::Micros;

/// The arms, in the order in which the engine knows them.
pub(super) const ARMS: [Arm; 2] = [Arm::Base, Arm::Candidate];

/// What blocks of the run belong to now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// None: they bring the services up or size the load, and nothing of them is a result.
    pub(super) phase: Option<BlockPhase>,
    pub(super) epoch: u32,
    pub(super) look: u32,
}

/// Everything that blocks came to.
pub(super) struct Ledger {
    endpoints: usize,
    checks: usize,
    block_length: f64,
    began: Option<Instant>,
    blocks: Vec<Block>,
    /// A block whose pair isn't complete.
    waiting: Option<(Block, Part)>,
    /// Numbers of the next pairs: latency, throughput.
    next: [u32; 2],
    left_out: u32,
    /// What each arm was sent: outside of the results, in them.
    pub(super) counters: [Counters; 2],
    sides: [Sums; 2],
    /// Whether each arm still answers.
    pub(super) silences: [Silence; 2],
    /// The busiest second of the generator in the latency phase, and the blocks it is made of.
    pub(super) busy: Busy,
    recent: Recent,
}

/// Results of one side's latency blocks together.
pub(super) struct Sums {
    pub(super) totals: Totals,
    pub(super) timeline: Timeline,
    pub(super) users_max: u32,
}

/// A block's results until its pair is complete.
struct Part {
    totals: Totals,
    measured: Micros,
    users: u32,
    run: BlockRun,
}

/// CPU use of the generator while response times were judged.
#[derive(Debug, Default)]
pub(super) struct Busy {
    /// Share of a core, over about a second each.
    seconds: Vec<f64>,
    blocks: Vec<f64>,
}

/// The last second, for whoever looks on.
#[derive(Debug, Default)]
struct Recent {
    latencies: Histogram,
    finished: u64,
    seconds: f64,
}

impl Ledger {
    pub(super) fn new(plan: &Plan) -> Self {
        let (endpoints, checks) = (plan.endpoints.len(), plan.checks.len());
        let sums = || Sums { totals: Totals::new(endpoints, checks), timeline: Timeline::new(Micros::from_secs(1)), users_max: 0 };
        Self {
            endpoints,
            checks,
            block_length: 0.0,
            began: None,
            blocks: Vec::new(),
            waiting: None,
            next: [0, 0],
            left_out: 0,
            counters: [Counters::default(); 2],
            sides: [sums(), sums()],
            silences: [Silence::default(); 2],
            busy: Busy::default(),
            recent: Recent::default(),
        }
    }

    /// Blocks are so long from now on.
    pub(super) fn set_block_length(&mut self, length: Micros) {
        self.block_length = length.as_secs_f64();
    }

    /// Takes a block; gives its results for whoever sizes the load by them.
    pub(super) fn take(&mut self, run: BlockRun, place: Place) -> Option<Totals> {
        let mut totals = Totals::new(self.endpoints, self.checks);
        totals.add(&run.delta);
        let mut counters = totals.counters;
        if place.phase.is_none() {
            // What a warm-up or a probe measures is no result, and so no load.
            counters.sent_warmup += std::mem::take(&mut counters.sent_load);
        }
        self.counters[run.arm].add(&counters);
        self.see(&totals, &run);
        if run.measured == Micros::ZERO {
            return None;
        }
        let Some(phase) = place.phase else { return Some(totals) };
        let began = *self.began.get_or_insert(run.began);
        let block = Block {
            pair: 0,
            phase,
            arm: ARMS[run.arm],
            first: run.first,
            epoch: place.epoch,
            look: place.look,
            disturbed: None,
            at: run.began.saturating_duration_since(began).as_secs_f64(),
            measured: run.measured.as_secs_f64(),
            drained: run.drained.as_secs_f64(),
            cut: run.cut,
            finished: run.finished,
            lag_p99: totals.lag.percentile(99.0).map(|lag| lag.as_secs_f64()),
            generator_cpu: run.generator_cpu,
            steal: run.steal,
            endpoints: totals
                .endpoints
                .iter()
                .map(|endpoint| BlockEndpoint { requests: endpoint.requests, failures: endpoint.failures, ok: endpoint.ok.clone() })
                .collect(),
        };
        self.silences[run.arm].see(&totals, block.at);
        let part = Part { totals, measured: run.measured, users: run.users, run };
        match self.waiting.take() {
            Some(other) if !block.first => self.complete(other, (block, part)),
            // One that was broken off has nobody to be compared with.
            _ => self.waiting = Some((block, part)),
        }
        None
    }

    fn complete(&mut self, first: (Block, Part), second: (Block, Part)) {
        let phase = first.0.phase;
        let next = &mut self.next[usize::from(phase == BlockPhase::Throughput)];
        let number = *next;
        *next += 1;
        let reason = disturbed::reason(&[&first.0, &second.0], self.block_length).filter(|_| self.left_out < disturbed::MOST);
        self.left_out += u32::from(reason.is_some());
        for (mut block, part) in [first, second] {
            block.pair = number;
            block.disturbed = reason.map(str::to_owned);
            if phase == BlockPhase::Latency {
                self.busy.add(&block);
                self.sides[part.run.arm].add(&part);
            }
            self.blocks.push(block);
        }
    }

    /// A stretch is over: a block without a pair is none.
    pub(super) fn end_stretch(&mut self) {
        self.waiting = None;
    }

    /// The blocks so far.
    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Results of base and candidate.
    pub(super) fn into_results(self) -> (Vec<Block>, [Sums; 2]) {
        (self.blocks, self.sides)
    }

    /// Results of one side so far.
    pub(super) fn side(&self, arm: Arm) -> &Sums {
        &self.sides[usize::from(arm == Arm::Candidate)]
    }

    fn see(&mut self, totals: &Totals, run: &BlockRun) {
        self.recent.finished += totals.requests() + totals.counters.sent_warmup;
        totals.endpoints.iter().for_each(|endpoint| self.recent.latencies.merge(&endpoint.ok));
        self.recent.seconds += self.block_length.max(run.measured.as_secs_f64()) + run.drained.as_secs_f64();
    }

    /// The run as somebody who looks on sees it; `elapsed` of `planned`.
    pub(super) fn snapshot(&mut self, elapsed: Micros, planned: Micros, warming_up: bool, users: u32) -> Snapshot {
        let recent = std::mem::take(&mut self.recent);
        let candidate = &self.side(Arm::Candidate).totals;
        Snapshot {
            elapsed,
            planned: Some(planned),
            iterations_planned: None,
            iterations: candidate.counters.iterations,
            warming_up,
            users,
            requests: candidate.requests(),
            failures: candidate.failures(),
            dropped: candidate.counters.dropped,
            rate: if recent.seconds > 0.0 { recent.finished as f64 / recent.seconds } else { 0.0 },
            p95: recent.latencies.percentile(95.0),
        }
    }
}

impl Sums {
    fn add(&mut self, part: &Part) {
        let mut totals = part.totals.clone();
        totals.duration = part.measured;
        // What came before, on the clock of the results.
        let at = self.totals.duration;
        self.timeline.add(at, part.measured, part.users, &[&part.run.delta]);
        self.totals.merge(&totals, at);
        self.users_max = self.users_max.max(part.users);
    }
}

impl Busy {
    fn add(&mut self, block: &Block) {
        let Some(share) = block.generator_cpu else { return };
        self.blocks.push(share);
        let window = ((1.0 / block.measured).ceil() as usize).clamp(1, 10);
        if self.blocks.len().is_multiple_of(window) {
            let last = &self.blocks[self.blocks.len() - window..];
            self.seconds.push(last.iter().sum::<f64>() / window as f64);
        }
    }

    /// The busiest second, in percent of a core; none where it can't be read.
    pub(super) fn peak(&self) -> Option<f64> {
        self.seconds.iter().copied().reduce(f64::max).map(|share| share * 100.0)
    }

    /// The mean, in percent of a core.
    pub(super) fn mean(&self) -> Option<f64> {
        (!self.blocks.is_empty()).then(|| self.blocks.iter().sum::<f64>() / self.blocks.len() as f64 * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Delta, Recorder};
    use crate::plan::{CompileOptions, from_text};

    fn ledger() -> Ledger {
        let text = "target: http://127.0.0.1:9\nusers: {u: {tasks: [{get: /}]}}\nload: {users: 1, duration: 1s}\n";
        let (overrides, process) = (Default::default(), Default::default());
        let loaded = from_text("t.yml", text, std::path::Path::new(""), &overrides, &process, CompileOptions::default());
        Ledger::new(&loaded.unwrap_or_else(|problems| panic!("{problems:?}")).plan)
    }

    /// A block of the candidate in which so many requests went out in time, and so many before it.
    fn block(measured: u64, sent_load: u64, sent_warmup: u64) -> BlockRun {
        let mut recorder = Recorder::new(1, 0, Micros::ZERO);
        *recorder.counters() = Counters { sent_load, sent_warmup, ..Counters::default() };
        BlockRun {
            pair: 1,
            arm: 1,
            first: true,
            began: Instant::now(),
            measured: Micros::from_millis(measured),
            drained: Micros::ZERO,
            cut: 0,
            finished: 0.0,
            generator_cpu: None,
            steal: None,
            users: 1,
            delta: recorder.swap(Delta::default()),
        }
    }

    #[test]
    fn what_is_sent_before_anything_is_judged_is_no_load() {
        let mut ledger = ledger();
        for (phase, run) in [
            (None, block(0, 0, 7)),
            (None, block(200, 50, 0)),
            (Some(BlockPhase::Latency), block(0, 0, 3)),
            (Some(BlockPhase::Latency), block(180, 18, 2)),
            (Some(BlockPhase::Throughput), block(180, 90, 10)),
        ] {
            ledger.take(run, Place { phase, epoch: 0, look: 1 });
        }
        let [base, candidate] = ledger.counters;
        assert_eq!((base.sent(), candidate.sent_load, candidate.sent_warmup), (0, 108, 72));
    }
}
