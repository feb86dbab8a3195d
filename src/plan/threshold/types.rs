//! What a threshold is made of.

use crate::units::Micros;

/// One threshold, parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The expression as written: `p95 < 500ms`.
    pub expression: String,
    /// What is measured.
    pub metric: Metric,
    /// How it is compared.
    pub op: Op,
    /// What it is compared with.
    pub limit: Limit,
    /// What a miss means.
    pub severity: Severity,
    /// Ends the run as soon as it is missed.
    pub abort: bool,
    /// Load time before it is judged during the run.
    pub after: Micros,
    /// During the run it must be missed for this long without a break before it aborts.
    pub hold: Micros,
    /// Shown when it is missed.
    pub message: Option<String>,
}

/// What a threshold measures. Times are seconds, rates per second, shares 0..1, sizes bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// A statistic of the response time of successful requests, or of one phase of them.
    Time(TimeStatistic, Option<Phase>),
    /// Finished requests.
    Requests,
    /// Finished requests per second.
    Throughput,
    /// Failed requests of all, a share.
    ErrorRate,
    /// Successful requests of all, a share.
    SuccessRate,
    /// Answers with this status.
    Count(StatusClass),
    /// Checks that held of all, a share.
    CheckRate,
    /// Whole passes through a task.
    Iterations,
    /// Arrivals that found no user in time.
    Dropped,
    /// Bytes received.
    BytesIn,
    /// Bytes sent.
    BytesOut,
    /// The highest rate that met the objective.
    Capacity,
    /// A figure of the service itself.
    Service(ServiceMetric),
}

/// A statistic of times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TimeStatistic {
    /// A percentile, in percent: 99.9.
    Percentile(f64),
    /// The arithmetic mean.
    Mean,
    /// The shortest.
    Min,
    /// The longest.
    Max,
    /// The standard deviation.
    Stddev,
}

/// A part of a request's time, or the service time as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Name resolution.
    Dns,
    /// The TCP handshake.
    Connect,
    /// The TLS handshake.
    Tls,
    /// From sent to the first byte.
    Wait,
    /// From the first byte to the last.
    Receive,
    /// From sent to the last byte.
    Service,
}

/// Which statuses are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusClass {
    /// This one.
    Exactly(u16),
    /// A hundred of them: 5 for `5xx`.
    Hundred(u8),
}

/// A figure of the system under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceMetric {
    /// Highest resident memory, bytes.
    MemoryMax,
    /// Mean resident memory, bytes.
    MemoryMean,
    /// Slope of resident memory, bytes per second.
    MemoryGrowth,
    /// Highest CPU use within a second, percent of one core.
    CpuMax,
    /// Mean CPU use, percent of one core.
    CpuMean,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
}

/// What a metric is compared with, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A constant.
    Value(f64),
    /// `baseline * factor + plus`, with the metric's value in the baseline.
    Baseline {
        /// What the baseline's value is multiplied with.
        factor: f64,
        /// What is added.
        plus: f64,
    },
}

/// What a missed threshold means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Severity {
    /// The run fails.
    #[default]
    Fail,
    /// It is shown.
    Warn,
}

/// Says why a text is no threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ThresholdError {
    /// What is wrong with it.
    pub message: String,
    /// Byte offset in the expression of what is wrong, and how many bytes it has.
    pub span: (usize, usize),
    /// What to write instead, where it can be guessed.
    pub help: Option<String>,
}
