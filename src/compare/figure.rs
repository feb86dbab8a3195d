//! What is compared.

use std::fmt;

/// A figure of a run, or of one endpoint in it, that is held against the baseline.
///
/// In the order in which figures are shown: percentiles from low to high, then the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Figure {
    /// A percentile of the response time of successful requests.
    Percentile(Percentile),
    /// Finished requests per second, of the whole run only: an endpoint's share of them is drawn by weight.
    Throughput,
    /// Failed requests of all; compared in points, not in percent of itself.
    ErrorRate,
}

/// A percentile above 0 and up to 100, to the thousandth of a percent: p99.999 is the finest there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percentile(u32);

impl Percentile {
    /// From percent: 99.9. None for what is no percentile.
    pub fn new(percent: f64) -> Option<Self> {
        (percent > 0.0 && percent <= 100.0).then(|| Self(((percent * 1e3).round() as u32).max(1)))
    }

    /// In percent: 99.9.
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 1e3
    }
}

impl Figure {
    /// The median.
    pub const P50: Self = Self::Percentile(Percentile(50_000));
    /// The 95th percentile.
    pub const P95: Self = Self::Percentile(Percentile(95_000));
    /// The 99th percentile.
    pub const P99: Self = Self::Percentile(Percentile(99_000));
    /// Those that are always compared, in the order in which they are shown.
    pub const USUAL: [Self; 5] = [Self::P50, Self::P95, Self::P99, Self::Throughput, Self::ErrorRate];

    /// The percentile in percent, where it is one.
    pub fn percent(self) -> Option<f64> {
        match self {
            Self::Percentile(percentile) => Some(percentile.percent()),
            Self::Throughput | Self::ErrorRate => None,
        }
    }

    /// How many samples it takes on either side to be judged: 40 / (1 - p), so that forty lie beyond the percentile (of
    /// one below the median, so that forty lie before it): 80 for p50, 800 for p95, 4,000 for p99. Zero for what is no
    /// percentile; more than there can be for p100.
    pub fn support(self) -> u64 {
        match self {
            Self::Percentile(Percentile(thousandths)) => {
                let beyond = u64::from(thousandths.min(100_000 - thousandths));
                4_000_000_u64.checked_div(beyond).unwrap_or(u64::MAX)
            }
            Self::Throughput | Self::ErrorRate => 0,
        }
    }

    /// One where more is worse, minus one where less is.
    pub fn harm(self) -> f64 {
        if self == Self::Throughput { -1.0 } else { 1.0 }
    }

    /// How much the figure's logarithm is expected to move between two runs of the same code on one machine, as a
    /// standard deviation, before any run was seen: 8 % for p50 and throughput, 15 % for p95, 30 % for p99. Measured on
    /// two-core machines; see `docs/comparison.md`. Other percentiles lie between those and beyond them on the line
    /// over ln(1 / (1 - p)), on which each tenth of the requests that is left beyond counts the same.
    pub(super) fn prior_spread(self) -> f64 {
        const MEDIAN: f64 = 0.08;
        let Some(percent) = self.percent() else { return MEDIAN };
        let rarity = |percent: f64| -(1.0 - percent / 100.0).max(1e-6).ln();
        let between = |(low, from): (f64, f64), (high, to): (f64, f64)| {
            from + (to - from) * (rarity(percent) - rarity(low)) / (rarity(high) - rarity(low))
        };
        match percent {
            ..=50.0 => MEDIAN,
            ..=95.0 => between((50.0, MEDIAN), (95.0, 0.15)),
            _ => between((95.0, 0.15), (99.0, 0.30)),
        }
    }
}

impl fmt::Display for Figure {
    /// The name it has in records: `p99.9`, `throughput`, `error_rate`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(percentile) => f.pad(&format!("p{}", percentile.percent())),
            Self::Throughput => f.pad("throughput"),
            Self::ErrorRate => f.pad("error_rate"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percentile(percent: f64) -> Figure {
        Figure::Percentile(Percentile::new(percent).unwrap())
    }

    #[test]
    fn any_percentile_is_a_figure_with_its_name_support_and_spread() {
        for (percent, name, support, spread) in [
            (50.0, "p50", 80, 0.08),
            (90.0, "p90", 400, 0.129),
            (95.0, "p95", 800, 0.15),
            (99.0, "p99", 4_000, 0.30),
            (99.9, "p99.9", 40_000, 0.515),
            (99.999, "p99.999", 4_000_000, 0.944),
            (5.0, "p5", 800, 0.08),
        ] {
            let figure = percentile(percent);
            assert_eq!((figure.to_string().as_str(), figure.support()), (name, support));
            assert!((figure.prior_spread() - spread).abs() < 0.001, "{figure}: {}", figure.prior_spread());
        }
        assert_eq!((Percentile::new(0.0), Percentile::new(100.1), Percentile::new(f64::NAN)), (None, None, None));
        assert_eq!(percentile(100.0).support(), u64::MAX);
        assert!(percentile(100.0).prior_spread().is_finite());
    }

    #[test]
    fn figures_are_shown_from_the_median_outwards() {
        let mut figures = [Figure::ErrorRate, percentile(99.9), Figure::Throughput, Figure::P95, percentile(90.0), Figure::P50];
        figures.sort();
        assert_eq!(figures.map(|figure| figure.to_string()), ["p50", "p90", "p95", "p99.9", "throughput", "error_rate"]);
        assert!(Figure::USUAL.is_sorted());
    }
}
