//! k6's summaries: `--summary-export`, what `handleSummary` is given, and the one of `--new-machine-readable-summary`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::Problem;
use super::name::{MOST_ENDPOINTS, endpoint_name, too_many};
use super::quantity::{Checked, per_second};
use crate::record::{LatencyOf, Precision, RunFigures, ScopeFigures, Statistics};
use crate::units::Micros;

const KIND: &str = "a k6 summary";
const MILLISECONDS: f64 = 1e3;
const DURATION: &str = "http_req_duration";
const REQUESTS: &str = "http_reqs";
const FAILED: &str = "http_req_failed";
/// The tag by which k6 tells successful requests.
const SUCCESSFUL: (&str, &str) = ("expected_response", "true");

/// Whether a document is one.
pub(super) fn is_one(document: &Map<String, Value>) -> bool {
    document.get("metrics").is_some_and(Value::is_object) || metric_list(document).is_some()
}

/// Reads a summary of any of the three kinds.
pub(super) fn read(document: &Map<String, Value>) -> Result<RunFigures, Problem> {
    let checked = Checked { kind: KIND };
    let metrics = metrics(document)?;
    let none = Tags::new();
    let total_requests = metrics.get(&(REQUESTS, none.clone()));
    let requests = total_requests.and_then(|metric| metric.number("count"));
    let requests = checked.count("metrics.http_reqs.count", checked.needed("metric http_reqs", requests)?)?;
    let duration = duration(document, requests, total_requests)?;
    let mut total = scope(&metrics, RunFigures::ALL.to_owned(), &none)?;
    total.throughput = per_second(requests, duration);
    let mut endpoints = Vec::new();
    let mut left_out = 0;
    for tags in metrics.endpoints() {
        if endpoints.len() < MOST_ENDPOINTS {
            let mut endpoint = scope(&metrics, endpoint_of(tags), tags)?;
            endpoint.throughput = endpoint.requests.and_then(|requests| per_second(requests, duration));
            endpoints.push(endpoint);
        } else {
            left_out += 1;
        }
    }
    let mut notes = Vec::new();
    if endpoints.is_empty() {
        notes.push(
            "this summary of k6 tells nothing of single endpoints: it does where a threshold names them (http_req_duration{name:...})"
                .to_owned(),
        );
    }
    notes.extend((left_out > 0).then(|| too_many(left_out)));
    Ok(RunFigures {
        tool: "k6".to_owned(),
        format: "summary".to_owned(),
        started_at: None,
        duration,
        total,
        endpoints,
        precision: Precision::Measured,
        missed_thresholds: metrics.missed,
        notes,
    })
}

/// Tags of a sub-metric, without the one of successful requests.
type Tags = BTreeMap<String, String>;

/// One metric's values; `successful` ones apart.
#[derive(Debug, Default)]
struct Metric {
    values: BTreeMap<String, f64>,
    of_successful: Option<BTreeMap<String, f64>>,
}

impl Metric {
    fn number(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }
}

#[derive(Debug, Default)]
struct Metrics {
    /// In the order of the document.
    found: Vec<((String, Tags), Metric)>,
    /// Thresholds that were crossed.
    missed: Vec<String>,
}

impl Metrics {
    fn get(&self, key: &(&str, Tags)) -> Option<&Metric> {
        self.found.iter().find(|((name, tags), _)| name == key.0 && *tags == key.1).map(|(_, metric)| metric)
    }

    fn entry(&mut self, name: &str, tags: Tags) -> &mut Metric {
        let at = self.found.iter().position(|(key, _)| key.0 == name && key.1 == tags);
        let at = at.unwrap_or_else(|| {
            self.found.push(((name.to_owned(), tags), Metric::default()));
            self.found.len() - 1
        });
        &mut self.found[at].1
    }

    /// The tags by which times are told apart.
    fn endpoints(&self) -> impl Iterator<Item = &Tags> {
        self.found.iter().filter(|((name, tags), _)| name == DURATION && !tags.is_empty()).map(|((_, tags), _)| tags)
    }
}

