//! Locust's JSON (`--json`): one entry an endpoint, with a histogram of times rounded to two digits.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::error::Problem;
use super::name::{MOST_ENDPOINTS, endpoint_name, too_many};
use super::quantity::{Checked, per_second};
use crate::metrics::Histogram;
use crate::record::{LatencyOf, Precision, RunFigures, ScopeFigures, Statistics};
use crate::units::Micros;

const KIND: &str = "Locust's --json";
const MILLISECONDS: f64 = 1e3;

#[derive(Deserialize)]
struct Entry {
    name: String,
    method: Option<String>,
    num_requests: f64,
    num_failures: f64,
    total_response_time: f64,
    max_response_time: f64,
    #[serde(default)]
    min_response_time: Option<f64>,
    start_time: f64,
    #[serde(default)]
    last_request_timestamp: Option<f64>,
    /// Milliseconds to how many requests took as long; those of failed requests among them.
    response_times: BTreeMap<String, f64>,
}

/// Reads an array of entries; the whole run is all of them.
pub(super) fn read(text: &str) -> Result<RunFigures, Problem> {
    let entries: Vec<Entry> = serde_json::from_str(text).map_err(|source| Problem::Json { kind: KIND, source })?;
    let checked = Checked { kind: KIND };
    checked.needed("entry", entries.first())?;
    let mut all = Gathered::default();
    let mut endpoints = Vec::new();
    let (mut began, mut ended) = (f64::MAX, 0.0f64);
    for entry in &entries {
        let mut own = Gathered::default();
        own.add(entry)?;
        all.add(entry)?;
        began = began.min(checked.number("start_time", entry.start_time)?);
        ended = ended.max(checked.number("last_request_timestamp", entry.last_request_timestamp.unwrap_or(entry.start_time))?);
        if endpoints.len() < MOST_ENDPOINTS {
            endpoints.push(own.scope(endpoint_name(entry.method.as_deref().unwrap_or_default(), &entry.name)));
        }
    }
    let duration = checked.duration("the time of the run", (ended - began).max(0.0), 1.0)?;
    let mut total = all.scope(RunFigures::ALL.to_owned());
    for scope in std::iter::once(&mut total).chain(&mut endpoints) {
        scope.throughput = scope.requests.and_then(|requests| per_second(requests, Some(duration)));
    }
    let left_out = entries.len() - endpoints.len();
    Ok(RunFigures {
        tool: "Locust".to_owned(),
        format: "json".to_owned(),
        started_at: Timestamp::from_microsecond((began * 1e6) as i64).ok(),
        duration: Some(duration),
        total,
        endpoints,
        precision: Precision::TwoDigits,
        missed_thresholds: Vec::new(),
        notes: (left_out > 0).then(|| too_many(left_out)).into_iter().collect(),
    })
}

/// One entry, or several together.
#[derive(Default)]
struct Gathered {
    requests: u64,
    failures: u64,
    times: Histogram,
    sum: f64,
    least: Option<f64>,
    most: Option<f64>,
}

impl Gathered {
    fn add(&mut self, entry: &Entry) -> Result<(), Problem> {
        let checked = Checked { kind: KIND };
        let requests = checked.count("num_requests", entry.num_requests)?;
        self.requests = self.requests.saturating_add(requests);
        self.failures = self.failures.saturating_add(checked.count("num_failures", entry.num_failures)?);
        self.sum += checked.seconds("total_response_time", entry.total_response_time, MILLISECONDS)?;
        let mut counted: u64 = 0;
        for (time, &count) in &entry.response_times {
            let time = checked.duration("response_times", time.parse().unwrap_or(f64::NAN), MILLISECONDS)?;
            let count = checked.count("response_times", count)?;
            counted = counted.saturating_add(count);
            if counted > requests {
                let what = "no more response_times than num_requests".to_owned();
                return Err(Problem::Missing { kind: KIND, what });
            }
            self.times.record_n(time, count);
        }
        if counted > 0 {
            let most = checked.seconds("max_response_time", entry.max_response_time, MILLISECONDS)?;
            self.most = Some(self.most.map_or(most, |before| before.max(most)));
            if let Some(least) = entry.min_response_time {
                let least = checked.seconds("min_response_time", least, MILLISECONDS)?;
                self.least = Some(self.least.map_or(least, |before| before.min(least)));
            }
        }
        Ok(())
    }

    /// Percentiles are of the rounded times; mean, shortest and longest are exact.
    fn scope(self, name: String) -> ScopeFigures {
        let count = self.times.count();
        let rounded = Statistics::of(&self.times);
        ScopeFigures {
            name,
            requests: Some(self.requests),
            failures: Some(self.failures),
            throughput: None,
            latency_of: if self.failures == 0 { LatencyOf::Successful } else { LatencyOf::All },
            latency: Statistics {
                mean_latency: (count > 0).then(|| self.sum / count as f64),
                min_latency: self.least,
                max_latency: self.most,
                p50_latency: rounded.p50_latency.map(as_told),
                p90_latency: rounded.p90_latency.map(as_told),
                p95_latency: rounded.p95_latency.map(as_told),
                p99_latency: rounded.p99_latency.map(as_told),
                p99_9_latency: rounded.p99_9_latency.map(as_told),
                ..rounded
            },
            histogram: Some(self.times),
        }
    }
}

/// The value that Locust wrote, out of the bucket that holds it: those are finer than a tenth of its steps.
fn as_told(seconds: f64) -> f64 {
    let step = Precision::TwoDigits.step(seconds);
    Micros::from_secs_f64((seconds / step).round() * step).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_make_endpoints_and_the_whole_run() {
        let run = read(include_str!("../../tests/golden/import/locust.json")).unwrap();
        let mut names: Vec<&str> = run.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["GET /courses?term=<b>|x", "GET /missing", "GET /students"]);
        let total = &run.total;
        assert_eq!(total.requests, Some(run.endpoints.iter().filter_map(|endpoint| endpoint.requests).sum()));
        assert_eq!(total.timed(), total.requests);
        assert_eq!(total.latency_of, LatencyOf::All);
        let millis = total.latency.p95_latency.unwrap() * 1_000.0;
        assert!((millis - millis.round()).abs() < 1e-9, "{millis}");
        let seconds = run.duration.unwrap().as_secs_f64();
        assert!((4.0..8.0).contains(&seconds), "{seconds}");
        assert!((total.throughput.unwrap() * seconds - total.requests.unwrap() as f64).abs() < 1e-6);
    }

    #[test]
    fn rounded_times_are_told_as_they_were_written() {
        let entry = |times: &str| {
            format!(
                r#"[{{"name":"/","method":"GET","num_requests":9,"num_failures":0,"total_response_time":9,"max_response_time":9,
                     "start_time":1,"last_request_timestamp":2,"response_times":{times}}}]"#
            )
        };
        for (times, p50) in [(r#"{"0":9}"#, 0.0), (r#"{"17":9}"#, 0.017), (r#"{"140.0":9}"#, 0.14), (r#"{"58000":9}"#, 58.0)] {
            assert_eq!(read(&entry(times)).unwrap().total.latency.p50_latency, Some(p50), "{times}");
        }
        for wrong in [r#"{"soon":9}"#, r#"{"-1":9}"#, r#"{"1":10}"#, r#"{"1":1e300}"#] {
            assert!(read(&entry(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn other_arrays_are_refused() {
        assert_eq!(read("[]").unwrap_err().to_string(), "looks like Locust's --json, and has no entry");
        assert!(read("[1, 2]").unwrap_err().to_string().starts_with("looks like Locust's --json, and is damaged"));
    }
}
