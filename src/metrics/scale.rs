//! Which values count as the same.

/// The buckets of an HDR histogram: one for each value below `2 << precision`, and from there on buckets whose width doubles
/// with each power of two, so that every value is known to one part in `1 << precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Scale {
    precision: u32,
}

impl Scale {
    /// As exact as so many significant decimal digits, at most five.
    pub(super) const fn of_digits(digits: u8) -> Self {
        const PRECISIONS: [u32; 6] = [0, 4, 7, 10, 14, 17];
        Self { precision: PRECISIONS[if digits < 5 { digits as usize } else { 5 }] }
    }

    /// The number of a value's bucket, from 0; below eight million for any value.
    pub(super) fn index(self, value: u64) -> u32 {
        let exact = (2_u64 << self.precision) - 1;
        let doublings = (value | exact).ilog2() - self.precision;
        (doublings << self.precision) + (value >> doublings) as u32
    }

    /// The lowest value of a bucket.
    pub(super) fn lowest(self, index: u32) -> u64 {
        let doublings = self.doublings(index);
        u64::from(index - (doublings << self.precision)) << doublings
    }

    /// The highest value of a bucket.
    pub(super) fn highest(self, index: u32) -> u64 {
        self.lowest(index) + ((1 << self.doublings(index)) - 1)
    }

    fn doublings(self, index: u32) -> u32 {
        (index >> self.precision).saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_bucket_holds_what_is_as_good_as_its_values(value in any::<u64>(), shift in 0u32..64, digits in 0u8..=5) {
            let (scale, value) = (Scale::of_digits(digits), value >> shift);
            let index = scale.index(value);
            let (lowest, highest) = (scale.lowest(index), scale.highest(index));
            prop_assert!((lowest..=highest).contains(&value), "{} in {}..={}", value, lowest, highest);
            prop_assert!((highest - lowest) as f64 <= value as f64 / 10f64.powi(digits.into()));
            // Both of its ends and nothing beyond them belong to it.
            let ends = [(Some(lowest), true), (Some(highest), true), (lowest.checked_sub(1), false), (highest.checked_add(1), false)];
            for (end, is_in) in ends {
                if let Some(end) = end {
                    prop_assert_eq!(scale.index(end) == index, is_in, "{}", end);
                }
            }
        }
    }
}
