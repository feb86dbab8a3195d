//! What is compared.

use std::fmt;

/// A figure of a run, or of one endpoint in it, that is held against the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// The median response time of successful requests.
    P50,
    /// Their 95th percentile.
    P95,
    /// Their 99th percentile.
    P99,
    /// Finished requests per second, of the whole run only: an endpoint's share of them is drawn by weight.
    Throughput,
    /// Failed requests of all; compared in points, not in percent of itself.
    ErrorRate,
}

impl Figure {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::P50, Self::P95, Self::P99, Self::Throughput, Self::ErrorRate];

    /// The percentile, where it is one.
    pub fn percent(self) -> Option<f64> {
        match self {
            Self::P50 => Some(50.0),
            Self::P95 => Some(95.0),
            Self::P99 => Some(99.0),
            Self::Throughput | Self::ErrorRate => None,
        }
    }

    /// How many samples it takes on either side to be judged: 40 / (1 - p), so that forty lie beyond the percentile.
    /// Zero for what is no percentile.
    pub fn support(self) -> u64 {
        match self {
            Self::P50 => 80,
            Self::P95 => 800,
            Self::P99 => 4_000,
            Self::Throughput | Self::ErrorRate => 0,
        }
    }

    /// One where more is worse, minus one where less is.
    pub fn harm(self) -> f64 {
        if self == Self::Throughput { -1.0 } else { 1.0 }
    }

    /// How much the figure's logarithm is expected to move between two runs of the same code on one machine, as a
    /// standard deviation, before any run was seen. Measured on two-core machines; see `docs/comparison.md`.
    pub(super) fn prior_spread(self) -> f64 {
        match self {
            Self::P50 | Self::Throughput | Self::ErrorRate => 0.08,
            Self::P95 => 0.15,
            Self::P99 => 0.30,
        }
    }
}

impl fmt::Display for Figure {
    /// The name it has in records.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Throughput => "throughput",
            Self::ErrorRate => "error_rate",
        })
    }
}
