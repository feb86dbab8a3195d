//! A bounded series of samples of the service.

use crate::metrics::ServiceSample;

/// The most samples that are kept.
pub(super) const MOST: usize = 900;

/// Samples in the order they came, never more than [`MOST`].
///
/// When it is full, neighbours are merged in twos and every later sample is of twice the time: CPU is the mean of the
/// two (it is a share of their time), memory and processes are the greater (what was held at once), and the time is
/// the later one's. After 15 minutes a sample is of two seconds, after half an hour of four.
#[derive(Debug)]
pub(super) struct Samples {
    kept: Vec<ServiceSample>,
    /// How many readings make one sample.
    width: u32,
    /// The sample being made, and of how many readings it is.
    begun: Option<(ServiceSample, u32)>,
}

impl Samples {
    pub(super) fn new() -> Self {
        Self { kept: Vec::new(), width: 1, begun: None }
    }

    /// Adds a reading.
    pub(super) fn push(&mut self, sample: ServiceSample) {
        let (merged, readings) = match self.begun.take() {
            None => (sample, 1),
            Some((begun, readings)) => (merge(begun, readings, sample, 1), readings + 1),
        };
        if readings < self.width {
            self.begun = Some((merged, readings));
            return;
        }
        self.kept.push(merged);
        if self.kept.len() == MOST {
            self.kept = self.kept.chunks(2).map(|pair| merge(pair[0], 1, pair[pair.len() - 1], 1)).collect();
            self.width *= 2;
        }
    }

    /// All samples; the last one may be of less time than the others.
    pub(super) fn all(&self) -> Vec<ServiceSample> {
        let mut all = self.kept.clone();
        all.extend(self.begun.map(|(sample, _)| sample));
        all
    }
}

/// Two neighbours as one; CPU is weighted with the readings that each is of.
fn merge(first: ServiceSample, first_readings: u32, second: ServiceSample, second_readings: u32) -> ServiceSample {
    let (a, b) = (f64::from(first_readings), f64::from(second_readings));
    ServiceSample {
        at: second.at,
        cpu: (first.cpu * a + second.cpu * b) / (a + b),
        memory: first.memory.max(second.memory),
        processes: first.processes.max(second.processes),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::{Bytes, Micros};

    fn sample(second: u64, cpu: f64, memory: u64) -> ServiceSample {
        ServiceSample { at: Micros::from_secs(second), cpu, memory: Bytes(memory), processes: 1 }
    }

    #[test]
    fn neighbours_are_merged_when_it_is_full() {
        let mut samples = Samples::new();
        (1..=899).for_each(|second| samples.push(sample(second, second as f64, 10_000 - second)));
        assert_eq!((samples.all().len(), samples.all()[898]), (899, sample(899, 899.0, 9_101)));
        (900..=901).for_each(|second| samples.push(sample(second, second as f64, 10_000 - second)));
        let all = samples.all();
        assert_eq!((all.len(), all[0], all[450]), (451, sample(2, 1.5, 9_999), sample(901, 901.0, 9_099)));
        samples.push(sample(902, 903.0, 5));
        assert_eq!(samples.all()[450], sample(902, 902.0, 9_099));
    }

    proptest! {
        #[test]
        fn memory_stays_bounded_and_mean_and_peak_stay_true(readings in prop::collection::vec((0u32..400, 0u64..1_000_000), 1..8000)) {
            let mut samples = Samples::new();
            for (second, &(cpu, memory)) in readings.iter().enumerate() {
                samples.push(sample(second as u64 + 1, f64::from(cpu), memory));
            }
            let all = samples.all();
            prop_assert!(all.len() <= MOST && all.is_sorted_by(|a, b| a.at < b.at));
            prop_assert_eq!(all.iter().map(|sample| sample.memory.0).max(), readings.iter().map(|reading| reading.1).max());
            prop_assert_eq!(all.last().unwrap().at, Micros::from_secs(readings.len() as u64));
            let whole: f64 = readings.iter().map(|reading| f64::from(reading.0)).sum();
            let mut before = 0.0;
            let weighed: f64 = all.iter().map(|sample| {
                let width = sample.at.as_secs_f64() - before;
                before = sample.at.as_secs_f64();
                sample.cpu * width
            }).sum();
            prop_assert!((weighed - whole).abs() < 1e-6 * whole.max(1.0), "{} {}", weighed, whole);
        }
    }
}
