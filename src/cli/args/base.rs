//! What a change is compared with.

use clap::{Args, ValueEnum};

use super::ComparisonArg;

#[derive(Debug, Args)]
pub(in crate::cli) struct BaseArgs {
    /// What to compare with: auto, merge-base, none, or a branch, tag or commit
    #[arg(long, value_name = "BASE", default_value = "auto", env = "LOADLINE_BASE_REF")]
    pub(in crate::cli) base: String,

    /// How to compare
    #[arg(long, value_name = "HOW", value_enum, default_value = "paired", env = "LOADLINE_COMPARISON")]
    pub(in crate::cli) comparison: ComparisonArg,

    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: BaseFormatArg,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum BaseFormatArg {
    /// For scripts
    #[default]
    Json,
    /// Lines for $GITHUB_OUTPUT
    Outputs,
}
