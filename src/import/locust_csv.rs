//! Locust's table (`PREFIX_stats.csv`), in milliseconds. Columns are found by their names, which changed over time.

use std::io::Read;

use super::error::Problem;
use super::name::{MOST_ENDPOINTS, endpoint_name, too_many};
use super::quantity::Checked;
use crate::record::{LatencyOf, Precision, RunFigures, ScopeFigures, Statistics};
use crate::units::Micros;

const KIND: &str = "Locust's _stats.csv";
const MILLISECONDS: f64 = 1e3;

/// Names of a column, newest first, in lower case.
const REQUESTS: &[&str] = &["request count", "# requests"];
const FAILURES: &[&str] = &["failure count", "# failures"];
const TYPE: &[&str] = &["type", "method"];
const MEDIAN: &[&str] = &["50%", "median response time"];

/// Whether a table with these columns (in lower case) is one.
pub(super) fn is_one(columns: &[String]) -> bool {
    let has = |names: &[&str]| columns.iter().any(|column| names.contains(&column.as_str()));
    has(REQUESTS) && has(&["name"])
}

/// Reads a table; its row without a type is the whole run.
pub(super) fn read(from: impl Read) -> Result<RunFigures, Problem> {
    let wrong = |source| Problem::Csv { kind: KIND, source };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(from);
    let columns: Vec<String> = reader.headers().map_err(wrong)?.iter().map(|name| name.trim().to_lowercase()).collect();
    let (mut total, mut endpoints, mut left_out) = (None, Vec::new(), 0);
    for row in reader.records() {
        let row = row.map_err(wrong)?;
        let row = Row { columns: &columns, cells: &row };
        let (kind, name) = (row.text(TYPE).unwrap_or_default(), row.text(&["name"]).unwrap_or_default());
        if is_total(kind, name) {
            total = Some(ScopeFigures { name: RunFigures::ALL.to_owned(), ..row.scope(name)? });
        } else if endpoints.len() < MOST_ENDPOINTS {
            endpoints.push(row.scope(&endpoint_name(kind, name))?);
        } else {
            left_out += 1;
        }
    }
    let total = Checked { kind: KIND }.needed("row `Aggregated`", total)?;
    let duration = match (total.requests, total.throughput) {
        (Some(requests), Some(rate)) if rate > 0.0 => Some(Micros::from_secs_f64(requests as f64 / rate)),
        _ => None,
    };
    Ok(RunFigures {
        tool: "Locust".to_owned(),
        format: "stats.csv".to_owned(),
        started_at: None,
        duration,
        total,
        endpoints,
        precision: Precision::TwoDigits,
        missed_thresholds: Vec::new(),
        notes: (left_out > 0).then(|| too_many(left_out)).into_iter().collect(),
    })
}

/// The last row: older versions gave it a type of its own.
fn is_total(kind: &str, name: &str) -> bool {
    matches!(name, "Aggregated" | "Total") && matches!(kind, "" | "None")
}

struct Row<'a> {
    columns: &'a [String],
    cells: &'a csv::StringRecord,
}

impl Row<'_> {
    fn text(&self, names: &[&str]) -> Option<&str> {
        let at = names.iter().find_map(|name| self.columns.iter().position(|column| column == name))?;
        self.cells.get(at).map(str::trim)
    }

    /// None where the column is missing, empty or `N/A`.
    fn number(&self, names: &[&str]) -> Result<Option<f64>, Problem> {
        match self.text(names) {
            None | Some("" | "N/A" | "None") => Ok(None),
            Some(text) => Checked { kind: KIND }.number(names[0], text.parse().unwrap_or(f64::NAN)).map(Some),
        }
    }

    fn scope(&self, name: &str) -> Result<ScopeFigures, Problem> {
        let checked = Checked { kind: KIND };
        let count = |names: &[&str]| self.number(names)?.map(|value| checked.count(names[0], value)).transpose();
        let requests = checked.needed(REQUESTS[0], count(REQUESTS)?)?;
        let failures = count(FAILURES)?;
        let time = |names: &[&str]| match self.number(names)?.filter(|_| requests > 0) {
            Some(value) => checked.seconds(names[0], value, MILLISECONDS).map(Some),
            None => Ok(None),
        };
        Ok(ScopeFigures {
            name: name.to_owned(),
            requests: Some(requests),
            failures,
            throughput: self.number(&["requests/s"])?,
            latency_of: if failures == Some(0) { LatencyOf::Successful } else { LatencyOf::All },
            latency: Statistics {
                mean_latency: time(&["average response time"])?,
                min_latency: time(&["min response time"])?,
                p50_latency: time(MEDIAN)?,
                p90_latency: time(&["90%"])?,
                p95_latency: time(&["95%"])?,
                p99_latency: time(&["99%"])?,
                p99_9_latency: time(&["99.9%"])?,
                max_latency: time(&["max response time"])?,
                ..Statistics::default()
            },
            histogram: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_today_is_read() {
        let run = read(&include_bytes!("../../tests/golden/import/locust_stats.csv")[..]).unwrap();
        let names: Vec<&str> = run.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
        assert_eq!(names, ["GET /courses?term=<b>|x", "GET /missing", "GET /students"]);
        let sum: u64 = run.endpoints.iter().filter_map(|endpoint| endpoint.requests).sum();
        assert_eq!(run.total.requests, Some(sum));
        assert_eq!((run.total.latency_of, run.endpoints[2].latency_of), (LatencyOf::All, LatencyOf::Successful));
        assert_eq!(run.endpoints[1].error_rate(), Some(1.0));
        assert!(run.total.latency.p95_latency >= run.total.latency.p50_latency && run.total.latency.p50_latency.is_some());
    }

    #[test]
    fn columns_are_found_by_their_older_names_in_any_order() {
        let old = "\"Name\",\"Method\",\"# failures\",\"# requests\",\"Median response time\",\"Requests/s\"\n\
                   \"/a\",\"GET\",1,4,120,2.0\n\"Total\",\"None\",1,4,120,2.0\n";
        let run = read(old.as_bytes()).unwrap();
        assert_eq!((run.total.requests, run.total.failures, run.total.latency.p50_latency), (Some(4), Some(1), Some(0.12)));
        assert_eq!((run.endpoints[0].name.as_str(), run.duration), ("GET /a", Some(Micros::from_secs(2))));
        assert_eq!(run.total.latency.p95_latency, None);
    }

    #[test]
    fn a_row_without_requests_has_no_times() {
        let text = "Type,Name,Request Count,Failure Count,50%,95%\nGET,/a,0,0,N/A,N/A\n,Aggregated,0,0,0,0\n";
        let run = read(text.as_bytes()).unwrap();
        assert_eq!((run.endpoints[0].requests, run.total.latency.p50_latency), (Some(0), None));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let said = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(said("Type,Name,Request Count\nGET,/a,1\n"), "looks like Locust's _stats.csv, and has no row `Aggregated`");
        assert!(said("Type,Name,Request Count\n,Aggregated,-1\n").contains("request count is -1"));
        assert!(said("Type,Name,Request Count,50%\n,Aggregated,1,fast\n").contains("50% is NaN"));
    }
}
