//! Captures: what a user keeps of an answer.

use minijinja::Value;
use serde_json::Value as Json;

use super::answer::Answer;
use super::scope::SlotId;
use super::source_error::SourceError;

/// One capture.
#[derive(Debug)]
pub struct CapturePlan {
    /// The variable it fills.
    pub slot: SlotId,
    /// `name[]`: appends to a list instead.
    pub collects: bool,
    /// Where its value comes from.
    pub source: CaptureSource,
}

/// Where a captured value comes from.
#[derive(Debug)]
pub struct CaptureSource {}

impl CaptureSource {
    /// Reads `$.path`, `{header: name}`, `{regex: '..(group)..', group: 1}` or `{cookie: name}`.
    pub fn parse(_source: &Json) -> Result<Self, SourceError> {
        todo!()
    }
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
