//! Where a run was made.

use serde::{Deserialize, Serialize};

/// The machine, as far as it decides whether figures can be compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Compared for equality: a hash of CPU model, logical cores, memory to the GiB, OS and architecture, container
    /// limit and [`Machine::MEASUREMENT_VERSION`].
    pub key: String,
    /// CPU model.
    pub cpu: String,
    /// Logical cores.
    pub cores: u32,
    /// Memory in GiB, rounded.
    pub memory_gib: u64,
    /// `linux`, `macos`, `windows`.
    pub os: String,
    /// `x86_64`, `aarch64`.
    pub arch: String,
    /// CPU limit of the container in cores, where there is one.
    pub container_limit: Option<f64>,
    /// Information only: kernel or OS version.
    pub os_version: Option<String>,
    /// Information only: load average over one minute when the run began.
    pub load_average: Option<f64>,
}

impl Machine {
    /// Raised when a change of this program moves what is measured, so that old records are not compared with new.
    pub const MEASUREMENT_VERSION: u32 = 1;
}
