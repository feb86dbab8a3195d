//! Checks of an answer: its status, headers, body and time, each counted.

mod actual;
mod check_plan;
mod complaint;
mod judge;
mod operand;
mod predicate;
mod status;
#[cfg(test)]
mod tests;

pub use check_plan::CheckPlan;
pub use judge::{CheckId, CheckInfo, CheckVerdict, ChecksPlan};
pub use predicate::Predicate;
pub use status::StatusRule;
