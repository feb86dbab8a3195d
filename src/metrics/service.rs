//! What the system under test used.

use serde::{Deserialize, Serialize};

use crate::units::{Bytes, Micros};

/// CPU and memory of the service's process tree at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ServiceSample {
    /// Since the load began (negative times don't exist: samples before it are dropped), in seconds.
    pub at: Micros,
    /// Of one core in percent, since the sample before.
    pub cpu: f64,
    /// Resident memory of all its processes together, in bytes.
    pub memory: Bytes,
    /// How many processes it is.
    pub processes: u32,
}
