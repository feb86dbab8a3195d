//! A straight line through points.

use super::distribution::student_t_quantile;
use super::location::mean;

/// The least-squares line through points, as far as its slope.
///
/// Source: Draper & Smith, "Applied Regression Analysis", 1.4: slope = Sxy / Sxx, its standard error the root of
/// (residual sum of squares / (n - 2)) / Sxx, with n - 2 degrees of freedom. Neighbouring points are taken as independent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// Units of y per unit of x.
    pub value: f64,
    /// Its standard error; zero where the points lie on the line.
    pub standard_error: f64,
    /// Degrees of freedom: two fewer than points, and one more fewer for each further group of them.
    pub freedom: f64,
}

impl Slope {
    /// The slope of the line through `(x, y)` points; none for fewer than three, or when all have the same x.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        Self::in_common(&[points])
    }

    /// The slope that the lines through several groups of points have in common, each of them at a height of its own: where a
    /// group begins anew, nothing follows from it. None where there are too few points, or those of each group have the same x.
    ///
    /// Source: Draper & Smith, "Applied Regression Analysis", chapter 14 (dummy variables, parallel lines): the sums are those
    /// of each group around its own means, and each mean of a group costs a degree of freedom.
    pub fn in_common(groups: &[&[(f64, f64)]]) -> Option<Self> {
        let mut around_means = Vec::new();
        let mut heights = 0;
        for points in groups {
            let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
            let (Some(x_mean), Some(y_mean)) = (mean(&xs), mean(&ys)) else { continue };
            around_means.extend(points.iter().map(|(x, y)| (x - x_mean, y - y_mean)));
            heights += 1;
        }
        let freedom = around_means.len().checked_sub(heights + 1).filter(|&freedom| freedom > 0)? as f64;
        let sxx: f64 = around_means.iter().map(|(x, _)| x.powi(2)).sum();
        if sxx <= 0.0 {
            return None;
        }
        let sxy: f64 = around_means.iter().map(|(x, y)| x * y).sum();
        let value = sxy / sxx;
        let residual: f64 = around_means.iter().map(|(x, y)| (y - value * x).powi(2)).sum();
        Some(Self { value, standard_error: (residual / freedom / sxx).sqrt(), freedom })
    }

    /// The value above which the true slope lies with probability `level` (0.95: a one-sided 95 % bound).
    pub fn lower_bound(&self, level: f64) -> f64 {
        self.value - student_t_quantile(level, self.freedom) * self.standard_error
    }

    /// The value below which the true slope lies with probability `level`.
    pub fn upper_bound(&self, level: f64) -> f64 {
        self.value + student_t_quantile(level, self.freedom) * self.standard_error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy_1_17() {
        // scipy.stats.linregress over x = 0..11, bounds with scipy.stats.t.ppf(0.95, 10)
        let ys = [3.1, 4.2, 4.9, 6.3, 6.8, 8.4, 8.9, 10.2, 10.8, 12.5, 12.7, 14.4];
        let points: Vec<(f64, f64)> = (0..12).map(f64::from).zip(ys).collect();
        let slope = Slope::through(&points).unwrap();
        assert!((slope.value - 1.004_195_804_195_804_1).abs() < 1e-12);
        assert!((slope.standard_error - 0.023_909_539_856_334_743).abs() < 1e-12);
        assert!((slope.lower_bound(0.95) - 0.960_860_692_741_881_1).abs() < 1e-9);
        assert!((slope.upper_bound(0.95) - 1.047_530_915_649_727).abs() < 1e-9);
    }

    #[test]
    fn groups_have_their_slope_in_common_whatever_their_heights() {
        // Each rises by 2; a line through all of them would fall.
        let groups = [[(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)], [(3.0, 1.0), (4.0, 3.0), (5.0, 5.0)], [(6.0, 0.5), (7.0, 2.5), (8.0, 4.5)]];
        let slope = Slope::in_common(&groups.each_ref().map(|group| &group[..])).unwrap();
        assert_eq!(slope, Slope { value: 2.0, standard_error: 0.0, freedom: 5.0 });
        // A group of one point, or of none, says nothing of a slope.
        let more = [&groups[0][..], &[(9.0, 100.0)], &[]];
        assert_eq!(Slope::in_common(&more), Slope::through(&groups[0]));
        assert_eq!(Slope::in_common(&[&groups[0][..2], &[(9.0, 100.0)]]), None);
    }

    #[test]
    fn too_few_points_have_no_slope() {
        assert_eq!(Slope::through(&[]), None);
        assert_eq!(Slope::through(&[(0.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(Slope::through(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }

    proptest! {
        #[test]
        fn points_on_a_line_give_it_back(start in -1e3f64..1e3, rise in -1e3f64..1e3, count in 3usize..80) {
            let points: Vec<(f64, f64)> = (0..count).map(|x| (x as f64, start + rise * x as f64)).collect();
            let slope = Slope::through(&points).unwrap();
            prop_assert!((slope.value - rise).abs() < 1e-6 * (1.0 + rise.abs()));
            prop_assert!(slope.lower_bound(0.95) <= slope.value && slope.value <= slope.upper_bound(0.95));
        }
    }
}
