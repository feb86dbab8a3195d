//! The candidate against its baseline: is it worse by more than chance?
//!
//! History mode: one run is held against the stored runs of its baseline branch. The rules and what they can see are
//! told in `docs/comparison.md`. Paired mode: base and candidate ran in alternating blocks; see `docs/verdict.md`.
//! Nothing here reads a file or a clock: records or blocks go in, a [`crate::record::Comparison`] comes out, and the same
//! ones always give the same one.

mod calibration;
mod changes;
mod contrast;
mod error_rate;
mod figure;
mod history;
mod observation;
mod paired;
mod policy;
mod prediction;
mod select;
mod sentence;
mod side_by_side;
#[cfg(test)]
mod simulation;

pub use calibration::Tally;
pub use changes::{level_changes, newest_level};
pub use figure::{Figure, Percentile};
pub use history::{between, history, overall, without_base, without_store};
pub use paired::{FIRST_LOOK_ALPHA, SECOND_LOOK_ALPHA, paired, paired_again, paired_by_draws};
pub use policy::{Amendment, OnOtherMachine, Policy, Rule, Stance, Wish};
pub use select::{MOST_RECORDS, Selection, WINDOW, select};
pub use side_by_side::{FEWEST_BASE_RUNS, side_by_side};
