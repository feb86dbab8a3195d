//! CPU work that every handler does.

use std::hint::black_box;

use crate::units::Share;

/// Turns of the loop for one request without defects.
///
/// Fixed rather than calibrated at the start, so that two processes do the same work and differ only by what is to be
/// measured. A turn is one shift, one xor and one multiplication, each waiting for the one before: five cycles, 1.2 ms
/// in all at 3.7 GHz. A chain like that takes the same time in a debug build, where the extra moves run beside it.
const TURNS: u64 = 900_000;

/// The work of one request, as a number of turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Work {
    turns: u64,
}

impl Work {
    /// The base work and `slow` more of it.
    pub(super) fn new(slow: Share) -> Self {
        Self { turns: (TURNS as f64 * (1.0 + slow.0)).round() as u64 }
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
    fn slow_scales_the_count() {
        assert_eq!(Work::new(Share(0.0)).turns, 900_000);
        assert_eq!(Work::new(Share(0.05)).turns, 945_000);
        assert_eq!(Work::new(Share(1.0)).turns, 1_800_000);
    }

    #[test]
    fn every_turn_is_taken() {
        assert_ne!(turn(1_000), turn(1_001));
        assert_eq!(turn(1_000), turn(1_000));
    }
}
