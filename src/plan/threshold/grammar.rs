//! Reads thresholds.

use super::limit::limit;
use super::metric::metric;
use super::op::{MARKS, op};
use super::types::{Severity, Threshold, ThresholdError};
use crate::units::Micros;

impl Threshold {
    /// Reads `p95 < 500ms`, `count(5xx) == 0`, `p(95)<500`, `p95 < baseline * 1.1 + 5ms`; severity `fail`, no abort.
    ///
    /// A bare number of a time is seconds, in k6's spelling `p(95)` milliseconds.
    pub fn parse(expression: &str) -> Result<Self, ThresholdError> {
        let whole = Part { text: expression, at: 0 }.trim();
        let Some(start) = whole.text.find(MARKS) else {
            return Err(whole.error("it compares nothing").help("write a metric, a comparison and a value: `p95 < 500ms`"));
        };
        let length = whole.text[start..].find(|c: char| !MARKS.contains(&c)).unwrap_or(whole.text.len() - start);
        let (left, mark, right) = (whole.part(0, start).trim(), whole.part(start, length), whole.after(start + length).trim());
        let op = op(mark)?;
        if left.text.is_empty() {
            return Err(mark.error(format!("there is no metric before `{op}`")).help("write a metric, such as `p95` or `error_rate`"));
        }
        if right.text.is_empty() {
            return Err(mark.error(format!("there is nothing behind `{op}`")).help("write a value, such as `500ms` or `1%`"));
        }
        let (metric, k6) = metric(left)?;
        if let Some(second) = right.text.find(MARKS) {
            return Err(right.after(second).error("a threshold has one comparison").help("write two thresholds"));
        }
        let limit = limit(metric, k6, right)?;
        let (severity, abort, after, hold, message) = (Severity::Fail, false, Micros::ZERO, Micros::ZERO, None);
        Ok(Self { expression: whole.text.to_owned(), metric, op, limit, severity, abort, after, hold, message })
    }
}

/// A part of an expression that knows where it stands.
#[derive(Debug, Clone, Copy)]
pub(in crate::plan) struct Part<'a> {
    pub(in crate::plan) text: &'a str,
    pub(in crate::plan) at: usize,
}

impl<'a> Part<'a> {
    /// Without the spaces around it.
    pub(in crate::plan) fn trim(self) -> Self {
        let lead = self.text.len() - self.text.trim_start().len();
        Self { text: self.text.trim(), at: self.at + lead }
    }

    /// Its bytes `start..start + length`.
    pub(in crate::plan) fn part(self, start: usize, length: usize) -> Self {
        Self { text: &self.text[start..start + length], at: self.at + start }
    }

    /// What stands behind its first `start` bytes.
    pub(in crate::plan) fn after(self, start: usize) -> Self {
        self.part(start, self.text.len() - start)
    }

    /// An error of this part.
    pub(in crate::plan) fn error(self, message: impl Into<String>) -> ThresholdError {
        ThresholdError { message: message.into(), span: (self.at, self.text.len()), help: None }
    }
}

impl ThresholdError {
    /// Says what to write instead.
    pub(in crate::plan) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::{Limit, Metric, Op, Phase, ServiceMetric, StatusClass, TimeStatistic};
    use super::*;
    use proptest::prelude::*;

    fn percentile(percent: f64) -> Metric {
        Metric::Time(TimeStatistic::Percentile(percent), None)
    }

