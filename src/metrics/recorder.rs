//! What one generator thread gathers between two ticks.

use std::collections::HashMap;

use super::category::ErrorCategory;
use super::counters::Counters;
use super::histogram::Histogram;
use super::sample::{Outcome, Sample};
use super::tally::Tally;
use crate::units::Micros;

/// The recorder of one thread. Nothing in it is shared; once a tick it is swapped for an empty one and merged.
///
/// Cost of a successful sample: an increment in each of three to five histograms, no allocation.
#[derive(Debug)]
pub struct Recorder {
    /// What was gathered since the last swap.
    delta: Delta,
    /// When the load (after the warm-up) begins on the arm's clock: times of errors are relative to it.
    origin: Micros,
    /// When the load ends on the arm's clock: what comes later is in no rate.
    end: Micros,
}

/// What was gathered between two ticks.
#[derive(Debug)]
pub struct Delta {
    pub(super) endpoints: Vec<EndpointDelta>,
    /// Held and missed, by check.
    pub checks: Vec<(u64, u64)>,
    pub(super) lag: Tally,
    /// Plain counts.
    pub counters: Counters,
    /// When the last sample ended, on the arm's clock.
    pub last_done: Micros,
}

#[derive(Debug)]
pub(super) struct EndpointDelta {
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) after_end: u64,
    pub(super) before_begin: u64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) checks: (u64, u64),
    pub(super) ok: Tally,
    pub(super) failed: Tally,
    pub(super) service: Tally,
    /// dns, connect, tls, wait, receive.
    pub(super) phases: [Tally; 5],
    pub(super) statuses: Vec<(u16, u64)>,
    pub(super) errors: HashMap<(ErrorCategory, String), ErrorDelta>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorDelta {
    pub(super) count: u64,
    pub(super) first: Micros,
    pub(super) last: Micros,
}

/// How many different messages an endpoint keeps; further ones are counted under [`OTHER_MESSAGES`].
pub(super) const MOST_MESSAGES: usize = 50;
/// Stands for the messages that were one too many.
pub(super) const OTHER_MESSAGES: &str = "other messages";
/// How many characters of a message are kept.
const MESSAGE_LENGTH: usize = 200;

impl Recorder {
    /// An empty recorder; `origin` is when the load begins on the arm's clock.
    pub fn new(endpoints: usize, checks: usize, origin: Micros) -> Self {
        Self { delta: Delta::empty(endpoints, checks), origin, end: Micros::MAX }
    }

    /// The load ends at `end` on the arm's clock, unless it is known to end sooner. For ever until this is said.
    pub fn end_at(&mut self, end: Micros) {
        self.end = self.end.min(end);
    }

    /// Adds a finished request; `message` is asked for only when it failed.
    pub fn record(&mut self, sample: &Sample, message: impl FnOnce() -> String) {
        let (origin, end) = (self.origin, self.end);
        let delta = &mut self.delta;
        let done = sample.intended + sample.response_time;
        delta.last_done = delta.last_done.max(done);
        let Some(endpoint) = delta.endpoints.get_mut(sample.endpoint as usize) else { return };
        endpoint.requests += 1;
        endpoint.after_end += u64::from(done > end);
        endpoint.bytes_in += sample.bytes_in;
        endpoint.bytes_out += sample.bytes_out;
        if sample.status != 0 {
            endpoint.count_status(sample.status);
        }
        match sample.outcome {
            Outcome::Ok => {
                endpoint.ok.add(sample.response_time);
                endpoint.service.add(sample.service_time);
                let phases = &sample.phases;
                for (slot, time) in endpoint.phases.iter_mut().zip([phases.dns, phases.connect, phases.tls, phases.wait, phases.receive]) {
                    if let Some(time) = time {
                        slot.add(time);
                    }
                }
            }
            Outcome::Failed(category) => {
                endpoint.failures += 1;
                endpoint.failed.add(sample.response_time);
                endpoint.count_error(category, message(), done.saturating_sub(origin));
            }
        }
    }

    /// Adds a request of the warm-up that was finished at `done`: where that is in the load, it is in the rates and nowhere else. As
    /// many as begin in the load end behind it, and a rate without either would be too low.
    pub fn finish_early(&mut self, endpoint: u32, done: Micros) {
        let is_in_load = done >= self.origin && done <= self.end;
        if let Some(endpoint) = self.delta.endpoints.get_mut(endpoint as usize) {
            endpoint.before_begin += u64::from(is_in_load);
        }
    }

    /// Adds how late a start was.
    pub fn record_lag(&mut self, lag: Micros) {
        self.delta.lag.add(lag);
    }

    /// Counts a check of an endpoint.
    pub fn count_check(&mut self, endpoint: u32, check: u32, held: bool) {
        let tally = |(passed, failed): &mut (u64, u64)| if held { *passed += 1 } else { *failed += 1 };
        if let Some(counts) = self.delta.checks.get_mut(check as usize) {
            tally(counts);
        }
        if let Some(endpoint) = self.delta.endpoints.get_mut(endpoint as usize) {
            tally(&mut endpoint.checks);
        }
    }

    /// The plain counts of this tick, to be raised.
    pub fn counters(&mut self) -> &mut Counters {
        &mut self.delta.counters
    }

