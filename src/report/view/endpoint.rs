//! Results of endpoints, as shown.

use std::collections::HashMap;

use serde::Serialize;

use super::foreign::foreign;
use super::tone::Tone;
use crate::metrics::Histogram;
use crate::record::{EndpointRecord, Record, Statistics};
use crate::report::figures;
use crate::units::Micros;

/// One endpoint of one class; also the line of all of them together.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EndpointView {
    pub(crate) tone: Tone,
    /// Method and name, with the class where two classes have it.
    pub(crate) label: String,
    pub(crate) class: String,
    pub(crate) requests: String,
    pub(crate) failures: String,
    pub(crate) error_rate: String,
    pub(crate) rate: String,
    pub(crate) mean: String,
    pub(crate) min: String,
    pub(crate) p50: String,
    pub(crate) p90: String,
    pub(crate) p95: String,
    pub(crate) p99: String,
    pub(crate) p99_9: String,
    pub(crate) max: String,
    /// Median and 95th percentile from sent to last byte, and of failed requests.
    pub(crate) service_p50: String,
    pub(crate) service_p95: String,
    pub(crate) failed_p50: String,
    pub(crate) failed_p95: String,
    /// Medians and 95th percentiles of the phases: dns, connect, tls, wait, receive.
    pub(crate) phases: Vec<PhaseView>,
    /// `200 × 33,570, 503 × 42`.
    pub(crate) statuses: String,
    pub(crate) bytes_in: String,
    pub(crate) bytes_out: String,
    /// How many requests, for sorting.
    #[serde(skip)]
    pub(crate) count: u64,
}

/// One phase of an endpoint's service time.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PhaseView {
    pub(crate) name: &'static str,
    pub(crate) count: String,
    pub(crate) p50: String,
    pub(crate) p95: String,
}

/// Failures of one kind at one endpoint.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ErrorView {
    pub(crate) endpoint: String,
    pub(crate) category: String,
    pub(crate) message: String,
    pub(crate) count: String,
    /// `3s to 29.1s`, since the load began.
    pub(crate) when: String,
    #[serde(skip)]
    pub(crate) number: u64,
}

impl EndpointView {
    /// The endpoints of a record, in its order.
    pub(crate) fn all(record: &Record) -> Vec<Self> {
        let labels = labels(&record.endpoints);
        record.endpoints.iter().zip(labels).map(|(endpoint, label)| Self::of(endpoint, label)).collect()
    }

    /// All of them together.
    pub(crate) fn total(record: &Record) -> Self {
        let (mut failed, mut service) = (Histogram::default(), Histogram::default());
        let mut statuses = std::collections::BTreeMap::new();
        for endpoint in &record.endpoints {
            failed.merge(&endpoint.latency.failed);
            service.merge(&endpoint.service_time);
            for (&status, &count) in &endpoint.statuses {
                *statuses.entry(status).or_default() += count;
            }
        }
        let summary = &record.summary;
        Self {
            rate: figures::rate(summary.throughput),
            error_rate: figures::share(summary.error_rate),
            statuses: show_statuses(&statuses),
            bytes_in: figures::bytes(summary.bytes_in as f64),
            bytes_out: figures::bytes(summary.bytes_out as f64),
            ..Self::with(&summary.latency, summary.requests, summary.failures, &failed, &service)
        }
        .named("all", "")
    }

    fn of(endpoint: &EndpointRecord, label: String) -> Self {
        let phases = &endpoint.phases;
        let phases = [
            ("dns", &phases.dns),
            ("connect", &phases.connect),
            ("tls", &phases.tls),
            ("wait", &phases.wait),
            ("receive", &phases.receive),
        ];
        let shown = phases.iter().filter(|(_, times)| !times.is_empty()).map(|(name, times)| PhaseView {
            name,
            count: figures::count(times.count()),
            p50: percentile(times, 50.0),
            p95: percentile(times, 95.0),
        });
        Self {
            rate: figures::rate(endpoint.throughput),
            error_rate: figures::share(endpoint.error_rate),
            phases: shown.collect(),
            statuses: show_statuses(&endpoint.statuses),
            bytes_in: figures::bytes(endpoint.bytes_in as f64),
            bytes_out: figures::bytes(endpoint.bytes_out as f64),
            ..Self::with(&endpoint.statistics, endpoint.requests, endpoint.failures, &endpoint.latency.failed, &endpoint.service_time)
        }
        .named(&label, &foreign(&endpoint.class))
    }