    #[test]
    fn every_form_is_read() {
        use Limit::Value;
        let mib = 1024.0 * 1024.0;
        for (expression, metric, op, limit) in [
            ("p95 < 500ms", percentile(95.0), Op::Less, Value(0.5)),
            ("p95<1.5s", percentile(95.0), Op::Less, Value(1.5)),
            ("p95 < 2", percentile(95.0), Op::Less, Value(2.0)),
            ("p(95)<500", percentile(95.0), Op::Less, Value(0.5)),
            ("p(99.9) < 2s", percentile(99.9), Op::Less, Value(2.0)),
            ("p99.9 <= 1m", percentile(99.9), Op::AtMost, Value(60.0)),
            ("mean < 50ms", Metric::Time(TimeStatistic::Mean, None), Op::Less, Value(0.05)),
            ("stddev < 50ms", Metric::Time(TimeStatistic::Stddev, None), Op::Less, Value(0.05)),
            ("wait_p95 < 5ms", Metric::Time(TimeStatistic::Percentile(95.0), Some(Phase::Wait)), Op::Less, Value(0.005)),
            ("connect_mean < 1ms", Metric::Time(TimeStatistic::Mean, Some(Phase::Connect)), Op::Less, Value(0.001)),
            ("service_p99 < 1s", Metric::Time(TimeStatistic::Percentile(99.0), Some(Phase::Service)), Op::Less, Value(1.0)),
            ("error_rate < 1%", Metric::ErrorRate, Op::Less, Value(0.01)),
            ("error_rate <= 0.02", Metric::ErrorRate, Op::AtMost, Value(0.02)),
            ("success_rate >= 99%", Metric::SuccessRate, Op::AtLeast, Value(0.99)),
            ("check_rate == 1.0", Metric::CheckRate, Op::Equal, Value(1.0)),
            ("throughput >= 10/s", Metric::Throughput, Op::AtLeast, Value(10.0)),
            ("throughput >= 300/min", Metric::Throughput, Op::AtLeast, Value(5.0)),
            ("capacity >= 200/s", Metric::Capacity, Op::AtLeast, Value(200.0)),
            ("count(201) == 5", Metric::Count(StatusClass::Exactly(201)), Op::Equal, Value(5.0)),
            ("count( 5XX ) == 0", Metric::Count(StatusClass::Hundred(5)), Op::Equal, Value(0.0)),
            ("requests > 1_000", Metric::Requests, Op::Greater, Value(1_000.0)),
            ("dropped != 0", Metric::Dropped, Op::Unequal, Value(0.0)),
            ("bytes_in < 10MB", Metric::BytesIn, Op::Less, Value(1e7)),
            ("memory_max < 1024MiB", Metric::Service(ServiceMetric::MemoryMax), Op::Less, Value(1024.0 * mib)),
            ("memory_growth < 20MiB/min", Metric::Service(ServiceMetric::MemoryGrowth), Op::Less, Value(20.0 * mib / 60.0)),
            ("memory_growth < 1 KiB / s", Metric::Service(ServiceMetric::MemoryGrowth), Op::Less, Value(1024.0)),
            ("cpu_mean < 80%", Metric::Service(ServiceMetric::CpuMean), Op::Less, Value(80.0)),
            ("cpu_max < 150%", Metric::Service(ServiceMetric::CpuMax), Op::Less, Value(150.0)),
            ("p95 < baseline", percentile(95.0), Op::Less, Limit::Baseline { factor: 1.0, plus: 0.0 }),
            ("p95 < baseline * 1.1 + 5ms", percentile(95.0), Op::Less, Limit::Baseline { factor: 1.1, plus: 0.005 }),
            ("p95 < 1.2*baseline", percentile(95.0), Op::Less, Limit::Baseline { factor: 1.2, plus: 0.0 }),
            ("p95 < baseline + 10%", percentile(95.0), Op::Less, Limit::Baseline { factor: 1.1, plus: 0.0 }),
            ("throughput > baseline - 5%", Metric::Throughput, Op::Greater, Limit::Baseline { factor: 0.95, plus: 0.0 }),
            ("error_rate < baseline + 1%", Metric::ErrorRate, Op::Less, Limit::Baseline { factor: 1.0, plus: 0.01 }),
            ("p(95) < baseline + 5", percentile(95.0), Op::Less, Limit::Baseline { factor: 1.0, plus: 0.005 }),
            ("capacity >= baseline * 90%", Metric::Capacity, Op::AtLeast, Limit::Baseline { factor: 0.9, plus: 0.0 }),
        ] {
            let threshold = Threshold::parse(&format!(" {expression} ")).unwrap_or_else(|error| panic!("{expression}: {error:?}"));
            assert_eq!((threshold.metric, threshold.op, threshold.limit), (metric, op, limit), "{expression}");
            assert_eq!(threshold.expression, expression);
        }
    }

