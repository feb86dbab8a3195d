//! What decides.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::values::commit;
use crate::cli::lines::{EachLine, Lines, text};

/// What decides the verdict.
#[derive(Debug, Args)]
#[command(next_help_heading = "Verdict")]
pub(in crate::cli) struct JudgingArgs {
    /// Threshold on all requests, such as `p95 < 500ms`; again for more
    #[arg(long = "threshold", value_name = "EXPR", value_parser = EachLine(text), env = "LOADLINE_THRESHOLD")]
    pub(in crate::cli) thresholds: Vec<Lines<String>>,

    /// How the run is compared (default: the scenario's `baseline.mode`, else auto)
    #[arg(long, value_name = "MODE", value_enum, env = "LOADLINE_COMPARISON")]
    pub(in crate::cli) comparison: Option<ComparisonArg>,

    #[command(flatten)]
    pub(in crate::cli) store: StoreArgs,

    /// Commits that the change is based on, newest first, commas between: compared is with the stored history up to them
    #[arg(long, value_name = "SHA", env = "LOADLINE_BASE_SHA", value_delimiter = ',', value_parser = commit)]
    pub(in crate::cli) base_sha: Vec<String>,

    /// Who accepted a regression: it is shown as accepted, and fails nothing; missed thresholds do
    #[arg(long, value_name = "NAME", env = "LOADLINE_ACCEPTED_BY")]
    pub(in crate::cli) accepted_by: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) policy: PolicyArgs,

    /// What a generator that couldn't keep up means: the run is invalid, or a warning
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, env = "LOADLINE_ON_SATURATION")]
    pub(in crate::cli) on_saturation: SaturationArg,
}

/// What a comparison may decide. What isn't typed is as the scenario's `baseline` section says.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct PolicyArgs {
    /// What counts as a regression, such as `p95: 10% and 2ms` or `POST /orders: p95: 20%`; again for more
    #[arg(long = "regression", value_name = "RULE", value_parser = EachLine(text), env = "LOADLINE_REGRESSION")]
    pub(in crate::cli) regressions: Vec<Lines<String>>,

    /// What a comparison that finds nothing to compare with means (default: neutral)
    #[arg(long, value_name = "POLICY", value_enum, env = "LOADLINE_ON_MISSING_BASELINE")]
    pub(in crate::cli) on_missing_baseline: Option<PolicyArg>,

    /// What a comparison that can't tell means (default: neutral)
    #[arg(long, value_name = "POLICY", value_enum, env = "LOADLINE_ON_INCONCLUSIVE")]
    pub(in crate::cli) on_inconclusive: Option<PolicyArg>,

    /// What a baseline that was made on another machine may do (default: advisory)
    #[arg(long, value_name = "WHAT", value_enum, env = "LOADLINE_ON_OTHER_MACHINE")]
    pub(in crate::cli) on_other_machine: Option<OtherMachineArg>,

    /// At most so many stored records are compared with, the newest ones (default: 30)
    #[arg(long, value_name = "N", env = "LOADLINE_BASELINE_RECORDS", value_parser = clap::value_parser!(u8).range(1..=30))]
    pub(in crate::cli) baseline_records: Option<u8>,

    /// File of accepted regressions (default: .loadline/waivers.yml, where it exists)
    #[arg(long, value_name = "FILE", env = "LOADLINE_WAIVERS")]
    pub(in crate::cli) waivers: Option<PathBuf>,

    /// The same file as of the commit that the change is based on: what isn't in it is shown as added by the change
    #[arg(long, value_name = "FILE", env = "LOADLINE_BASE_WAIVERS")]
    pub(in crate::cli) base_waivers: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct StoreArgs {
    /// Folder of stored baselines (default: baselines, where there is one), or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", env = "LOADLINE_STORE")]
    pub(in crate::cli) store: Option<PathBuf>,

    /// Branch whose baselines are compared with (default: the default branch)
    #[arg(long, value_name = "BRANCH", env = "LOADLINE_BASELINE_BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(in crate::cli) baseline_branch: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ComparisonArg {
    /// Side by side where a base is named, else with stored records
    Auto,
    /// Side by side with a base only
    Paired,
    /// With stored records only
    History,
    /// Not at all
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum OtherMachineArg {
    /// Shown, and fails nothing
    Advisory,
    /// Judged as if it were of the same machine
    Judge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum PolicyArg {
    /// Shown, and fails nothing
    Neutral,
    /// Counts as a success
    Pass,
    /// Fails the run
    Fail,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SaturationArg {
    /// The run is invalid (exit 3)
    #[default]
    Invalid,
    /// The figures are shown with a warning
    Warn,
}
