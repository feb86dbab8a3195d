//! How long a block is, and how many arrivals come: from what was seen of both sides before anything is judged.

use crate::units::{Micros, Rate};

/// Many short pairs see more than few long ones; below this the change from one side to the other is felt.
const SHORTEST: Micros = Micros::from_millis(200);
/// Pairs must stay many.
const LONGEST: Micros = Micros::from_secs(1);
/// With the load as it is written, users that think need a while to send anything.
const AS_WRITTEN: Micros = Micros::from_secs(2);
/// The share of the base's capacity that arrivals ask for.
const LOAD: f64 = 0.4;
/// The share of one core that arrivals may cost the generator.
const GENERATOR: f64 = 0.4;

/// So many pairs are wanted of each phase in a budget: thirteen are the fewest that can fail at the first look.
const PAIRS: f64 = 16.0;

/// The length of a block: four times the slowest answers that are usual (`p95`), but not so long that only few pairs fit into
/// `room`, the time of the shortest phase.
pub(super) fn block(p95: Option<Micros>, as_written: bool, room: Micros) -> Micros {
    let least = if as_written { AS_WRITTEN } else { SHORTEST };
    let wanted = p95.map_or(least, |p95| p95 * 4.0);
    // One more for the first, which is no result; what is in flight at the end of a block takes its time as well.
    let fits = (room * (0.5 / (PAIRS + 1.0))).saturating_sub(p95.unwrap_or(Micros::ZERO));
    // A whole number of milliseconds, so that it can be told.
    Micros(wanted.clamp(least, LONGEST.min(fits).max(least)).0.div_ceil(1_000) * 1_000)
}

/// Whether services can be started `starts` times in the time `room`, so that as many pairs as are wanted are left of the phase
/// that gets the part `shortest` of it. A start and the warm-up after it take `start`, a pair takes `pair`.
pub(super) fn has_room(room: Micros, starts: u32, start: Micros, pair: Micros, shortest: f64) -> bool {
    let measured = (room * (1.0 / f64::from(starts))).saturating_sub(start);
    // The first pair of each start is no result.
    f64::from(starts) * (measured.as_secs_f64() * shortest - pair.as_secs_f64()) >= PAIRS * pair.as_secs_f64()
}

/// What a closed loop on the base came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Probe {
    /// Whole passes, in parts of them.
    pub(super) iterations: f64,
    /// Seconds in which they were made.
    pub(super) seconds: f64,
    /// CPU time of the generator in that time, in seconds; none where it can't be read.
    pub(super) generator: Option<f64>,
}

impl Probe {
    /// Arrivals per second that leave base and generator room to breathe; none where nothing came through.
    pub(super) fn rate(&self) -> Option<Rate> {
        if self.iterations <= 0.0 || self.seconds <= 0.0 {
            return None;
        }
        let capacity = self.iterations / self.seconds;
        let cost = self.generator.filter(|cost| *cost > 0.0).map(|cost| cost / self.iterations);
        let honest = cost.map_or(f64::INFINITY, |cost| GENERATOR / cost);
        Some(Rate(rounded((capacity * LOAD).min(honest))))
    }
}

/// To two significant digits: a rate that a person can read and type.
fn rounded(rate: f64) -> f64 {
    let scale = 10f64.powf(rate.log10().floor() - 1.0);
    (rate / scale).round() * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_four_times_the_usual_slow_answer_within_bounds() {
        let room = Micros::from_secs(15);
        for (p95, length) in [(None, 200), (Some(3), 200), (Some(60), 240)] {
            assert_eq!(block(p95.map(Micros::from_millis), false, room), Micros::from_millis(length));
        }
        assert_eq!(block(Some(Micros(75_100)), false, room), Micros::from_millis(301));
        assert_eq!(block(Some(Micros::from_millis(900)), true, room), Micros::from_secs(2));
        assert_eq!(block(Some(Micros::from_millis(900)), false, Micros::from_secs(90)), Micros::from_secs(1));
        // Seventeen pairs of 282 ms and 159 ms more for what is in flight take 15 s.
        assert_eq!(block(Some(Micros::from_millis(159)), false, room), Micros::from_millis(283));
        assert_eq!(block(Some(Micros::from_millis(900)), false, room), Micros::from_millis(200));
    }

    #[test]
    fn services_are_started_several_times_where_pairs_enough_are_left() {
        let has_room = |pair| has_room(Micros::from_secs(60), 4, Micros::from_millis(1_500), Micros::from_millis(pair), 0.25);
        // A quarter of four times 13.5 s has twenty pairs of 675 ms, four of which are no result.
        assert_eq!((has_room(420), has_room(675), has_room(676)), (true, true, false));
        assert!(!super::has_room(Micros::from_secs(4), 4, Micros::from_millis(1_500), Micros::from_millis(1), 0.25));
    }

    #[test]
    fn the_rate_leaves_base_and_generator_room() {
        let probe = Probe { iterations: 20_000.0, seconds: 4.0, generator: Some(2.0) };
        assert_eq!(probe.rate(), Some(Rate(2_000.0)));
        // Half a millisecond of the generator for each iteration is 800/s on two fifths of a core.
        assert_eq!(Probe { generator: Some(10.0), ..probe }.rate(), Some(Rate(800.0)));
        assert_eq!(Probe { generator: None, iterations: 97.0, ..probe }.rate().map(|rate| format!("{rate}")), Some("9.7/s".to_owned()));
        assert_eq!(Probe::default().rate(), None);
    }
}
