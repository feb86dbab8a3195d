//! The HTML report: one file, no script, nothing loaded from anywhere.

use serde::Serialize;

use super::figures;
use super::svg::{Chart, LineChart, Series, Unit, distribution};
use super::templates;
use super::view::{EndpointView, ReportView, RunView};
use crate::record::Record;
use crate::units::Micros;

/// So many endpoints, the busiest ones, are shown in detail with their distribution; all are in the table.
const MOST_DETAILS: usize = 50;

/// The report as one HTML document. It follows the reader's light or dark mode, needs no script and no network, and a
/// content security policy forbids both.
pub fn html(records: &[Record]) -> String {
    let report = ReportView::of(records);
    let runs = report.runs.iter().zip(records).enumerate().map(|(at, (run, record))| Run::of(run, record, at + 1)).collect();
    templates::render("report.html.j2", Context { report: &report, runs })
}

#[derive(Serialize)]
struct Context<'a> {
    report: &'a ReportView,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    run: &'a RunView,
    /// `run-1`.
    id: String,
    over_time: Vec<Chart>,
    service: Vec<Chart>,
    details: Vec<Detail<'a>>,
}

/// An endpoint in detail.
#[derive(Serialize)]
struct Detail<'a> {
    endpoint: &'a EndpointView,
    chart: Option<String>,
}

impl<'a> Run<'a> {
    fn of(run: &'a RunView, record: &Record, number: usize) -> Self {
        let id = format!("run-{number}");
        let mut busiest: Vec<(usize, &EndpointView)> = run.endpoints.iter().enumerate().collect();
        busiest.sort_by_key(|(_, endpoint)| std::cmp::Reverse(endpoint.count));
        busiest.truncate(MOST_DETAILS);
        busiest.sort_by_key(|(at, _)| *at);
        let details = busiest.into_iter().map(|(at, endpoint)| Detail {
            endpoint,
            chart: distribution(
                &format!("{id}-endpoint-{at}"),
                &format!("Response times of {}", endpoint.label),
                &record.endpoints[at].latency.ok,
            ),
        });
        let seconds = record.run.duration.as_secs_f64();
        Self { run, over_time: over_time(run, seconds, &id), service: service(run, seconds, &id), details: details.collect(), id }
    }
}

