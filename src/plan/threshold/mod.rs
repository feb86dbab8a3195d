//! Thresholds: `<metric> <op> <value>` on aggregates.

mod grammar;
mod limit;
mod metric;
mod op;
mod types;
mod unit;

pub(in crate::plan) use grammar::Part;
pub(in crate::plan) use limit::value as metric_value;
pub(in crate::plan) use metric::metric as read_metric;
pub use types::{Limit, Metric, Op, Phase, ServiceMetric, Severity, StatusClass, Threshold, ThresholdError, TimeStatistic};
pub use unit::{MetricUnit, format_value};
