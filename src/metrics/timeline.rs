//! Results over time, in bounded memory.

use serde::{Deserialize, Serialize};

use super::histogram::Histogram;
use super::recorder::Delta;
use crate::units::{Micros, Rate};

/// Rows are merged in pairs when there would be more.
const MOST_ROWS: usize = 900;

/// What happened within one stretch of the load. Latencies are of successful requests that ended in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// Its beginning, in seconds since the load began (warm-up excluded).
    pub at: Micros,
    /// Its length in seconds.
    pub seconds: Micros,
    /// The most users alive in it.
    pub users: u32,
    /// Finished requests.
    pub requests: u64,
    /// Failed requests.
    pub failures: u64,
    /// Dropped arrivals.
    pub dropped: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Median of successful response times, in seconds; null where there were none. Two digits.
    pub p50_latency: Option<Micros>,
    /// 95th percentile.
    pub p95_latency: Option<Micros>,
    /// 99th percentile.
    pub p99_latency: Option<Micros>,
    /// Longest.
    pub max_latency: Option<Micros>,
}

impl TimelineRow {
    /// Finished requests per second.
    pub fn throughput(&self) -> Rate {
        Rate(if self.seconds == Micros::ZERO { 0.0 } else { self.requests as f64 / self.seconds.as_secs_f64() })
    }
}

/// Builds the rows while the load runs: at most 900, whose length doubles when they are full.
///
/// A row's histogram is kept deflated (some hundred bytes), so that rows can be merged exactly and memory stays small.
#[derive(Debug, Clone)]
pub struct Timeline {
    resolution: Micros,
    rows: Vec<Stored>,
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Stored {
    row: TimelineRow,
    latencies: String,
}

#[derive(Debug, Clone)]
struct Open {
    row: TimelineRow,
    latencies: Histogram,
}

impl Timeline {
    /// An empty timeline whose first rows are `resolution` long.
    pub fn new(resolution: Micros) -> Self {
        Self { resolution, rows: Vec::new(), open: None }
    }

    /// Adds what happened from `at` (since the load began) for `seconds`.
    pub fn add(&mut self, at: Micros, seconds: Micros, users: u32, deltas: &[&Delta]) {
        let open = self.open.get_or_insert_with(|| Open { row: TimelineRow::empty(at), latencies: Histogram::new(2) });
        let row = &mut open.row;
        row.seconds = (at + seconds).saturating_sub(row.at);
        row.users = row.users.max(users);
        for delta in deltas {
            row.dropped += delta.counters.dropped;
            for endpoint in &delta.endpoints {
                row.requests += endpoint.requests;
                row.failures += endpoint.failures;
                row.bytes_in += endpoint.bytes_in;
                open.latencies.merge_tally(&endpoint.ok);
            }
        }
        // Ticks come a little early or late; what is nearly a row is one.
        if row.seconds.0 * 10 >= self.resolution.0 * 9 {
            self.close();
        }
    }

    /// The rows so far, an unfinished one included. What is left after the last whole row (answers that were in flight
    /// at the end) is a row of its own from a quarter of one on, otherwise a part of the row before: a rate over a few
    /// milliseconds would look like an event.
    pub fn rows(&self) -> Vec<TimelineRow> {
        let mut copy = self.clone();
        copy.close();
        let is_rest = |stored: &Stored| stored.row.seconds.0 * 4 < copy.resolution.0;
        if copy.rows.len() > 1
            && let Some(rest) = copy.rows.pop_if(|last| is_rest(last))
            && let Some(before) = copy.rows.pop()
        {
            copy.rows.push(before.merged(rest));
        }
        copy.rows.into_iter().map(|stored| stored.row).collect()
    }

    /// When its last row ends, since the load began.
    pub fn end(&self) -> Micros {
        let last = self.open.as_ref().map(|open| &open.row).or(self.rows.last().map(|stored| &stored.row));
        last.map_or(Micros::ZERO, |row| row.at + row.seconds)
    }

    /// Appends the rows of a part of the run that came after this one.
    pub fn append(&mut self, other: Self, offset: Micros) {
        self.close();
        let mut other = other;
        other.close();
        for mut stored in other.rows {
            stored.row.at += offset;
            self.push(stored);
        }
    }

    fn close(&mut self) {
        if let Some(Open { mut row, latencies }) = self.open.take() {
            row.set_latencies(&latencies);
            self.push(Stored { row, latencies: latencies.to_base64() });
        }
    }

