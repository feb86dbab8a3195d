//! The four CSV files that Locust writes, so that what reads them reads ours.

use csv::{Terminator, WriterBuilder};

use super::escape;
use crate::metrics::{Histogram, TimelineRow};
use crate::record::{EndpointRecord, Record, Statistics};
use crate::units::Micros;

const PERCENTILES: [(&str, f64); 11] = [
    ("50%", 50.0),
    ("66%", 66.0),
    ("75%", 75.0),
    ("80%", 80.0),
    ("90%", 90.0),
    ("95%", 95.0),
    ("98%", 98.0),
    ("99%", 99.0),
    ("99.9%", 99.9),
    ("99.99%", 99.99),
    ("100%", 100.0),
];
/// Locust's word for a figure that doesn't exist.
const NONE: &str = "N/A";
/// The name of all requests together.
const ALL: &str = "Aggregated";

/// The files of `--csv PREFIX` as suffix (`_stats.csv`) and content. Times are milliseconds, of successful requests;
/// lines end in CRLF. What isn't known for a moment of the history (only four percentiles are kept) is `N/A`.
pub fn locust_csv(record: &Record) -> Vec<(&'static str, String)> {
    vec![
        ("_stats.csv", stats(record)),
        ("_stats_history.csv", history(record)),
        ("_failures.csv", failures(record)),
        ("_exceptions.csv", write([["Count", "Message", "Traceback", "Nodes"].map(str::to_owned)])),
    ]
}

fn stats(record: &Record) -> String {
    let header = [
        "Type",
        "Name",
        "Request Count",
        "Failure Count",
        "Median Response Time",
        "Average Response Time",
        "Min Response Time",
        "Max Response Time",
        "Average Content Size",
        "Requests/s",
        "Failures/s",
    ];
    let mut rows = vec![strings(header.into_iter().chain(PERCENTILES.map(|(name, _)| name)))];
    let seconds = record.run.duration.as_secs_f64();
    let mut all = Histogram::default();
    for endpoint in &entries(record) {
        all.merge(&endpoint.latency.ok);
        let counts = Counts {
            requests: endpoint.requests,
            failures: endpoint.failures,
            bytes_in: endpoint.bytes_in,
            throughput: endpoint.throughput,
        };
        let names = [escape::csv(&endpoint.method), escape::csv(&endpoint.name)];
        rows.push(names.into_iter().chain(figures(counts, &endpoint.statistics, &endpoint.latency.ok, seconds)).collect());
    }
    let summary = &record.summary;
    let counts =
        Counts { requests: summary.requests, failures: summary.failures, bytes_in: summary.bytes_in, throughput: summary.throughput };
    rows.push([String::new(), ALL.to_owned()].into_iter().chain(figures(counts, &summary.latency, &all, seconds)).collect());
    write(rows)
}

/// Endpoints as Locust tells them apart, by method and name: what several user classes sent is one of them.
fn entries(record: &Record) -> Vec<EndpointRecord> {
    let mut entries: Vec<EndpointRecord> = Vec::new();
    for endpoint in &record.endpoints {
        let Some(entry) = entries.iter_mut().find(|entry| entry.method == endpoint.method && entry.name == endpoint.name) else {
            entries.push(endpoint.clone());
            continue;
        };
        entry.requests += endpoint.requests;
        entry.failures += endpoint.failures;
        entry.bytes_in += endpoint.bytes_in;
        entry.throughput += endpoint.throughput;
        entry.latency.ok.merge(&endpoint.latency.ok);
        entry.statistics = Statistics::of(&entry.latency.ok);
        for error in &endpoint.errors {
            match entry.errors.iter_mut().find(|known| known.category == error.category && known.message == error.message) {
                Some(known) => {
                    known.count += error.count;
                    known.first = known.first.min(error.first);
                    known.last = known.last.max(error.last);
                }
                None => entry.errors.push(error.clone()),
            }
        }
    }
    entries
}

