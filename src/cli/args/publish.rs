//! What is posted.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::values::path;
use super::{OverrideArgs, StoreArgs};
use crate::cli::lines::{EachLine, Lines};

#[derive(Debug, Args)]
pub(in crate::cli) struct PublishArgs {
    /// Report folder, as `run` wrote it
    #[arg(value_name = "DIR", default_value = "loadline-report")]
    pub(in crate::cli) folder: PathBuf,

    /// When to comment on the pull request
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, env = "LOADLINE_COMMENT")]
    pub(in crate::cli) comment: CommentArg,

    /// Set a commit status `loadline/SUITE` too
    #[arg(long, env = "LOADLINE_STATUS", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) status: bool,

    /// Make a check run `loadline/SUITE` too
    #[arg(long, env = "LOADLINE_CHECK_RUN", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) check_run: bool,

    /// Name of this suite: each has a comment, a status and a check run of its own (default: the scenarios' names)
    #[arg(long, value_name = "NAME", env = "LOADLINE_SUITE")]
    pub(in crate::cli) suite: Option<String>,

    /// Where the whole report can be downloaded
    #[arg(long, value_name = "URL", env = "LOADLINE_ARTIFACT_URL")]
    pub(in crate::cli) artifact_url: Option<String>,

    /// What the run exited with; said where it left no record
    #[arg(long, value_name = "N", env = "LOADLINE_EXIT_CODE")]
    pub(in crate::cli) exit_code: Option<u8>,

    /// The report is of a pull request from a fork, and this is the second stage, on `workflow_run`: nothing in it is trusted
    #[arg(long, env = "LOADLINE_FROM_FORK", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) from_fork: bool,

    /// With --from-fork: scenario of this checkout that the record is judged by; again for more (default: loadline.yml)
    #[arg(long, value_name = "FILE", value_parser = EachLine(path), env = "LOADLINE_SCENARIO")]
    pub(in crate::cli) scenario: Vec<Lines<PathBuf>>,

    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,

    /// With --from-fork: file of accepted regressions of this checkout (default: .loadline/waivers.yml, where it exists)
    #[arg(long, value_name = "FILE", env = "LOADLINE_WAIVERS")]
    pub(in crate::cli) waivers: Option<PathBuf>,

    /// The verdict fails nothing: a status and a check run say so in place of a failure
    #[arg(long, env = "LOADLINE_REPORT_ONLY", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) report_only: bool,

    /// Print what would be posted, and post nothing
    #[arg(long, env = "LOADLINE_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) dry_run: bool,

    // With --from-fork: what the workflow that measured sets. Last, because of its heading.
    #[command(flatten)]
    pub(in crate::cli) overrides: OverrideArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum CommentArg {
    /// After each run
    #[default]
    Always,
    /// When something failed or changed, or a comment is there already
    Changes,
    /// Not at all
    Never,
}
