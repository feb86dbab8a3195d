//! k6's points (`--out json=FILE`): one line a measurement, read in constant memory.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{BufRead, Read};

use jiff::Timestamp;
use serde::Deserialize;

use super::error::Problem;
use super::name::{MOST_ENDPOINTS, endpoint_name, too_many};
use super::quantity::{Checked, per_second};
use crate::metrics::Histogram;
use crate::record::{LatencyOf, Precision, RunFigures, ScopeFigures, Statistics};
use crate::units::Micros;

const KIND: &str = "points of k6";
const MILLISECONDS: f64 = 1e3;
/// No line of k6 is longer; the address of a request is the longest thing in it.
const LONGEST_LINE: u64 = 256 << 10;
const DURATION: &str = "http_req_duration";

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    metric: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
    #[serde(default)]
    value: Option<f64>,
    #[serde(borrow, default)]
    tags: Option<Tags<'a>>,
}

#[derive(Default, Deserialize)]
struct Tags<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    expected_response: Option<Cow<'a, str>>,
}

/// Reads points to the end. A last line that is cut, as when k6 was killed, is left out and said.
pub(super) fn read(mut from: impl BufRead) -> Result<RunFigures, Problem> {
    let mut points = Points::default();
    let (mut line, mut number) = (Vec::new(), 0);
    let mut cut = false;
    loop {
        line.clear();
        number += 1;
        if from.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() as u64 > LONGEST_LINE {
            return Err(Problem::LongLine { kind: KIND, line: number, most: LONGEST_LINE });
        }
        // Most lines are of other metrics: they aren't worth parsing.
        if !contains(&line, DURATION.as_bytes()) {
            continue;
        }
        match serde_json::from_slice::<Line<'_>>(&line) {
            Ok(point) if point.kind == "Point" && point.metric == DURATION => points.add(&point.data)?,
            Ok(_) => {}
            Err(error) if error.is_eof() && !line.ends_with(b"\n") => cut = true,
            Err(source) => return Err(Problem::Line { kind: KIND, line: number, source }),
        }
    }
    points.finish(cut)
}

fn contains(line: &[u8], wanted: &[u8]) -> bool {
    line.windows(wanted.len()).any(|part| part == wanted)
}

/// What was gathered: a histogram an endpoint.
#[derive(Default)]
struct Points {
    places: HashMap<String, usize>,
    endpoints: Vec<(String, Gathered)>,
    all: Gathered,
    left_out: std::collections::HashSet<u64>,
    span: Option<(Timestamp, Timestamp)>,
}

/// One endpoint, or all.
#[derive(Default)]
struct Gathered {
    requests: u64,
    failures: u64,
    /// Those of which no tag tells whether they failed.
    untold: u64,
    ok: Histogram,
}

impl Gathered {
    fn add(&mut self, time: Micros, ok: Option<bool>) {
        self.requests += 1;
        match ok {
            Some(false) => self.failures += 1,
            Some(true) => self.ok.record(time),
            None => {
                self.untold += 1;
                self.ok.record(time);
            }
        }
    }

    fn scope(self, name: String, duration: Option<Micros>) -> ScopeFigures {
        ScopeFigures {
            name,
            requests: Some(self.requests),
            failures: (self.untold == 0).then_some(self.failures),
            throughput: per_second(self.requests, duration),
            latency_of: if self.untold == 0 { LatencyOf::Successful } else { LatencyOf::All },
            latency: Statistics::of(&self.ok),
            histogram: Some(self.ok),
        }
    }
}

