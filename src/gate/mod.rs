//! Whether a run passes: thresholds, doubts about the measurement, and the verdict made of both and of the comparison.
//!
//! Pure: figures go in, judgements come out. The verdict is a function of a [`crate::record::Record`] and a policy, so
//! that a stored run can be judged again.

mod abort;
mod doubts;
#[cfg(test)]
mod fixture;
mod on_time;
mod stored;
mod thresholds;
mod verdict;
mod view;
mod void;
mod waivers;

pub use abort::AbortWatch;
pub use doubts::{Circumstances, doubt_regression, doubts, lag_limit};
pub use on_time::on_time;
pub use stored::Stored;
pub use thresholds::{Evidence, holds, judge, mark_aborted};
pub use verdict::{Decision, decide, decide_again, decide_comparison};
pub use void::void_comparison;
pub use waivers::{Compared, waive, waive_comparison};
