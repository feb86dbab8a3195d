//! Checks of an answer.

mod check_plan;
mod judge;
mod predicate;
mod status;

pub use check_plan::CheckPlan;
pub use judge::{CheckId, CheckInfo, CheckVerdict, ChecksPlan};
pub use predicate::Predicate;
pub use status::StatusRule;
