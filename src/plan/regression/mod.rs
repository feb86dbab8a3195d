//! What counts as a regression: a rule for a figure, as it is written in `baseline:` and behind `--regression`.

mod baseline;
mod rule;

pub use baseline::BaselinePlan;
pub use rule::{RegressionError, RegressionFigure, RegressionLimit, RegressionRule};
