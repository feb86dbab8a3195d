//! Which requests a share falls on.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::units::Share;

/// Picks a share of what comes by, exactly and in the same places every time.
///
/// Independent random numbers would pick 2 % only on average, and every k-th request could fall on the same endpoint
/// again and again. So the requests are cut into strata of `1 / share`, and each stratum has one pick at a place drawn
/// from the seed. In the first stratum it is the last place, which leaves a scenario's setup alone.
pub(super) struct Draw {
    parts_per_million: u64,
    seed: u64,
    taken: AtomicU64,
}

impl Draw {
    /// A draw of `share`, of which everything below one in a million is nothing and above one is all.
    pub(super) fn new(share: Share, seed: u64) -> Self {
        let parts_per_million = (share.0 * 1e6).round().clamp(0.0, 1e6) as u64;
        Self { parts_per_million, seed, taken: AtomicU64::new(0) }
    }

    /// Whether the next one is picked.
    pub(super) fn next(&self) -> bool {
        self.parts_per_million > 0 && self.picks(self.taken.fetch_add(1, Ordering::Relaxed))
    }

    fn picks(&self, number: u64) -> bool {
        let start = |stratum: u64| (stratum * 1_000_000).div_ceil(self.parts_per_million);
        let stratum = number * self.parts_per_million / 1_000_000;
        let (from, to) = (start(stratum), start(stratum + 1));
        let place = if stratum == 0 { to - from - 1 } else { mixed(self.seed ^ stratum) % (to - from) };
        number == from + place
    }
}

/// SplitMix64's finalizer: neighbouring numbers come out unrelated.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn picked(share: f64, seed: u64, of: u64) -> Vec<u64> {
        let draw = Draw::new(Share(share), seed);
        (0..of).filter(|_| draw.next()).collect()
    }

    #[test]
    fn two_percent_is_two_in_every_hundred() {
        let picked = picked(0.02, 7, 1000);
        for hundred in 0..10 {
            assert_eq!(picked.iter().filter(|&&at| at / 100 == hundred).count(), 2);
        }
        assert_eq!(picked[0], 49);
        assert!(picked.windows(2).any(|pair| pair[1] - pair[0] != 50), "the places have to differ: {picked:?}");
    }

    #[test]
    fn nothing_is_never_and_all_is_always() {
        assert!(picked(0.0, 1, 100).is_empty());
        assert_eq!(picked(1.0, 1, 100).len(), 100);
    }

    proptest! {
        #[test]
        fn every_count_is_within_one_of_the_share(parts in 1u64..=1_000_000, seed: u64, of in 1u64..3000) {
            let expected = of as f64 * parts as f64 / 1e6;
            let count = picked(parts as f64 / 1e6, seed, of).len() as f64;
            prop_assert!((count - expected).abs() <= 1.0, "{count} of {of}, {expected} expected");
        }
    }
}
