//! The normal and Student's t distribution.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The value below which a standard normal variable lies with probability `p`; infinite at 0 and 1.
pub fn normal_quantile(p: f64) -> f64 {
    Normal::standard().inverse_cdf(p.clamp(0.0, 1.0))
}

/// The value below which a variable of Student's t distribution with `freedom` degrees (any positive number, not only
/// whole ones) lies with probability `p`; infinite at 0 and 1.
pub fn student_t_quantile(p: f64, freedom: f64) -> f64 {
    student_t(freedom).inverse_cdf(p.clamp(0.0, 1.0))
}

/// The probability that a variable of Student's t distribution with `freedom` degrees lies above `value`.
pub fn student_t_upper_tail(value: f64, freedom: f64) -> f64 {
    student_t(freedom).sf(value)
}

fn student_t(freedom: f64) -> StudentsT {
    StudentsT::new(0.0, 1.0, freedom.max(f64::MIN_POSITIVE)).unwrap_or_else(|_| unreachable!("scale and freedom are positive"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_scipy_1_17() {
        // scipy.stats.t.ppf, scipy.stats.norm.ppf, scipy.stats.t.sf
        for (p, freedom, expected) in [
            (0.99, 4.0, 3.746_947_387_979_196),
            (0.99, 13.0, 2.650_308_837_912_191),
            (0.999, 4.0, 7.173_182_219_782_307),
            (0.975, 5.0, 2.570_581_835_636_314_5),
            (0.95, 33.0, 1.692_360_309_030_343_8),
            (0.9999, 4.0, 13.033_671_720_896_821),
            (0.99, 1.0, 31.820_515_953_773_935),
        ] {
            let found = student_t_quantile(p, freedom);
            assert!((found / expected - 1.0).abs() < 1e-8, "t({p}, {freedom}) = {found}");
        }
        for (p, expected) in [
            (0.95, 1.644_853_626_951_472_2),
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_840_8),
            (0.999, 3.090_232_306_167_813),
        ] {
            assert!((normal_quantile(p) - expected).abs() < 1e-9, "z({p})");
        }
        for (value, freedom, expected) in
            [(3.0, 4.0, 0.019_970_984_035_859_413), (2.5, 13.0, 0.013_294_391_405_428_731), (10.0, 4.0, 0.000_281_001_811_357_995_5)]
        {
            assert!((student_t_upper_tail(value, freedom) / expected - 1.0).abs() < 1e-9, "sf({value}, {freedom})");
        }
    }

    proptest! {
        #[test]
        fn tail_and_quantile_are_inverses(p in 0.5f64..0.9999, freedom in 1.0f64..60.0) {
            let value = student_t_quantile(p, freedom);
            prop_assert!((student_t_upper_tail(value, freedom) - (1.0 - p)).abs() < 1e-7);
            prop_assert!((student_t_quantile(1.0 - p, freedom) + value).abs() < 1e-6 * (1.0 + value));
        }
    }
}
