//! Round numbers for axes.

/// Ticks from zero to at least `highest`, at most `most` steps of 1, 2 or 5 times a power of ten; never empty.
pub(super) fn ticks(highest: f64, most: usize) -> Vec<f64> {
    let highest = if highest.is_finite() && highest > 0.0 { highest } else { 1.0 };
    let least = highest / most.max(1) as f64;
    let power = 10f64.powf(least.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|&step| step >= least * 0.999_999).unwrap_or(10.0 * power);
    let count = (highest / step - 1e-6).ceil().max(1.0) as usize;
    // Multiplied, not added up: 0.30000000000000004 is no tick.
    (0..=count).map(|at| at as f64 * step).collect()
}

/// Ticks of a time axis in seconds, within `to`, at steps that clocks know.
pub(super) fn time_ticks(to: f64, most: usize) -> Vec<f64> {
    const STEPS: [f64; 18] =
        [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 21_600.0];
    let to = if to.is_finite() && to > 0.0 { to } else { 1.0 };
    let least = to / most.max(1) as f64;
    let step = STEPS.into_iter().find(|&step| step >= least).unwrap_or_else(|| (least / 86_400.0).ceil() * 86_400.0);
    (0..=(to / step + 1e-6) as usize).map(|at| at as f64 * step).collect()
}

/// Ticks of a logarithmic axis between two positive ends: 1, 2 and 5 times powers of ten, or powers alone where that
/// is too many.
pub(super) fn log_ticks(from: f64, to: f64, most: usize) -> Vec<f64> {
    let powers = from.log10().floor() as i32..=to.log10().ceil() as i32;
    let inside = |factors: &[f64]| -> Vec<f64> {
        powers
            .clone()
            .flat_map(|power| factors.iter().map(move |factor| factor * 10f64.powi(power)))
            .filter(|&tick| tick >= from * 0.999_999 && tick <= to * 1.000_001)
            .collect()
    };
    let fine = inside(&[1.0, 2.0, 5.0]);
    if fine.len() <= most { fine } else { inside(&[1.0]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(7.3, 5), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(ticks(1_000.0, 5), [0.0, 200.0, 400.0, 600.0, 800.0, 1_000.0]);
        assert_eq!(ticks(0.0, 5).last(), Some(&1.0));
        assert_eq!(ticks(f64::NAN, 5).last(), Some(&1.0));
        assert_eq!(time_ticks(33.0, 8), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
        assert_eq!(time_ticks(600.0, 10).len(), 11);
        assert_eq!(log_ticks(0.001, 0.02, 9), [0.001, 0.002, 0.005, 0.01, 0.02]);
        assert_eq!(log_ticks(0.001, 100.0, 9).len(), 6);
    }

    proptest! {
        #[test]
        fn ticks_reach_the_highest_and_are_few(highest in 1e-6f64..1e12, most in 2usize..10) {
            let ticks = ticks(highest, most);
            prop_assert!(*ticks.last().unwrap() >= highest * 0.999_99);
            prop_assert!(ticks.len() <= most + 1, "{:?}", ticks);
            prop_assert!(time_ticks(highest, most).len() <= most + 2);
        }
    }
}
