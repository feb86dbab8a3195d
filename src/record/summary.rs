//! The figures that people ask for first.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::metrics::Histogram;

/// Whole-run figures. Latencies are response times of successful requests in seconds; null where there were none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What it all means.
    pub verdict: Verdict,
    /// It passed only because a comparison that says nothing counts as neither good nor bad.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub neutral: bool,
    /// Finished requests of the load, attempts without an answer included; warm-up, setup, verify and teardown excluded.
    pub requests: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Requests that finished while the load lasted, per second of it.
    pub throughput: f64,
    /// Failed of all, 0 to 1; zero where there were no requests.
    pub error_rate: f64,
    /// Successful of all, 0 to 1; zero where there were no requests.
    pub success_rate: f64,
    /// Latency statistics.
    #[serde(flatten)]
    pub latency: Statistics,
    /// Whole passes of a user through a task.
    pub iterations: u64,
    /// Iterations that ended early: a capture found nothing, or the run ended.
    pub iterations_cut: u64,
    /// Arrivals that found no free user in time (open model).
    pub dropped: u64,
    /// Requests sent again because a kept connection had been closed.
    pub reconnects: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// What the generator added to starts: actual minus intended, 99th percentile, seconds; null where nothing was scheduled.
    pub schedule_lag_p99: Option<f64>,
    /// The highest arrival rate that met the objective, per second; only of a capacity search.
    pub capacity: Option<f64>,
}

/// Statistics of a latency histogram, in seconds; null where it is empty.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Statistics {
    /// Arithmetic mean.
    pub mean_latency: Option<f64>,
    /// Standard deviation.
    pub stddev_latency: Option<f64>,
    /// Shortest.
    pub min_latency: Option<f64>,
    /// Median.
    pub p50_latency: Option<f64>,
    /// 90th percentile.
    pub p90_latency: Option<f64>,
    /// 95th percentile.
    pub p95_latency: Option<f64>,
    /// 99th percentile.
    pub p99_latency: Option<f64>,
    /// 99.9th percentile.
    #[serde(rename = "p99.9_latency")]
    pub p99_9_latency: Option<f64>,
    /// Longest.
    pub max_latency: Option<f64>,
}

impl Statistics {
    /// The statistics of `histogram`.
    pub fn of(histogram: &Histogram) -> Self {
        let at = |percent| histogram.percentile(percent).map(|time| time.as_secs_f64());
        Self {
            mean_latency: histogram.mean(),
            stddev_latency: histogram.stddev(),
            min_latency: histogram.min().map(|time| time.as_secs_f64()),
            p50_latency: at(50.0),
            p90_latency: at(90.0),
            p95_latency: at(95.0),
            p99_latency: at(99.0),
            p99_9_latency: at(99.9),
            max_latency: histogram.max().map(|time| time.as_secs_f64()),
        }
    }
}

/// The verdict of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Exit 0.
    Passed,
    /// Exit 1: a threshold, a regression or a verify step failed.
    Failed,
    /// Exit 3: the measurement can't be trusted, or there is none.
    Invalid,
    /// Exit 130: interrupted; the figures are of what was measured until then.
    Interrupted,
}

impl Verdict {
    /// The verdict of several runs together: interrupted before invalid before failed before passed; invalid where
    /// there is none, because nothing was measured.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let rank = |verdict: &Self| match verdict {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Invalid => 2,
            Self::Interrupted => 3,
        };
        verdicts.into_iter().max_by_key(rank).unwrap_or(Self::Invalid)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
            Self::Interrupted => "interrupted",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_is_that_of_all() {
        use Verdict::{Failed, Interrupted, Invalid, Passed};
        assert_eq!(Verdict::worst([Passed, Passed]), Passed);
        assert_eq!(Verdict::worst([Passed, Failed, Passed]), Failed);
        assert_eq!(Verdict::worst([Failed, Invalid, Passed]), Invalid);
        assert_eq!(Verdict::worst([Interrupted, Invalid]), Interrupted);
        assert_eq!(Verdict::worst([]), Invalid);
    }
}
