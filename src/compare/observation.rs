//! What a comparison needs of a record.

use super::figure::Figure;
use crate::metrics::{Histogram, TimelineRow};
use crate::record::Record;
use crate::stats::{mean, standard_error};
use crate::units::Micros;

/// A run reduced to the figures that are compared: some hundred bytes an endpoint, where a record has histograms.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    /// Of the cores the generator could use, in percent.
    pub(super) generator_cpu: Option<f64>,
    /// The whole run first, then the endpoints in the order of the record.
    pub(super) scopes: Vec<ScopeObservation>,
}

/// The figures of the whole run, or of one endpoint in all user classes together.
#[derive(Debug, Clone)]
pub(super) struct ScopeObservation {
    pub(super) name: String,
    pub(super) requests: u64,
    pub(super) failures: u64,
    /// What there is of the percentiles that were asked for.
    pub(super) percentiles: Vec<(Figure, Reading)>,
    pub(super) throughput: Option<Reading>,
    /// How many times more the failures of one-second slices vary than independent failures would; at least one.
    pub(super) clumping: f64,
    /// The same of bursts alone: what lasts from slice to slice, as an outage does, is none; at least one.
    pub(super) bursts: f64,
}

/// A figure with how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub(super) value: f64,
    /// Standard error of the value's logarithm within the run.
    pub(super) error: f64,
}

/// The scope of the whole run.
pub(super) const ALL: &str = "all";
/// Fewer slices than this say nothing about how a run varies.
pub(super) const FEWEST_SLICES: usize = 5;

impl Observation {
    /// Of a record, with those of `figures` that are percentiles.
    pub(super) fn of(record: &Record, figures: &[Figure]) -> Self {
        let slices = full_slices(&record.timeline, record.run.duration);
        let mut all = Gathered::new(ALL);
        let mut endpoints: Vec<Gathered<'_>> = Vec::new();
        for endpoint in &record.endpoints {
            all.add(&endpoint.latency.ok, endpoint.requests, endpoint.failures);
            let own = match endpoints.iter().position(|gathered| gathered.name == endpoint.name) {
                Some(at) => &mut endpoints[at],
                None => endpoints.push_mut(Gathered::new(&endpoint.name)),
            };
            own.add(&endpoint.latency.ok, endpoint.requests, endpoint.failures);
        }
        let throughput = throughput_error(&slices).map(|error| Reading { value: record.summary.throughput, error });
        let whole = ScopeObservation { throughput: throughput.filter(|reading| reading.value > 0.0), ..all.observe(figures, &slices) };
        let scopes = std::iter::once(whole).chain(endpoints.iter().map(|endpoint| endpoint.observe(figures, &slices))).collect();
        Self { generator_cpu: record.generator.cpu_percent, scopes }
    }

    pub(super) fn scope(&self, name: &str) -> Option<&ScopeObservation> {
        self.scopes.iter().find(|scope| scope.name == name)
    }
}

impl ScopeObservation {
    pub(super) fn successes(&self) -> u64 {
        self.requests.saturating_sub(self.failures)
    }

    /// The reading of a figure that is compared by its logarithm; none for the error rate.
    pub(super) fn reading(&self, figure: Figure) -> Option<Reading> {
        match figure {
            Figure::Percentile(_) => self.percentiles.iter().find(|(own, _)| *own == figure).map(|(_, reading)| *reading),
            Figure::Throughput => self.throughput,
            Figure::ErrorRate => None,
        }
    }
}

/// An endpoint of several classes, merged.
struct Gathered<'a> {
    name: &'a str,
    requests: u64,
    failures: u64,
    ok: Histogram,
}

impl<'a> Gathered<'a> {
    fn new(name: &'a str) -> Self {
        Self { name, requests: 0, failures: 0, ok: Histogram::default() }
    }

    fn add(&mut self, ok: &Histogram, requests: u64, failures: u64) {
        self.ok.merge(ok);
        self.requests += requests;
        self.failures += failures;
    }

