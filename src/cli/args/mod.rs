//! What can be typed.

mod base;
mod baseline;
mod check;
mod compare;
mod demo;
mod init;
mod judging;
mod overrides;
mod publish;
mod report;
mod run;
mod values;

pub(super) use base::{BaseArgs, BaseFormatArg};
pub(super) use baseline::{
    BaselineAcceptArgs, BaselineCommand, BaselineFetchArgs, BaselineListArgs, BaselinePromoteArgs, BaselinePruneArgs, BaselineSaveArgs,
    BaselineShowArgs,
};
pub(super) use check::CheckArgs;
pub(super) use compare::{CompareArgs, CompareFormatArg};
pub(super) use demo::DemoArgs;
pub(super) use init::InitArgs;
pub(super) use judging::{ComparisonArg, JudgingArgs, OtherMachineArg, PolicyArg, PolicyArgs, SaturationArg, StoreArgs};
pub(super) use overrides::OverrideArgs;
pub(super) use publish::{CommentArg, PublishArgs};
pub(super) use report::{FormatArg, ReportArgs};
pub(super) use run::{CalibrateArgs, OutputArgs, PairedArgs, RequestArgs, RunArgs};

use clap::{Parser, Subcommand};

/// A load test that lives in the pull request
///
/// Runs a configured HTTP load, compares the result with stored baselines, reports it, and says with its exit code
/// whether it is good enough.
#[derive(Debug, Parser)]
#[command(name = "loadline", version, arg_required_else_help = true, max_term_width = 110, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 passed, 1 a threshold, regression or verify step failed, 2 usage or scenario is wrong,
3 the run is invalid or could not be carried out, 130 interrupted, 101 a bug in loadline.

Start here: `loadline run --demo` shows everything in ten seconds.
Options can also be set as the environment variables named with them; an empty one counts as unset. Where an option
can be given again for more, its variable has one value a line.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Load, judge, report; the exit code is the verdict
    Run(Box<RunArgs>),
    /// Compare a service with itself, to learn how often the gate would cry wolf on this machine
    Calibrate(Box<CalibrateArgs>),
    /// Compare two records or results of other tools, without any load
    Compare(CompareArgs),
    /// Render a stored record again, in any format
    Report(ReportArgs),
    /// Validate scenarios: every problem at once, with the line it stands on
    Check(CheckArgs),
    /// Write a first scenario, and a workflow for GitHub, into this folder
    Init(InitArgs),
    /// Look after stored baselines
    #[command(subcommand)]
    Baseline(BaselineCommand),
    /// Find the commit that a change is compared with, from the workflow's event and git
    Base(BaseArgs),
    /// Post a finished report: comment, job summary, annotations, commit status, check run
    Publish(PublishArgs),
    /// Serve the built-in sample API, with defects that can be switched on
    Demo(DemoArgs),
    /// Print the JSON Schema of the scenario file
    Schema,
}
