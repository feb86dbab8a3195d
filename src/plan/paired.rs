//! Paired mode: two versions of the service, side by side.

use super::service::ServicePlan;
use crate::units::{Micros, Rate};

/// How two versions of the service are compared.
#[derive(Debug, Clone)]
pub struct PairedPlan {
    /// What the service of the plan is compared with.
    pub base: BasePlan,
    /// Wall time of one look, from the warm-up to the last block.
    pub budget: Micros,
    /// Where response times are judged.
    pub load: PairedLoad,
    /// Users of the closed loops: warm-up, probe, throughput.
    pub users: u32,
    /// Users of an arm at most, where they come as arrivals need them.
    pub max_users: u32,
    /// Length of a block; none: by what the warm-up shows.
    pub block: Option<Micros>,
    /// The longest that requests in flight at the end of a block are waited for.
    pub drain: Micros,
    /// At most so many budgets: 1 or 2.
    pub looks: u32,
    /// How often both services are started; none: by how long that takes.
    pub starts: Option<u32>,
}

/// Where response times are judged in paired mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PairedLoad {
    /// Iterations arrive at this rate; none: by what a probe shows.
    Arrivals(Option<Rate>),
    /// So many users with the waits of the scenario, as its load is written.
    Users(u32),
}

/// The service that another is compared with.
#[derive(Debug, Clone)]
pub struct BasePlan {
    /// Its address as text; `${PORT}` may still be in it.
    pub target: String,
    /// How it is started or awaited; none: it runs.
    pub service: Option<ServicePlan>,
}