    /// Takes what was gathered and goes on with `spare`, which is emptied first (its buckets are reused).
    pub fn swap(&mut self, mut spare: Delta) -> Delta {
        spare.reset(self.delta.endpoints.len(), self.delta.checks.len());
        std::mem::replace(&mut self.delta, spare)
    }
}

impl Delta {
    /// Finished requests.
    pub fn requests(&self) -> u64 {
        self.endpoints.iter().map(|endpoint| endpoint.requests).sum()
    }

    /// Adds the response times of successful requests to `histogram`.
    pub fn merge_ok_into(&self, histogram: &mut Histogram) {
        self.endpoints.iter().for_each(|endpoint| histogram.merge_tally(&endpoint.ok));
    }

    fn empty(endpoints: usize, checks: usize) -> Self {
        Self { endpoints: (0..endpoints).map(|_| EndpointDelta::empty()).collect(), checks: vec![(0, 0); checks], ..Self::default() }
    }

    fn reset(&mut self, endpoints: usize, checks: usize) {
        let mut kept = std::mem::take(&mut self.endpoints);
        kept.resize_with(endpoints, EndpointDelta::empty);
        kept.iter_mut().for_each(EndpointDelta::reset);
        let mut lag = std::mem::replace(&mut self.lag, Tally::of_digits(3));
        lag.clear();
        *self = Self { endpoints: kept, checks: vec![(0, 0); checks], lag, ..Self::default() };
    }
}

impl Default for Delta {
    fn default() -> Self {
        let (endpoints, checks, counters) = (Vec::new(), Vec::new(), Counters::default());
        Self { endpoints, checks, lag: Tally::of_digits(3), counters, last_done: Micros::ZERO }
    }
}

impl EndpointDelta {
    fn empty() -> Self {
        Self {
            requests: 0,
            failures: 0,
            after_end: 0,
            before_begin: 0,
            bytes_in: 0,
            bytes_out: 0,
            checks: (0, 0),
            ok: Tally::of_digits(3),
            failed: Tally::of_digits(3),
            service: Tally::of_digits(3),
            phases: std::array::from_fn(|_| Tally::of_digits(2)),
            statuses: Vec::new(),
            errors: HashMap::new(),
        }
    }

    fn reset(&mut self) {
        self.before_begin = 0;
        if self.requests == 0 {
            return;
        }
        (self.requests, self.failures, self.after_end) = (0, 0, 0);
        (self.bytes_in, self.bytes_out, self.checks) = (0, 0, (0, 0));
        [&mut self.ok, &mut self.failed, &mut self.service].into_iter().chain(&mut self.phases).for_each(Tally::clear);
        self.statuses.clear();
        self.errors.clear();
    }

    fn count_status(&mut self, status: u16) {
        match self.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => self.statuses.push((status, 1)),
        }
    }

    fn count_error(&mut self, category: ErrorCategory, mut message: String, at: Micros) {
        if let Some((end, _)) = message.char_indices().nth(MESSAGE_LENGTH) {
            message.truncate(end);
        }
        if self.errors.len() >= MOST_MESSAGES && !self.errors.contains_key(&(category, message.clone())) {
            OTHER_MESSAGES.clone_into(&mut message);
        }
        let error = self.errors.entry((category, message)).or_insert(ErrorDelta { count: 0, first: at, last: at });
        error.count += 1;
        error.first = error.first.min(at);
        error.last = error.last.max(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Phases, Totals};

    #[test]
    fn what_comes_when_the_load_is_over_is_in_no_rate() {
        let mut recorder = Recorder::new(1, 0, Micros::from_secs(1));
        let mut totals = Totals::new(1, 0);
        let sample = |done: u64| Sample {
            endpoint: 0,
            intended: Micros::from_secs(2),
            response_time: Micros::from_secs(done - 2),
            service_time: Micros::ZERO,
            phases: Phases::default(),
            outcome: Outcome::Ok,
            status: 200,
            bytes_in: 0,
            bytes_out: 0,
        };
        let mut record = |end: u64, done: &[u64]| {
            recorder.end_at(Micros::from_secs(end));
            done.iter().for_each(|&done| recorder.record(&sample(done), String::new));
            totals.add(&recorder.swap(Delta::default()));
            (totals.requests(), totals.in_time())
        };
        assert_eq!(record(10, &[4, 10, 11]), (3, 2));
        // Stopped meanwhile; it can't go on for longer again.
        assert_eq!(record(5, &[4, 6]), (5, 3));
        assert_eq!(record(10, &[6]), (6, 3));
    }

    #[test]
    fn what_began_in_the_warm_up_and_ends_in_the_load_is_in_the_rates_alone() {
        let mut recorder = Recorder::new(1, 0, Micros::from_secs(10));
        let mut totals = Totals::new(1, 0);
        recorder.end_at(Micros::from_secs(20));
        for done in [5, 9, 10, 12, 20, 21] {
            recorder.finish_early(0, Micros::from_secs(done));
        }
        let delta = recorder.swap(Delta::default());
        totals.add(&delta);
        assert_eq!((totals.requests(), totals.in_time(), totals.endpoints[0].ok.count()), (0, 3, 0));
        recorder.swap(delta);
        totals.add(&recorder.swap(Delta::default()));
        assert_eq!(totals.in_time(), 3, "memory that is used again is empty");
    }
}
