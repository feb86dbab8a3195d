//! The verdict of `loadline run` with its defaults, on thousands of runs.

use loadline::compare::{Policy, paired_by_draws};
use loadline::record::{Blocks, Comparison};

/// A fifth of what a run draws: the p-value that alpha is held against then has a standard error of six tenths of it,
/// which moves single verdicts and no share of them.
const DRAWS: usize = 10_000;

pub(crate) fn judged(blocks: &Blocks) -> Comparison {
    paired_by_draws(blocks, "made for the bench", &Policy::default(), DRAWS)
}
