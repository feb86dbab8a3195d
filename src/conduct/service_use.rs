//! What the service used, from its samples.

use crate::metrics::ServiceSample;
use crate::record::ServiceUse;
use crate::stats::Slope;
use crate::units::Micros;

/// A slope over less time than this says nothing.
const LEAST_SPAN: Micros = Micros::from_secs(15);

/// What the service used, from the samples of each of its starts in order of time. Growth is in bytes per second, while it
/// runs: that it begins anew with every start is none.
pub(super) fn of(starts: Vec<Vec<ServiceSample>>, found_by: &str) -> ServiceUse {
    let (mut points, mut span) = (Vec::new(), Micros::ZERO);
    for samples in &starts {
        points.push(samples.iter().map(|sample| (sample.at.as_secs_f64(), sample.memory.0 as f64)).collect::<Vec<_>>());
        if let (Some(first), Some(last)) = (samples.first(), samples.last()) {
            span += last.at.saturating_sub(first.at);
        }
    }
    let slope = Slope::in_common(&points.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let samples = starts.concat();
    let memory = || samples.iter().map(|sample| sample.memory.0 as f64);
    let cpu = || samples.iter().map(|sample| sample.cpu);
    ServiceUse {
        found_by: found_by.to_owned(),
        memory_max: memory().reduce(f64::max),
        memory_mean: mean(memory()),
        memory_growth: slope.map(|slope| slope.value),
        memory_growth_interval: slope.filter(|_| span >= LEAST_SPAN).map(|slope| (slope.lower_bound(0.95), slope.upper_bound(0.95))),
        cpu_max: cpu().reduce(f64::max),
        cpu_mean: mean(cpu()),
        samples,
        died: None,
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let count = values.len();
    (count > 0).then(|| values.sum::<f64>() / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    fn samples(seconds: u64) -> Vec<ServiceSample> {
        let sample =
            |at: u64| ServiceSample { at: Micros::from_secs(at), cpu: 10.0 + at as f64, memory: Bytes(1_000 + 100 * at), processes: 1 };
        (0..=seconds).map(sample).collect()
    }

    #[test]
    fn growth_is_a_slope_and_judged_from_fifteen_seconds_on() {
        let short = of(vec![samples(14)], "command");
        assert!((short.memory_growth.unwrap() - 100.0).abs() < 1e-9);
        assert_eq!(short.memory_growth_interval, None);
        let long = of(vec![samples(20)], "port");
        let (low, high) = long.memory_growth_interval.unwrap();
        assert!((low - 100.0).abs() < 1e-6 && (high - 100.0).abs() < 1e-6);
        assert_eq!((long.memory_max, long.memory_mean, long.cpu_max, long.cpu_mean), (Some(3000.0), Some(2000.0), Some(30.0), Some(20.0)));
    }

    #[test]
    fn a_start_takes_nothing_from_the_growth_of_the_one_before() {
        let later = |samples: Vec<ServiceSample>, by: u64| {
            samples.into_iter().map(move |sample| ServiceSample { at: sample.at + Micros::from_secs(by), ..sample }).collect::<Vec<_>>()
        };
        let twice = of(vec![samples(10), later(samples(10), 12)], "command");
        assert!((twice.memory_growth.unwrap() - 100.0).abs() < 1e-9, "{twice:?}");
        let (low, high) = twice.memory_growth_interval.expect("both together are long enough");
        assert!((low - 100.0).abs() < 1e-6 && (high - 100.0).abs() < 1e-6);
        assert_eq!((twice.samples.len(), twice.memory_max), (22, Some(2000.0)));
    }

    #[test]
    fn nothing_seen_is_nothing_said() {
        let none = of(vec![Vec::new()], "port");
        assert_eq!((none.memory_max, none.memory_mean, none.memory_growth, none.cpu_max, none.cpu_mean), (None, None, None, None, None));
    }
}