/// The three kinds of summary have the same metrics, written differently.
fn metrics(document: &Map<String, Value>) -> Result<Metrics, Problem> {
    let mut metrics = Metrics::default();
    let wanted = |name: &str| [DURATION, REQUESTS, FAILED].contains(&name);
    let listed = metric_list(document).into_iter().flatten().filter_map(|metric| Some((metric.get("name")?.as_str()?, metric)));
    let mapped = document.get("metrics").and_then(Value::as_object).into_iter().flatten().map(|(name, metric)| (name.as_str(), metric));
    for (full_name, metric) in listed.chain(mapped) {
        metrics.missed.extend(missed(full_name, metric));
        let (name, mut tags) = split(full_name);
        if !wanted(name) || metrics.found.len() > 4 * MOST_ENDPOINTS {
            continue;
        }
        // handleSummary and the machine-readable one have `values`, the export has them beside the thresholds.
        let values = metric.get("values").unwrap_or(metric).as_object().into_iter().flatten();
        let values = values.filter_map(|(key, value)| Some((key.clone(), value.as_f64()?))).collect();
        if tags.get(SUCCESSFUL.0).is_some_and(|value| value == SUCCESSFUL.1) {
            tags.remove(SUCCESSFUL.0);
            metrics.entry(name, tags).of_successful = Some(values);
        } else {
            metrics.entry(name, tags).values = values;
        }
    }
    Ok(metrics)
}

fn metric_list(document: &Map<String, Value>) -> Option<&Vec<Value>> {
    document.get("results")?.get("metrics")?.as_array()
}

/// Crossed thresholds of a metric: `"p(95)<500": true` in an export means that it was crossed, and `{"ok": false}` the same elsewhere.
fn missed(name: &str, metric: &Value) -> Vec<String> {
    let thresholds = metric.get("thresholds").and_then(Value::as_object).into_iter().flatten();
    let crossed = |verdict: &Value| verdict.as_bool().or_else(|| verdict.get("ok")?.as_bool().map(|ok| !ok)) == Some(true);
    thresholds.filter(|(_, verdict)| crossed(verdict)).map(|(expression, _)| format!("{name}: {expression}")).collect()
}

/// `http_req_duration{name:login,method:POST}`.
fn split(full_name: &str) -> (&str, Tags) {
    let Some((name, tags)) = full_name.strip_suffix('}').and_then(|text| text.split_once('{')) else { return (full_name, Tags::new()) };
    let tags = tags.split(',').filter_map(|tag| tag.split_once(':')).map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    (name.trim(), tags.collect())
}

/// An endpoint's name where the tags tell one; otherwise the tags.
fn endpoint_of(tags: &Tags) -> String {
    let method = tags.get("method").map_or("", String::as_str);
    match tags.get("name").or_else(|| tags.get("url")) {
        Some(name) => endpoint_name(method, name),
        None => tags.iter().map(|(key, value)| format!("{key}:{value}")).collect::<Vec<_>>().join(","),
    }
}

fn duration(document: &Map<String, Value>, requests: u64, counter: Option<&Metric>) -> Result<Option<Micros>, Problem> {
    let checked = Checked { kind: KIND };
    let of = |section: &str, key: &str| document.get(section).and_then(|section| section.get(key)).and_then(Value::as_f64);
    if let Some(millis) = of("state", "testRunDurationMs") {
        return checked.duration("state.testRunDurationMs", millis, MILLISECONDS).map(Some);
    }
    if let Some(seconds) = of("config", "duration") {
        return checked.duration("config.duration", seconds, 1.0).map(Some);
    }
    match counter.and_then(|counter| counter.number("rate")) {
        Some(rate) if rate > 0.0 => checked.duration("metrics.http_reqs.rate", requests as f64 / rate, 1.0).map(Some),
        _ => Ok(None),
    }
}