    #[test]
    fn every_mistake_is_pointed_at_and_helped() {
        for (expression, part, message, help) in [
            ("p955 < 1s", "p955", "955 is no percentile: it is above 100", "did you mean `p95.5`?"),
            ("p999 < 1s", "p999", "999 is no percentile: it is above 100", "did you mean `p99.9`?"),
            ("p0 < 1s", "p0", "0 is no percentile: it is not above 0", "use `min` for the shortest time"),
            ("p9x < 1s", "p9x", "unknown metric `p9x`", "did you mean `p90`?"),
            ("latency < 5", "latency", "unknown metric `latency`", "did you mean `p95`?"),
            ("avg<200", "avg", "unknown metric `avg`", "did you mean `mean`?"),
            ("eror_rate < 5%", "eror_rate", "unknown metric `eror_rate`", "did you mean `error_rate`?"),
            ("P95 < 5ms", "P95", "unknown metric `P95`", "did you mean `p95`?"),
            ("wait_avg < 5ms", "avg", "`wait` has no statistic `avg`", "did you mean `wait_mean`?"),
            ("wat_p95 < 5ms", "wat_p95", "unknown metric `wat_p95`", "did you mean `wait_p95`?"),
            ("count(600) == 0", "600", "`600` is no status", "write `count(201)` or `count(5xx)`"),
            ("count == 0", "count", "`count` needs a status", "write `count(201)` or `count(5xx)`, or `requests` for all of them"),
            ("p95 500ms", "p95 500ms", "it compares nothing", "write a metric, a comparison and a value: `p95 < 500ms`"),
            ("p95 = 5ms", "=", "`=` is no comparison", "write `==`"),
            ("p95 => 5ms", "=>", "`=>` is no comparison", "write `>=`"),
            ("p95 <! 5ms", "<!", "`<!` is no comparison", "use one of `<` `<=` `>` `>=` `==` `!=`"),
            ("< 5ms", "<", "there is no metric before `<`", "write a metric, such as `p95` or `error_rate`"),
            ("p95 <", "<", "there is nothing behind `<`", "write a value, such as `500ms` or `1%`"),
            ("p95 < 1s < 2s", "< 2s", "a threshold has one comparison", "write two thresholds"),
            ("p95 < 5%", "5%", "`p95` is a time", "write `500ms` or `1.5s`"),
            ("p95 < 500 mss", "500 mss", "`p95` is a time", "write `500ms` or `1.5s`"),
            ("error_rate < 5", "5", "`error_rate` is a share", "write `5%` or `0.05`"),
            ("error_rate < 1", "1", "is 1 one percent or all of them?", "write `1%` or `100%`"),
            ("success_rate > 101%", "101%", "`success_rate` is a share: it can't be above 100%", "write `99%` or `0.99`"),
            ("error_rate < 5ms", "5ms", "`error_rate` is a share", "write `1%` or `0.01`"),
            ("throughput > 5ms", "5ms", "`throughput` is a rate", "write `10/s` or `300/min`"),
            ("requests > 5%", "5%", "`requests` is a number", "write a whole number, such as `100`"),
            ("count(5xx) < 1.5", "1.5", "`count(5xx)` is a number", "write a whole number, such as `100`"),
            ("memory_max < 5%", "5%", "`memory_max` is a size", "write `512MiB` or `1GB`"),
            ("memory_growth < 5MiB", "5MiB", "`memory_growth` is a size per time", "write `20MiB/min`"),
            ("cpu_mean < 80", "80", "`cpu_mean` is in percent of one core", "write `80%`"),
            ("p95 < baseline 1.1", "1.1", "`*`, `+` or `-` stands behind `baseline`", "write `baseline * 1.1` or `baseline + 5ms`"),
            ("p95 < baseline * x", "x", "`x` is no factor", "write `baseline * 1.1`"),
            ("p95 < baseline * -1", "-1", "`-1` is no factor", "write `baseline * 1.1`"),
            ("p95 < baseline + 5/s", "5/s", "`p95` is a time", "write `500ms` or `1.5s`"),
            ("p95 < basline * 1.1", "basline * 1.1", "`p95` is a time", "did you mean `baseline * 1.1`?"),
        ] {
            let error = Threshold::parse(expression).expect_err(expression);
            let (at, length) = error.span;
            assert_eq!(
                (&expression[at..at + length], error.message.as_str(), error.help.as_deref()),
                (part, message, Some(help)),
                "{expression}"
            );
        }
        assert_eq!(Threshold::parse("").unwrap_err().span, (0, 0));
    }

