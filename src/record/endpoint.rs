//! Results of one endpoint of one user class.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::summary::Statistics;
use crate::metrics::{ErrorCategory, Histogram};
use crate::units::Micros;

/// Results of one endpoint of one user class; the same name in two classes is two entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointRecord {
    /// `METHOD path` as written in the scenario, or the step's name.
    pub name: String,
    /// The HTTP method.
    pub method: String,
    /// The user class.
    pub class: String,
    /// The step's tags.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Finished requests.
    pub requests: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Requests that finished while the load lasted, per second of it.
    pub throughput: f64,
    /// Failed of all, 0 to 1.
    pub error_rate: f64,
    /// Statistics of `latency.ok`, so that nobody needs an HDR reader for them.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// How many answers had which status, also those of failed requests.
    pub statuses: BTreeMap<u16, u64>,
    /// Failures by category and message; the rarest messages of many are counted together.
    pub errors: Vec<ErrorRecord>,
    /// Checks that held.
    pub checks_passed: u64,
    /// Checks that didn't.
    pub checks_failed: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Response times.
    pub latency: EndpointLatency,
    /// Sent to last byte, of successful requests.
    pub service_time: Histogram,
    /// Parts of the service time of successful requests, at two digits.
    pub phases: EndpointPhases,
}

/// No run has more: so many fit into a number of JSON.
const MOST_REQUESTS: u64 = 1 << 53;

impl EndpointRecord {
    /// How many requests finished within the load time of its run, those that began in the warm-up included: what `throughput`
    /// is of.
    pub fn in_time(&self, load_time: Micros) -> u64 {
        ((self.throughput * load_time.as_secs_f64()).round() as u64).min(MOST_REQUESTS)
    }
}

/// Response times, successful and failed requests apart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EndpointLatency {
    /// Of successful requests.
    pub ok: Histogram,
    /// Of failed requests.
    pub failed: Histogram,
}

/// Parts of the time, at two digits; empty where connections were reused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndpointPhases {
    /// Name resolution.
    pub dns: Histogram,
    /// TCP handshake.
    pub connect: Histogram,
    /// TLS handshake.
    pub tls: Histogram,
    /// Sent to first byte.
    pub wait: Histogram,
    /// First byte to last.
    pub receive: Histogram,
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorRecord {
    /// Why.
    pub category: ErrorCategory,
    /// What exactly; foreign text, at most 200 characters.
    pub message: String,
    /// How many.
    pub count: u64,
    /// When the first happened, in seconds since the load began.
    pub first: Micros,
    /// When the last happened, in seconds since the load began.
    pub last: Micros,
}
