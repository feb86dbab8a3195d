//! What a threshold looks at: the endpoints of its scope, merged as far as its metric needs.

use std::collections::BTreeMap;

use crate::metrics::{EndpointTotals, Histogram, Totals};
use crate::plan::{Metric, Phase, Plan, ServiceMetric, StatusClass, ThresholdScope, TimeStatistic};
use crate::record::{EndpointRecord, Record, ServiceUse};
use crate::units::Micros;

/// The endpoints of a scope, in the run or in a record, with the figures of the load as a whole.
#[derive(Debug, Clone)]
pub(super) struct View<'a> {
    parts: Vec<Part<'a>>,
    iterations: u64,
    dropped: u64,
    duration: Micros,
    capacity: Option<f64>,
    service: Option<&'a ServiceUse>,
}

/// One endpoint of one class, wherever it was stored.
#[derive(Debug, Clone, Copy)]
struct Part<'a> {
    requests: u64,
    /// Those that finished while the load lasted.
    in_time: u64,
    failures: u64,
    bytes_in: u64,
    bytes_out: u64,
    checks: (u64, u64),
    ok: &'a Histogram,
    service: &'a Histogram,
    /// dns, connect, tls, wait, receive.
    phases: [&'a Histogram; 5],
    statuses: &'a BTreeMap<u16, u64>,
}

/// A value, and how many samples a percentile is of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measured {
    pub(super) value: f64,
    pub(super) samples: Option<u64>,
}

impl<'a> View<'a> {
    /// All endpoints.
    pub(super) fn whole(totals: &'a Totals) -> Self {
        let parts = totals.endpoints.iter().map(Part::of_totals).collect();
        Self {
            parts,
            iterations: totals.counters.iterations,
            dropped: totals.counters.dropped,
            duration: totals.duration,
            capacity: None,
            service: None,
        }
    }

    /// The endpoints of a scope; for [`ThresholdScope::Each`] those called `name`.
    pub(super) fn of_run(plan: &Plan, totals: &'a Totals, scope: &ThresholdScope, name: &str) -> Self {
        let within = |at: usize| {
            plan.endpoints.get(at).is_some_and(|endpoint| {
                let class = || plan.classes.get(endpoint.class).map_or("", |class| class.name.as_str());
                contains(plan, scope, name, (&endpoint.name, class(), &endpoint.tags))
            })
        };
        let parts =
            totals.endpoints.iter().enumerate().filter(|&(at, _)| within(at)).map(|(_, endpoint)| Part::of_totals(endpoint)).collect();
        Self { parts, ..Self::whole(totals) }
    }

    /// The same of a stored run.
    pub(super) fn of_record(plan: &Plan, record: &'a Record, scope: &ThresholdScope, name: &str) -> Self {
        let within = |endpoint: &&EndpointRecord| contains(plan, scope, name, (&endpoint.name, &endpoint.class, &endpoint.tags));
        Self {
            parts: record.endpoints.iter().filter(within).map(|endpoint| Part::of_record(endpoint, record.run.duration)).collect(),
            iterations: record.summary.iterations,
            dropped: record.summary.dropped,
            duration: record.run.duration,
            capacity: record.summary.capacity,
            service: record.service.as_ref(),
        }
    }

    pub(super) fn with(self, capacity: Option<f64>, service: Option<&'a ServiceUse>) -> Self {
        Self { capacity, service, ..self }
    }

    pub(super) fn requests(&self) -> u64 {
        self.parts.iter().map(|part| part.requests).sum()
    }

