//! Which blocks belong together.

use std::collections::BTreeMap;

use crate::record::{Arm, Block, BlockPhase, Blocks};

/// The blocks of both arms, one after the other under the same load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) base: &'a Block,
    pub(super) candidate: &'a Block,
}

/// The base's block and the candidate's, as far as they ran.
type Halves<'a> = (Option<&'a Block>, Option<&'a Block>);

/// All pairs that can be judged, in the order in which they ran, and how many were disturbed.
#[derive(Debug)]
pub(super) struct Paired<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) disturbed: u32,
}

impl<'a> Paired<'a> {
    /// Leaves out disturbed pairs, and blocks whose other half is missing because the run ended.
    pub(super) fn of(blocks: &'a Blocks) -> Self {
        let mut halves: BTreeMap<(BlockPhase, u32, u32), Halves<'_>> = BTreeMap::new();
        for block in &blocks.blocks {
            let (base, candidate) = halves.entry((block.phase, block.look, block.pair)).or_default();
            *if block.arm == Arm::Base { base } else { candidate } = Some(block);
        }
        let whole = halves.into_values().filter_map(|(base, candidate)| Some(Pair { base: base?, candidate: candidate? }));
        let (disturbed, mut pairs): (Vec<_>, Vec<_>) = whole.partition(|pair| pair.is_disturbed());
        pairs.sort_by(|a, b| a.at().total_cmp(&b.at()));
        Self { pairs, disturbed: u32::try_from(disturbed.len()).unwrap_or(u32::MAX) }
    }

    pub(super) fn count(&self, phase: BlockPhase) -> u32 {
        u32::try_from(self.pairs.iter().filter(|pair| pair.phase() == phase).count()).unwrap_or(u32::MAX)
    }

    /// How many starts of the services the judged pairs are of.
    pub(super) fn epochs(&self) -> u32 {
        let mut epochs: Vec<u32> = self.pairs.iter().map(Pair::epoch).collect();
        epochs.sort_unstable();
        epochs.dedup();
        u32::try_from(epochs.len()).unwrap_or(u32::MAX)
    }

    /// Mean share of a core that the generator used in the blocks of a phase, where that is known.
    pub(super) fn generator_cpu(&self, phase: BlockPhase) -> Option<f64> {
        let of_phase = self.pairs.iter().filter(|pair| pair.phase() == phase);
        let shares: Vec<f64> = of_phase.flat_map(|pair| [pair.base.generator_cpu, pair.candidate.generator_cpu]).flatten().collect();
        crate::stats::mean(&shares)
    }
}

impl Pair<'_> {
    pub(super) fn phase(&self) -> BlockPhase {
        self.base.phase
    }

    pub(super) fn epoch(&self) -> u32 {
        self.base.epoch
    }

    fn at(&self) -> f64 {
        self.base.at.min(self.candidate.at)
    }

    fn is_disturbed(&self) -> bool {
        self.base.disturbed.is_some() || self.candidate.disturbed.is_some()
    }
}
