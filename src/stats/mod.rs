//! Statistics over plain numbers: every formula with its source, every edge stated.
//!
//! Nothing here knows of HTTP, records or time. Empty and degenerate input gives `None`, never not-a-number.

mod batch_means;
mod beta_binomial;
mod change_points;
mod distribution;
mod fisher;
mod hodges_lehmann;
mod holm;
mod location;
mod sign_flip;
mod slope;
mod spread;
mod student_score;
mod trimmed;

pub use batch_means::batch_inflation;
pub use beta_binomial::BetaBinomial;
pub use change_points::{ChangePoint, ChangeRules, change_points};
pub use distribution::{normal_quantile, student_t_quantile, student_t_upper_tail};
pub use fisher::fisher_upper_tail;
pub use hodges_lehmann::hodges_lehmann;
pub use holm::{holm_adjusted, holm_levels};
pub use location::{mean, median, trimmed_mean};
pub use sign_flip::{PairTest, SignFlips, sign_flips};
pub use slope::Slope;
pub use spread::{standard_error, variance};
pub use trimmed::{Trimmed, share_for_signs};
