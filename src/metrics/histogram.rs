//! HDR histograms of microseconds.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram as Hdr;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use super::scale::Scale;
use super::tally::Tally;
use crate::units::Micros;

/// All buckets side by side, as they are written.
type Dense = Hdr<u64>;

/// A histogram of times: whole microseconds from 1 to an hour at three significant digits (two for phases).
///
/// Serializes as HdrHistogram V2 deflate in base64, which the plotters of the field read. Times of zero count as one
/// microsecond. Takes 16 bytes for each bucket that something fell into, of at most about 24,000 at three digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    digits: u8,
    count: u64,
    /// Index and count of the buckets that have one, rising.
    filled: Vec<(u32, u64)>,
}

/// The longest time that is told apart; longer ones count as this.
pub(super) const LONGEST: u64 = 3_600_000_000;

/// Says why a text is not a stored histogram.
#[derive(Debug, thiserror::Error)]
#[error("not a histogram in V2 deflate and base64: {0}")]
pub struct HistogramError(String);

impl Histogram {
    /// An empty histogram of 2 or 3 significant digits.
    pub fn new(digits: u8) -> Self {
        Self { digits: digits.min(5), count: 0, filled: Vec::new() }
    }

    /// Adds one time.
    pub fn record(&mut self, time: Micros) {
        self.record_n(time, 1);
    }

    /// Adds one time `count` times.
    pub fn record_n(&mut self, time: Micros, count: u64) {
        let index = self.scale().index(time.0.clamp(1, LONGEST));
        self.add_rising(Some((index, count)).filter(|&(_, count)| count > 0).into_iter());
    }

    /// Adds everything in `other`.
    pub fn merge(&mut self, other: &Self) {
        self.add_of(other.scale(), other.filled.iter().copied());
    }

    /// Adds what was counted in a tick.
    pub(super) fn merge_tally(&mut self, tally: &Tally) {
        self.add_of(tally.scale(), tally.filled());
    }

    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The smallest recorded time of which at least `percent` of all are at or below; none when empty.
    ///
    /// The nearest rank, at the histogram's resolution (1 part in 1,000), never above the maximum.
    pub fn percentile(&self, percent: f64) -> Option<Micros> {
        let rank = ((percent / 100.0).min(1.0) * self.count as f64).ceil().max(1.0) as u64;
        let mut seen = 0_u64;
        let at_rank = self.buckets().find(|&(_, count)| {
            seen = seen.saturating_add(count);
            seen >= rank
        });
        // In floating point the rank may be one more than there are.
        at_rank.map(|(time, _)| time).or_else(|| self.max())
    }

