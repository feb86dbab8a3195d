//! The stored result of a run: JSON, `schema_version` first, written atomically, readable without this program.
//!
//! Everything a report shows is in a record, so that any report can be made again from it. Nothing secret is:
//! no header value, no body, no command line.

mod baseline;
mod blocks;
mod calibration;
mod endpoint;
mod figures;
mod file;
#[cfg(test)]
pub(crate) mod fixture;
mod foreign;
mod judged;
mod machine;
mod run;
mod summary;
mod thinned;

pub use baseline::{
    Acceptance, Comparison, ComparisonMode, ComparisonVerdict, Contrast, ContrastVerdict, HistoryPoint, LevelChange, Pairs,
};
pub use blocks::{
    Arm, ArmIdentity, BLOCKS_VERSION, Block, BlockEndpoint, BlockEndpointName, BlockPhase, Blocks, BlocksError, BlocksHeader,
};
pub use calibration::{CALIBRATION_VERSION, Calibration};
pub use endpoint::{EndpointLatency, EndpointPhases, EndpointRecord, ErrorRecord};
pub use figures::{LatencyOf, Precision, RunFigures, ScopeFigures};
pub use file::{ReadError, WriteError, create_atomically, write_atomically};
pub use foreign::ForeignError;
pub use judged::{CapacityRecord, CapacityStep, CheckRecord, JudgedThreshold, ThresholdOutcome, VerifyRecord, Warning};
pub use machine::Machine;
pub use run::{GeneratorUse, RunInfo, ScenarioId, Sent, ServiceUse, Tool};
pub use summary::{Statistics, Summary, Verdict};

use serde::{Deserialize, Serialize};

use crate::metrics::TimelineRow;

/// The version of the format this program writes.
pub const SCHEMA_VERSION: u32 = 1;

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Of the format; [`SCHEMA_VERSION`] when written by this program.
    pub schema_version: u32,
    /// What wrote it.
    pub tool: Tool,
    /// What was run.
    pub scenario: ScenarioId,
    /// When, from which commit, with which seed.
    pub run: RunInfo,
    /// Where.
    pub machine: Machine,
    /// The figures that people ask for first.
    pub summary: Summary,
    /// Requests that were really sent, by what for; their sum is what the server counted.
    pub sent: Sent,
    /// Results per endpoint and user class.
    pub endpoints: Vec<EndpointRecord>,
    /// Results over time; at most 900 rows.
    pub timeline: Vec<TimelineRow>,
    /// Thresholds as they were judged.
    pub thresholds: Vec<JudgedThreshold>,
    /// Checks as they were counted.
    pub checks: Vec<CheckRecord>,
    /// Verify steps as they ended, in order.
    #[serde(default)]
    pub verify: Vec<VerifyRecord>,
    /// What the system under test used, where it was watched.
    #[serde(default)]
    pub service: Option<ServiceUse>,
    /// What the generator itself used.
    pub generator: GeneratorUse,
    /// Doubts about the measurement and things worth knowing, most important first.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// The rates a capacity search tried.
    #[serde(default)]
    pub capacity: Option<CapacityRecord>,
    /// Against the baseline, where there was one to look for.
    #[serde(default)]
    pub comparison: Option<Comparison>,
}
