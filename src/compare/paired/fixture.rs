//! Blocks of services that were never run.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::metrics::Histogram;
use crate::record::{Arm, ArmIdentity, BLOCKS_VERSION, Block, BlockEndpoint, BlockEndpointName, BlockPhase, Blocks, BlocksHeader};
use crate::units::Micros;

/// A run to be made up. Times are log-normal around 10 ms; every block has a slowness of its own, and so has every pair.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    pub(super) seed: u64,
    /// Pairs of the latency and of the throughput phase.
    pub(super) pairs: (u32, u32),
    /// Requests of a block, by endpoint.
    pub(super) requests: Vec<u64>,
    /// Standard deviation of the logarithm of a block's slowness.
    pub(super) noise: f64,
    /// The candidate's times are longer by this factor, endpoint by endpoint; throughput is lower by that of the first.
    pub(super) slower: Vec<f64>,
    /// Failures of a block of the base and of the candidate.
    pub(super) failures: (u64, u64),
    /// Spread of the candidate's luck from epoch to epoch, and how many epochs there are.
    pub(super) luck: (f64, u32),
}

/// One endpoint of 60 requests a block, 112 pairs, and no change.
pub(super) fn sketch(seed: u64) -> Sketch {
    Sketch { seed, pairs: (112, 37), requests: vec![60], noise: 0.05, slower: vec![1.0], failures: (0, 0), luck: (0.0, 1) }
}

impl Sketch {
    /// Every endpoint slower by the same factor.
    pub(super) fn slower(self, factor: f64) -> Self {
        Self { slower: vec![factor; self.requests.len()], ..self }
    }

    pub(super) fn blocks(&self) -> Blocks {
        let mut random = Pcg64Mcg::seed_from_u64(self.seed);
        let mut blocks = Vec::new();
        let luck: Vec<f64> = (0..self.luck.1).map(|_| self.luck.0 * normal(&mut random)).collect();
        for (phase, count) in [(BlockPhase::Latency, self.pairs.0), (BlockPhase::Throughput, self.pairs.1)] {
            for pair in 0..count {
                let weather = 0.1 * normal(&mut random);
                let first: bool = random.random();
                let epoch = pair * self.luck.1 / count;
                for (turn, arm) in [(true, Arm::Base), (false, Arm::Candidate)] {
                    let place = (blocks.len() as f64, if arm == Arm::Base { 0.0 } else { luck[epoch as usize] });
                    let slowness = weather + self.noise * normal(&mut random) + place.1;
                    let block = self.block((phase, pair, epoch), arm, turn == first, slowness, &mut random);
                    blocks.push(Block { at: place.0 * 0.2, ..block });
                }
            }
        }
        Blocks { header: self.header(), blocks }
    }

    fn block(&self, (phase, pair, epoch): (BlockPhase, u32, u32), arm: Arm, first: bool, slowness: f64, random: &mut Pcg64Mcg) -> Block {
        let endpoint = |(&requests, &factor): (&u64, &f64)| {
            let factor = if arm == Arm::Candidate { factor } else { 1.0 };
            let failures = if arm == Arm::Candidate { self.failures.1 } else { self.failures.0 }.min(requests);
            let requests = match phase {
                BlockPhase::Latency => requests,
                BlockPhase::Throughput => (4.0 * requests as f64 / (slowness.exp() * factor)).round() as u64,
            };
            let mut ok = Histogram::default();
            for _ in failures..requests {
                let time = 10_000.0 * factor * (slowness + 0.3 * normal(random)).exp();
                ok.record(Micros(time as u64));
            }
            BlockEndpoint { requests, failures, ok }
        };
        Block {
            pair,
            phase,
            arm,
            first,
            epoch,
            look: 1,
            disturbed: None,
            at: 0.0,
            measured: 0.18,
            drained: 0.0,
            cut: 0,
            lag_p99: None,
            generator_cpu: Some(0.2),
            steal: None,
            endpoints: self.requests.iter().zip(&self.slower).map(endpoint).collect(),
        }
    }

    fn header(&self) -> BlocksHeader {
        let name = |at: usize| BlockEndpointName { name: format!("GET /{at}"), class: "user".to_owned() };
        BlocksHeader {
            schema_version: BLOCKS_VERSION,
            scenario: "shop".to_owned(),
            seed: self.seed,
            block_length: 0.2,
            discarded: 0.1,
            rate: Some(self.requests.iter().sum::<u64>() as f64 / 0.18),
            users: 4,
            endpoints: (0..self.requests.len()).map(name).collect(),
            base: ArmIdentity { sha: Some("aaaaaaabbbbbbb".to_owned()), digest: Some("one".to_owned()) },
            candidate: ArmIdentity { sha: Some("cccccccddddddd".to_owned()), digest: Some("other".to_owned()) },
        }
    }
}

/// A standard normal number. Box and Muller (1958); 1 - u is never zero.
pub(super) fn normal(random: &mut Pcg64Mcg) -> f64 {
    let (u, v): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
