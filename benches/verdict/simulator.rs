//! Blocks of services that never ran, with the noise that real ones were seen to have.
//!
//! Also the fixture of the unit tests in `src/compare/paired`.

use loadline::metrics::Histogram;
use loadline::record::{Arm, ArmIdentity, BLOCKS_VERSION, Block, BlockEndpoint, BlockEndpointName, BlockPhase, Blocks, BlocksHeader};
use loadline::units::Micros;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Of the usual response time.
const USUAL_MICROS: f64 = 10_000.0;

/// A run to be made up.
#[derive(Debug, Clone)]
pub(crate) struct Sketch {
    pub(crate) seed: u64,
    /// Pairs of the latency and of the throughput phase.
    pub(crate) pairs: (u32, u32),
    /// Requests of a block, by endpoint.
    pub(crate) requests: Vec<u64>,
    /// What blocks differ by.
    pub(crate) noise: Noise,
    /// Standard deviation of the logarithm of a block's slowness: a pair differs by 1.4 times as much.
    pub(crate) block_spread: f64,
    /// The candidate's times are longer by this factor, endpoint by endpoint; throughput is lower by that of the first.
    pub(crate) slower: Vec<f64>,
    /// Failures of a block of the base and of the candidate.
    pub(crate) failures: (u64, u64),
    /// Spread of the candidate's luck from epoch to epoch, and how many epochs there are.
    pub(crate) luck: (f64, u32),
}

/// How blocks of one service differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noise {
    /// Normal logarithms of slowness, on a machine that drifts by 10 %.
    Calm,
    /// The same with heavy tails: Student's t with three degrees of freedom.
    Heavy,
    /// One block of thirty stands still for a while.
    Stalls,
    /// One request of seven takes three times as long.
    Bimodal,
}

/// One endpoint of 60 requests a block, 112 and 37 pairs, and no change.
pub(crate) fn sketch(seed: u64) -> Sketch {
    Sketch {
        seed,
        pairs: (112, 37),
        requests: vec![60],
        noise: Noise::Calm,
        block_spread: 0.05,
        slower: vec![1.0],
        failures: (0, 0),
        luck: (0.0, 1),
    }
}

impl Sketch {
    /// Every endpoint slower by the same factor.
    pub(crate) fn slower(self, factor: f64) -> Self {
        Self { slower: vec![factor; self.requests.len()], ..self }
    }

    pub(crate) fn blocks(&self) -> Blocks {
        let mut random = Pcg64Mcg::seed_from_u64(self.seed);
        let mut blocks: Vec<Block> = Vec::new();
        let luck: Vec<f64> = (0..self.luck.1).map(|_| self.luck.0 * normal(&mut random)).collect();
        let mut drift = 0.1 * normal(&mut random);
        for (phase, count) in [(BlockPhase::Latency, self.pairs.0), (BlockPhase::Throughput, self.pairs.1)] {
            for pair in 0..count {
                let candidate_first: bool = random.random();
                let epoch = pair * self.luck.1 / count;
                for first in [true, false] {
                    // As slow as the last block, and yet a bit different: 10 % all in all.
                    drift = 0.95 * drift + 0.1 * (1.0f64 - 0.95 * 0.95).sqrt() * normal(&mut random);
                    let arm = if first == candidate_first { Arm::Candidate } else { Arm::Base };
                    let own = if arm == Arm::Candidate { luck[epoch as usize] } else { 0.0 };
                    let slowness = drift + own + self.block_spread * self.wild(&mut random);
                    let at = blocks.len() as f64 * 0.2;
                    let endpoints = self.endpoints(phase, arm, slowness, &mut random);
                    let finished = endpoints.iter().map(|endpoint| endpoint.requests as f64).sum();
                    blocks.push(Block { pair, phase, arm, first, epoch, at, finished, endpoints, ..quiet_block() });
                }
            }
        }
        Blocks { header: self.header(), blocks }
    }

    /// What a block is slower by, in units of the spread.
    fn wild(&self, random: &mut Pcg64Mcg) -> f64 {
        if self.noise != Noise::Heavy {
            return normal(random);
        }
        let square: f64 = (0..3).map(|_| normal(random).powi(2)).sum();
        // Cut at ten spreads: e to the power of more is no service.
        (normal(random) / (square / 3.0).sqrt()).clamp(-10.0, 10.0)
    }

    fn endpoints(&self, phase: BlockPhase, arm: Arm, slowness: f64, random: &mut Pcg64Mcg) -> Vec<BlockEndpoint> {
        let stall = self.noise == Noise::Stalls && random.random_bool(1.0 / 30.0);
        let endpoint = |(&requests, &factor): (&u64, &f64)| {
            let factor = if arm == Arm::Candidate { factor } else { 1.0 };
            let failures = if arm == Arm::Candidate { self.failures.1 } else { self.failures.0 }.min(requests);
            let mut ok = Histogram::default();
            if phase == BlockPhase::Throughput {
                let lost = if stall { 0.7 } else { 1.0 };
                let requests = (4.0 * lost * requests as f64 / (slowness.exp() * factor)).round() as u64;
                ok.record_n(Micros(USUAL_MICROS as u64), requests);
                return BlockEndpoint { requests, failures: 0, ok };
            }
            for number in failures..requests {
                let mode = if self.noise == Noise::Bimodal && random.random_bool(1.0 / 7.0) { 3.0 } else { 1.0 };
                let time = USUAL_MICROS * mode * (slowness + 0.3 * normal(random)).exp();
                // A third of the block waits for the end of the pause.
                let left = (requests as f64 / 3.0 - number as f64).max(0.0);
                let pause = if stall { left / requests as f64 * 200_000.0 } else { 0.0 };
                ok.record(Micros(((time + pause) * factor) as u64));
            }
            BlockEndpoint { requests, failures, ok }
        };
        self.requests.iter().zip(&self.slower).map(endpoint).collect()
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
            started_at: None,
        }
    }
}

fn quiet_block() -> Block {
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
        lag_p99: None,
        generator_cpu: Some(0.2),
        steal: None,
        endpoints: Vec::new(),
    }
}

/// A standard normal number. Box and Muller (1958); 1 - u is never zero.
fn normal(random: &mut Pcg64Mcg) -> f64 {
    let (u, v): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
