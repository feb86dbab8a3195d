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

/// So many pairs are wanted in a budget.
const PAIRS: f64 = 20.0;

/// The length of a block: four times the slowest answers that are usual, but not so long that only few pairs fit into
/// `room`, the time in which response times are judged.
pub(super) fn block(p95: Option<Micros>, as_written: bool, room: Micros) -> Micros {
    let least = if as_written { AS_WRITTEN } else { SHORTEST };
    let wanted = p95.map_or(least, |p95| p95 * 4.0);
    // A whole number of milliseconds, so that it can be told.
    let most = LONGEST.min(room * (0.5 / PAIRS)).max(least);
    Micros(wanted.clamp(least, most).0.div_ceil(1_000) * 1_000)
}

/// What a closed loop on the base came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Probe {
    /// Whole passes.
    pub(super) iterations: u64,
    /// Seconds in which they began.
    pub(super) seconds: f64,
    /// CPU time of the generator in that time, in seconds; none where it can't be read.
    pub(super) generator: Option<f64>,
}

impl Probe {
    /// Arrivals per second that leave base and generator room to breathe; none where nothing came through.
    pub(super) fn rate(&self) -> Option<Rate> {
        if self.iterations == 0 || self.seconds <= 0.0 {
            return None;
        }
        let capacity = self.iterations as f64 / self.seconds;
        let cost = self.generator.filter(|cost| *cost > 0.0).map(|cost| cost / self.iterations as f64);
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
        let room = Micros::from_secs(45);
        for (p95, length) in [(None, 200), (Some(3), 200), (Some(60), 240), (Some(900), 1_000)] {
            assert_eq!(block(p95.map(Micros::from_millis), false, room), Micros::from_millis(length));
        }
        assert_eq!(block(Some(Micros(75_100)), false, room), Micros::from_millis(301));
        assert_eq!(block(Some(Micros::from_millis(900)), true, room), Micros::from_secs(2));
        assert_eq!(block(Some(Micros::from_millis(900)), false, Micros::from_secs(10)), Micros::from_millis(250), "twenty pairs fit");
    }

    #[test]
    fn the_rate_leaves_base_and_generator_room() {
        let probe = Probe { iterations: 20_000, seconds: 4.0, generator: Some(2.0) };
        assert_eq!(probe.rate(), Some(Rate(2_000.0)));
        // Half a millisecond of the generator for each iteration is 800/s on two fifths of a core.
        assert_eq!(Probe { generator: Some(10.0), ..probe }.rate(), Some(Rate(800.0)));
        assert_eq!(Probe { generator: None, iterations: 97, ..probe }.rate().map(|rate| format!("{rate}")), Some("9.7/s".to_owned()));
        assert_eq!(Probe::default().rate(), None);
    }
}
