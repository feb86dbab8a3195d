//! What is rendered again.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(in crate::cli) struct ReportArgs {
    /// Records, as `run` wrote them
    #[arg(value_name = "RECORD", required = true)]
    pub(in crate::cli) records: Vec<PathBuf>,

    /// What to make of them
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: FormatArg,

    /// Write there instead of the terminal; of `csv` the beginning of the names, of `folder` the folder
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FormatArg {
    /// Tables for people
    #[default]
    Terminal,
    /// The comment of a pull request
    Comment,
    /// The summary of a job
    Summary,
    /// A self-contained page
    Html,
    /// The record itself
    Json,
    /// Locust-compatible files
    Csv,
    /// Test results for CI systems
    Junit,
    /// Workflow commands that mark failed thresholds in the scenario
    Annotations,
    /// Everything that `run` writes
    Folder,
}
