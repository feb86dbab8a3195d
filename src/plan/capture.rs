//! Captures: what a user keeps of an answer.

use minijinja::Value;

use super::answer::Answer;
use super::scope::SlotId;

/// One capture.
#[derive(Debug)]
pub struct CapturePlan {
    /// The variable it fills.
    pub slot: SlotId,
    /// `name[]`: appends to a list instead.
    pub collects: bool,
}

impl CapturePlan {
    /// Whether it needs the body.
    pub fn reads_body(&self) -> bool {
        todo!()
    }
    /// What it finds; none where there is nothing.
    pub fn find(&self, _answer: &Answer<'_>) -> Option<Value> {
        todo!()
    }
}
