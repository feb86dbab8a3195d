//! Paired mode: base and candidate side by side, in many short alternating blocks.
//!
//! Two services that run at the same time meet the same weather. What is judged is never a time, but what a block of
//! the candidate differs by from the block of the base beside it; over many pairs the middle of the differences is
//! known better than any single run could tell. `docs/verdict.md` tells the rules and what they were seen to find.
//!
//! From blocks to a verdict: `pairs` finds the blocks that belong together, `scope` and `times` say what was seen in
//! them, `difference` makes one number of each pair, `draft` an estimate and a test of each figure, and `judge` decides
//! all figures as one family.

mod again;
mod difference;
mod draft;
mod epochs;
mod errors;
mod exceedance;
mod judge;
mod pairs;
mod scope;
mod sentence;
#[cfg(test)]
#[path = "../../../benches/verdict/simulator.rs"]
mod simulator;
#[cfg(test)]
mod tests;
mod times;

pub use again::paired_again;
pub use judge::{FIRST_LOOK_ALPHA, SECOND_LOOK_ALPHA, paired, paired_by_draws};
