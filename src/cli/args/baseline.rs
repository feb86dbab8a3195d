//! What is done with stored baselines.

use std::path::PathBuf;

use clap::builder::{FalseyValueParser, NonEmptyStringValueParser};
use clap::{Args, Subcommand};

use super::StoreArgs;
use super::values::commit;

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BaselineCommand {
    /// Store a record as a baseline of a branch
    Save(BaselineSaveArgs),
    /// List what is stored
    List(BaselineListArgs),
    /// Show what a scenario is compared with, and where it changed its level
    Show(BaselineShowArgs),
    /// Copy the newest records of a branch into a folder, for a step that has no token
    Fetch(BaselineFetchArgs),
    /// Store the records of a CI artifact as baselines of a branch
    Promote(BaselinePromoteArgs),
    /// Accept the regressions of a run, up to a ceiling and until a day
    Accept(BaselineAcceptArgs),
    /// Thin old records: what no comparison needs is left out
    Prune(BaselinePruneArgs),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselinePromoteArgs {
    /// Report folder, downloaded archive (zip) of one, or record
    #[arg(value_name = "ARTIFACT", required = true)]
    pub(in crate::cli) artifacts: Vec<PathBuf>,

    /// Folder of stored baselines, or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", default_value = "baselines", env = "LOADLINE_STORE")]
    pub(in crate::cli) store: PathBuf,

    /// Branch they become baselines of
    #[arg(long, value_name = "BRANCH", required = true, value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) branch: String,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineAcceptArgs {
    /// Record of the run that regressed
    #[arg(value_name = "RECORD", default_value = "loadline-report/record.json")]
    pub(in crate::cli) record: PathBuf,

    /// Why it is accepted
    #[arg(long, value_name = "TEXT", env = "LOADLINE_REASON")]
    pub(in crate::cli) reason: String,

    /// Last day it is accepted, such as 2026-12-31 (UTC)
    #[arg(long, value_name = "DAY", env = "LOADLINE_UNTIL")]
    pub(in crate::cli) until: jiff::civil::Date,

    /// Who accepts it
    #[arg(long, value_name = "NAME", env = "LOADLINE_BY")]
    pub(in crate::cli) by: Option<String>,

    /// Only of this endpoint; `all` is the whole run (default: every regression of the record)
    #[arg(long, value_name = "NAME", env = "LOADLINE_ENDPOINT")]
    pub(in crate::cli) endpoint: Option<String>,

    /// Only this figure, such as p95
    #[arg(long, value_name = "FIGURE", env = "LOADLINE_METRIC")]
    pub(in crate::cli) metric: Option<String>,

    /// What it may come to, such as 450ms (default: what was measured and a tenth more); with --endpoint and --metric
    #[arg(long, value_name = "VALUE", env = "LOADLINE_CEILING", requires_all = ["endpoint", "metric"])]
    pub(in crate::cli) ceiling: Option<String>,

    /// File of accepted regressions
    #[arg(long, value_name = "FILE", default_value = ".loadline/waivers.yml", env = "LOADLINE_WAIVERS")]
    pub(in crate::cli) waivers: PathBuf,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselinePruneArgs {
    /// So many of the newest records of each branch and scenario stay whole
    #[arg(long, value_name = "N", default_value = "10", env = "LOADLINE_KEEP")]
    pub(in crate::cli) keep: usize,

    /// Folder of stored baselines, or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", default_value = "baselines", env = "LOADLINE_STORE")]
    pub(in crate::cli) store: PathBuf,

    /// Only this branch
    #[arg(long, value_name = "BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) branch: Option<String>,

    /// Only this scenario
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) scenario: Option<String>,

    /// Then replace the history of a `branch:NAME` by a single commit
    #[arg(long, env = "LOADLINE_SQUASH", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) squash: bool,

    /// Say what would be thinned, and change nothing
    #[arg(long, env = "LOADLINE_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineSaveArgs {
    /// Records, as `run` wrote them
    #[arg(value_name = "RECORD", default_value = "loadline-report/record.json")]
    pub(in crate::cli) records: Vec<PathBuf>,

    /// Folder of stored baselines, or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", default_value = "baselines", env = "LOADLINE_STORE")]
    pub(in crate::cli) store: PathBuf,

    /// Branch it is a baseline of (default: the one the record was made on)
    #[arg(long, value_name = "BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) branch: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineListArgs {
    /// Folder of stored baselines, or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", default_value = "baselines", env = "LOADLINE_STORE")]
    pub(in crate::cli) store: PathBuf,

    /// Only this branch
    #[arg(long, value_name = "BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) branch: Option<String>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineShowArgs {
    /// Scenario by its name
    #[arg(value_name = "SCENARIO")]
    pub(in crate::cli) scenario: String,

    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineFetchArgs {
    /// Where the records are now: `branch:NAME`, or a folder
    #[arg(long, value_name = "DIR|branch:NAME", env = "LOADLINE_STORE")]
    pub(in crate::cli) store: PathBuf,

    /// Folder that they are copied into
    #[arg(long, value_name = "DIR", env = "LOADLINE_INTO")]
    pub(in crate::cli) into: PathBuf,

    /// Branch whose baselines are copied (default: the default branch)
    #[arg(long, value_name = "BRANCH", env = "LOADLINE_BASELINE_BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) baseline_branch: Option<String>,

    /// Commits that a change is based on, as `run` takes them: the newest records up to them are copied
    #[arg(long, value_name = "SHA", env = "LOADLINE_BASE_SHA", value_delimiter = ',', value_parser = commit)]
    pub(in crate::cli) base_sha: Vec<String>,
}
