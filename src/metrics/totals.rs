//! Everything measured so far, of all threads.

use std::collections::{BTreeMap, HashMap};

use super::category::ErrorCategory;
use super::counters::Counters;
use super::histogram::Histogram;
use super::recorder::{Delta, EndpointDelta, MOST_MESSAGES, OTHER_MESSAGES};
use crate::units::Micros;

/// Everything measured so far, of all threads.
#[derive(Debug, Clone, Default)]
pub struct Totals {
    /// By endpoint, in the order of the plan.
    pub endpoints: Vec<EndpointTotals>,
    /// Held and missed, by check.
    pub checks: Vec<(u64, u64)>,
    /// Actual minus intended start.
    pub lag: Histogram,
    /// Plain counts.
    pub counters: Counters,
    /// Load time so far, or in the end: what rates are divided by. Zero before the load began.
    pub duration: Micros,
}

/// Everything measured of one endpoint.
#[derive(Debug, Clone, Default)]
pub struct EndpointTotals {
    /// Finished requests.
    pub requests: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Those of them that finished when the load was over: in no rate.
    pub after_end: u64,
    /// Requests of the warm-up that finished while the load lasted: in rates, and in nothing else.
    pub before_begin: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Checks held and missed.
    pub checks: (u64, u64),
    /// Response times of successful requests.
    pub ok: Histogram,
    /// Response times of failed requests.
    pub failed: Histogram,
    /// Service times of successful requests.
    pub service: Histogram,
    /// Phases of successful requests.
    pub phases: PhaseHistograms,
    /// Answers by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Failures by category and message.
    pub errors: HashMap<(ErrorCategory, String), ErrorTotals>,
}

/// Histograms of the phases, at two digits.
#[derive(Debug, Clone)]
pub struct PhaseHistograms {
    /// Name resolution.
    pub dns: Histogram,
    /// TCP handshake.
    pub connect: Histogram,
    /// TLS handshake.
    pub tls: Histogram,
    /// Sent to first byte.
    pub wait: Histogram,
    /// First byte to last.
    pub receive: Histogram,
}

/// Failures of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorTotals {
    /// How many.
    pub count: u64,
    /// The first, since the load began.
    pub first: Micros,
    /// The last, since the load began.
    pub last: Micros,
}

impl Totals {
    /// Nothing measured yet.
    pub fn new(endpoints: usize, checks: usize) -> Self {
        Self { endpoints: vec![EndpointTotals::default(); endpoints], checks: vec![(0, 0); checks], ..Self::default() }
    }

    /// Adds what a thread gathered.
    pub fn add(&mut self, delta: &Delta) {
        for (total, part) in self.endpoints.iter_mut().zip(&delta.endpoints) {
            if part.requests > 0 || part.before_begin > 0 {
                total.add(part);
            }
        }
        for (total, part) in self.checks.iter_mut().zip(&delta.checks) {
            total.0 += part.0;
            total.1 += part.1;
        }
        self.lag.merge_tally(&delta.lag);
        self.counters.add(&delta.counters);
    }

    /// Adds the totals of another part of the same run, whose times of errors begin at `offset`.
    pub fn merge(&mut self, other: &Self, offset: Micros) {
        for (total, part) in self.endpoints.iter_mut().zip(&other.endpoints) {
            total.merge(part, offset);
        }
        for (total, part) in self.checks.iter_mut().zip(&other.checks) {
            total.0 += part.0;
            total.1 += part.1;
        }
        self.lag.merge(&other.lag);
        self.counters.add(&other.counters);
        self.duration += other.duration;
    }

    /// Finished requests of all endpoints.
    pub fn requests(&self) -> u64 {
        self.endpoints.iter().map(|endpoint| endpoint.requests).sum()
    }

    /// Requests of all endpoints that finished while the load lasted: what rates are of.
    pub fn in_time(&self) -> u64 {
        self.endpoints.iter().map(EndpointTotals::in_time).sum()
    }

    /// Failed requests of all endpoints.
    pub fn failures(&self) -> u64 {
        self.endpoints.iter().map(|endpoint| endpoint.failures).sum()
    }
}

impl EndpointTotals {
    /// Requests that finished while the load lasted: what rates are of.
    pub fn in_time(&self) -> u64 {
        self.requests - self.after_end + self.before_begin
    }

    fn add(&mut self, part: &EndpointDelta) {
        self.requests += part.requests;
        self.failures += part.failures;
        self.after_end += part.after_end;
        self.before_begin += part.before_begin;
        self.bytes_in += part.bytes_in;
        self.bytes_out += part.bytes_out;
        self.checks.0 += part.checks.0;
        self.checks.1 += part.checks.1;
        self.ok.merge_tally(&part.ok);
        self.service.merge_tally(&part.service);
        self.failed.merge_tally(&part.failed);
        for (total, part) in self.phases.all_mut().into_iter().zip(&part.phases) {
            total.merge_tally(part);
        }
        for &(status, count) in &part.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (kind, error) in &part.errors {
            self.add_error(kind, ErrorTotals { count: error.count, first: error.first, last: error.last });
        }
    }

    /// Adds another part of the same endpoint whose times of errors begin at `offset`.
    pub fn merge(&mut self, other: &Self, offset: Micros) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.after_end += other.after_end;
        self.before_begin += other.before_begin;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.checks.0 += other.checks.0;
        self.checks.1 += other.checks.1;
        self.ok.merge(&other.ok);
        self.failed.merge(&other.failed);
        self.service.merge(&other.service);
        for (total, part) in self.phases.all_mut().into_iter().zip(other.phases.all()) {
            total.merge(part);
        }
        for (&status, &count) in &other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        for (kind, error) in &other.errors {
            self.add_error(kind, ErrorTotals { count: error.count, first: error.first + offset, last: error.last + offset });
        }
    }

    fn add_error(&mut self, kind: &(ErrorCategory, String), part: ErrorTotals) {
        let full = self.errors.len() >= MOST_MESSAGES && !self.errors.contains_key(kind);
        let kind = if full { (kind.0, OTHER_MESSAGES.to_owned()) } else { kind.clone() };
        let total = self.errors.entry(kind).or_insert(ErrorTotals { count: 0, ..part });
        total.count += part.count;
        total.first = total.first.min(part.first);
        total.last = total.last.max(part.last);
    }
}

impl PhaseHistograms {
    /// dns, connect, tls, wait, receive.
    pub fn all(&self) -> [&Histogram; 5] {
        [&self.dns, &self.connect, &self.tls, &self.wait, &self.receive]
    }

    fn all_mut(&mut self) -> [&mut Histogram; 5] {
        [&mut self.dns, &mut self.connect, &mut self.tls, &mut self.wait, &mut self.receive]
    }
}

impl Default for PhaseHistograms {
    fn default() -> Self {
        let empty = || Histogram::new(2);
        Self { dns: empty(), connect: empty(), tls: empty(), wait: empty(), receive: empty() }
    }
}