    fn observe(&self, figures: &[Figure], slices: &[&TimelineRow]) -> ScopeObservation {
        let reading = |&figure: &Figure| {
            let percent = figure.percent()?;
            let value = self.ok.percentile(percent)?.as_secs_f64();
            let (slices, samples) = (latency_error(slices, percent), sampling_error(&self.ok, percent));
            // Slices are of the whole run, its samples in them; an endpoint's own few samples come on top.
            let error = if self.name == ALL { slices.max(samples) } else { slices.hypot(samples) };
            Some((figure, Reading { value, error }))
        };
        ScopeObservation {
            name: self.name.to_owned(),
            requests: self.requests,
            failures: self.failures,
            percentiles: figures.iter().filter_map(reading).collect(),
            throughput: None,
            clumping: clumping(slices),
            bursts: bursts(slices),
        }
    }
}

/// The rows of a timeline without a last one that was cut short, and without those of the time after the load, in which what was
/// in flight is waited for: how long that takes says nothing of how the load varied.
fn full_slices(timeline: &[TimelineRow], load_time: Micros) -> Vec<&TimelineRow> {
    let longest = timeline.iter().map(|row| row.seconds).max().unwrap_or_default();
    // Ticks come a little late: by its middle a row is of the load or of what came behind it.
    let is_of_load = |row: &&TimelineRow| row.at + row.seconds * 0.5 <= load_time;
    timeline.iter().filter(|row| row.seconds.0 * 2 > longest.0).filter(is_of_load).collect()
}

/// Standard error of a percentile's logarithm, by how it varies between slices of the run; zero for a short run. A
/// timeline has three percentiles: for others the next higher one stands in, and p99 for what is above it.
fn latency_error(slices: &[&TimelineRow], percent: f64) -> f64 {
    let of = |row: &&TimelineRow| match percent {
        ..=50.0 => row.p50_latency,
        ..=95.0 => row.p95_latency,
        _ => row.p99_latency,
    };
    let logarithms: Vec<f64> = slices.iter().filter_map(of).map(|time| time.as_secs_f64().ln()).collect();
    if logarithms.len() < FEWEST_SLICES { 0.0 } else { standard_error(&logarithms).unwrap_or(0.0) }
}

/// Relative standard error of the throughput, by how it varies between slices; none for a run too short to tell.
fn throughput_error(slices: &[&TimelineRow]) -> Option<f64> {
    let rates: Vec<f64> = slices.iter().map(|row| row.throughput().0).collect();
    let mean = mean(&rates).filter(|&mean| rates.len() >= FEWEST_SLICES && mean > 0.0)?;
    Some(standard_error(&rates)? / mean)
}

/// Standard error of a percentile's logarithm if all requests were independent: half the distance between the order
/// statistics one standard deviation of their binomial rank apart. Source: David & Nagaraja, "Order Statistics", 7.1.
pub(super) fn sampling_error(times: &Histogram, percent: f64) -> f64 {
    let share = percent / 100.0;
    let deviation = 100.0 * (share * (1.0 - share) / times.count().max(1) as f64).sqrt();
    let at = |percent: f64| times.percentile(percent.clamp(0.0, 100.0)).map(|time| time.as_secs_f64().ln());
    match (at(percent - deviation), at(percent + deviation)) {
        (Some(low), Some(high)) => (high - low) / 2.0,
        _ => 0.0,
    }
}

/// Pearson's chi-squared of the failures in slices over its degrees of freedom, at least one: failures come in
/// bursts, and a burst is one event. Source: McCullagh & Nelder, "Generalized Linear Models", 4.5.
fn clumping(slices: &[&TimelineRow]) -> f64 {
    let counts: Vec<(u64, u64)> = slices.iter().map(|row| (row.failures, row.requests)).collect();
    dispersion(&counts)
}

