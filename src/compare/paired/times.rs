//! The response times of one block.

use std::borrow::Borrow;

use crate::metrics::Histogram;

/// Times in microseconds with how often each was seen, rising: some hundred numbers, where a histogram has thousands.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Times(Vec<(u64, u64)>);

impl Times {
    /// All times of some histograms together.
    pub(super) fn of<H: Borrow<Histogram>>(histograms: impl IntoIterator<Item = H>) -> Self {
        let mut times = Vec::new();
        for histogram in histograms {
            times.extend(histogram.borrow().buckets().map(|(time, count)| (time.0, count)));
        }
        Self::sorted(times)
    }

    /// All times of some blocks together.
    pub(super) fn merged<'a>(blocks: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::sorted(blocks.into_iter().flat_map(|times| times.0.iter().copied()).collect())
    }

    fn sorted(mut times: Vec<(u64, u64)>) -> Self {
        times.sort_unstable();
        times.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        Self(times)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The smallest time, in seconds, of which at least `percent` of all are at or below; none when there is none.
    pub(super) fn percentile(&self, percent: f64) -> Option<f64> {
        let rank = ((percent / 100.0 * self.count() as f64).ceil() as u64).max(1);
        let mut below = 0;
        let found = self.0.iter().find(|(_, count)| {
            below += count;
            below >= rank
        });
        found.map(|(time, _)| *time as f64 / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Micros;
    use proptest::prelude::*;

    fn histogram(times: &[u64]) -> Histogram {
        let mut histogram = Histogram::default();
        times.iter().for_each(|&time| histogram.record(Micros(time)));
        histogram
    }

    proptest! {
        #[test]
        fn times_say_what_their_histograms_say(
            one in prop::collection::vec(1u64..5_000_000, 0..80), other in prop::collection::vec(1u64..5_000_000, 1..80), percent in 1u32..100,
        ) {
            let parts = [histogram(&one), histogram(&other)];
            let mut whole = parts[0].clone();
            whole.merge(&parts[1]);
            let times = Times::of(&parts);
            prop_assert_eq!(&times, &Times::merged(&[Times::of([&parts[0]]), Times::of([&parts[1]])]));
            prop_assert_eq!(times.count(), whole.count());
            let (own, theirs) = (times.percentile(f64::from(percent)).unwrap(), whole.percentile(f64::from(percent)).unwrap().as_secs_f64());
            prop_assert!((own - theirs).abs() <= own * 1e-3 + 1e-6, "{} for {}", own, theirs);
        }
    }

    #[test]
    fn no_times_have_no_percentile() {
        assert_eq!(Times::default().percentile(50.0), None);
        assert_eq!(Times::of([histogram(&[7])]).percentile(99.9), Some(7e-6));
    }
}
