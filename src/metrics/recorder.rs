//! What one generator thread gathers between two ticks.

use std::collections::HashMap;

use hdrhistogram::Histogram as Hdr;

use super::category::ErrorCategory;
use super::counters::Counters;
use super::histogram::Histogram;
use super::sample::{Outcome, Sample};
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
}

/// What was gathered between two ticks.
#[derive(Debug, Default)]
pub struct Delta {
    pub(super) endpoints: Vec<EndpointDelta>,
    /// Held and missed, by check.
    pub checks: Vec<(u64, u64)>,
    pub(super) lag: Option<Box<Hdr<u32>>>,
    /// Plain counts.
    pub counters: Counters,
    /// When the last sample ended, on the arm's clock.
    pub last_done: Micros,
}

#[derive(Debug)]
pub(super) struct EndpointDelta {
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) checks: (u64, u64),
    pub(super) ok: Hdr<u32>,
    pub(super) failed: Option<Box<Hdr<u32>>>,
    pub(super) service: Hdr<u32>,
    /// dns, connect, tls, wait, receive.
    pub(super) phases: [Option<Box<Hdr<u32>>>; 5],
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
const LONGEST: u64 = 3_600_000_000;

impl Recorder {
    /// An empty recorder; `origin` is when the load begins on the arm's clock.
    pub fn new(endpoints: usize, checks: usize, origin: Micros) -> Self {
        Self { delta: Delta::empty(endpoints, checks), origin }
    }

    /// Adds a finished request; `message` is asked for only when it failed.
    pub fn record(&mut self, sample: &Sample, message: impl FnOnce() -> String) {
        let origin = self.origin;
        let delta = &mut self.delta;
        delta.last_done = delta.last_done.max(sample.intended + sample.response_time);
        let Some(endpoint) = delta.endpoints.get_mut(sample.endpoint as usize) else { return };
        endpoint.requests += 1;
        endpoint.bytes_in += sample.bytes_in;
        endpoint.bytes_out += sample.bytes_out;
        if sample.status != 0 {
            endpoint.count_status(sample.status);
        }
        match sample.outcome {
            Outcome::Ok => {
                add(&mut endpoint.ok, sample.response_time);
                add(&mut endpoint.service, sample.service_time);
                let phases = &sample.phases;
                for (slot, time) in endpoint.phases.iter_mut().zip([phases.dns, phases.connect, phases.tls, phases.wait, phases.receive]) {
                    if let Some(time) = time {
                        add(slot.get_or_insert_with(|| Box::new(histogram(2))), time);
                    }
                }
            }
            Outcome::Failed(category) => {
                endpoint.failures += 1;
                add(endpoint.failed.get_or_insert_with(|| Box::new(histogram(3))), sample.response_time);
                let at = (sample.intended + sample.response_time).saturating_sub(origin);
                endpoint.count_error(category, message(), at);
            }
        }
    }

    /// Adds how late a start was.
    pub fn record_lag(&mut self, lag: Micros) {
        add(self.delta.lag.get_or_insert_with(|| Box::new(histogram(3))), lag);
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
        self.endpoints.iter().for_each(|endpoint| histogram.merge_worker(&endpoint.ok));
    }

    fn empty(endpoints: usize, checks: usize) -> Self {
        Self { endpoints: (0..endpoints).map(|_| EndpointDelta::empty()).collect(), checks: vec![(0, 0); checks], ..Self::default() }
    }

    fn reset(&mut self, endpoints: usize, checks: usize) {
        let mut kept = std::mem::take(&mut self.endpoints);
        kept.resize_with(endpoints, EndpointDelta::empty);
        kept.iter_mut().for_each(EndpointDelta::reset);
        let mut lag = self.lag.take();
        if let Some(lag) = &mut lag {
            lag.reset();
        }
        *self = Self { endpoints: kept, checks: vec![(0, 0); checks], lag, ..Self::default() };
    }
}

impl EndpointDelta {
    fn empty() -> Self {
        Self {
            requests: 0,
            failures: 0,
            bytes_in: 0,
            bytes_out: 0,
            checks: (0, 0),
            ok: histogram(3),
            failed: None,
            service: histogram(3),
            phases: Default::default(),
            statuses: Vec::new(),
            errors: HashMap::new(),
        }
    }

    fn reset(&mut self) {
        if self.requests == 0 {
            return;
        }
        (self.requests, self.failures, self.bytes_in, self.bytes_out, self.checks) = (0, 0, 0, 0, (0, 0));
        self.ok.reset();
        self.service.reset();
        self.failed.iter_mut().chain(self.phases.iter_mut().flatten()).for_each(|histogram| histogram.reset());
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

fn histogram(digits: u8) -> Hdr<u32> {
    // Two seconds to begin with (2,048 x 11 buckets); grows by itself to an hour.
    let mut histogram = Hdr::new_with_bounds(1, 2_000_000, digits).unwrap_or_else(|_| unreachable!("two or three digits are legal"));
    histogram.auto(true);
    histogram
}

fn add(histogram: &mut Hdr<u32>, time: Micros) {
    // Resizing up to an hour can't fail.
    let _ = histogram.record(time.0.clamp(1, LONGEST));
}
