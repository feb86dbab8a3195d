//! The figures of one scope: what a threshold's metric is looked up in.

use crate::metrics::{EndpointTotals, Histogram, Totals};
use crate::plan::{Metric, Phase, StatusClass, TimeStatistic};
use crate::record::{EndpointRecord, Record};

/// The figures of one scope: some endpoints of a run, together.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) endpoints: EndpointTotals,
    /// Of the whole run, whatever the scope.
    iterations: u64,
    dropped: u64,
    seconds: f64,
}

impl Figures {
    /// The figures of those endpoints of a running or finished load that `wanted` names by their index.
    pub(super) fn of_totals(totals: &Totals, wanted: impl Fn(usize) -> bool) -> Self {
        let mut endpoints = EndpointTotals::default();
        for (index, endpoint) in totals.endpoints.iter().enumerate() {
            if wanted(index) {
                endpoints.merge(endpoint, crate::units::Micros::ZERO);
            }
        }
        let (iterations, dropped) = (totals.iterations, totals.dropped);
        Self { endpoints, iterations, dropped, seconds: totals.duration.as_secs_f64() }
    }

    /// The figures of those endpoints of a stored run that are `wanted`.
    pub(super) fn of_record(record: &Record, wanted: impl Fn(&EndpointRecord) -> bool) -> Self {
        let mut all = EndpointTotals::default();
        for endpoint in record.endpoints.iter().filter(|endpoint| wanted(endpoint)) {
            all.requests += endpoint.requests;
            all.failures += endpoint.failures;
            all.bytes_in += endpoint.bytes_in;
            all.bytes_out += endpoint.bytes_out;
            all.checks.0 += endpoint.checks_passed;
            all.checks.1 += endpoint.checks_failed;
            all.ok.merge(&endpoint.latency.ok);
            all.service.merge(&endpoint.service_time);
            all.phases.dns.merge(&endpoint.phases.dns);
            all.phases.connect.merge(&endpoint.phases.connect);
            all.phases.tls.merge(&endpoint.phases.tls);
            all.phases.wait.merge(&endpoint.phases.wait);
            all.phases.receive.merge(&endpoint.phases.receive);
            for (&status, &count) in &endpoint.statuses {
                *all.statuses.entry(status).or_default() += count;
            }
        }
        let (iterations, dropped) = (record.summary.iterations, record.summary.dropped);
        Self { endpoints: all, iterations, dropped, seconds: record.run.duration.as_secs_f64() }
    }

    /// The value of a metric in its unit.
    ///
    /// # Errors
    /// Why there is none: `no samples`, or what exactly is missing. Metrics of the service and of a capacity search
    /// are not of a scope, and never found here.
    pub(super) fn value(&self, metric: Metric) -> Result<f64, &'static str> {
        let of = &self.endpoints;
        let per_second = |count: u64| if self.seconds > 0.0 { count as f64 / self.seconds } else { 0.0 };
        if of.requests == 0 && !matches!(metric, Metric::Dropped | Metric::Iterations) {
            return Err("no samples");
        }
        match metric {
            Metric::Time(statistic, phase) => self.time(statistic, phase),
            Metric::Requests => Ok(of.requests as f64),
            Metric::Throughput => Ok(per_second(of.requests)),
            Metric::ErrorRate => Ok(of.failures as f64 / of.requests as f64),
            Metric::SuccessRate => Ok((of.requests - of.failures) as f64 / of.requests as f64),
            Metric::Count(class) => {
                let matches = |status: u16| match class {
                    StatusClass::Exactly(code) => status == code,
                    StatusClass::Hundred(hundred) => status / 100 == u16::from(hundred),
                };
                Ok(of.statuses.iter().filter(|(status, _)| matches(**status)).map(|(_, count)| *count).sum::<u64>() as f64)
            }
            Metric::CheckRate => match of.checks {
                (0, 0) => Err("no checks were made"),
                (held, missed) => Ok(held as f64 / (held + missed) as f64),
            },
            Metric::Iterations => Ok(self.iterations as f64),
            Metric::Dropped => Ok(self.dropped as f64),
            Metric::BytesIn => Ok(of.bytes_in as f64),
            Metric::BytesOut => Ok(of.bytes_out as f64),
            Metric::Capacity | Metric::Service(_) => Err("not a figure of requests"),
        }
    }

    /// The histogram a time is taken from.
    pub(super) fn histogram(&self, phase: Option<Phase>) -> &Histogram {
        let of = &self.endpoints;
        match phase {
            None => &of.ok,
            Some(Phase::Dns) => &of.phases.dns,
            Some(Phase::Connect) => &of.phases.connect,
            Some(Phase::Tls) => &of.phases.tls,
            Some(Phase::Wait) => &of.phases.wait,
            Some(Phase::Receive) => &of.phases.receive,
            Some(Phase::Service) => &of.service,
        }
    }

    fn time(&self, statistic: TimeStatistic, phase: Option<Phase>) -> Result<f64, &'static str> {
        let histogram = self.histogram(phase);
        let value = match statistic {
            TimeStatistic::Percentile(percent) => histogram.percentile(percent).map(|time| time.as_secs_f64()),
            TimeStatistic::Mean => histogram.mean(),
            TimeStatistic::Min => histogram.min().map(|time| time.as_secs_f64()),
            TimeStatistic::Max => histogram.max().map(|time| time.as_secs_f64()),
            TimeStatistic::Stddev => histogram.stddev(),
        };
        value.ok_or(if phase.is_some() && !self.endpoints.ok.is_empty() { "no request had this phase" } else { "no successful request" })
    }
}