impl Points {
    fn add(&mut self, data: &Data<'_>) -> Result<(), Problem> {
        let checked = Checked { kind: KIND };
        let time = checked.duration(DURATION, checked.needed("value of http_req_duration", data.value)?, MILLISECONDS)?;
        let none = Tags::default();
        let tags = data.tags.as_ref().unwrap_or(&none);
        let ok = succeeded(tags);
        self.all.add(time, ok);
        if let Some(at) = data.time.as_ref().and_then(|time| time.parse::<Timestamp>().ok()) {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
        let Some(name) = tags.name.as_deref().or(tags.url.as_deref()) else { return Ok(()) };
        let name = endpoint_name(tags.method.as_deref().unwrap_or_default(), name);
        let at = match self.places.get(&name) {
            Some(&at) => at,
            None if self.endpoints.len() < MOST_ENDPOINTS => {
                self.places.insert(name.clone(), self.endpoints.len());
                self.endpoints.push((name, Gathered::default()));
                self.endpoints.len() - 1
            }
            None => {
                self.left_out_once(&name);
                return Ok(());
            }
        };
        self.endpoints[at].1.add(time, ok);
        Ok(())
    }

    /// Counts names without keeping them, as far as it matters how many there are.
    fn left_out_once(&mut self, name: &str) {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        if self.left_out.len() < 100 * MOST_ENDPOINTS {
            self.left_out.insert(BuildHasherDefault::<DefaultHasher>::default().hash_one(name));
        }
    }

    fn finish(self, cut: bool) -> Result<RunFigures, Problem> {
        if self.all.requests == 0 {
            return Err(Problem::Missing { kind: KIND, what: "point of http_req_duration: no HTTP request was measured".to_owned() });
        }
        let duration =
            self.span.and_then(|(first, last)| Some(Micros::from(std::time::Duration::try_from(last.duration_since(first)).ok()?)));
        let mut notes = Vec::new();
        notes.extend((!self.left_out.is_empty()).then(|| too_many(self.left_out.len())));
        notes.extend(cut.then(|| "the last line of the points is cut and left out: the run may not have ended by itself".to_owned()));
        Ok(RunFigures {
            tool: "k6".to_owned(),
            format: "points".to_owned(),
            started_at: self.span.map(|(first, _)| first),
            duration,
            total: self.all.scope(RunFigures::ALL.to_owned(), duration),
            endpoints: self.endpoints.into_iter().map(|(name, gathered)| gathered.scope(name, duration)).collect(),
            precision: Precision::Measured,
            missed_thresholds: Vec::new(),
            notes,
        })
    }
}

/// By k6's own tag, or by the status where a script leaves that out; none where neither is there.
fn succeeded(tags: &Tags<'_>) -> Option<bool> {
    match (tags.expected_response.as_deref(), tags.status.as_deref()) {
        (Some(expected), _) => Some(expected == "true"),
        (None, Some(status)) => Some(status.parse::<u16>().is_ok_and(|status| (200..400).contains(&status))),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(tags: &str, millis: f64, second: u32) -> String {
        format!(
            r#"{{"metric":"http_req_duration","type":"Point","data":{{"time":"2026-11-20T19:40:{second:02}.5Z","value":{millis},"tags":{tags}}}}}"#
        )
    }

    fn read_lines(lines: &[String]) -> Result<RunFigures, Problem> {
        read(lines.join("\n").as_bytes())
    }

    #[test]
    fn points_make_a_histogram_of_the_successful_requests_of_each_endpoint() {
        let run = read(&include_bytes!("../../tests/golden/import/k6-points.json")[..]).unwrap();
        let seen: Vec<_> = run.scopes().map(|it| (it.name.as_str(), it.requests, it.failures, it.timed())).collect();
        assert_eq!(
            seen,
            [
                ("all", Some(24), Some(3), Some(21)),
                ("GET /students", Some(17), Some(0), Some(17)),
                ("GET /courses", Some(4), Some(0), Some(4)),
                ("GET /missing", Some(3), Some(3), Some(0)),
            ]
        );
        assert!(run.total.latency.p50_latency.is_some() && run.endpoints[2].latency.p50_latency.is_none());
        assert_eq!(run.notes, Vec::<String>::new());
    }

    #[test]
    fn success_is_told_by_the_tag_or_the_status_or_not_at_all() {
        let told = read_lines(&[
            point(r#"{"name":"a","expected_response":"true","status":"500"}"#, 1.0, 1),
            point(r#"{"name":"a","status":"404"}"#, 1.0, 2),
            point(r#"{"name":"a","status":"0"}"#, 1.0, 3),
        ])
        .unwrap();
        assert_eq!((told.total.requests, told.total.failures), (Some(3), Some(2)));
        assert_eq!((told.duration, told.total.throughput), (Some(Micros::from_secs(2)), Some(1.5)));
        let untold = read_lines(&[point("{}", 1.0, 1), point("null", 1.0, 1)]).unwrap();
        assert_eq!((untold.total.failures, untold.total.latency_of, untold.endpoints.len()), (None, LatencyOf::All, 0));
        assert_eq!(untold.total.throughput, None);
    }

    #[test]
    fn a_cut_last_line_is_left_out_and_a_damaged_one_is_named() {
        let whole = point(r#"{"status":"200"}"#, 1.0, 1);
        let run = read_lines(&[whole.clone(), whole[..whole.len() - 9].to_owned()]).unwrap();
        assert_eq!((run.total.requests, run.notes.len()), (Some(1), 1));
        let said = |lines: &[String]| read_lines(lines).unwrap_err().to_string();
        assert!(
            said(&[whole.clone(), whole[..60].to_owned(), whole.clone()]).starts_with("looks like points of k6, and line 2 is damaged")
        );
        assert!(said(&[point("{}", -1.0, 1)]).contains("http_req_duration is -0.001"));
        assert!(said(&["x".repeat(300_000)]).contains("line 1 is longer"));
        assert!(said(&[r#"{"metric":"vus","type":"Point","data":{}}"#.to_owned()]).contains("no point of http_req_duration"));
    }

    #[test]
    fn names_without_end_are_counted_and_not_kept() {
        let lines: Vec<String> =
            (0..MOST_ENDPOINTS + 7).map(|at| point(&format!(r#"{{"name":"/{at}","status":"200"}}"#), 1.0, 1)).collect();
        let run = read_lines(&lines).unwrap();
        assert_eq!((run.endpoints.len(), run.total.requests), (MOST_ENDPOINTS, Some(507)));
        assert_eq!(run.notes, ["7 more endpoints are counted in the whole run only: the first 500 are kept apart"]);
    }
}