/// The same with each slice held against the next one instead of against all, where that is less: a burst differs from both
/// its neighbours, a service that is down from a moment on only once. One for a run of fewer than [`FEWEST_SLICES`] slices.
/// Source: von Neumann (1941), "Distribution of the ratio of the mean square successive difference to the variance".
fn bursts(slices: &[&TimelineRow]) -> f64 {
    let counts: Vec<(f64, f64)> =
        slices.iter().filter(|row| row.requests > 0).map(|row| (row.failures as f64, row.requests as f64)).collect();
    let (failed, all) = counts.iter().fold((0.0, 0.0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    let share = failed / all;
    if counts.len() < FEWEST_SLICES || !(share > 0.0 && share < 1.0) {
        return 1.0;
    }
    let step = |pair: &[(f64, f64)]| {
        let [one, next] = [pair[0], pair[1]].map(|(failed, all)| failed - all * share);
        (next - one).powi(2) / ((pair[0].1 + pair[1].1) * share * (1.0 - share))
    };
    let steps = counts.windows(2).map(step).sum::<f64>() / (counts.len() - 1) as f64;
    steps.min(clumping(slices)).max(1.0)
}

/// [`clumping`] over any (failures, requests).
pub(super) fn dispersion(counts: &[(u64, u64)]) -> f64 {
    let counts: Vec<(f64, f64)> = counts.iter().filter(|count| count.1 > 0).map(|&(failed, all)| (failed as f64, all as f64)).collect();
    let (failed, all) = counts.iter().fold((0.0, 0.0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    let share = failed / all;
    if counts.len() < 2 || !(share > 0.0 && share < 1.0) {
        return 1.0;
    }
    let chi_squared: f64 = counts.iter().map(|(failed, all)| (failed - all * share).powi(2) / (all * share * (1.0 - share))).sum();
    (chi_squared / (counts.len() - 1) as f64).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::{EndpointSketch, Sketch, endpoint, sketch};

    fn p50(scope: &ScopeObservation) -> Reading {
        scope.reading(Figure::P50).unwrap()
    }

    #[test]
    fn an_endpoint_is_merged_over_classes() {
        let time = Micros::from_millis(10);
        let other = EndpointSketch { class: "customer", ..endpoint("GET /items", time, 500, 100) };
        let run = Sketch {
            endpoints: vec![endpoint("GET /items", time, 500, 0), endpoint("POST /cart", time * 4.0, 200, 0), other],
            ..sketch("r", 0)
        };
        let observed = Observation::of(&run.record(), &Figure::USUAL);
        let counts: Vec<_> = observed.scopes.iter().map(|scope| (scope.name.as_str(), scope.requests, scope.failures)).collect();
        assert_eq!(counts, [("all", 1_300, 100), ("GET /items", 1_100, 100), ("POST /cart", 200, 0)]);
        let cart = p50(observed.scope("POST /cart").unwrap());
        assert!((cart.value - 0.04).abs() < 0.001, "{cart:?}");
        assert_eq!(observed.scopes[1].throughput, None);
        assert_eq!(observed.scopes[0].throughput, Some(Reading { value: 130.0, error: 0.0 }));
    }

    #[test]
    fn errors_within_a_run_come_from_slices_and_samples() {
        let mut record = sketch("r", 0).record();
        // 2,000 times even between 5 and 15 ms: the median's rank moves by 22, the median by 0.11 ms of 10.
        let calm = p50(&Observation::of(&record, &Figure::USUAL).scopes[0]);
        assert!((calm.error - 0.0112).abs() < 0.001, "{calm:?}");
        for (row, factor) in record.timeline.iter_mut().zip([0.8, 1.25].into_iter().cycle()) {
            row.p50_latency = row.p50_latency.map(|time| time * factor);
        }
        // Slices apart by 0.446 in logarithms: a standard deviation of 0.235, over the root of ten.
        let rough = Observation::of(&record, &Figure::USUAL);
        let (rough, endpoint) = (p50(&rough.scopes[0]), p50(&rough.scopes[1]));
        assert!((endpoint.error - rough.error.hypot(calm.error)).abs() < 1e-9);
        assert!((rough.error - 0.0744).abs() < 0.002, "{rough:?}");
        record.timeline.truncate(4);
        let short = Observation::of(&record, &Figure::USUAL);
        assert_eq!(p50(&short.scopes[0]), calm);
        assert_eq!(short.scopes[0].throughput, None);
    }

    #[test]
    fn the_time_after_the_load_is_no_slice_of_it() {
        let mut record = sketch("r", 0).record();
        let before = Observation::of(&record, &Figure::USUAL);
        let (end, last) = (record.run.duration, record.timeline[record.timeline.len() - 1].clone());
        // One request that hangs for three seconds when everything else is over.
        for second in 0..3 {
            let (at, p50) = (end + Micros::from_secs(second), (second == 2).then(|| Micros::from_secs(3)));
            record.timeline.push(TimelineRow { at, requests: u64::from(second == 2), p50_latency: p50, ..last.clone() });
        }
        let after = Observation::of(&record, &Figure::USUAL);
        assert_eq!(p50(&after.scopes[0]), p50(&before.scopes[0]));
        assert_eq!(after.scopes[0].throughput, before.scopes[0].throughput);
    }

    #[test]
    fn a_burst_differs_from_its_neighbours_and_what_lasts_does_not() {
        let of = |failures: [u64; 10]| {
            let mut record = sketch("r", 0).record();
            for (row, failures) in record.timeline.iter_mut().zip(failures) {
                (row.requests, row.failures) = (1_000, failures);
            }
            Observation::of(&record, &[]).scopes.remove(0)
        };
        let burst = of([0, 0, 0, 0, 100, 0, 0, 0, 0, 0]);
        assert!(burst.bursts == burst.clumping && burst.bursts > 100.0, "{burst:?}");
        // A share of 0.02: two steps of 100 over nine, of 39.2.
        let longer = of([0, 0, 0, 0, 100, 100, 0, 0, 0, 0]);
        assert!((longer.bursts - 2.0 * 100f64.powi(2) / 39.2 / 9.0).abs() < 1e-9 && longer.bursts < longer.clumping, "{longer:?}");
        // A share of one half: one step of 1,000 over nine, of 500.
        let outage = of([0, 0, 0, 0, 0, 1_000, 1_000, 1_000, 1_000, 1_000]);
        assert!((outage.bursts - 1_000f64.powi(2) / 500.0 / 9.0).abs() < 1e-9 && outage.clumping > 1_000.0, "{outage:?}");
        let flapping = of([0, 1_000, 0, 1_000, 0, 1_000, 0, 1_000, 0, 1_000]);
        assert_eq!(flapping.bursts, flapping.clumping, "never more than they differ in all");
        assert_eq!((of([10; 10]).bursts, of([0; 10]).bursts, of([1_000; 10]).bursts), (1.0, 1.0, 1.0));
        let mut short = sketch("r", 0).record();
        short.timeline.truncate(4);
        short.timeline[1].failures = 100;
        assert_eq!(Observation::of(&short, &[]).scopes[0].bursts, 1.0);
    }

    #[test]
    fn failures_in_one_burst_clump() {
        assert_eq!(dispersion(&[]), 1.0);
        assert_eq!(dispersion(&[(0, 100), (0, 100)]), 1.0);
        assert_eq!(dispersion(&[(5, 100), (5, 100), (5, 100)]), 1.0);
        let burst = dispersion(&[(0, 100), (0, 100), (0, 100), (0, 100), (100, 100)]);
        // Share 0.2: (4 * 20^2 + 80^2) / 16 over 4 degrees of freedom.
        assert!((burst - 125.0).abs() < 1e-9, "{burst}");
    }
}
