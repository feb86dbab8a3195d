//! The figures of a run as any load tool could tell them.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Record, Statistics};
use crate::metrics::Histogram;
use crate::units::Micros;

/// A run reduced to what tools agree on: counts, and times in seconds. What a tool or its format doesn't tell is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunFigures {
    /// `loadline`, `k6`, `Locust`, `vegeta`, `oha`.
    pub tool: String,
    /// Which of its files it was read from: `summary`, `stats.csv`.
    pub format: String,
    /// When the load began.
    pub started_at: Option<Timestamp>,
    /// How long the load lasted, in seconds.
    pub duration: Option<Micros>,
    /// The whole run.
    pub total: ScopeFigures,
    /// By endpoint, in the order of the file.
    pub endpoints: Vec<ScopeFigures>,
    /// How finely times are told.
    pub precision: Precision,
    /// Thresholds that the tool itself judged and that were missed, as written there.
    pub missed_thresholds: Vec<String>,
    /// What should be known before these figures are trusted, in plain sentences.
    pub notes: Vec<String>,
}

/// The figures of the whole run, or of one endpoint.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ScopeFigures {
    /// `all`, or `METHOD path` and the like; foreign text.
    pub name: String,
    /// Finished requests, attempts without an answer included.
    pub requests: Option<u64>,
    /// Those of them that failed.
    pub failures: Option<u64>,
    /// Finished requests per second.
    pub throughput: Option<f64>,
    /// Which requests the times are of.
    pub latency_of: LatencyOf,
    /// Times in seconds.
    #[serde(flatten)]
    pub latency: Statistics,
    /// All times, where the format has them.
    pub histogram: Option<Histogram>,
}

/// Which requests the times of a tool are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LatencyOf {
    /// Of successful ones, or there were no others.
    #[default]
    Successful,
    /// Failed ones are among them.
    All,
}

/// How finely a tool tells times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// As it was measured, for all that matters here.
    #[default]
    Measured,
    /// To two significant digits, and whole milliseconds below 100 ms.
    TwoDigits,
}

impl Precision {
    /// The distance to the next value that could be told, in seconds.
    pub fn step(self, seconds: f64) -> f64 {
        match self {
            Self::Measured => 0.0,
            Self::TwoDigits => 0.001 * 10f64.powf((seconds * 1_000.0).log10().floor() - 1.0).max(1.0),
        }
    }
}

impl RunFigures {
    /// The scope of the whole run.
    pub const ALL: &'static str = "all";

    /// What a record says of its run; the same endpoint in several user classes is one.
    pub fn of(record: &Record) -> Self {
        let mut endpoints: Vec<ScopeFigures> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut all = Histogram::default();
        for endpoint in &record.endpoints {
            all.merge(&endpoint.latency.ok);
            let at = *places.entry(&endpoint.name).or_insert_with(|| {
                endpoints.push(ScopeFigures { name: endpoint.name.clone(), ..ScopeFigures::default() });
                endpoints.len() - 1
            });
            let scope = &mut endpoints[at];
            scope.requests = Some(scope.requests.unwrap_or(0) + endpoint.requests);
            scope.failures = Some(scope.failures.unwrap_or(0) + endpoint.failures);
            scope.throughput = Some(scope.throughput.unwrap_or(0.0) + endpoint.throughput);
            scope.histogram.get_or_insert_default().merge(&endpoint.latency.ok);
        }
        for scope in &mut endpoints {
            scope.latency = scope.histogram.as_ref().map(Statistics::of).unwrap_or_default();
        }
        let total = ScopeFigures {
            name: Self::ALL.to_owned(),
            requests: Some(record.summary.requests),
            failures: Some(record.summary.failures),
            throughput: Some(record.summary.throughput),
            latency_of: LatencyOf::Successful,
            latency: record.summary.latency,
            histogram: Some(all),
        };
        Self {
            tool: record.tool.name.clone(),
            format: "record".to_owned(),
            started_at: Some(record.run.started_at),
            duration: Some(record.run.duration),
            total,
            endpoints,
            precision: Precision::Measured,
            missed_thresholds: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The whole run, then every endpoint.
    pub fn scopes(&self) -> impl Iterator<Item = &ScopeFigures> {
        std::iter::once(&self.total).chain(&self.endpoints)
    }

    /// A scope by its name.
    pub fn scope(&self, name: &str) -> Option<&ScopeFigures> {
        self.scopes().find(|scope| scope.name == name)
    }
}

impl ScopeFigures {
    /// Failed of all, 0 to 1; none where either count is unknown or nothing was sent.
    pub fn error_rate(&self) -> Option<f64> {
        let requests = self.requests.filter(|&requests| requests > 0)?;
        Some(self.failures? as f64 / requests as f64)
    }

    /// How many requests the times are of, where it is known.
    pub fn timed(&self) -> Option<u64> {
        match (&self.histogram, self.latency_of) {
            (Some(histogram), _) => Some(histogram.count()),
            (None, LatencyOf::Successful) => Some(self.requests?.saturating_sub(self.failures?)),
            (None, LatencyOf::All) => self.requests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::{EndpointSketch, Sketch, endpoint, sketch};

    #[test]
    fn a_record_gives_its_endpoints_over_all_classes() {
        let time = Micros::from_millis(10);
        let other = EndpointSketch { class: "customer", ..endpoint("GET /items", time, 500, 100) };
        let run =
            Sketch { endpoints: vec![endpoint("GET /items", time, 500, 0), endpoint("POST /cart", time, 200, 0), other], ..sketch("r", 0) };
        let figures = RunFigures::of(&run.record());
        let seen: Vec<_> = figures.scopes().map(|scope| (scope.name.as_str(), scope.requests, scope.failures, scope.timed())).collect();
        assert_eq!(
            seen,
            [
                ("all", Some(1_300), Some(100), Some(1_200)),
                ("GET /items", Some(1_100), Some(100), Some(1_000)),
                ("POST /cart", Some(200), Some(0), Some(200))
            ]
        );
        assert_eq!(figures.scope("GET /items").unwrap().error_rate(), Some(100.0 / 1_100.0));
        assert!(figures.total.latency.p95_latency.is_some());
    }

    #[test]
    fn two_digits_step_by_a_millisecond_and_then_by_ten() {
        for (seconds, step) in [(0.0, 0.001), (0.000_4, 0.001), (0.017, 0.001), (0.099, 0.001), (0.140, 0.010), (3.4, 0.1), (58.0, 1.0)] {
            assert!((Precision::TwoDigits.step(seconds) - step).abs() < 1e-12, "{seconds}");
        }
        assert_eq!(Precision::Measured.step(3.4), 0.0);
    }
}