    fn any_statistic() -> impl Strategy<Value = TimeStatistic> {
        prop_oneof![
            (1u32..=1000).prop_map(|tenths| TimeStatistic::Percentile(f64::from(tenths) / 10.0)),
            Just(TimeStatistic::Mean),
            Just(TimeStatistic::Min),
            Just(TimeStatistic::Max),
            Just(TimeStatistic::Stddev),
        ]
    }

    fn any_metric() -> impl Strategy<Value = Metric> {
        let phases = [Phase::Dns, Phase::Connect, Phase::Tls, Phase::Wait, Phase::Receive, Phase::Service];
        prop_oneof![
            (any_statistic(), prop::option::of(prop::sample::select(phases.to_vec())))
                .prop_map(|(statistic, phase)| Metric::Time(statistic, phase)),
            (100u16..600).prop_map(|status| Metric::Count(StatusClass::Exactly(status))),
            (1u8..=5).prop_map(|hundred| Metric::Count(StatusClass::Hundred(hundred))),
            prop::sample::select(super::super::metric::PLAIN.iter().map(|(_, metric)| *metric).collect::<Vec<_>>()),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            metric in any_metric(),
            op in prop::sample::select(vec![Op::Less, Op::AtMost, Op::Greater, Op::AtLeast, Op::Equal, Op::Unequal]),
            value in 0u32..100,
            factor in prop::option::of(1u32..500),
        ) {
            use super::super::unit::MetricUnit;
            let (text, number) = match metric.unit() {
                MetricUnit::Time => (format!("{value}ms"), f64::from(value) / 1e3),
                MetricUnit::Rate => (format!("{value}/s"), f64::from(value)),
                MetricUnit::Share => (format!("{value}%"), f64::from(value) / 100.0),
                MetricUnit::Count => (value.to_string(), f64::from(value)),
                MetricUnit::Bytes => (format!("{value}KiB"), f64::from(value) * 1024.0),
                MetricUnit::BytesPerSecond => (format!("{value}KiB/s"), f64::from(value) * 1024.0),
                MetricUnit::CpuPercent => (format!("{value}%"), f64::from(value)),
            };
            let (text, limit) = match factor.map(|hundredths| f64::from(hundredths) / 100.0) {
                None => (text, Limit::Value(number)),
                // A percentage added to anything but a share is a factor; those have a test of their own.
                Some(factor) => (format!("baseline * {factor} + {text}"), Limit::Baseline { factor, plus: number }),
            };
            let read = Threshold::parse(&format!("{metric} {op} {text}")).map_err(|error| TestCaseError::fail(format!("{metric} {op} {text}: {error:?}")))?;
            prop_assert_eq!((read.metric, read.op, read.limit), (metric, op, limit));
        }

        #[test]
        fn nothing_makes_it_panic(
            text in ".{0,30}",
            near in "(p|p\\(|count\\(|wait_|memory_max|baseline|[0-9]{1,3}|\\)|<|=|%|ms|/s| |\\*|\\+|-|é){0,10}",
        ) {
            for expression in [&text, &near] {
                if let Err(error) = Threshold::parse(expression) {
                    prop_assert!(expression.get(error.span.0..error.span.0 + error.span.1).is_some(), "{}: {:?}", expression, error);
                }
            }
        }
    }
}
