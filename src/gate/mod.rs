//! What decides the verdict: thresholds, doubts about the measurement, the comparison, and what they come to.
//!
//! Pure functions: figures go in, judgements come out.

mod abort;
mod doubts;
mod figures;
mod thresholds;
mod verdict;

pub use abort::AbortWatch;
pub use doubts::{Circumstances, doubts, lag_limit};
pub use thresholds::{Evidence, holds, judge, mark_aborted};
pub use verdict::{Decision, decide};