    fn named(self, label: &str, class: &str) -> Self {
        Self { label: label.to_owned(), class: class.to_owned(), ..self }
    }

    fn with(times: &Statistics, requests: u64, failures: u64, failed: &Histogram, service: &Histogram) -> Self {
        Self {
            tone: match (requests, failures) {
                (0, _) => Tone::Warn,
                (_, 0) => Tone::Neutral,
                _ => Tone::Warn,
            },
            label: String::new(),
            class: String::new(),
            requests: figures::count(requests),
            failures: figures::count(failures),
            error_rate: String::new(),
            rate: String::new(),
            mean: figures::latency(times.mean_latency),
            min: figures::latency(times.min_latency),
            p50: figures::latency(times.p50_latency),
            p90: figures::latency(times.p90_latency),
            p95: figures::latency(times.p95_latency),
            p99: figures::latency(times.p99_latency),
            p99_9: figures::latency(times.p99_9_latency),
            max: figures::latency(times.max_latency),
            service_p50: percentile(service, 50.0),
            service_p95: percentile(service, 95.0),
            failed_p50: percentile(failed, 50.0),
            failed_p95: percentile(failed, 95.0),
            phases: Vec::new(),
            statuses: String::new(),
            bytes_in: String::new(),
            bytes_out: String::new(),
            count: requests,
        }
    }
}

impl ErrorView {
    /// Failures of all endpoints, most frequent first.
    pub(crate) fn all(record: &Record) -> Vec<Self> {
        let labels = labels(&record.endpoints);
        let mut rows: Vec<Self> = Vec::new();
        for (endpoint, label) in record.endpoints.iter().zip(labels) {
            rows.extend(endpoint.errors.iter().map(|error| Self {
                endpoint: label.clone(),
                category: error.category.to_string(),
                message: foreign(&error.message),
                count: figures::count(error.count),
                when: if error.count > 1 && error.first != error.last {
                    format!("{} to {}", error.first, error.last)
                } else {
                    error.first.to_string()
                },
                number: error.count,
            }));
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.number));
        rows
    }
}

/// What endpoints are called: their names, by which thresholds speak of them; with the class where two have the same, and with
/// the method where even that is.
fn labels(endpoints: &[EndpointRecord]) -> Vec<String> {
    let names: Vec<String> = endpoints.iter().map(|endpoint| foreign(&endpoint.name)).collect();
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut in_class: HashMap<(&str, &str), u32> = HashMap::new();
    for (name, endpoint) in names.iter().zip(endpoints) {
        *seen.entry(name).or_default() += 1;
        *in_class.entry((name.as_str(), endpoint.class.as_str())).or_default() += 1;
    }
    let label = |(name, endpoint): (&String, &EndpointRecord)| {
        let class = foreign(&endpoint.class);
        match (seen[name.as_str()], in_class[&(name.as_str(), endpoint.class.as_str())]) {
            (1, _) => name.clone(),
            (_, 1) => format!("{name} ({class})"),
            _ => format!("{} {name} ({class})", foreign(&endpoint.method)),
        }
    };
    names.iter().zip(endpoints).map(label).collect()
}

fn percentile(times: &Histogram, percent: f64) -> String {
    figures::latency(times.percentile(percent).map(Micros::as_secs_f64))
}

fn show_statuses(statuses: &std::collections::BTreeMap<u16, u64>) -> String {
    statuses.iter().map(|(status, &count)| format!("{status} × {}", figures::count(count))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::endpoint;

    #[test]
    fn no_two_endpoints_have_the_same_label() {
        let named =
            |method: &str, name: &str, class: &str| EndpointRecord { method: method.to_owned(), ..endpoint(name, class, 1, 0, 900) };
        let endpoints = [
            named("GET", "GET /health", "reader"),
            named("GET", "GET /stock", "reader"),
            named("GET", "GET /stock", "buyer"),
            named("GET", "product", "reader"),
            named("PUT", "product", "reader"),
            named("GET", "product", "buyer"),
        ];
        assert_eq!(
            labels(&endpoints),
            ["GET /health", "GET /stock (reader)", "GET /stock (buyer)", "GET product (reader)", "PUT product (reader)", "product (buyer)",]
        );
    }
}