#[derive(Clone, Copy)]
struct Counts {
    requests: u64,
    failures: u64,
    bytes_in: u64,
    /// Per second.
    throughput: f64,
}

/// Everything behind the name in a row of the statistics.
fn figures(counts: Counts, times: &Statistics, latencies: &Histogram, seconds: f64) -> Vec<String> {
    let failing = if seconds > 0.0 { counts.failures as f64 / seconds } else { 0.0 };
    let mut row = vec![counts.requests.to_string(), counts.failures.to_string()];
    row.extend(general(times));
    row.extend([mean_size(counts.bytes_in, counts.requests), decimals(counts.throughput), decimals(failing)]);
    row.extend(PERCENTILES.map(|(_, percent)| millis(latencies.percentile(percent).map(Micros::as_secs_f64))));
    row
}

/// Median, average, shortest, longest.
fn general(times: &Statistics) -> [String; 4] {
    [times.p50_latency, times.mean_latency, times.min_latency, times.max_latency].map(millis)
}

fn history(record: &Record) -> String {
    let header = ["Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"];
    let totals = [
        "Total Request Count",
        "Total Failure Count",
        "Total Median Response Time",
        "Total Average Response Time",
        "Total Min Response Time",
        "Total Max Response Time",
        "Total Average Content Size",
    ];
    let mut rows = vec![strings(header.into_iter().chain(PERCENTILES.map(|(name, _)| name)).chain(totals))];
    let load_began = record.run.started_at.as_second() as f64 + record.run.warmup.as_secs_f64();
    let (mut requests, mut failures, mut bytes_in, mut longest) = (0, 0, 0, None);
    for (at, row) in record.timeline.iter().enumerate() {
        requests += row.requests;
        failures += row.failures;
        bytes_in += row.bytes_in;
        longest = longest.max(row.max_latency);
        let seconds = row.seconds.as_secs_f64();
        let rate = |count: u64| decimals(if seconds > 0.0 { count as f64 / seconds } else { 0.0 });
        let end = load_began + (row.at + row.seconds).as_secs_f64();
        let mut fields =
            vec![format!("{end:.0}"), row.users.to_string(), String::new(), ALL.to_owned(), rate(row.requests), rate(row.failures)];
        fields.extend(PERCENTILES.map(|(_, percent)| known(row, percent).map_or_else(|| NONE.to_owned(), ms)));
        fields.extend([requests.to_string(), failures.to_string()]);
        if at + 1 == record.timeline.len() {
            fields.extend(general(&record.summary.latency));
        } else {
            let unknown = || NONE.to_owned();
            fields.extend([unknown(), unknown(), unknown(), longest.map_or_else(unknown, ms)]);
        }
        fields.push(mean_size(bytes_in, requests));
        rows.push(fields);
    }
    write(rows)
}

/// The percentile of a row, where the timeline keeps it.
fn known(row: &TimelineRow, percent: f64) -> Option<Micros> {
    match percent {
        50.0 => row.p50_latency,
        95.0 => row.p95_latency,
        99.0 => row.p99_latency,
        100.0 => row.max_latency,
        _ => None,
    }
}

fn failures(record: &Record) -> String {
    let header = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"];
    let mut rows = vec![strings(header)];
    let load_began = record.run.started_at.as_microsecond() + i64::try_from(record.run.warmup.0).unwrap_or(0);
    let time = |at: Micros| {
        let moment = i64::try_from(at.0).ok().and_then(|at| load_began.checked_add(at));
        moment
            .and_then(|moment| jiff::Timestamp::from_microsecond(moment).ok())
            .map_or_else(|| NONE.to_owned(), |time| format!("{time:.3}"))
    };
    for endpoint in &entries(record) {
        for error in &endpoint.errors {
            rows.push(vec![
                escape::csv(&endpoint.method),
                escape::csv(&endpoint.name),
                escape::csv(&format!("{}: {}", error.category, error.message)),
                error.count.to_string(),
                time(error.first),
                time(error.last),
            ]);
        }
    }
    write(rows)
}

