//! Paired mode: two arms take turns in short blocks on one generator thread.
//!
//! Each arm has users, connections and a clock of its own. While one is under load the clock of the other stands still,
//! so that its users, arrivals and think steps notice nothing of the time between its blocks.

mod alternate;
mod alternating;
mod driver;
mod steal;
#[cfg(test)]
mod tests;
mod upkeep;

pub use alternate::{Alternated, Alternation, ArmOptions, BlockLoad, BlockRun, Pauses, alternate};
pub(super) use alternating::Alternating;
