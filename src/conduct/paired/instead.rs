//! The load of a paired run, which runs in place of the scenario's.

use sha2::{Digest, Sha256};

use super::session::{MAX_WAIT, Sizes};
use crate::conduct::run::Instead;
use crate::plan::{ArrivalKind, ClosedLoad, LoadPlan, OpenLoad, PairedLoad, PairedPlan, Plan, Population, RateShape};
use crate::record::Block;
use crate::units::{Micros, Rate};

/// What ran in place of the scenario's load.
pub(super) fn instead(plan: &Plan, paired: &PairedPlan, sizes: Option<Sizes>, duration: Micros, blocks: &[Block]) -> Instead {
    let graceful_stop = paired.drain;
    let rate = sizes.and_then(|sizes| sizes.rate);
    let load = match paired.load {
        PairedLoad::Users(users) => LoadPlan::Closed(ClosedLoad {
            population: Population::Constant { users, spawn_rate: None },
            duration: Some(duration),
            iterations: None,
            warmup: Micros::ZERO,
            graceful_stop,
        }),
        PairedLoad::Arrivals(asked) => LoadPlan::Open(OpenLoad {
            rate: RateShape::Constant(rate.or(asked).unwrap_or(Rate(0.0))),
            arrivals: ArrivalKind::Stratified,
            duration: Some(duration),
            iterations: None,
            max_users: paired.max_users,
            max_wait: MAX_WAIT,
            warmup: Micros::ZERO,
            graceful_stop,
        }),
    };
    let pairs = blocks.iter().filter(|block| block.first).count();
    let amount = match (paired.load, rate) {
        (PairedLoad::Users(users), _) => format!("{users} users"),
        (PairedLoad::Arrivals(_), Some(rate)) => format!("rate {rate}, then {} users", paired.users),
        (PairedLoad::Arrivals(_), None) => "not begun".to_owned(),
    };
    let noun = if pairs == 1 { "pair" } else { "pairs" };
    let length = sizes.map(|sizes| format!(", {pairs} {noun} of {} blocks", sizes.block)).unwrap_or_default();
    Instead { load, told: format!("paired: {amount}{length}"), digest: paired_digest(plan, paired) }
}

/// What makes two paired runs comparable: the scenario's own digest, and the load that is asked for in place of its own. The
/// rate that a probe finds is none of it, nor is how long the run takes.
pub(in crate::conduct) fn paired_digest(plan: &Plan, paired: &PairedPlan) -> String {
    let asked = match paired.load {
        PairedLoad::Users(users) => format!("users {users}"),
        PairedLoad::Arrivals(Some(rate)) => format!("rate {}", rate.0),
        PairedLoad::Arrivals(None) => "probed".to_owned(),
    };
    let digest = Sha256::digest(format!("{} paired {asked} {}", plan.digest, paired.users));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The load of a paired run in a few words, as far as it is known before: `paired: rate 100/s, then 8 users`.
pub(in crate::conduct) fn describe_paired(paired: &PairedPlan) -> String {
    match paired.load {
        PairedLoad::Users(users) => format!("paired: {users} users"),
        PairedLoad::Arrivals(Some(rate)) => format!("paired: rate {rate}, then {} users", paired.users),
        PairedLoad::Arrivals(None) => format!("paired: a rate that was probed, then {} users", paired.users),
    }
}
