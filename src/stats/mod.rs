//! Statistics over plain numbers: every formula with its source, every edge stated.
//!
//! Nothing here knows of HTTP, records or time. Empty and degenerate input gives `None`, never not-a-number.

mod beta_binomial;
mod change_points;
mod distribution;
mod holm;
mod location;
mod slope;
mod spread;

pub use beta_binomial::BetaBinomial;
pub use change_points::{ChangePoint, ChangeRules, change_points};
pub use distribution::{normal_quantile, student_t_quantile, student_t_upper_tail};
pub use holm::{holm_adjusted, holm_levels};
pub use location::{mean, median, trimmed_mean};
pub use slope::Slope;
pub use spread::{standard_error, variance};
