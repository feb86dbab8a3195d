//! Charts that GitHub draws from text.

use crate::metrics::TimelineRow;
use crate::record::Record;
use crate::units::Micros;

/// More points than these can't be told apart at the width GitHub gives.
const MOST_POINTS: usize = 60;

/// Requests per second and p95 over time as two Mermaid charts; nothing where there are fewer than two rows.
///
/// `xychart-beta` knows neither gaps nor not-a-number: a stretch in which nothing succeeded has a p95 of 0.
pub(super) fn timeline(rows: &[TimelineRow]) -> Option<Timeline> {
    let points: Vec<Point> = rows.chunks(rows.len().div_ceil(MOST_POINTS).max(1)).map(Point::of).collect();
    let [first, .., last] = points.as_slice() else { return None };
    let (from, to) = (first.at, last.at);
    if to <= from {
        return None;
    }
    let rates: Vec<f64> = points.iter().map(|point| point.rate).collect();
    let p95: Vec<f64> = points.iter().map(|point| point.p95.map_or(0.0, Micros::as_millis_f64)).collect();
    Some(Timeline {
        throughput: chart("Requests per second", ("seconds", "per second"), (from, to), &rates),
        latency: p95.iter().any(|&value| value > 0.0).then(|| chart("p95 response time in ms", ("seconds", "ms"), (from, to), &p95)),
        gaps: points.iter().any(|point| point.p95.is_none()),
    })
}

/// The p95 of the stored runs that a record was compared with and, last, its own; nothing where there are fewer than
/// two of them, or one has no p95.
pub(super) fn history(record: &Record) -> Option<String> {
    let stored = &record.comparison.as_ref()?.history;
    let own = record.summary.latency.p95_latency;
    // Newest first as they are stored.
    let seconds: Vec<f64> = stored.iter().rev().map(|point| point.p95).chain([own]).collect::<Option<_>>()?;
    let usable = seconds.len() > 1 && seconds.iter().all(|value| value.is_finite() && *value >= 0.0);
    let millis: Vec<f64> = seconds.iter().map(|value| value * 1_000.0).collect();
    usable.then(|| chart("p95 response time in ms, this run last", ("runs", "ms"), (1.0, millis.len() as f64), &millis))
}

/// The charts of one run.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct Timeline {
    pub(super) throughput: String,
    pub(super) latency: Option<String>,
    /// Whether nothing succeeded for a while.
    pub(super) gaps: bool,
}

struct Point {
    at: f64,
    rate: f64,
    /// The highest of the rows: percentiles of several rows can't be put together.
    p95: Option<Micros>,
}

impl Point {
    fn of(rows: &[TimelineRow]) -> Self {
        let seconds: f64 = rows.iter().map(|row| row.seconds.as_secs_f64()).sum();
        let requests: u64 = rows.iter().map(|row| row.requests).sum();
        Self {
            at: rows.first().map_or(0.0, |row| row.at.as_secs_f64()),
            rate: if seconds > 0.0 { requests as f64 / seconds } else { 0.0 },
            p95: rows.iter().filter_map(|row| row.p95_latency).max(),
        }
    }
}

fn chart(title: &str, (across, unit): (&str, &str), (from, to): (f64, f64), values: &[f64]) -> String {
    let highest = values.iter().copied().fold(0.0, f64::max);
    let top = if highest > 0.0 { highest * 1.1 } else { 1.0 };
    let line = values.iter().map(|&value| number(value)).collect::<Vec<_>>().join(", ");
    format!(
        "xychart-beta\n    title \"{title}\"\n    x-axis \"{across}\" {} --> {}\n    y-axis \"{unit}\" 0 --> {}\n    line [{line}]",
        number(from),
        number(to),
        number(top)
    )
}

/// Plain decimals, never an exponent.
fn number(value: f64) -> String {
    let digits = match value {
        v if v >= 100.0 => 0,
        v if v >= 1.0 => 1,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_chart_is_plain_numbers() {
        let charts = timeline(&fixture::passed().timeline).unwrap();
        insta::assert_snapshot!(charts.throughput, @r#"
        xychart-beta
            title "Requests per second"
            x-axis "seconds" 0 --> 9
            y-axis "per second" 0 --> 4140
            line [2957, 3361, 3764, 3159, 3562, 2957, 3361, 3764, 3159, 3562]
        "#);
        assert!(charts.latency.is_some() && !charts.gaps);
    }

    #[test]
    fn long_runs_are_thinned_out_and_gaps_are_told() {
        let mut row = fixture::passed().timeline[0].clone();
        let rows: Vec<_> = (0..900u64)
            .map(|at| {
                row.at = Micros::from_secs(at);
                row.p95_latency = (at < 600).then_some(Micros(1_000 + at));
                row.clone()
            })
            .collect();
        let charts = timeline(&rows).unwrap();
        assert_eq!(charts.throughput.matches(", ").count() + 1, MOST_POINTS);
        assert!(charts.gaps);
        for text in [&charts.throughput, charts.latency.as_ref().unwrap()] {
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }

    #[test]
    fn a_single_row_is_no_line() {
        assert!(timeline(&[]).is_none());
        assert!(timeline(&fixture::passed().timeline[..1]).is_none());
    }
}
