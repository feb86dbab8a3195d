//! oha's summary (`--output-format json`): the whole run, in seconds.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::Problem;
use super::quantity::{Checked, per_second};
use crate::record::{LatencyOf, Precision, RunFigures, ScopeFigures, Statistics};

const KIND: &str = "a summary of oha";
/// What oha calls requests that it cut off itself when the time was over; they are nobody's failure, and oha leaves
/// them out of its own success rate too.
const CUT_AT_THE_END: &str = "aborted due to deadline";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    summary: Summary,
    latency_percentiles: Percentiles,
    /// With `--stats-success-breakdown`.
    #[serde(default)]
    latency_percentiles_successful: Option<Percentiles>,
    status_code_distribution: BTreeMap<String, f64>,
    #[serde(default)]
    error_distribution: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Summary {
    #[serde(default)]
    total: Option<f64>,
    #[serde(default)]
    average: Option<f64>,
    #[serde(default)]
    fastest: Option<f64>,
    #[serde(default)]
    slowest: Option<f64>,
}

/// Null where nothing was answered.
type Percentiles = BTreeMap<String, Option<f64>>;

/// Reads a summary. Failures are counted by status: oha's own `successRate` takes every answer for a success, also 5xx.
pub(super) fn read(document: &Map<String, Value>) -> Result<RunFigures, Problem> {
    let document: Document =
        serde_json::from_value(Value::Object(document.clone())).map_err(|source| Problem::Json { kind: KIND, source })?;
    let checked = Checked { kind: KIND };
    let (mut answered, mut refused, mut unanswered) = (0u64, 0u64, 0u64);
    for (status, &count) in &document.status_code_distribution {
        let count = checked.count(&format!("statusCodeDistribution.{status}"), count)?;
        answered = answered.saturating_add(count);
        if !status.parse::<u16>().is_ok_and(|status| status < 400) {
            refused = refused.saturating_add(count);
        }
    }
    for (message, &count) in &document.error_distribution {
        let count = checked.count("errorDistribution", count)?;
        if message != CUT_AT_THE_END {
            unanswered = unanswered.saturating_add(count);
        }
    }
    let requests = answered.saturating_add(unanswered);
    let duration = document.summary.total.map(|total| checked.duration("summary.total", total, 1.0)).transpose()?;
    let own = document.latency_percentiles_successful.as_ref();
    let time = |what: &str, value: Option<f64>| value.map(|value| checked.seconds(what, value, 1.0)).transpose();
    let percentile = |name: &str| time(name, own.unwrap_or(&document.latency_percentiles).get(name).copied().flatten());
    // These are of all answers, whatever the percentiles are of.
    let of_all = |what: &str, value: Option<f64>| if own.is_some() && refused > 0 { Ok(None) } else { time(what, value) };
    let latency = Statistics {
        mean_latency: of_all("summary.average", document.summary.average)?,
        min_latency: of_all("summary.fastest", document.summary.fastest)?,
        p50_latency: percentile("p50")?,
        p90_latency: percentile("p90")?,
        p95_latency: percentile("p95")?,
        p99_latency: percentile("p99")?,
        p99_9_latency: percentile("p99.9")?,
        max_latency: of_all("summary.slowest", document.summary.slowest)?,
        ..Statistics::default()
    };
    let total = ScopeFigures {
        name: RunFigures::ALL.to_owned(),
        requests: Some(requests),
        failures: Some(refused.saturating_add(unanswered)),
        throughput: per_second(requests, duration),
        latency_of: if refused == 0 || own.is_some() { LatencyOf::Successful } else { LatencyOf::All },
        latency: if answered == 0 { Statistics::default() } else { latency },
        histogram: None,
    };
    Ok(RunFigures {
        tool: "oha".to_owned(),
        format: "summary".to_owned(),
        started_at: None,
        duration,
        total,
        endpoints: Vec::new(),
        precision: Precision::Measured,
        missed_thresholds: Vec::new(),
        notes: vec!["a summary of oha tells nothing of single endpoints".to_owned()],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<RunFigures, Problem> {
        read(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn server_errors_are_failures_whatever_the_success_rate_says() {
        let text = include_str!("../../tests/golden/import/oha-failing.json");
        let own: Value = serde_json::from_str(text).unwrap();
        assert_eq!(own["summary"]["successRate"], 1.0);
        let run = read_text(text).unwrap();
        let total = &run.total;
        assert!(total.failures.unwrap() > 0 && total.error_rate().unwrap() > 0.1, "{total:?}");
        assert_eq!(total.latency_of, LatencyOf::All);
    }

    #[test]
    fn attempts_without_an_answer_fail_and_those_cut_at_the_end_are_none() {
        let text = r#"{"summary":{"total":2.0},"latencyPercentiles":{"p50":0.25,"p99.9":null},"statusCodeDistribution":{"200":6},
                       "errorDistribution":{"aborted due to deadline":8,"connection refused":2}}"#;
        let total = read_text(text).unwrap().total;
        assert_eq!((total.requests, total.failures, total.throughput), (Some(8), Some(2), Some(4.0)));
        assert_eq!((total.latency.p50_latency, total.latency.p99_9_latency, total.timed()), (Some(0.25), None, Some(6)));
    }

    #[test]
    fn times_of_successful_requests_are_taken_where_they_are_told() {
        let text = r#"{"summary":{"total":2.0,"average":0.5},"latencyPercentiles":{"p50":0.5},"latencyPercentilesSuccessful":{"p50":0.25},
                       "statusCodeDistribution":{"200":6,"500":2}}"#;
        let total = read_text(text).unwrap().total;
        assert_eq!((total.latency.p50_latency, total.latency.mean_latency, total.latency_of), (Some(0.25), None, LatencyOf::Successful));
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        for wrong in [
            r#"{"summary":{},"latencyPercentiles":{"p50":-1},"statusCodeDistribution":{"200":1}}"#,
            r#"{"summary":{"total":-2},"latencyPercentiles":{},"statusCodeDistribution":{}}"#,
            r#"{"summary":{},"latencyPercentiles":{},"statusCodeDistribution":{"200":-1}}"#,
            r#"{"summary":{},"latencyPercentiles":{}}"#,
        ] {
            assert!(read_text(wrong).is_err(), "{wrong}");
        }
    }
}
