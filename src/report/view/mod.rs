//! The one view of a report: every figure as text for people, beside the values that charts are drawn from.
//!
//! All surfaces are made from it, so that no two of them can say different things. Foreign text in it is bounded and
//! free of control characters; escaping for Markdown, HTML and so on is each surface's own work.

mod comparison;
mod endpoint;
mod facts;
mod foreign;
mod judged;
mod run;
mod tone;
mod verdict;

pub(crate) use comparison::{ComparisonView, ContrastView};
pub(crate) use endpoint::EndpointView;
pub(crate) use facts::Fact;
pub(crate) use foreign::foreign;
pub(crate) use judged::ThresholdView;
pub(crate) use run::{ReportView, RunView};
pub(crate) use tone::Tone;
pub(crate) use verdict::VerdictView;