    /// The arithmetic mean in seconds; none when empty.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.mean_micros() / 1e6)
    }

    /// The standard deviation in seconds; none when empty.
    pub fn stddev(&self) -> Option<f64> {
        let mean = self.mean_micros();
        let squares: f64 = self.middles().map(|(time, count)| (time - mean) * (time - mean) * count).sum();
        (!self.is_empty()).then(|| (squares / self.count as f64).sqrt() / 1e6)
    }

    /// The shortest time; none when empty.
    pub fn min(&self) -> Option<Micros> {
        self.filled.first().map(|&(index, _)| Micros(self.scale().lowest(index)))
    }

    /// The longest time; none when empty.
    pub fn max(&self) -> Option<Micros> {
        self.filled.last().map(|&(index, _)| Micros(self.scale().highest(index)))
    }

    /// Each recorded value (the upper end of its bucket) with its count, rising.
    pub fn buckets(&self) -> impl Iterator<Item = (Micros, u64)> + '_ {
        let scale = self.scale();
        self.filled.iter().map(move |&(index, count)| (Micros(scale.highest(index)), count))
    }

    /// How many times are at or below `limit`.
    pub fn count_up_to(&self, limit: Micros) -> u64 {
        self.buckets().take_while(|&(value, _)| value <= limit).map(|(_, count)| count).sum()
    }

    /// V2 deflate in base64.
    pub fn to_base64(&self) -> String {
        let mut dense = Dense::new(self.digits).unwrap_or_else(|_| unreachable!("up to five digits are legal"));
        dense.auto(true);
        for (time, count) in self.buckets() {
            // Resizing can't fail, and no larger count can be written.
            let _ = dense.record_n(time.0, count.min(i64::MAX as u64));
        }
        let mut bytes = Vec::new();
        match V2DeflateSerializer::new().serialize(&dense, &mut bytes) {
            Ok(_) => STANDARD.encode(bytes),
            Err(error) => unreachable!("writing into memory: {error:?}"),
        }
    }

    /// Whether a text could be what [`Histogram::to_base64`] writes, and takes little memory to read: at most three digits
    /// of times below a day. Looks at the first bytes alone.
    pub fn is_modest(text: &str) -> bool {
        const MOST_TEXT: usize = 128 << 10;
        const MOST_BYTES: u64 = 1 << 20;
        const DAY: u64 = 24 * 3_600 * 1_000_000;
        let Some(Ok(bytes)) = (text.len() <= MOST_TEXT).then(|| STANDARD.decode(text)) else { return false };
        // Cookie and length, then compressed: cookie, length, offset, digits (4 bytes each), lowest and highest (8 each).
        let mut head = [0; 32];
        let compressed = bytes.get(8..).unwrap_or_default();
        if flate2::read::ZlibDecoder::new(compressed).read_exact(&mut head).is_err() {
            return false;
        }
        let number = |at: usize, length: usize| head[at..at + length].iter().fold(0_u64, |all, &byte| all << 8 | u64::from(byte));
        number(4, 4) <= MOST_BYTES && number(12, 4) <= 3 && number(24, 8) <= 2 * DAY
    }

    /// Reads what [`Histogram::to_base64`] wrote.
    pub fn from_base64(text: &str) -> Result<Self, HistogramError> {
        let bytes = STANDARD.decode(text).map_err(|error| HistogramError(error.to_string()))?;
        let dense: Dense = Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(|error| HistogramError(format!("{error:?}")))?;
        let mut read = Self::new(dense.sigfig());
        let scale = read.scale();
        read.add_rising(dense.iter_recorded().map(|value| (scale.index(value.value_iterated_to()), value.count_at_value())));
        Ok(read)
    }

    fn scale(&self) -> Scale {
        Scale::of_digits(self.digits)
    }

    /// Adds buckets of a scale. Where that is finer, the highest time of a bucket says which of ours it belongs to.
    fn add_of(&mut self, scale: Scale, rising: impl Iterator<Item = (u32, u64)>) {
        let own = self.scale();
        match scale == own {
            true => self.add_rising(rising),
            false => self.add_rising(rising.map(|(index, count)| (own.index(scale.highest(index)), count))),
        }
        // Once a second for each endpoint, and less and less comes new: room for as many again would be half of the memory.
        self.filled.shrink_to(self.filled.len() + self.filled.len() / 8);
    }

    /// Adds counts of buckets whose indexes never fall.
    fn add_rising(&mut self, rising: impl Iterator<Item = (u32, u64)>) {
        let (known, mut from) = (self.filled.len(), 0);
        for (index, count) in rising {
            self.count = self.count.saturating_add(count);
            let found = self.filled[from..known].binary_search_by_key(&index, |&(index, _)| index);
            from += found.unwrap_or_else(|next| next);
            let bucket = if found.is_ok() { self.filled.get_mut(from) } else { self.filled[known..].last_mut() };
            match bucket.filter(|bucket| bucket.0 == index) {
                Some(bucket) => bucket.1 = bucket.1.saturating_add(count),
                None => self.filled.push((index, count)),
            }
        }
        if self.filled.len() > known {
            // Two rows that rise, which are merged in one go.
            self.filled.sort_by_key(|&(index, _)| index);
        }
    }

    fn mean_micros(&self) -> f64 {
        self.middles().map(|(time, count)| time * count / self.count as f64).sum()
    }

    /// The middle of each bucket, and its count.
    fn middles(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let scale = self.scale();
        self.filled.iter().map(move |&(index, count)| {
            let (lowest, highest) = (scale.lowest(index), scale.highest(index));
            ((lowest + (highest - lowest).div_ceil(2)) as f64, count as f64)
        })
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new(3)
    }
}

