//! A run as it would have been if everything had started when it was due.

use crate::metrics::{EndpointTotals, Histogram, Totals};
use crate::units::Micros;

/// The same totals without the lag of the generator: what of the response times was the service's.
///
/// A histogram doesn't tell which request started how late, so this is an estimate, and kind to the service: from the longest
/// response time of each endpoint the longest lag of the run is taken, from the second longest the second longest, and so on.
/// None gets shorter than the service time of its rank. What else lies between the due time and the first byte is no lag and
/// stays: the wait for a free user, the opening of a connection.
pub fn on_time(totals: &Totals) -> Totals {
    let endpoints = totals.endpoints.iter();
    let endpoints =
        endpoints.map(|endpoint| EndpointTotals { ok: without(&totals.lag, &endpoint.ok, &endpoint.service), ..endpoint.clone() });
    Totals { endpoints: endpoints.collect(), ..totals.clone() }
}

fn without(lag: &Histogram, seen: &Histogram, least: &Histogram) -> Histogram {
    let mut left = Histogram::default();
    let [mut seen, mut lag, mut least] = [seen, lag, least].map(Falling::new);
    while let Some((time, most)) = seen.longest() {
        let (late, of_lag) = lag.longest().unwrap_or((Micros::ZERO, most));
        let (served, of_least) = least.longest().unwrap_or((Micros::ZERO, most));
        let count = most.min(of_lag).min(of_least);
        left.record_n(time.saturating_sub(late).max(served), count);
        for times in [&mut seen, &mut lag, &mut least] {
            times.pass(count);
        }
    }
    left
}

/// The times of a histogram, the longest first.
struct Falling(Vec<(Micros, u64)>);

impl Falling {
    fn new(histogram: &Histogram) -> Self {
        Self(histogram.buckets().collect())
    }

    /// The longest time that wasn't passed, and how often it is there.
    fn longest(&self) -> Option<(Micros, u64)> {
        self.0.last().copied()
    }

    /// Passes by so many times, which are no more than there are of the longest.
    fn pass(&mut self, count: u64) {
        if let Some((_, left)) = self.0.last_mut() {
            *left -= count;
            if *left == 0 {
                self.0.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(times: &[(u64, u64)]) -> Histogram {
        let mut histogram = Histogram::default();
        times.iter().for_each(|&(millis, count)| histogram.record_n(Micros::from_millis(millis), count));
        histogram
    }

    fn left(seen: &[(u64, u64)], lag: &[(u64, u64)], served: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let endpoint = EndpointTotals { ok: times(seen), service: times(served), ..EndpointTotals::default() };
        let totals = Totals { endpoints: vec![endpoint], lag: times(lag), ..Totals::default() };
        let buckets: Vec<_> = on_time(&totals).endpoints[0].ok.buckets().collect();
        buckets.into_iter().map(|(time, count)| ((time.as_millis_f64()).round() as u64, count)).collect()
    }

    #[test]
    fn the_longest_lag_is_taken_from_the_longest_response_time() {
        assert_eq!(left(&[(10, 90), (210, 10)], &[(200, 10)], &[(10, 100)]), [(10, 100)]);
        assert_eq!(left(&[(10, 90), (210, 10)], &[(200, 4), (100, 2)], &[(10, 100)]), [(10, 94), (110, 2), (210, 4)]);
    }

    #[test]
    fn what_is_no_lag_stays() {
        assert_eq!(left(&[(10, 90), (210, 10)], &[], &[(10, 100)]), [(10, 90), (210, 10)], "they waited for a user");
        assert_eq!(left(&[(10, 90), (210, 10)], &[(200, 100)], &[(10, 95), (150, 5)]), [(10, 95), (150, 5)], "so long it served them");
        assert_eq!(left(&[], &[(200, 100)], &[]), []);
    }
}
