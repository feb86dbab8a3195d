//! What was run, when, how, and what it cost.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::metrics::ServiceSample;
use crate::units::Micros;

/// What wrote a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `loadline`, or the name of the tool a record was imported from.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenarioId {
    /// The scenario's name.
    pub name: String,
    /// Of the resolved load: runs with the same digest can be compared.
    pub digest: String,
    /// The profile, where there are any.
    pub profile: Option<String>,
    /// The environment, where there are any.
    pub environment: Option<String>,
}

/// When, from which commit, with which seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Names the run: in file names and in the report.
    pub id: String,
    /// When the load began (warm-up included), UTC.
    pub started_at: Timestamp,
    /// Load time that results are of, in seconds: warm-up, setup and teardown excluded.
    pub duration: Micros,
    /// Warm-up before it, in seconds.
    pub warmup: Micros,
    /// Repeat the run with `--seed`.
    pub seed: u64,
    /// The load in a few words: `500 users (10/s) for 5m`, `rate 10/s for 2m`.
    pub load: String,
    /// The most users that were alive at once.
    pub users_max: u32,
    /// The address under load, without user information; shown, never compared.
    pub target: String,
    /// What of the connections is not as usual, in a few words: `HTTP/2, through the proxy http://proxy:3128`; none where
    /// everything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<String>,
    /// The commit under test, where it is known.
    pub sha: Option<String>,
    /// The commit that was checked out, where it is another (the merge commit of a pull request).
    pub tested_sha: Option<String>,
    /// The branch, where it is known.
    pub branch: Option<String>,
    /// The pull request's number, where there is one.
    pub pull_request: Option<u64>,
    /// How to repeat it: a `loadline run` line made of options that aren't secret.
    pub repeat: String,
}

/// Requests that were really sent, by what for. Attempts that got no connection are in none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sent {
    /// To see whether the service is ready.
    pub ready: u64,
    /// By setup.
    pub setup: u64,
    /// By the warm-up.
    pub warmup: u64,
    /// By the load.
    pub load: u64,
    /// To follow redirects, of any of the others.
    pub redirects: u64,
    /// By verify.
    pub verify: u64,
    /// By teardown.
    pub teardown: u64,
}

impl Sent {
    /// What the server should have counted.
    pub fn total(&self) -> u64 {
        self.ready + self.setup + self.warmup + self.load + self.redirects + self.verify + self.teardown
    }
}

/// What the generator itself used during the load.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GeneratorUse {
    /// Generator threads.
    pub threads: u32,
    /// CPU time of the whole process during the load, in seconds; null where it can't be read.
    pub cpu_seconds: Option<f64>,
    /// The same in percent of the cores that the generator threads could use.
    pub cpu_percent: Option<f64>,
    /// The busiest second of a generator thread: its CPU time in percent of that second; null where it can't be read.
    /// Tells a generator at its limit from one that the machine didn't let run.
    #[serde(default)]
    pub cpu_peak_percent: Option<f64>,
    /// The longest that the loop of a generator thread was held up, by itself or by the machine, in seconds: nothing was
    /// sent or received on it meanwhile. None where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_stall_max: Option<f64>,
    /// Peak resident memory of the process in bytes; null where it can't be read.
    pub memory_max: Option<u64>,
    /// Schedule lag percentiles in seconds; null where nothing was scheduled.
    pub schedule_lag_p50: Option<f64>,
    /// See `schedule_lag_p50`.
    pub schedule_lag_p99: Option<f64>,
    /// See `schedule_lag_p50`.
    pub schedule_lag_max: Option<f64>,
    /// Starts that were late by more than a tenth of the median response time, and at least a millisecond.
    pub late_starts: u64,
    /// Requests that the system didn't take at once: a part of them waited in the generator until the service, or the
    /// network, had taken what came before. None where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_back: Option<u64>,
}

/// What the system under test used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceUse {
    /// How it was found: `command` or `port`.
    pub found_by: String,
    /// Highest resident memory, bytes; null where nothing was seen.
    pub memory_max: Option<f64>,
    /// Mean resident memory, bytes.
    pub memory_mean: Option<f64>,
    /// Slope of resident memory, bytes per second (least squares); of several starts the one that they have in common.
    pub memory_growth: Option<f64>,
    /// Lower and upper end of its two-sided 90 % interval (each end a one-sided 95 % bound); null under 15 s of data.
    pub memory_growth_interval: Option<(f64, f64)>,
    /// Highest CPU use within a second, percent of one core.
    pub cpu_max: Option<f64>,
    /// Mean CPU use, percent of one core.
    pub cpu_mean: Option<f64>,
    /// At most 900 samples; neighbours are merged when there are more.
    pub samples: Vec<ServiceSample>,
    /// The exit status it ended with before it was stopped, where it did.
    pub died: Option<String>,
}
