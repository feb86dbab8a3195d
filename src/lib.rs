//! loadline runs a configured HTTP load, judges the result against thresholds and stored baselines, and reports it
//! where the decision is made: in the pull request.
//!
//! Data flows one way, and the modules stand in that order: [`config`] → [`plan`] → [`engine`] → [`metrics`] →
//! [`record`] → [`compare`] → [`gate`] → [`report`]. What stands to the left knows nothing of what stands to its
//! right; a test reads the imports and keeps it so.

// What makes up blocks for the tests is shared with `benches/verdict`, which sees the library by its name.
#[cfg(test)]
extern crate self as loadline;

pub mod baseline;
pub mod cli;
pub mod compare;
pub mod conduct;
pub mod config;
pub mod demo;
pub mod engine;
pub mod gate;
pub mod github;
pub mod import;
pub mod live;
pub mod metrics;
pub mod plan;
pub mod publish;
pub mod record;
pub mod report;
pub mod service;
pub mod stats;
pub mod text;
pub mod units;
