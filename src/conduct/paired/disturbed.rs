//! Pairs that something else got in the way of, told without a look at their results.

use crate::record::{Block, BlockPhase};

/// At most so many pairs of a run are left out for it.
pub(super) const MOST: u32 = 3;

/// More than this share of the machine's time went to other machines.
const STEAL: f64 = 0.05;
/// Starts were later than this, and than a tenth of the block.
const LAG: f64 = 0.005;
/// The generator had hardly a moment to wait in.
const GENERATOR_CPU: f64 = 0.9;

/// Why a pair doesn't count, where it doesn't.
pub(super) fn reason(pair: &[&Block], block_length: f64) -> Option<&'static str> {
    let any = |holds: &dyn Fn(&Block) -> bool| pair.iter().any(|block| holds(block));
    let lag = LAG.max(block_length / 10.0);
    if any(&|block| block.steal.is_some_and(|steal| steal > STEAL)) {
        Some("steal")
    } else if any(&|block| block.lag_p99.is_some_and(|late| late > lag)) {
        Some("lag")
    } else if any(&|block| block.phase == BlockPhase::Latency && block.generator_cpu.is_some_and(|cpu| cpu > GENERATOR_CPU)) {
        // A closed loop without pauses keeps the generator busy by design.
        Some("generator_cpu")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Arm;

    fn block() -> Block {
        Block {
            pair: 0,
            phase: BlockPhase::Latency,
            arm: Arm::Base,
            first: true,
            epoch: 0,
            look: 1,
            disturbed: None,
            at: 0.0,
            measured: 0.18,
            drained: 0.0,
            cut: 0,
            finished: 0.0,
            lag_p99: Some(0.001),
            generator_cpu: Some(0.2),
            steal: Some(0.0),
            endpoints: Vec::new(),
        }
    }

    #[test]
    fn a_pair_is_disturbed_by_either_of_its_blocks() {
        let calm = block();
        let with = |change: &dyn Fn(&mut Block)| {
            let mut other = block();
            change(&mut other);
            reason(&[&calm, &other], 0.2)
        };
        assert_eq!(with(&|_| ()), None);
        assert_eq!(with(&|block| block.steal = Some(0.06)), Some("steal"));
        assert_eq!(with(&|block| block.lag_p99 = Some(0.021)), Some("lag"));
        assert_eq!(with(&|block| block.lag_p99 = Some(0.019)), None);
        assert_eq!(with(&|block| block.generator_cpu = Some(0.95)), Some("generator_cpu"));
        assert_eq!(with(&|block| (block.generator_cpu, block.phase) = (Some(0.95), BlockPhase::Throughput)), None);
    }
}
