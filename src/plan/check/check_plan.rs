//! One check of a header, the body or the time.

use http::HeaderName;

use super::predicate::Predicate;
use crate::plan::json_path::JsonPath;
use crate::units::Micros;

/// One check besides the status; counted under its [`super::CheckId`].
#[derive(Debug)]
pub struct CheckPlan {}

impl CheckPlan {
    /// A check of a response header; of several with that name the first that holds counts.
    pub fn header(_name: HeaderName, _predicate: Predicate) -> Self {
        todo!()
    }

    /// A check of the body as text.
    pub fn body(_predicate: Predicate) -> Self {
        todo!()
    }

    /// A check of a part of a JSON body.
    pub fn json(_path: JsonPath, _predicate: Predicate) -> Self {
        todo!()
    }

    /// The response time is at most `limit`.
    pub fn time(_limit: Micros) -> Self {
        todo!()
    }

    /// What it is called in reports: `$.stock == 0`, `time <= 500ms`.
    pub fn name(&self) -> String {
        todo!()
    }
}
