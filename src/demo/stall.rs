//! Times at which nothing is answered.

use crate::units::Micros;

/// A pause of the whole service that comes back: the first one begins one period after the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    /// How long a pause is; shorter than the period.
    pub length: Micros,
    /// From the beginning of one pause to the beginning of the next.
    pub every: Micros,
}

impl Stall {
    /// How long a request that arrives at `elapsed`, measured from the start of the service, has to wait for the pause
    /// to end; zero outside of a pause.
    pub(super) fn remaining(self, elapsed: Micros) -> Micros {
        if elapsed < self.every { Micros::ZERO } else { self.length - Micros(elapsed.0 % self.every.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_waits_for_the_end_of_the_pause_it_arrives_in() {
        let stall = Stall { length: Micros::from_millis(200), every: Micros::from_secs(5) };
        for (elapsed, remaining) in
            [(0, 0), (100, 0), (4_999, 0), (5_000, 200), (5_150, 50), (5_199, 1), (5_200, 0), (9_999, 0), (50_010, 190)]
        {
            assert_eq!(stall.remaining(Micros::from_millis(elapsed)), Micros::from_millis(remaining), "at {elapsed} ms");
        }
    }
}