impl Serialize for Histogram {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_base64())
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_base64(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trip_and_percentiles_hold(mut times in prop::collection::vec(1u64..200_000_000, 1..400), percent in 0.1f64..100.0) {
            let mut histogram = Histogram::new(3);
            for &time in &times {
                histogram.record(Micros(time));
            }
            let again = Histogram::from_base64(&histogram.to_base64()).unwrap();
            prop_assert_eq!(&again, &histogram);
            prop_assert_eq!(again.count(), times.len() as u64);
            prop_assert!(Histogram::is_modest(&histogram.to_base64()));
            times.sort_unstable();
            let rank = ((percent / 100.0 * times.len() as f64).ceil() as usize).clamp(1, times.len());
            let exact = times[rank - 1] as f64;
            let read = histogram.percentile(percent).unwrap().0 as f64;
            // Rounding of the rank in floating point may pick a neighbour.
            let neighbours = [rank.saturating_sub(2), rank - 1, rank.min(times.len() - 1)].map(|at| times[at] as f64);
            prop_assert!(neighbours.iter().any(|near| (read - near).abs() <= near * 1e-3 + 1.0), "read {} exact {}", read, exact);
            prop_assert!(read <= *times.last().unwrap() as f64 * 1.001 + 1.0);
        }
    }

    proptest! {
        #[test]
        fn figures_are_those_of_an_hdr_histogram(parts in prop::collection::vec(prop::collection::vec(1u64..3_600_000_000, 0..60), 1..5), digits in 2u8..=3) {
            let (mut ours, mut theirs) = (Histogram::new(digits), Dense::new(digits).unwrap());
            theirs.auto(true);
            for part in parts {
                // Some as a thread counts them, some as another histogram.
                let (mut tally, mut other) = (Tally::of_digits(3), Histogram::new(3));
                for (at, time) in part.into_iter().enumerate() {
                    if at % 3 == 0 { other.record(Micros(time)) } else { tally.add(Micros(time)) }
                    theirs.record(time).unwrap();
                }
                ours.merge_tally(&tally);
                ours.merge(&other);
            }
            let buckets: Vec<_> = ours.buckets().map(|(time, count)| (time.0, count)).collect();
            prop_assert_eq!(buckets, theirs.iter_recorded().map(|at| (at.value_iterated_to(), at.count_at_value())).collect::<Vec<_>>());
            prop_assert_eq!(ours.count(), theirs.len());
            if theirs.is_empty() {
                prop_assert_eq!((ours.min(), ours.max(), ours.mean(), ours.stddev(), ours.percentile(50.0)), (None, None, None, None, None));
            } else {
                prop_assert_eq!((ours.min().unwrap().0, ours.max().unwrap().0), (theirs.min(), theirs.max()));
                prop_assert_eq!((ours.mean().unwrap(), ours.stddev().unwrap()), (theirs.mean() / 1e6, theirs.stdev() / 1e6));
                for percent in [1.0, 50.0, 95.0, 99.0, 99.9, 100.0] {
                    prop_assert_eq!(ours.percentile(percent).unwrap().0, theirs.value_at_percentile(percent));
                }
            }
        }
    }

    #[test]
    fn extremes_are_kept() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(50.0), None);
        histogram.record(Micros::ZERO);
        histogram.record(Micros::MAX);
        assert_eq!(histogram.min(), Some(Micros(1)));
        assert!(histogram.max().unwrap() >= Micros::from_secs(3600));
        assert_eq!(histogram.count(), 2);
        assert_eq!(histogram.count_up_to(Micros(1)), 1);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(Histogram::from_base64("nonsense").is_err());
        assert!(Histogram::from_base64("").is_err());
    }
}