    /// Measures; none where there is nothing to measure. Figures of requests need a request, latencies a successful one.
    pub(super) fn measure(&self, metric: Metric) -> Option<Measured> {
        let plain = |value: f64| Some(Measured { value, samples: None });
        match metric {
            Metric::Capacity => return plain(self.capacity?),
            Metric::Service(figure) => return plain(service_figure(self.service?, figure)?),
            _ => {}
        }
        let requests = Some(self.requests()).filter(|&requests| requests > 0)?;
        let sum = |count: fn(&Part<'_>) -> u64| self.parts.iter().map(count).sum::<u64>() as f64;
        let failures = sum(|part| part.failures);
        plain(match metric {
            Metric::Time(statistic, phase) => return self.time(statistic, phase),
            Metric::Requests => requests as f64,
            Metric::Throughput if self.duration == Micros::ZERO => return None,
            Metric::Throughput => sum(|part| part.in_time) / self.duration.as_secs_f64(),
            Metric::ErrorRate => failures / requests as f64,
            Metric::SuccessRate => (requests as f64 - failures) / requests as f64,
            Metric::Count(class) => self.parts.iter().map(|part| part.answers(class)).sum::<u64>() as f64,
            Metric::CheckRate => {
                let (passed, failed) = (sum(|part| part.checks.0), sum(|part| part.checks.1));
                return (passed + failed > 0.0).then(|| plain(passed / (passed + failed))).flatten();
            }
            Metric::Iterations => self.iterations as f64,
            Metric::Dropped => self.dropped as f64,
            Metric::BytesIn => sum(|part| part.bytes_in),
            Metric::BytesOut => sum(|part| part.bytes_out),
            Metric::Capacity | Metric::Service(_) => return None,
        })
    }

    fn time(&self, statistic: TimeStatistic, phase: Option<Phase>) -> Option<Measured> {
        let mut times = Histogram::new(3);
        self.parts.iter().for_each(|part| times.merge(part.times(phase)));
        let samples = matches!(statistic, TimeStatistic::Percentile(_)).then(|| times.count());
        let seconds = |time: Option<Micros>| time.map(Micros::as_secs_f64);
        let value = match statistic {
            TimeStatistic::Percentile(percent) => seconds(times.percentile(percent)),
            TimeStatistic::Mean => times.mean(),
            TimeStatistic::Min => seconds(times.min()),
            TimeStatistic::Max => seconds(times.max()),
            TimeStatistic::Stddev => times.stddev(),
        }?;
        Some(Measured { value, samples })
    }
}

impl<'a> Part<'a> {
    fn of_totals(totals: &'a EndpointTotals) -> Self {
        Self {
            requests: totals.requests,
            in_time: totals.in_time(),
            failures: totals.failures,
            bytes_in: totals.bytes_in,
            bytes_out: totals.bytes_out,
            checks: totals.checks,
            ok: &totals.ok,
            service: &totals.service,
            phases: totals.phases.all(),
            statuses: &totals.statuses,
        }
    }

    fn of_record(record: &'a EndpointRecord, duration: Micros) -> Self {
        let phases = &record.phases;
        Self {
            requests: record.requests,
            in_time: record.in_time(duration),
            failures: record.failures,
            bytes_in: record.bytes_in,
            bytes_out: record.bytes_out,
            checks: (record.checks_passed, record.checks_failed),
            ok: &record.latency.ok,
            service: &record.service_time,
            phases: [&phases.dns, &phases.connect, &phases.tls, &phases.wait, &phases.receive],
            statuses: &record.statuses,
        }
    }

    fn times(&self, phase: Option<Phase>) -> &'a Histogram {
        match phase {
            None => self.ok,
            Some(Phase::Service) => self.service,
            Some(Phase::Dns) => self.phases[0],
            Some(Phase::Connect) => self.phases[1],
            Some(Phase::Tls) => self.phases[2],
            Some(Phase::Wait) => self.phases[3],
            Some(Phase::Receive) => self.phases[4],
        }
    }

    fn answers(&self, class: StatusClass) -> u64 {
        match class {
            StatusClass::Exactly(status) => self.statuses.get(&status).copied().unwrap_or(0),
            StatusClass::Hundred(hundred) => {
                let first = u16::from(hundred) * 100;
                self.statuses.range(first..first + 100).map(|(_, count)| count).sum()
            }
        }
    }
}

/// Whether an endpoint (its name, class and tags) belongs to a scope.
fn contains(plan: &Plan, scope: &ThresholdScope, name: &str, endpoint: (&str, &str, &[String])) -> bool {
    match scope {
        ThresholdScope::All => true,
        ThresholdScope::Service => false,
        ThresholdScope::Each => endpoint.0 == name,
        ThresholdScope::Class(class) => plan.classes.get(*class).is_some_and(|class| class.name == endpoint.1),
        ThresholdScope::Endpoint(name) => endpoint.0 == name,
        ThresholdScope::Tag(tag) => endpoint.2.contains(tag),
    }
}

fn service_figure(used: &ServiceUse, figure: ServiceMetric) -> Option<f64> {
    match figure {
        ServiceMetric::MemoryMax => used.memory_max,
        ServiceMetric::MemoryMean => used.memory_mean,
        ServiceMetric::MemoryGrowth => used.memory_growth,
        ServiceMetric::CpuMax => used.cpu_max,
        ServiceMetric::CpuMean => used.cpu_mean,
    }
}
