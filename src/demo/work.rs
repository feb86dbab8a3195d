//! CPU work that every handler does.

use std::hint::black_box;

use crate::units::{Micros, Share};

/// Turns of the loop in a microsecond.
///
/// Fixed rather than calibrated at the start, so that two processes do the same work and differ only by what is to be
/// measured. A turn is one shift, one xor and one multiplication, each waiting for the one before: five cycles, so that
/// the time is right at 3.7 GHz. A chain like that takes the same time in a debug build, where the extra moves run
/// beside it.
const TURNS_PER_MICRO: f64 = 750.0;

/// The work of one request, as a number of turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    turns: u64,
}

impl Work {
    /// As much as takes `time` on a core of 3.7 GHz, and `slow` more of it.
    pub(super) fn new(time: Micros, slow: Share) -> Self {
        Self { turns: (time.0 as f64 * TURNS_PER_MICRO * (1.0 + slow.0)).round() as u64 }
    }

    /// Does the work this many times over, without giving way to anything else on the thread.
    pub(super) fn spend(self, times: u32) {
        black_box(turn(black_box(self.turns * u64::from(times))));
    }
}

#[inline(never)]
fn turn(count: u64) -> u64 {
    let mut state: u64 = black_box(0x9e37_79b9_7f4a_7c15);
    let mut left = count;
    while left > 0 {
        state = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        left -= 1;
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_slow_scale_the_count() {
        let usual = Micros(1_200);
        assert_eq!(Work::new(usual, Share(0.0)).turns, 900_000);
        assert_eq!(Work::new(usual, Share(0.05)).turns, 945_000);
        assert_eq!(Work::new(usual, Share(1.0)).turns, 1_800_000);
        assert_eq!(Work::new(Micros(200), Share(0.0)).turns, 150_000);
    }

    #[test]
    fn every_turn_is_taken() {
        assert_ne!(turn(1_000), turn(1_001));
        assert_eq!(turn(1_000), turn(1_000));
    }
}