fn over_time(run: &RunView, seconds: f64, id: &str) -> Vec<Chart> {
    let rows = &run.timeline;
    let tips: Vec<(f64, f64, String)> = rows
        .iter()
        .map(|row| {
            let (from, to) = (row.at.as_secs_f64(), (row.at + row.seconds).as_secs_f64());
            let p95 = figures::latency(row.p95_latency.map(Micros::as_secs_f64));
            let users = figures::counted(row.users.into(), "user", "users");
            (
                from,
                to,
                format!(
                    "from {from:.0}s: {}, {} failed, {users}, p95 {p95}",
                    figures::rate(row.throughput().0),
                    figures::count(row.failures)
                ),
            )
        })
        .collect();
    // A row stands for a stretch: its point is in the middle of it.
    let middle = |at: Micros, length: Micros| (at + length * 0.5).as_secs_f64();
    let series = |name, class, value: &dyn Fn(&crate::metrics::TimelineRow) -> Option<f64>| Series {
        name,
        class,
        points: rows.iter().map(|row| (middle(row.at, row.seconds), value(row))).collect(),
    };
    let per_second = |count: u64, length: Micros| (length > Micros::ZERO).then(|| count as f64 / length.as_secs_f64());
    let latency = |time: Option<Micros>| time.map(Micros::as_secs_f64);
    let chart = |name: &str, title, unit, height, series| {
        LineChart { id: format!("{id}-{name}"), title, seconds, unit, height, series, tips: &tips }.draw()
    };
    let mut throughput = vec![series("requests", "rate", &|row| per_second(row.requests, row.seconds))];
    if rows.iter().any(|row| row.failures > 0) {
        throughput.push(series("failed", "failed", &|row| per_second(row.failures, row.seconds)));
    }
    if rows.iter().any(|row| row.dropped > 0) {
        throughput.push(series("dropped", "dropped", &|row| per_second(row.dropped, row.seconds)));
    }
    let latencies = vec![
        series("p50", "p50", &|row| latency(row.p50_latency)),
        series("p95", "p95", &|row| latency(row.p95_latency)),
        series("p99", "p99", &|row| latency(row.p99_latency)),
    ];
    let users = vec![series("users", "users", &|row| Some(f64::from(row.users)))];
    [
        chart("throughput", "Requests per second", Unit::PerSecond, 190, throughput),
        chart("latency", "Response time of successful requests", Unit::Seconds, 190, latencies),
        chart("users", "Users", Unit::Count, 110, users),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn service(run: &RunView, seconds: f64, id: &str) -> Vec<Chart> {
    let Some(service) = &run.service else { return Vec::new() };
    let tips: Vec<(f64, f64, String)> = service
        .samples
        .iter()
        .zip(service.samples.iter().skip(1).map(|next| next.at).chain([Micros::from_secs_f64(seconds)]))
        .map(|(sample, next)| {
            let at = sample.at.as_secs_f64();
            let text = format!("at {at:.0}s: CPU {}, memory {}", figures::percent(sample.cpu), sample.memory);
            (at, next.as_secs_f64().max(at), text)
        })
        .collect();
    let points = |value: &dyn Fn(&crate::metrics::ServiceSample) -> f64| {
        service.samples.iter().map(|sample| (sample.at.as_secs_f64(), Some(value(sample)))).collect()
    };
    let chart = |name: &str, title, unit, class, points| {
        let series = vec![Series { name: "service", class, points }];
        LineChart { id: format!("{id}-{name}"), title, seconds, unit, height: 150, series, tips: &tips }.draw()
    };
    [
        chart("cpu", "CPU of the service, percent of one core", Unit::Percent, "cpu", points(&|sample| sample.cpu)),
        chart("memory", "Memory of the service", Unit::Bytes, "memory", points(&|sample| sample.memory.0 as f64)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Verdict;
    use crate::report::fixture;
    use proptest::prelude::*;

    /// Opens and closes every tag, in order; void elements aside.
    fn is_well_formed(document: &str) -> Result<(), String> {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = document.strip_prefix("<!doctype html>").ok_or("no doctype")?;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            let end = rest.find('>').ok_or("an open tag")?;
            let tag = &rest[..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return Err(format!("</{name}> closes nothing"));
                }
                continue;
            }
            let name = tag.split([' ', '\n', '/']).next().unwrap_or_default();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'V') {
                return Err(format!("<{tag}> is no tag"));
            }
            if !tag.ends_with('/') && !matches!(name, "meta" | "br") {
                open.push(name);
            }
        }
        if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
    }

    #[test]
    fn a_run_that_passed() {
        insta::assert_snapshot!(html(&[fixture::passed()]));
    }

    #[test]
    fn every_report_is_well_formed_and_loads_nothing() {
        let records = [fixture::passed(), fixture::failed(), fixture::empty(), fixture::capacity()];
        let mut reports: Vec<String> = records.iter().map(|record| html(std::slice::from_ref(record))).collect();
        reports.push(html(&records));
        reports.push(html(&[]));
        for report in reports {
            is_well_formed(&report).unwrap();
            for forbidden in ["<script", "src=", "href=\"http", "url(", "@import", "NaN", "<link"] {
                assert!(!report.contains(forbidden) || forbidden == "src=" && report.contains("&lt;img src="), "{forbidden}");
            }
            assert!(report.contains("default-src 'none'; style-src 'unsafe-inline'"));
        }
    }

    #[test]
    fn a_run_without_samples_says_so() {
        let report = html(&[fixture::empty()]);
        assert!(report.contains("Nothing was measured"));
        assert!(report.contains("INVALID"));
        assert!(!report.contains("class=\"line"));
    }

    #[test]
    fn a_run_of_one_request_has_its_charts() {
        let mut record = fixture::record("short", Verdict::Passed, vec![fixture::endpoint("GET /", "visitor", 1, 0, 900)]);
        record.run.duration = Micros(900);
        record.timeline = vec![crate::metrics::TimelineRow { seconds: Micros(900), requests: 1, ..fixture::passed().timeline[0].clone() }];
        let report = html(&[record]);
        is_well_formed(&report).unwrap();
        assert!(report.contains("class=\"dot rate\"") && report.contains("class=\"bar\""));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_foreign_text_opens_a_tag(name in "[<>\"'&/a-z{}%#!-]{0,30}", message in any::<String>()) {
            let mut record = fixture::failed();
            record.endpoints.truncate(1);
            record.endpoints[0].name = name.clone();
            record.endpoints[0].errors[0].message = message;
            record.scenario.name = name.clone();
            record.run.repeat = name.clone();
            record.thresholds[0].scope = name.clone();
            record.warnings[0].advice = Some(name);
            is_well_formed(&html(&[record])).map_err(TestCaseError::fail)?;
        }
    }
}
