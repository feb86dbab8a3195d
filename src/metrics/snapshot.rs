//! The run at an instant, for live views.

use crate::units::Micros;

/// The run at an instant, for live views and thresholds.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Since the users began to come, warm-up included.
    pub elapsed: Micros,
    /// How long that will be in the end; none where only iterations bound it.
    pub planned: Option<Micros>,
    /// Whole passes asked for, where they bound the run.
    pub iterations_planned: Option<u64>,
    /// Whole passes so far.
    pub iterations: u64,
    /// Whether the warm-up still runs.
    pub warming_up: bool,
    /// The most users alive at once since the last tick.
    pub users: u32,
    /// Finished requests so far, warm-up excluded.
    pub requests: u64,
    /// Failed ones of them.
    pub failures: u64,
    /// Arrivals dropped so far.
    pub dropped: u64,
    /// Finished requests per second within the last tick, warm-up included.
    pub rate: f64,
    /// 95th percentile of successful response times of the last tick; none where it had none.
    pub p95: Option<Micros>,
}
