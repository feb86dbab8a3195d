//! The plan as a whole.

use std::sync::Arc;

use super::check::CheckInfo;
use super::class::ClassPlan;
use super::endpoint::EndpointPlan;
use super::feed::Feed;
use super::http::HttpPlan;
use super::load::LoadPlan;
use super::paired::PairedPlan;
use super::program::Program;
use super::regression::BaselinePlan;
use super::scope::Slots;
use super::service::ServicePlan;
use super::threshold::Threshold;
use crate::text::Secrets;

/// Everything one run needs, for one environment and profile, with all overrides in it.
#[derive(Debug)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// Of the resolved load: what makes two runs comparable. Lower-case hexadecimal SHA-256.
    pub digest: String,
    /// The selected profile, where there are any.
    pub profile: Option<String>,
    /// The selected environment, where there are any.
    pub environment: Option<String>,
    /// The address under load as text; `${PORT}` may still be in it when the service's port is picked at its start.
    /// Read with [`super::Target::parse`] once the port is known.
    pub target: String,
    /// All random numbers come from it.
    pub seed: u64,
    /// Defaults of connections.
    pub http: HttpPlan,
    /// How many users come, and when.
    pub load: LoadPlan,
    /// The user classes, in the order written.
    pub classes: Vec<ClassPlan>,
    /// All endpoints of all classes.
    pub endpoints: Vec<EndpointPlan>,
    /// All checks that are counted.
    pub checks: Vec<CheckInfo>,
    /// How many barriers there are.
    pub barriers: usize,
    /// All variables.
    pub slots: Arc<Slots>,
    /// All data feeds.
    pub feeds: Vec<Arc<Feed>>,
    /// Once, before the load.
    pub setup: Program,
    /// Once, after the load: what must hold.
    pub verify: Program,
    /// Once, after everything, whatever happened.
    pub teardown: Program,
    /// What decides the verdict.
    pub thresholds: Vec<ThresholdPlan>,
    /// What the run is compared with, and what counts as worse.
    pub baseline: BaselinePlan,
    /// The system under test, where loadline starts or watches it.
    pub service: Option<ServicePlan>,
    /// What it is compared with side by side, where that was asked for.
    pub paired: Option<PairedPlan>,
    /// Values that must never be shown (see DESIGN: `env_file`, `env.*`, `--var`, authorization, cookies, userinfo).
    pub secrets: Vec<String>,
    /// Names that stand in the scenario as they are: shown, even if a secret is in them.
    pub names: Vec<String>,
}

impl Plan {
    /// What keeps secrets out of every text that comes of this plan.
    pub fn masking(&self) -> Secrets {
        Secrets::new(&self.secrets).sparing(self.names.clone())
    }
}

/// A threshold and what it speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct ThresholdPlan {
    /// What it speaks of.
    pub scope: ThresholdScope,
    /// What must hold.
    pub threshold: Threshold,
    /// Where it is written: `file:line:column`, for annotations; none for `--threshold`.
    pub place: Option<(String, usize, usize)>,
    /// All classes in its scope are left out by `only:`: it is shown, not judged.
    pub applicable: bool,
}

/// What a threshold speaks of; names are resolved when the plan is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThresholdScope {
    /// All requests of the load together.
    All,
    /// Every endpoint by itself.
    Each,
    /// The system under test itself: memory and CPU.
    Service,
    /// A user class, by its index.
    Class(usize),
    /// All endpoints of this name.
    Endpoint(String),
    /// All endpoints with this tag.
    Tag(String),
}
