//! Runs of one budget, drawn from a longer recording.

use loadline::metrics::Histogram;
use loadline::record::{Arm, Block, BlockPhase, Blocks};
use loadline::units::Micros;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Consecutive pairs that are drawn together: what one second of the machine does to its neighbours stays together.
const TOGETHER: usize = 5;

/// The undisturbed pairs of a recording, as base and candidate.
pub(crate) struct Pairs<'a> {
    pub(crate) latency: Vec<(&'a Block, &'a Block)>,
    pub(crate) throughput: Vec<(&'a Block, &'a Block)>,
}

impl<'a> Pairs<'a> {
    pub(crate) fn of(blocks: &'a Blocks) -> Self {
        let of = |phase| {
            let mut pairs: Vec<(&Block, &Block)> = Vec::new();
            for base in blocks.blocks.iter().filter(|block| block.phase == phase && block.arm == Arm::Base && block.disturbed.is_none()) {
                let is_other = |block: &&Block| {
                    block.phase == phase && block.arm == Arm::Candidate && (block.pair, block.look) == (base.pair, base.look)
                };
                if let Some(candidate) = blocks.blocks.iter().find(is_other).filter(|block| block.disturbed.is_none()) {
                    pairs.push((base, candidate));
                }
            }
            pairs
        };
        Self { latency: of(BlockPhase::Latency), throughput: of(BlockPhase::Throughput) }
    }
}

/// How many pairs a run of one budget has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) latency: usize,
    pub(crate) throughput: usize,
}

impl Budget {
    /// 45 s and 15 s of blocks: as many pairs as the recording had in as much time.
    pub(crate) fn of(pairs: &Pairs<'_>) -> Self {
        let in_time = |pairs: &[(&Block, &Block)], seconds: f64| {
            let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else { return 0 };
            let took = last.0.at.max(last.1.at) - first.0.at.min(first.1.at);
            let rate = (pairs.len() - 1) as f64 / took.max(f64::MIN_POSITIVE);
            ((seconds * rate) as usize).min(pairs.len())
        };
        Self { latency: in_time(&pairs.latency, 45.0), throughput: in_time(&pairs.throughput, 15.0) }
    }
}

/// A run whose pairs are drawn from `pairs` in runs of five, with replacement (moving-block bootstrap; Künsch (1989),
/// "The jackknife and the bootstrap for general stationary observations"). The first is `Block::look` 1, others follow.
pub(crate) fn replay(header: &Blocks, pairs: &Pairs<'_>, budget: Budget, looks: u32, seed: u64) -> Blocks {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut blocks = Vec::new();
    for look in 1..=looks {
        for (from, count) in [(&pairs.latency, budget.latency), (&pairs.throughput, budget.throughput)] {
            let mut taken = 0;
            while taken < count && !from.is_empty() {
                let start = random.random_range(0..=from.len().saturating_sub(TOGETHER));
                for (base, candidate) in from[start..].iter().take(TOGETHER.min(count - taken)) {
                    for block in [base, candidate] {
                        let at = blocks.len() as f64 * 0.2;
                        blocks.push(Block { pair: taken as u32, look, at, ..(*block).clone() });
                    }
                    taken += 1;
                }
            }
        }
    }
    let mut header = header.header.clone();
    header.seed = seed;
    Blocks { header, blocks }
}

/// Makes the candidate slower by a factor: longer times, and fewer requests in as much time where throughput is judged.
pub(crate) fn slow_down(blocks: &mut Blocks, factor: f64) {
    for block in blocks.blocks.iter_mut().filter(|block| block.arm == Arm::Candidate) {
        if block.phase == BlockPhase::Throughput {
            block.measured *= factor;
            continue;
        }
        for endpoint in &mut block.endpoints {
            let mut scaled = Histogram::new(3);
            for (time, count) in endpoint.ok.buckets() {
                scaled.record_n(Micros((time.0 as f64 * factor).round() as u64), count);
            }
            endpoint.ok = scaled;
        }
    }
}
