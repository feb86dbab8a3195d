//! What users do differently because they belong to an arm of a paired run.

use std::cell::Cell;

use tokio::sync::Notify;

use super::alternate::{Alternation, BlockLoad, Pauses};
use super::upkeep::Upkeep;
use crate::engine::clock::ArmClock;
use crate::engine::failure::Failure;
use crate::engine::reply::Reply;
use crate::metrics::ErrorCategory;
use crate::units::Micros;

/// The random numbers of an arrival are a stream of its own, far from those of users.
const ARRIVALS: u64 = 1 << 39;

/// What users do differently because they belong to an arm of a paired run.
#[derive(Debug)]
pub(in crate::engine) struct Alternating {
    pub(in crate::engine) upkeep: Upkeep,
    /// No request may take longer: those in flight at the end of a block are over by then.
    pub(in crate::engine) drain: Micros,
    pub(in crate::engine) pauses: Pauses,
    /// Whether an iteration's random numbers depend on its arrival instead of on the user that is free: both arms then
    /// send the same.
    pub(in crate::engine) draws_by_arrival: bool,
    /// Added to the numbers of users, so that those of another stretch have other random numbers.
    pub(in crate::engine) streams: u64,
    /// The length of a block in arm time: block `n` begins at `n` times that.
    block: Micros,
    /// The part of a block, from its beginning, in which nothing is a result.
    discarded: Micros,
    /// What is measured of the block that was begun last: from, until (exclusive).
    window: Cell<(Micros, Micros)>,
    in_flight: Cell<u32>,
    landed: Notify,
    cut: Cell<u64>,
    finished: Cell<f64>,
}

impl Alternating {
    pub(super) fn new(what: &Alternation) -> Self {
        let (pauses, draws_by_arrival) = match what.load {
            BlockLoad::Arrivals { .. } => (Pauses { between_iterations: false, within_iterations: true }, true),
            BlockLoad::Users { pauses, .. } => (pauses, false),
        };
        Self {
            upkeep: Upkeep::default(),
            drain: what.drain,
            pauses,
            draws_by_arrival,
            streams: what.number << 40,
            block: what.block,
            discarded: what.discarded,
            window: Cell::new((Micros::MAX, Micros::MAX)),
            in_flight: Cell::new(0),
            landed: Notify::new(),
            cut: Cell::new(0),
            finished: Cell::new(0.0),
        }
    }

    /// Block `number` begins and is measured, as all that come behind it are. Gives how long of it is.
    pub(super) fn measure(&self, number: u32) -> Micros {
        let begin = self.block * f64::from(number);
        self.window.set((begin + self.discarded, begin + self.block));
        self.block.saturating_sub(self.discarded)
    }

    /// Whether a request or iteration with this intended start is a result: what was due in an earlier block, and had to wait for
    /// a user or takes longer than that block, is one of those that count most.
    pub(in crate::engine) fn measures(&self, intended: Micros) -> bool {
        let (_, until) = self.window.get();
        // Users and connections come up in the first block: what was due in it is no result.
        let is_measured = until < Micros::MAX && intended >= self.block && intended < until;
        is_measured && intended.0 % self.block.0 >= self.discarded.0
    }

    /// Counts a request that took from `begun` to `done` by the part of it that lies in what is measured: one that began before
    /// or ended after it is no whole one, and whole ones alone would be the same number for services of different speed.
    pub(in crate::engine) fn finish(&self, begun: Micros, done: Micros) {
        let (from, until) = self.window.get();
        let within = done.min(until).saturating_sub(begun.max(from));
        let took = done.saturating_sub(begun);
        let at_once = || f64::from(u8::from(begun >= from && begun < until));
        let part = if took > Micros::ZERO { within.as_secs_f64() / took.as_secs_f64() } else { at_once() };
        self.finished.set(self.finished.get() + part);
    }

    /// Requests finished in what is measured, in parts of them, since the last time this was asked.
    pub(super) fn take_finished(&self) -> f64 {
        self.finished.take()
    }

    /// The random numbers of an arrival; no two of them come at the same microsecond.
    pub(in crate::engine) fn stream_of(&self, arrival: Micros) -> u64 {
        self.streams + ARRIVALS + arrival.0
    }

    /// A request goes out; the guard counts it until it is over.
    pub(in crate::engine) fn take_off(&self) -> Flight<'_> {
        self.in_flight.set(self.in_flight.get() + 1);
        Flight(self)
    }

    /// Waits until no request is in flight.
    pub(super) async fn all_landed(&self) {
        while self.in_flight.get() > 0 {
            self.landed.notified().await;
        }
    }

    /// Requests that were still unanswered when the drain was given up, since the last time this was asked.
    pub(super) fn take_cut(&self) -> u64 {
        self.cut.take() + u64::from(self.in_flight.get())
    }
}

/// A request in flight.
#[derive(Debug)]
pub(in crate::engine) struct Flight<'a>(&'a Alternating);

impl Flight<'_> {
    /// It is over; one that ran out of time while its arm stood still was cut.
    pub(in crate::engine) fn land(self, clock: &ArmClock, reply: &Result<Reply, Failure>) {
        let late = matches!(reply, Err(failure) if matches!(failure.category, ErrorCategory::Timeout | ErrorCategory::ConnectTimeout));
        if late && clock.is_paused() {
            self.0.cut.set(self.0.cut.get() + 1);
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
        self.0.landed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// Blocks of 100 us, of which the first ten are no results.
    fn alternating() -> Alternating {
        Alternating::new(&Alternation {
            load: BlockLoad::Users { users: 1, pauses: Pauses { between_iterations: false, within_iterations: false } },
            block: Micros(100),
            discarded: Micros(10),
            drain: Micros::MAX,
            renew_after: Duration::ZERO,
            until: Instant::now(),
            at_least: 1,
            number: 0,
        })
    }

    #[test]
    fn requests_count_by_the_part_of_them_that_is_measured() {
        let alternating = alternating();
        let parts = |begun: u64, done: u64| {
            alternating.finish(Micros(begun), Micros(done));
            alternating.take_finished()
        };
        assert_eq!(parts(0, 50), 0.0, "nothing is measured yet");
        assert_eq!(alternating.measure(1), Micros(90));
        let cases = [(120, 140), (60, 160), (150, 250), (0, 900), (20, 110), (200, 300), (150, 150), (200, 200), (105, 105)];
        assert_eq!(cases.map(|(begun, done)| parts(begun, done)), [1.0, 0.5, 0.5, 0.1, 0.0, 0.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn what_was_due_in_an_earlier_block_is_still_a_result() {
        let alternating = alternating();
        let due = [0, 50, 99, 105, 110, 150, 199, 200, 205, 250, 299, 300, 350];
        let measured = || due.into_iter().filter(|&at| alternating.measures(Micros(at))).collect::<Vec<_>>();
        assert_eq!(measured(), [0; 0], "the first block is none");
        alternating.measure(1);
        assert_eq!(measured(), [110, 150, 199]);
        alternating.measure(2);
        assert_eq!(measured(), [110, 150, 199, 250, 299]);
    }
}
