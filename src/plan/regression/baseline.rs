//! What a run is compared with.

use super::rule::RegressionRule;
use crate::config::{ComparisonConfig, OtherMachineConfig, StanceConfig};

/// What the scenario says of its comparison. None: it says nothing, and an option or the default decides.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BaselinePlan {
    /// How runs are compared.
    pub mode: Option<ComparisonConfig>,
    /// Where stored records are, as `--store` takes it.
    pub store: Option<String>,
    /// The branch whose records are compared with.
    pub branch: Option<String>,
    /// How many records at most.
    pub records: Option<usize>,
    /// The rules of the scenario, then those of the command line: later ones win.
    pub rules: Vec<RegressionRule>,
    /// What it means that a change can't be told from noise.
    pub on_inconclusive: Option<StanceConfig>,
    /// What it means that there is nothing to compare with.
    pub on_missing_baseline: Option<StanceConfig>,
    /// What a baseline of another machine may do.
    pub on_other_machine: Option<OtherMachineConfig>,
}