    fn push(&mut self, stored: Stored) {
        self.rows.push(stored);
        if self.rows.len() > MOST_ROWS {
            self.resolution = self.resolution + self.resolution;
            let rows = std::mem::take(&mut self.rows);
            let mut rows = rows.into_iter();
            while let Some(first) = rows.next() {
                self.rows.push(match rows.next() {
                    Some(second) => first.merged(second),
                    None => first,
                });
            }
        }
    }
}

impl Stored {
    fn merged(mut self, other: Self) -> Self {
        let read = |text: &str| Histogram::from_base64(text).unwrap_or_else(|_| Histogram::new(2));
        let mut latencies = read(&self.latencies);
        latencies.merge(&read(&other.latencies));
        let row = &mut self.row;
        row.seconds = (other.row.at + other.row.seconds).saturating_sub(row.at);
        row.users = row.users.max(other.row.users);
        row.requests += other.row.requests;
        row.failures += other.row.failures;
        row.dropped += other.row.dropped;
        row.bytes_in += other.row.bytes_in;
        row.set_latencies(&latencies);
        Self { latencies: latencies.to_base64(), ..self }
    }
}

impl TimelineRow {
    fn empty(at: Micros) -> Self {
        Self {
            at,
            seconds: Micros::ZERO,
            users: 0,
            requests: 0,
            failures: 0,
            dropped: 0,
            bytes_in: 0,
            p50_latency: None,
            p95_latency: None,
            p99_latency: None,
            max_latency: None,
        }
    }

    fn set_latencies(&mut self, latencies: &Histogram) {
        self.p50_latency = latencies.percentile(50.0);
        self.p95_latency = latencies.percentile(95.0);
        self.p99_latency = latencies.percentile(99.0);
        self.max_latency = latencies.max();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Outcome, Phases, Recorder, Sample};

    fn second(response: u64) -> Delta {
        let mut recorder = Recorder::new(1, 0, Micros::ZERO);
        recorder.record(
            &Sample {
                endpoint: 0,
                intended: Micros::ZERO,
                response_time: Micros(response),
                service_time: Micros(response),
                phases: Phases::default(),
                outcome: Outcome::Ok,
                status: 200,
                bytes_in: 10,
                bytes_out: 5,
            },
            String::new,
        );
        recorder.swap(Delta::default())
    }

    #[test]
    fn the_rest_after_the_last_second_belongs_to_it() {
        let mut timeline = Timeline::new(Micros::from_secs(1));
        timeline.add(Micros::ZERO, Micros::from_secs(1), 3, &[&second(1_000)]);
        timeline.add(Micros::from_secs(1), Micros::from_secs(1), 3, &[&second(1_000)]);
        timeline.add(Micros::from_secs(2), Micros::from_millis(30), 1, &[&second(9_000)]);
        let rows = timeline.rows();
        let told: Vec<_> = rows.iter().map(|row| (row.at.0, row.seconds.0, row.requests)).collect();
        assert_eq!(told, [(0, 1_000_000, 1), (1_000_000, 1_030_000, 2)]);
        assert_eq!(rows[1].max_latency, Some(Micros(9_023)));
        timeline.add(Micros::from_millis(2_030), Micros::from_millis(300), 1, &[&second(9_000)]);
        assert_eq!(timeline.rows().len(), 3);
    }

    #[test]
    fn a_long_run_keeps_its_counts_in_at_most_900_rows() {
        let mut timeline = Timeline::new(Micros::from_secs(1));
        for at in 0..10_000u64 {
            timeline.add(Micros::from_secs(at), Micros::from_secs(1), 3, &[&second(1_000 + at)]);
        }
        let rows = timeline.rows();
        assert!(rows.len() <= MOST_ROWS, "{}", rows.len());
        assert_eq!(rows.iter().map(|row| row.requests).sum::<u64>(), 10_000);
        assert_eq!(rows.iter().map(|row| row.bytes_in).sum::<u64>(), 100_000);
        for pair in rows.windows(2) {
            assert_eq!(pair[0].at + pair[0].seconds, pair[1].at);
        }
        let first = &rows[0];
        let middle = 1_000 + first.seconds.0 / 2_000_000;
        assert!(first.p50_latency.unwrap().0.abs_diff(middle) * 50 <= middle, "{first:?}");
    }
}
