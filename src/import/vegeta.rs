//! vegeta's report (`vegeta report -type=json`): the whole run, in nanoseconds.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::Problem;
use super::quantity::{Checked, per_second};
use crate::record::{LatencyOf, Precision, RunFigures, ScopeFigures, Statistics};

const KIND: &str = "a report of vegeta";
const NANOSECONDS: f64 = 1e9;

#[derive(Deserialize)]
struct Report {
    latencies: Latencies,
    requests: f64,
    success: f64,
    #[serde(default)]
    earliest: Option<String>,
    /// From the first request sent to the last one sent.
    #[serde(default)]
    duration: Option<f64>,
    /// From there to the last answer.
    #[serde(default)]
    wait: Option<f64>,
    #[serde(default)]
    status_codes: Map<String, Value>,
}

#[derive(Deserialize)]
struct Latencies {
    #[serde(default)]
    mean: Option<f64>,
    #[serde(default, rename = "50th")]
    p50: Option<f64>,
    #[serde(default, rename = "90th")]
    p90: Option<f64>,
    #[serde(default, rename = "95th")]
    p95: Option<f64>,
    #[serde(default, rename = "99th")]
    p99: Option<f64>,
    #[serde(default)]
    max: Option<f64>,
    #[serde(default)]
    min: Option<f64>,
}

/// Reads a report.
pub(super) fn read(document: &Map<String, Value>) -> Result<RunFigures, Problem> {
    let report: Report = serde_json::from_value(Value::Object(document.clone())).map_err(|source| Problem::Json { kind: KIND, source })?;
    let checked = Checked { kind: KIND };
    let requests = checked.count("requests", report.requests)?;
    let failures = failures(&report, requests)?;
    let span = match (report.duration, report.wait) {
        (None, _) => None,
        (Some(duration), wait) => Some(checked.duration("duration", duration + wait.unwrap_or(0.0), NANOSECONDS)?),
    };
    let times = report.latencies;
    let time = |what: &str, value: Option<f64>| value.map(|value| checked.seconds(what, value, NANOSECONDS)).transpose();
    let latency = Statistics {
        mean_latency: time("latencies.mean", times.mean)?,
        min_latency: time("latencies.min", times.min)?,
        p50_latency: time("latencies.50th", times.p50)?,
        p90_latency: time("latencies.90th", times.p90)?,
        p95_latency: time("latencies.95th", times.p95)?,
        p99_latency: time("latencies.99th", times.p99)?,
        max_latency: time("latencies.max", times.max)?,
        ..Statistics::default()
    };
    // Of no request every time is zero.
    let latency = if requests == 0 { Statistics::default() } else { latency };
    let total = ScopeFigures {
        name: RunFigures::ALL.to_owned(),
        requests: Some(requests),
        failures: Some(failures),
        // vegeta's own `throughput` is of successful requests.
        throughput: per_second(requests, span),
        latency_of: if failures == 0 { LatencyOf::Successful } else { LatencyOf::All },
        latency,
        histogram: None,
    };
    Ok(RunFigures {
        tool: "vegeta".to_owned(),
        format: "report".to_owned(),
        started_at: report.earliest.and_then(|time| time.parse().ok()),
        duration: span,
        total,
        endpoints: Vec::new(),
        precision: Precision::Measured,
        missed_thresholds: Vec::new(),
        notes: vec!["a report of vegeta tells nothing of single endpoints".to_owned()],
    })
}

/// Answers outside of 200 to 399 and attempts without one (status 0), by the counts of statuses: the share of successes
/// is rounded.
fn failures(report: &Report, requests: u64) -> Result<u64, Problem> {
    let checked = Checked { kind: KIND };
    let share = checked.number("success", report.success)?;
    if report.status_codes.is_empty() {
        return Ok(requests.saturating_sub((share * requests as f64).round() as u64));
    }
    let mut failures: u64 = 0;
    for (status, count) in &report.status_codes {
        let count = checked.count(&format!("status_codes.{status}"), count.as_f64().unwrap_or(f64::NAN))?;
        if !status.parse::<u16>().is_ok_and(|status| (200..400).contains(&status)) {
            failures = failures.saturating_add(count);
        }
    }
    Ok(failures.min(requests))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Micros;

    fn read_text(text: &str) -> Result<RunFigures, Problem> {
        read(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn a_report_gives_the_whole_run_in_seconds() {
        let run = read_text(include_str!("../../tests/golden/import/vegeta.json")).unwrap();
        let total = &run.total;
        assert_eq!((total.requests, total.failures, total.latency_of), (Some(1_200), Some(20), LatencyOf::All));
        assert_eq!(total.latency.p50_latency, Some(0.002_477_344));
        assert_eq!(total.latency.p99_latency, Some(0.015_250_002));
        assert_eq!(run.duration, Some(Micros(11_992_600)));
        assert!((total.throughput.unwrap() - 100.06).abs() < 0.01, "{total:?}");
        assert!(run.started_at.is_some() && run.endpoints.is_empty());
    }

    #[test]
    fn a_report_of_nothing_has_no_times() {
        let run = read_text(r#"{"latencies":{"mean":0,"50th":0},"requests":0,"success":0,"status_codes":{},"duration":0}"#).unwrap();
        assert_eq!((run.total.requests, run.total.latency.p50_latency, run.total.throughput), (Some(0), None, None));
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        for wrong in [
            r#"{"latencies":{"50th":-5},"requests":1,"success":1}"#,
            r#"{"latencies":{},"requests":-1,"success":1}"#,
            r#"{"latencies":{},"requests":1,"success":1,"status_codes":{"200":"many"}}"#,
            r#"{"latencies":7,"requests":1,"success":1}"#,
        ] {
            assert!(read_text(wrong).is_err(), "{wrong}");
        }
    }
}
