//! The scenario that comes with the demo.

/// What `loadline run --demo` runs: about ten seconds, thresholds that any machine meets. The target's port is `${PORT}`.
pub const SCENARIO: &str = include_str!("scenario.yml");