fn scope(metrics: &Metrics, name: String, tags: &Tags) -> Result<ScopeFigures, Problem> {
    let checked = Checked { kind: KIND };
    let none = Metric::default();
    let of = |metric: &'static str| metrics.get(&(metric, tags.clone())).unwrap_or(&none);
    let (times, counter, failed) = (of(DURATION), of(REQUESTS), of(FAILED));
    // `passes` counts where the rate is true: where a request failed. The machine-readable summary says `matches`.
    let failures = failed.number("passes").or_else(|| failed.number("matches"));
    let failures = failures.map(|count| checked.count("metrics.http_req_failed.passes", count)).transpose()?;
    let counted = counter.number("count").or_else(|| times.number("count"));
    let counted = counted.or_else(|| Some(failed.number("passes")? + failed.number("fails")?)).or_else(|| failed.number("total"));
    let requests = counted.map(|count| checked.count("metrics.http_reqs.count", count)).transpose()?;
    let successful = times.of_successful.as_ref().filter(|values| !values.is_empty());
    let values = successful.unwrap_or(&times.values);
    let answered = requests.is_none_or(|requests| requests > 0) && !(successful.is_some() && failures.is_some() && failures == requests);
    let time = |key: &str| {
        let value = values.get(key).filter(|_| answered);
        value.map(|&value| checked.seconds(&format!("metrics.http_req_duration.{key}"), value, MILLISECONDS)).transpose()
    };
    Ok(ScopeFigures {
        name,
        requests,
        failures,
        throughput: None,
        latency_of: if successful.is_some() || failures == Some(0) { LatencyOf::Successful } else { LatencyOf::All },
        latency: Statistics {
            mean_latency: time("avg")?,
            min_latency: time("min")?,
            p50_latency: time("med")?.or(time("p(50)")?),
            p90_latency: time("p(90)")?,
            p95_latency: time("p(95)")?,
            p99_latency: time("p(99)")?,
            p99_9_latency: time("p(99.9)")?,
            max_latency: time("max")?,
            ..Statistics::default()
        },
        histogram: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT: &str = include_str!("../../tests/golden/import/k6-export.json");
    const SUMMARY: &str = include_str!("../../tests/golden/import/k6-summary.json");
    const MACHINE: &str = include_str!("../../tests/golden/import/k6-machine.json");

    fn read_text(text: &str) -> Result<RunFigures, Problem> {
        read(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn all_three_kinds_tell_the_same() {
        let runs = [EXPORT, SUMMARY, MACHINE].map(|text| read_text(text).unwrap());
        for run in &runs {
            let total = &run.total;
            assert_eq!((total.requests, total.failures, total.latency_of), (Some(1_198), Some(24), LatencyOf::Successful));
            assert_eq!((total.latency.p50_latency, total.latency.p95_latency), (Some(0.002_412_5), Some(0.006_120_4)));
            assert_eq!(total.latency.p99_latency, None);
            assert!((total.throughput.unwrap() - 99.8).abs() < 0.1, "{total:?}");
        }
    }

    #[test]
    fn a_true_threshold_of_an_export_was_crossed() {
        let missed = vec!["http_req_duration: p(95)<5".to_owned()];
        assert_eq!(read_text(EXPORT).unwrap().missed_thresholds, missed);
        assert_eq!(read_text(SUMMARY).unwrap().missed_thresholds, missed);
        assert_eq!(read_text(MACHINE).unwrap().missed_thresholds, Vec::<String>::new());
    }

    #[test]
    fn sub_metrics_are_endpoints() {
        let run = read_text(SUMMARY).unwrap();
        let seen: Vec<_> = run.endpoints.iter().map(|it| (it.name.as_str(), it.requests, it.failures, it.latency_of)).collect();
        assert_eq!(seen, [("GET /students", Some(958), Some(0), LatencyOf::Successful), ("group:::enrol", None, None, LatencyOf::All)]);
        assert!((run.endpoints[0].latency.p95_latency.unwrap() - 0.005_9).abs() < 1e-12);
        assert_eq!(read_text(MACHINE).unwrap().notes.len(), 1);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let said = |text: &str| read_text(text).unwrap_err().to_string();
        assert_eq!(said(r#"{"metrics":{}}"#), "looks like a k6 summary, and has no metric http_reqs");
        let negative = r#"{"metrics":{"http_reqs":{"count":3},"http_req_duration":{"p(95)":-4}}}"#;
        assert!(said(negative).contains("metrics.http_req_duration.p(95) is -0.004"), "{}", said(negative));
    }
}
