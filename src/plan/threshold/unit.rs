//! The units of metrics.

use super::types::Metric;

/// In what a metric is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricUnit {
    /// Seconds.
    Time,
    /// Per second.
    Rate,
    /// 0 to 1.
    Share,
    /// A number of things.
    Count,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Percent of one core.
    CpuPercent,
}

impl Metric {
    /// In what it is measured.
    pub fn unit(&self) -> MetricUnit {
        todo!()
    }
}

/// A value of a metric as people read it: `123ms`, `2.5%`.
pub fn format_value(_metric: Metric, _value: f64) -> String {
    todo!()
}
