//! What was seen of the whole run, or of one endpoint, pair by pair.

use super::pairs::{Pair, Paired};
use super::times::Times;
use crate::record::{Block, BlockPhase, Blocks};

/// The scope of the whole run.
pub(super) const ALL: &str = "all";

/// The whole run, or one endpoint in all user classes together.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) name: String,
    /// In the order of the pairs; the index is the number of the pair's sign.
    pub(super) pairs: Vec<Sides>,
}

/// Both blocks of a pair.
#[derive(Debug)]
pub(super) struct Sides {
    pub(super) phase: BlockPhase,
    pub(super) epoch: u32,
    pub(super) base: Side,
    pub(super) candidate: Side,
}

/// One block.
#[derive(Debug, Clone)]
pub(super) struct Side {
    pub(super) requests: u64,
    pub(super) failures: u64,
    /// Finished requests per second, of all endpoints together.
    pub(super) throughput: f64,
    /// Of successful requests.
    pub(super) times: Times,
}

impl Scope {
    /// The whole run first, then the endpoints in the order of the scenario.
    pub(super) fn all(blocks: &Blocks, paired: &Paired<'_>) -> Vec<Self> {
        let names = &blocks.header.endpoints;
        let mut distinct: Vec<&str> = Vec::new();
        for endpoint in names {
            if !distinct.contains(&endpoint.name.as_str()) {
                distinct.push(&endpoint.name);
            }
        }
        let places = |name: &str| (0..names.len()).filter(|&at| names[at].name == name).collect::<Vec<_>>();
        let endpoints = distinct.iter().map(|name| Self::of(name, &places(name), paired));
        let whole = Self::of(ALL, &(0..names.len()).collect::<Vec<_>>(), paired);
        std::iter::once(whole).chain(endpoints).collect()
    }

    fn of(name: &str, places: &[usize], paired: &Paired<'_>) -> Self {
        Self { name: name.to_owned(), pairs: paired.pairs.iter().map(|pair| Sides::of(pair, places)).collect() }
    }

    /// The pairs of a phase with their numbers.
    pub(super) fn of_phase(&self, phase: BlockPhase) -> impl Iterator<Item = (usize, &Sides)> {
        self.pairs.iter().enumerate().filter(move |(_, sides)| sides.phase == phase)
    }

    /// All response times of the latency phase, of the base and of the candidate.
    pub(super) fn times(&self) -> (Times, Times) {
        let of = |side: fn(&Sides) -> &Side| Times::merged(self.of_phase(BlockPhase::Latency).map(|(_, sides)| &side(sides).times));
        (of(|sides| &sides.base), of(|sides| &sides.candidate))
    }
}

impl Sides {
    fn of(pair: &Pair<'_>, places: &[usize]) -> Self {
        Self { phase: pair.phase(), epoch: pair.epoch(), base: Side::of(pair.base, places), candidate: Side::of(pair.candidate, places) }
    }
}

impl Side {
    fn of(block: &Block, places: &[usize]) -> Self {
        let endpoints = || places.iter().filter_map(|&at| block.endpoints.get(at));
        let requests = endpoints().map(|endpoint| endpoint.requests).sum::<u64>();
        Self {
            requests,
            failures: endpoints().map(|endpoint| endpoint.failures).sum(),
            throughput: if block.measured > 0.0 { block.finished / block.measured } else { 0.0 },
            times: Times::of(endpoints().map(|endpoint| &endpoint.ok)),
        }
    }
}
