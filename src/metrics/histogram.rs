//! HDR histograms of microseconds.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use crate::units::Micros;

/// A histogram of times: whole microseconds from 1 to an hour at three significant digits (two for phases).
///
/// Serializes as HdrHistogram V2 deflate in base64, which the plotters of the field read. Times of zero count as one
/// microsecond. The number of buckets is bounded (about 24,000 at three digits), so is its memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram(hdrhistogram::Histogram<u64>);

/// The longest time that is told apart; longer ones count as this.
const LONGEST: u64 = 3_600_000_000;

/// Says why a text is not a stored histogram.
#[derive(Debug, thiserror::Error)]
#[error("not a histogram in V2 deflate and base64: {0}")]
pub struct HistogramError(String);

impl Histogram {
    /// An empty histogram of 2 or 3 significant digits.
    pub fn new(digits: u8) -> Self {
        let mut inner = hdrhistogram::Histogram::new(digits.min(5)).unwrap_or_else(|_| unreachable!("up to five digits are legal"));
        inner.auto(true);
        Self(inner)
    }

    /// Adds one time.
    pub fn record(&mut self, time: Micros) {
        self.record_n(time, 1);
    }

    /// Adds one time `count` times.
    pub fn record_n(&mut self, time: Micros, count: u64) {
        // Resizing up to an hour can't fail.
        let _ = self.0.record_n(time.0.clamp(1, LONGEST), count);
    }

    /// Adds everything in `other`.
    pub fn merge(&mut self, other: &Self) {
        let _ = self.0.add(&other.0);
    }

    /// Adds everything in a worker's histogram.
    pub fn merge_worker(&mut self, other: &hdrhistogram::Histogram<u32>) {
        for value in other.iter_recorded() {
            let _ = self.0.record_n(value.value_iterated_to(), u64::from(value.count_at_value()));
        }
    }

    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The smallest recorded time of which at least `percent` of all are at or below; none when empty.
    ///
    /// The nearest rank, at the histogram's resolution (1 part in 1,000), never above the maximum.
    pub fn percentile(&self, percent: f64) -> Option<Micros> {
        (!self.is_empty()).then(|| Micros(self.0.value_at_percentile(percent).min(self.0.max())))
    }

    /// The arithmetic mean; none when empty.
    pub fn mean(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.0.mean() / 1e6)
    }

    /// The standard deviation in seconds; none when empty.
    pub fn stddev(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.0.stdev() / 1e6)
    }

    /// The shortest time; none when empty.
    pub fn min(&self) -> Option<Micros> {
        (!self.is_empty()).then(|| Micros(self.0.min()))
    }

    /// The longest time; none when empty.
    pub fn max(&self) -> Option<Micros> {
        (!self.is_empty()).then(|| Micros(self.0.max()))
    }

    /// Each recorded value (the upper end of its bucket) with its count, rising.
    pub fn buckets(&self) -> impl Iterator<Item = (Micros, u64)> + '_ {
        self.0.iter_recorded().map(|value| (Micros(value.value_iterated_to()), value.count_at_value()))
    }

    /// How many times are at or below `limit`.
    pub fn count_up_to(&self, limit: Micros) -> u64 {
        self.buckets().take_while(|&(value, _)| value <= limit).map(|(_, count)| count).sum()
    }

    /// V2 deflate in base64.
    pub fn to_base64(&self) -> String {
        let mut bytes = Vec::new();
        match V2DeflateSerializer::new().serialize(&self.0, &mut bytes) {
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
        let mut inner: hdrhistogram::Histogram<u64> =
            Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(|error| HistogramError(format!("{error:?}")))?;
        inner.auto(true);
        Ok(Self(inner))
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
