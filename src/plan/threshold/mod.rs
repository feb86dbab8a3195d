//! Thresholds: `<metric> <op> <value>` on aggregates.

mod grammar;
mod limit;
mod metric;
mod op;
mod types;
mod unit;

pub use types::{Limit, Metric, Op, Phase, ServiceMetric, Severity, StatusClass, Threshold, ThresholdError, TimeStatistic};
pub use unit::{MetricUnit, format_value};