fn millis(seconds: Option<f64>) -> String {
    match seconds {
        Some(value) if value.is_finite() => decimals(value * 1e3),
        _ => NONE.to_owned(),
    }
}

fn ms(time: Micros) -> String {
    millis(Some(time.as_secs_f64()))
}

fn mean_size(bytes: u64, requests: u64) -> String {
    decimals(if requests == 0 { 0.0 } else { bytes as f64 / requests as f64 })
}

/// At most three decimals: microseconds are what is measured.
fn decimals(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn strings<'a>(fields: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    fields.into_iter().map(str::to_owned).collect()
}

fn write<R: IntoIterator<Item = String>>(rows: impl IntoIterator<Item = R>) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).flexible(true).from_writer(Vec::new());
    for row in rows {
        let fields: Vec<String> = row.into_iter().collect();
        writer.write_record(&fields).unwrap_or_else(|error| unreachable!("writing into memory: {error}"));
    }
    let bytes = writer.into_inner().unwrap_or_else(|error| unreachable!("writing into memory: {error}"));
    String::from_utf8(bytes).unwrap_or_else(|error| unreachable!("made of strings: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Verdict;
    use crate::report::fixture;
    use proptest::prelude::*;

    fn file(record: &Record, suffix: &str) -> String {
        locust_csv(record).into_iter().find(|(name, _)| *name == suffix).unwrap().1
    }

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn the_statistics_are_locusts() {
        let text = file(&fixture::passed(), "_stats.csv");
        assert!(text.lines().all(|line| !line.is_empty()) && text.matches("\r\n").count() == text.matches('\n').count());
        insta::assert_snapshot!(text.replace("\r\n", "\n"), @r"
        Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%
        GET,GET /products,24000,0,3.689,4.51,2.46,25.407,800,2400,0,3.689,4.085,4.327,4.527,6.307,10.783,17.487,20.991,24.943,25.359,25.407
        GET,GET /products/{{ id }},8112,0,1.979,2.419,1.32,13.607,800,811.2,0,1.979,2.191,2.321,2.427,3.383,5.783,9.375,11.247,13.351,13.607,13.607
        POST,POST /cart,1500,0,8.823,10.762,5.88,59.999,800,150,0,8.823,9.759,10.335,10.807,15.007,25.535,41.343,49.599,59.231,59.999,59.999
        ,Aggregated,33612,0,3.433,4.284,1.32,59.999,800,3361.2,0,3.433,3.969,4.287,4.555,7.363,10.559,16.719,21.023,39.903,57.727,59.999
        ");
    }

    #[test]
    fn the_history_has_a_row_for_each_stretch() {
        insta::assert_snapshot!(file(&fixture::passed(), "_stats_history.csv").replace("\r\n", "\n"), @r"
        Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size
        1767323048,5,,Aggregated,2957,0,3.021,N/A,N/A,N/A,N/A,4.806,N/A,11.535,N/A,N/A,16.135,2957,0,N/A,N/A,N/A,16.135,909.3
        1767323049,10,,Aggregated,3361,0,3.433,N/A,N/A,N/A,N/A,5.383,N/A,9.681,N/A,N/A,18.195,6318,0,N/A,N/A,N/A,18.195,851.155
        1767323050,15,,Aggregated,3764,0,3.845,N/A,N/A,N/A,N/A,4.518,N/A,10.917,N/A,N/A,15.105,10082,0,N/A,N/A,N/A,18.195,800.079
        1767323051,20,,Aggregated,3159,0,3.227,N/A,N/A,N/A,N/A,5.095,N/A,9.063,N/A,N/A,17.165,13241,0,N/A,N/A,N/A,18.195,812.265
        1767323052,20,,Aggregated,3562,0,3.639,N/A,N/A,N/A,N/A,4.229,N/A,10.299,N/A,N/A,19.225,16803,0,N/A,N/A,N/A,19.225,800.095
        1767323053,20,,Aggregated,2957,0,3.021,N/A,N/A,N/A,N/A,4.806,N/A,11.535,N/A,N/A,16.135,19760,0,N/A,N/A,N/A,19.225,816.437
        1767323054,20,,Aggregated,3361,0,3.433,N/A,N/A,N/A,N/A,5.383,N/A,9.681,N/A,N/A,18.195,23121,0,N/A,N/A,N/A,19.225,814.048
        1767323055,20,,Aggregated,3764,0,3.845,N/A,N/A,N/A,N/A,4.518,N/A,10.917,N/A,N/A,15.105,26885,0,N/A,N/A,N/A,19.225,800.089
        1767323056,20,,Aggregated,3159,0,3.227,N/A,N/A,N/A,N/A,5.095,N/A,9.063,N/A,N/A,17.165,30044,0,N/A,N/A,N/A,19.225,805.459
        1767323057,20,,Aggregated,3562,0,3.639,N/A,N/A,N/A,N/A,4.229,N/A,10.299,N/A,N/A,19.225,33606,0,3.433,4.284,1.32,59.999,800.095
        ");
    }

    #[test]
    fn failures_are_escaped_and_timed() {
        let mut record = fixture::failed();
        record.endpoints.truncate(fixture::HOSTILE.len());
        insta::assert_snapshot!(file(&record, "_failures.csv").replace("\r\n", "\n"));
    }

    #[test]
    fn an_endpoint_of_several_classes_is_one_entry() {
        let mut slower = fixture::endpoint("GET /a", "buyer", 6, 4, 9_000);
        slower.errors[0].first = Micros::from_millis(100);
        slower.errors[0].last = Micros::from_millis(200);
        let endpoints = vec![fixture::endpoint("GET /a", "reader", 12, 2, 1_000), fixture::endpoint("GET /b", "reader", 1, 0, 500), slower];
        let record = fixture::record("two", Verdict::Passed, endpoints);
        let stats = rows(&file(&record, "_stats.csv"));
        let seen: Vec<_> = stats.iter().map(|row| [&row[1], &row[2], &row[3], &row[6], &row[7]].map(String::as_str)).collect();
        assert_eq!(
            seen[1..],
            [["GET /a", "18", "6", "0.6", "8.103"], ["GET /b", "1", "0", "0.3", "0.3"], ["Aggregated", "19", "6", "0.3", "8.103"]]
        );
        assert_eq!(
            rows(&file(&record, "_failures.csv"))[1..],
            [["GET", "GET /a", "status: 503 Service Unavailable", "6", "2026-01-02T03:04:07.100Z", "2026-01-02T03:04:16.100Z"]]
        );
    }

    #[test]
    fn a_run_without_samples_says_so() {
        let rows = rows(&file(&fixture::empty(), "_stats.csv"));
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1][..6], ["", "Aggregated", "0", "0", "N/A", "N/A"]);
        assert_eq!(rows[1][11..], vec!["N/A"; 11]);
        assert_eq!(file(&fixture::empty(), "_exceptions.csv"), "Count,Message,Traceback,Nodes\r\n");
    }

    proptest! {
        #[test]
        fn any_name_reads_back_in_its_field(name in any::<String>(), message in any::<String>()) {
            let mut endpoint = fixture::endpoint("GET /x", "visitor", 5, 2, 1_000);
            endpoint.name = name.clone();
            endpoint.errors[0].message = message.clone();
            let record = fixture::record("any", Verdict::Passed, vec![endpoint]);
            let stats = rows(&file(&record, "_stats.csv"));
            prop_assert_eq!(stats.len(), 3);
            prop_assert!(stats.iter().all(|row| row.len() == 22));
            prop_assert_eq!(&stats[1][1], &escape::csv(&name));
            let failures = rows(&file(&record, "_failures.csv"));
            prop_assert_eq!(&failures[1][2], &format!("status: {}", crate::text::plain(&message)));
        }
    }
}
