//! The units of metrics.

use super::types::{Metric, ServiceMetric};
use crate::units::{Bytes, Micros, Rate};

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
        match self {
            Self::Time(..) => MetricUnit::Time,
            Self::Throughput | Self::Capacity => MetricUnit::Rate,
            Self::ErrorRate | Self::SuccessRate | Self::CheckRate => MetricUnit::Share,
            Self::Requests | Self::Count(_) | Self::Iterations | Self::Dropped => MetricUnit::Count,
            Self::BytesIn | Self::BytesOut => MetricUnit::Bytes,
            Self::Service(ServiceMetric::MemoryMax | ServiceMetric::MemoryMean) => MetricUnit::Bytes,
            Self::Service(ServiceMetric::MemoryGrowth) => MetricUnit::BytesPerSecond,
            Self::Service(ServiceMetric::CpuMax | ServiceMetric::CpuMean) => MetricUnit::CpuPercent,
        }
    }
}

/// A value of a metric as people read it: `123ms`, `2.5%`, `20 MiB/min`; `-` where it is not a number.
///
/// A share is never rounded to all or nothing where it is neither: 99.997 % does not look like a threshold that held.
pub fn format_value(metric: Metric, value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let size = value.abs();
    match metric.unit() {
        MetricUnit::Time => format!("{sign}{}", Micros::from_secs_f64(size)),
        MetricUnit::Rate => format!("{sign}{}", Rate(size)),
        MetricUnit::Share => format!("{sign}{}%", decimals(size * 100.0, 2)),
        MetricUnit::Count => format!("{value:.0}"),
        MetricUnit::Bytes => format!("{sign}{}", Bytes(size.round() as u64)),
        MetricUnit::BytesPerSecond => format!("{sign}{}/min", Bytes((size * 60.0).round() as u64)),
        MetricUnit::CpuPercent => format!("{sign}{}%", decimals(size, 1)),
    }
}

/// At most `digits` decimals, more where 0 or 100 would be a lie.
fn decimals(percent: f64, digits: usize) -> String {
    let rounded = |digits: usize| {
        let text = format!("{percent:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    };
    let lies = |text: &str| (text == "0" && percent != 0.0) || (text == "100" && percent != 100.0);
    (digits..8).map(rounded).find(|text| !lies(text)).unwrap_or_else(|| rounded(digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::threshold::{StatusClass, TimeStatistic};

    #[test]
    fn values_are_shown_in_their_unit() {
        let time = Metric::Time(TimeStatistic::Mean, None);
        let growth = Metric::Service(ServiceMetric::MemoryGrowth);
        for (metric, value, shown) in [
            (time, 0.1234, "123ms"),
            (time, -0.0015, "-1.5ms"),
            (Metric::Throughput, 12.34, "12.3/s"),
            (Metric::ErrorRate, 0.0, "0%"),
            (Metric::ErrorRate, 0.025, "2.5%"),
            (Metric::ErrorRate, 0.000_004, "0.0004%"),
            (Metric::SuccessRate, 0.999_97, "99.997%"),
            (Metric::SuccessRate, 1.0, "100%"),
            (Metric::Count(StatusClass::Hundred(5)), 3.0, "3"),
            (Metric::BytesIn, 1_572_864.0, "1.5 MiB"),
            (growth, 1024.0 * 1024.0 / 3.0, "20 MiB/min"),
            (growth, -1024.0, "-60 KiB/min"),
            (Metric::Service(ServiceMetric::CpuMean), 81.26, "81.3%"),
            (time, f64::NAN, "-"),
        ] {
            assert_eq!(format_value(metric, value), shown);
        }
    }
}
