//! What can be typed.

use std::ffi::OsStr;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use clap::builder::{FalseyValueParser, NonEmptyStringValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::lines::{EachLine, Lines, text};
use crate::demo::Defect;
use crate::units::{Micros, Rate};

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

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Scenario files, one after the other, or the address of a single endpoint; without any: loadline.yml
    #[arg(value_name = "FILE|URL")]
    pub(super) inputs: Vec<String>,

    /// Start the built-in sample API and run a bundled scenario against it; advisory, so it passes on any machine
    #[arg(long, conflicts_with_all = ["inputs", "target", "base", "base_dir", "base_command"])]
    pub(super) demo: bool,

    #[command(flatten)]
    pub(super) overrides: OverrideArgs,

    #[command(flatten)]
    pub(super) paired: PairedArgs,

    #[command(flatten)]
    pub(super) request: RequestArgs,

    #[command(flatten)]
    pub(super) judging: JudgingArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    /// Generator threads (default: half of the cores, so that the service keeps the others; paired mode has one)
    #[arg(long, value_name = "N", env = "LOADLINE_THREADS", help_heading = "Scenario")]
    pub(super) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// How many paired runs of the same version, each of one budget
    #[arg(long, value_name = "N", default_value = "5", env = "LOADLINE_RUNS")]
    pub(super) runs: NonZeroU32,

    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// What replaces parts of a scenario.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scenario")]
pub(super) struct OverrideArgs {
    /// Address under load; the scenario's service is then not started
    #[arg(long, value_name = "URL", env = "LOADLINE_TARGET", hide_env_values = true)]
    pub(super) target: Option<String>,

    /// Number of users (concurrency)
    #[arg(short = 'c', long, value_name = "N", env = "LOADLINE_USERS")]
    pub(super) users: Option<u32>,

    /// New users per second until all are there
    #[arg(long, value_name = "RATE", env = "LOADLINE_SPAWN_RATE")]
    pub(super) spawn_rate: Option<Rate>,

    /// How long the load lasts, warm-up not included
    #[arg(long, value_name = "TIME", env = "LOADLINE_DURATION")]
    pub(super) duration: Option<Micros>,

    /// Warm-up before the load, in no result
    #[arg(long, value_name = "TIME", env = "LOADLINE_WARMUP")]
    pub(super) warmup: Option<Micros>,

    /// Whole passes through a task, shared by all users
    #[arg(short = 'n', long, value_name = "N", env = "LOADLINE_ITERATIONS")]
    pub(super) iterations: Option<u64>,

    /// Arrivals per second, whatever the answers take (open model)
    #[arg(long, value_name = "RATE", env = "LOADLINE_RATE")]
    pub(super) rate: Option<Rate>,

    /// At most this many users at once in the open model
    #[arg(long, value_name = "N", env = "LOADLINE_MAX_USERS")]
    pub(super) max_users: Option<u32>,

    /// Named load of the scenario
    #[arg(long, value_name = "NAME", env = "LOADLINE_PROFILE")]
    pub(super) profile: Option<String>,

    /// Named environment of the scenario
    #[arg(long, value_name = "NAME", env = "LOADLINE_ENVIRONMENT")]
    pub(super) environment: Option<String>,

    /// File of variables, instead of the scenario's own
    #[arg(long, value_name = "FILE", env = "LOADLINE_ENV_FILE")]
    pub(super) env_file: Option<PathBuf>,

    /// Value of a ${VARIABLE} of the scenario; again for more
    #[arg(long = "var", value_name = "K=V", value_parser = EachLine(variable), env = "LOADLINE_VAR", hide_env_values = true)]
    pub(super) vars: Vec<Lines<(String, String)>>,

    /// Seed of all random numbers, to repeat a run
    #[arg(long, value_name = "N", env = "LOADLINE_SEED")]
    pub(super) seed: Option<u64>,

    /// Time limit of every request, also of those with one of their own
    #[arg(long, value_name = "TIME", env = "LOADLINE_TIMEOUT")]
    pub(super) timeout: Option<Micros>,
}

/// What the service is compared with side by side.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Paired mode (two versions take turns under load)")]
pub(super) struct PairedArgs {
    /// Address of the version to compare with, which runs already
    #[arg(long, value_name = "URL", env = "LOADLINE_BASE", hide_env_values = true, conflicts_with_all = ["base_dir", "base_command"])]
    pub(super) base: Option<String>,

    /// Working folder of the version to compare with; the scenario's service is started there too, on a port of its own
    #[arg(long, value_name = "DIR", env = "LOADLINE_BASE_DIR", conflicts_with = "target")]
    pub(super) base_dir: Option<PathBuf>,

    /// Command that starts the version to compare with, in place of the scenario's
    #[arg(long, value_name = "CMD", env = "LOADLINE_BASE_COMMAND", hide_env_values = true, conflicts_with = "target")]
    pub(super) base_command: Option<String>,

    /// How long it takes, from the warm-up to the last block (default: 70s)
    #[arg(long, value_name = "TIME", env = "LOADLINE_BUDGET")]
    pub(super) budget: Option<Micros>,
}

/// What is sent when an address stands in place of a file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request (with an address instead of a file)")]
pub(super) struct RequestArgs {
    /// HTTP method (default: GET, or POST with a body)
    #[arg(short = 'X', long, value_name = "METHOD", env = "LOADLINE_METHOD")]
    pub(super) method: Option<String>,

    /// Header; again for more
    #[arg(
        short = 'H',
        long = "header",
        value_name = "NAME: VALUE",
        value_parser = EachLine(text),
        env = "LOADLINE_HEADER",
        hide_env_values = true
    )]
    pub(super) headers: Vec<Lines<String>>,

    /// Body as it is sent, or @ and the file that holds it; a text that is JSON is sent as such
    #[arg(short = 'd', long, value_name = "TEXT|@FILE", env = "LOADLINE_BODY", hide_env_values = true)]
    pub(super) body: Option<String>,

    /// Accept any certificate, also one that is expired or made by yourself
    #[arg(short = 'k', long, env = "LOADLINE_INSECURE", value_parser = FalseyValueParser::new())]
    pub(super) insecure: bool,
}

/// What decides the verdict.
#[derive(Debug, Args)]
#[command(next_help_heading = "Verdict")]
pub(super) struct JudgingArgs {
    /// Threshold on all requests, such as `p95 < 500ms`; again for more
    #[arg(long = "threshold", value_name = "EXPR", value_parser = EachLine(text), env = "LOADLINE_THRESHOLD")]
    pub(super) thresholds: Vec<Lines<String>>,

    /// How the run is compared (default: the scenario's `baseline.mode`, else auto)
    #[arg(long, value_name = "MODE", value_enum, env = "LOADLINE_COMPARISON")]
    pub(super) comparison: Option<ComparisonArg>,

    #[command(flatten)]
    pub(super) store: StoreArgs,

    /// Commits that the change is based on, newest first, commas between: compared is with the stored history up to them
    #[arg(long, value_name = "SHA", env = "LOADLINE_BASE_SHA", value_delimiter = ',', value_parser = commit)]
    pub(super) base_sha: Vec<String>,

    /// Who accepted a regression: it is shown as accepted, and fails nothing; missed thresholds do
    #[arg(long, value_name = "NAME", env = "LOADLINE_ACCEPTED_BY")]
    pub(super) accepted_by: Option<String>,
    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    /// What a generator that couldn't keep up means: the run is invalid, or a warning
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, env = "LOADLINE_ON_SATURATION")]
    pub(super) on_saturation: SaturationArg,
}

/// What a comparison may decide. What isn't typed is as the scenario's `baseline` section says.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct PolicyArgs {
    /// What counts as a regression, such as `p95: 10% and 2ms` or `POST /orders: p95: 20%`; again for more
    #[arg(long = "regression", value_name = "RULE", value_parser = EachLine(text), env = "LOADLINE_REGRESSION")]
    pub(super) regressions: Vec<Lines<String>>,

    /// What a comparison that finds nothing to compare with means (default: neutral)
    #[arg(long, value_name = "POLICY", value_enum, env = "LOADLINE_ON_MISSING_BASELINE")]
    pub(super) on_missing_baseline: Option<PolicyArg>,

    /// What a comparison that can't tell means (default: neutral)
    #[arg(long, value_name = "POLICY", value_enum, env = "LOADLINE_ON_INCONCLUSIVE")]
    pub(super) on_inconclusive: Option<PolicyArg>,

    /// What a baseline that was made on another machine may do (default: advisory)
    #[arg(long, value_name = "WHAT", value_enum, env = "LOADLINE_ON_OTHER_MACHINE")]
    pub(super) on_other_machine: Option<OtherMachineArg>,

    /// At most so many stored records are compared with, the newest ones (default: 30)
    #[arg(long, value_name = "N", env = "LOADLINE_BASELINE_RECORDS", value_parser = clap::value_parser!(u8).range(1..=30))]
    pub(super) baseline_records: Option<u8>,

    /// File of accepted regressions (default: .loadline/waivers.yml, where it exists)
    #[arg(long, value_name = "FILE", env = "LOADLINE_WAIVERS")]
    pub(super) waivers: Option<PathBuf>,

    /// The same file as of the commit that the change is based on: what isn't in it is shown as added by the change
    #[arg(long, value_name = "FILE", env = "LOADLINE_BASE_WAIVERS")]
    pub(super) base_waivers: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(super) struct StoreArgs {
    /// Folder of stored baselines (default: baselines, where there is one), or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", env = "LOADLINE_STORE")]
    pub(super) store: Option<PathBuf>,

    /// Branch whose baselines are compared with (default: the default branch)
    #[arg(long, value_name = "BRANCH", env = "LOADLINE_BASELINE_BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(super) baseline_branch: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ComparisonArg {
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
pub(super) enum OtherMachineArg {
    /// Shown, and fails nothing
    Advisory,
    /// Judged as if it were of the same machine
    Judge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PolicyArg {
    /// Shown, and fails nothing
    Neutral,
    /// Counts as a success
    Pass,
    /// Fails the run
    Fail,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SaturationArg {
    /// The run is invalid (exit 3)
    #[default]
    Invalid,
    /// The figures are shown with a warning
    Warn,
}

/// What comes out, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// Folder of the report
    #[arg(long, value_name = "DIR", default_value = "loadline-report", env = "LOADLINE_OUT")]
    pub(super) out: PathBuf,

    /// Also write the record there
    #[arg(long, value_name = "FILE", env = "LOADLINE_JSON")]
    pub(super) json: Option<PathBuf>,

    /// Also write Locust-compatible CSV files that begin with this
    #[arg(long, value_name = "PREFIX", env = "LOADLINE_CSV")]
    pub(super) csv: Option<PathBuf>,

    /// No progress and no tables: only what failed, and the verdict
    #[arg(short, long, env = "LOADLINE_QUIET", value_parser = FalseyValueParser::new())]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(override_usage = "loadline compare [OPTIONS] <BASE>... <HEAD>")]
pub(super) struct CompareArgs {
    /// Records, or results of k6, Locust, vegeta and oha: those of the base, and the one that is judged last
    #[arg(value_names = ["BASE", "HEAD"], num_args = 2.., required_unless_present = "blocks")]
    files: Vec<PathBuf>,

    /// Judge the blocks of a paired run again: the blocks.jsonl.gz of its report folder
    #[arg(long, value_name = "FILE", conflicts_with = "files", env = "LOADLINE_BLOCKS")]
    pub(super) blocks: Option<PathBuf>,

    /// How it is shown
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: CompareFormatArg,

    /// Scenario whose `baseline` section and waivers count, as in its runs; options win over it
    #[arg(long, value_name = "FILE", env = "LOADLINE_SCENARIO")]
    pub(super) scenario: Option<PathBuf>,

    /// With --scenario: profile that was run
    #[arg(long, value_name = "NAME", env = "LOADLINE_PROFILE")]
    pub(super) profile: Option<String>,

    /// With --scenario: environment that was run
    #[arg(long, value_name = "NAME", env = "LOADLINE_ENVIRONMENT")]
    pub(super) environment: Option<String>,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    /// No table: only what regressed, and the verdict
    #[arg(short, long, env = "LOADLINE_QUIET", value_parser = FalseyValueParser::new())]
    pub(super) quiet: bool,
}

impl CompareArgs {
    /// The head, and the files of the base.
    pub(super) fn sides(&self) -> (&Path, &[PathBuf]) {
        // At least two are required where there are no blocks.
        self.files.split_last().map_or((Path::new(""), &[]), |(head, base)| (head.as_path(), base))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareFormatArg {
    /// Tables for people
    #[default]
    Terminal,
    /// The comment of a pull request
    Comment,
    /// The comparison and what it is made of
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Records, as `run` wrote them
    #[arg(value_name = "RECORD", required = true)]
    pub(super) records: Vec<PathBuf>,

    /// What to make of them
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: FormatArg,

    /// Write there instead of the terminal; of `csv` the beginning of the names, of `folder` the folder
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatArg {
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

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scenario files; without any: loadline.yml
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(super) overrides: OverrideArgs,

    /// Say nothing when all is well
    #[arg(short, long, env = "LOADLINE_QUIET", value_parser = FalseyValueParser::new())]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Also write a workflow that runs the scenario for every pull request
    #[arg(long, env = "LOADLINE_GITHUB", value_parser = FalseyValueParser::new())]
    pub(super) github: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineCommand {
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
pub(super) struct BaselinePromoteArgs {
    /// Report folder, downloaded archive (zip) of one, or record
    #[arg(value_name = "ARTIFACT", required = true)]
    pub(super) artifacts: Vec<PathBuf>,

    /// Folder of stored baselines, or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", default_value = "baselines", env = "LOADLINE_STORE")]
    pub(super) store: PathBuf,

    /// Branch they become baselines of
    #[arg(long, value_name = "BRANCH", required = true, value_parser = NonEmptyStringValueParser::new())]
    pub(super) branch: String,
}

#[derive(Debug, Args)]
pub(super) struct BaselineAcceptArgs {
    /// Record of the run that regressed
    #[arg(value_name = "RECORD", default_value = "loadline-report/record.json")]
    pub(super) record: PathBuf,

    /// Why it is accepted
    #[arg(long, value_name = "TEXT", env = "LOADLINE_REASON")]
    pub(super) reason: String,

    /// Last day it is accepted, such as 2026-12-31 (UTC)
    #[arg(long, value_name = "DAY", env = "LOADLINE_UNTIL")]
    pub(super) until: jiff::civil::Date,

    /// Who accepts it
    #[arg(long, value_name = "NAME", env = "LOADLINE_BY")]
    pub(super) by: Option<String>,

    /// Only of this endpoint; `all` is the whole run (default: every regression of the record)
    #[arg(long, value_name = "NAME", env = "LOADLINE_ENDPOINT")]
    pub(super) endpoint: Option<String>,

    /// Only this figure, such as p95
    #[arg(long, value_name = "FIGURE", env = "LOADLINE_METRIC")]
    pub(super) metric: Option<String>,

    /// What it may come to, such as 450ms (default: what was measured and a tenth more); with --endpoint and --metric
    #[arg(long, value_name = "VALUE", env = "LOADLINE_CEILING", requires_all = ["endpoint", "metric"])]
    pub(super) ceiling: Option<String>,

    /// File of accepted regressions
    #[arg(long, value_name = "FILE", default_value = ".loadline/waivers.yml", env = "LOADLINE_WAIVERS")]
    pub(super) waivers: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct BaselinePruneArgs {
    /// So many of the newest records of each branch and scenario stay whole
    #[arg(long, value_name = "N", default_value = "10", env = "LOADLINE_KEEP")]
    pub(super) keep: usize,

    /// Folder of stored baselines, or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", default_value = "baselines", env = "LOADLINE_STORE")]
    pub(super) store: PathBuf,

    /// Only this branch
    #[arg(long, value_name = "BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(super) branch: Option<String>,

    /// Only this scenario
    #[arg(long, value_name = "NAME")]
    pub(super) scenario: Option<String>,

    /// Then replace the history of a `branch:NAME` by a single commit
    #[arg(long, env = "LOADLINE_SQUASH", value_parser = FalseyValueParser::new())]
    pub(super) squash: bool,

    /// Say what would be thinned, and change nothing
    #[arg(long, env = "LOADLINE_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct BaselineSaveArgs {
    /// Records, as `run` wrote them
    #[arg(value_name = "RECORD", default_value = "loadline-report/record.json")]
    pub(super) records: Vec<PathBuf>,

    /// Folder of stored baselines, or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", default_value = "baselines", env = "LOADLINE_STORE")]
    pub(super) store: PathBuf,

    /// Branch it is a baseline of (default: the one the record was made on)
    #[arg(long, value_name = "BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(super) branch: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct BaselineListArgs {
    /// Folder of stored baselines, or `branch:NAME`
    #[arg(long, value_name = "DIR|branch:NAME", default_value = "baselines", env = "LOADLINE_STORE")]
    pub(super) store: PathBuf,

    /// Only this branch
    #[arg(long, value_name = "BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(super) branch: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct BaselineShowArgs {
    /// Scenario by its name
    #[arg(value_name = "SCENARIO")]
    pub(super) scenario: String,

    #[command(flatten)]
    pub(super) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct BaselineFetchArgs {
    /// Where the records are now: `branch:NAME`, or a folder
    #[arg(long, value_name = "DIR|branch:NAME", env = "LOADLINE_STORE")]
    pub(super) store: PathBuf,

    /// Folder that they are copied into
    #[arg(long, value_name = "DIR", env = "LOADLINE_INTO")]
    pub(super) into: PathBuf,

    /// Branch whose baselines are copied (default: the default branch)
    #[arg(long, value_name = "BRANCH", env = "LOADLINE_BASELINE_BRANCH", value_parser = NonEmptyStringValueParser::new())]
    pub(super) baseline_branch: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct BaseArgs {
    /// What to compare with: auto, merge-base, none, or a branch, tag or commit
    #[arg(long, value_name = "BASE", default_value = "auto", env = "LOADLINE_BASE_REF")]
    pub(super) base: String,

    /// How to compare
    #[arg(long, value_name = "HOW", value_enum, default_value = "paired", env = "LOADLINE_COMPARISON")]
    pub(super) comparison: ComparisonArg,

    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: BaseFormatArg,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum BaseFormatArg {
    /// For scripts
    #[default]
    Json,
    /// Lines for $GITHUB_OUTPUT
    Outputs,
}

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// Report folder, as `run` wrote it
    #[arg(value_name = "DIR", default_value = "loadline-report")]
    pub(super) folder: PathBuf,

    /// When to comment on the pull request
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, env = "LOADLINE_COMMENT")]
    pub(super) comment: CommentArg,

    /// Set a commit status `loadline/SUITE` too
    #[arg(long, env = "LOADLINE_STATUS", value_parser = FalseyValueParser::new())]
    pub(super) status: bool,

    /// Make a check run `loadline/SUITE` too
    #[arg(long, env = "LOADLINE_CHECK_RUN", value_parser = FalseyValueParser::new())]
    pub(super) check_run: bool,

    /// Name of this suite: each has a comment, a status and a check run of its own (default: the scenarios' names)
    #[arg(long, value_name = "NAME", env = "LOADLINE_SUITE")]
    pub(super) suite: Option<String>,

    /// Where the whole report can be downloaded
    #[arg(long, value_name = "URL", env = "LOADLINE_ARTIFACT_URL")]
    pub(super) artifact_url: Option<String>,

    /// What the run exited with; said where it left no record
    #[arg(long, value_name = "N", env = "LOADLINE_EXIT_CODE")]
    pub(super) exit_code: Option<u8>,

    /// The report is of a pull request from a fork, and this is the second stage, on `workflow_run`: nothing in it is trusted
    #[arg(long, env = "LOADLINE_FROM_FORK", value_parser = FalseyValueParser::new())]
    pub(super) from_fork: bool,

    /// With --from-fork: scenario of this checkout that the record is judged by; again for more (default: loadline.yml)
    #[arg(long, value_name = "FILE", value_parser = EachLine(path), env = "LOADLINE_SCENARIO")]
    pub(super) scenario: Vec<Lines<PathBuf>>,

    #[command(flatten)]
    pub(super) store: StoreArgs,

    /// The verdict fails nothing: a status and a check run say so in place of a failure
    #[arg(long, env = "LOADLINE_REPORT_ONLY", value_parser = FalseyValueParser::new())]
    pub(super) report_only: bool,

    /// Print what would be posted, and post nothing
    #[arg(long, env = "LOADLINE_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub(super) dry_run: bool,

    // With --from-fork: what the workflow that measured sets. Last, because of its heading.
    #[command(flatten)]
    pub(super) overrides: OverrideArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum CommentArg {
    /// After each run
    #[default]
    Always,
    /// When something failed or changed, or a comment is there already
    Changes,
    /// Not at all
    Never,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8000", env = "LOADLINE_LISTEN")]
    pub(super) listen: SocketAddr,

    /// Defect to switch on, such as `slow=5%`, `tail=5%`, `delay=5ms`, `errors=2%`, `leak=1MiB/s`, `stall=200ms/5s` or `oversell`; again for more
    #[arg(long = "defect", value_name = "DEFECT", env = "LOADLINE_DEFECT", value_delimiter = ',')]
    pub(super) defects: Vec<Defect>,

    /// Threads that work
    #[arg(long, value_name = "N", default_value = "1", env = "LOADLINE_WORKERS")]
    pub(super) workers: NonZeroUsize,

    /// CPU work of a request, as long as it takes on a core of 3.7 GHz
    #[arg(long, value_name = "TIME", default_value = "1.2ms", env = "LOADLINE_WORK")]
    pub(super) work: Micros,
}

fn variable(value: &OsStr) -> Result<(String, String), String> {
    match text(value)?.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write `NAME=value`".to_owned()),
    }
}

fn path(value: &OsStr) -> Result<PathBuf, String> {
    Ok(PathBuf::from(value))
}

fn commit(text: &str) -> Result<String, String> {
    let text = text.trim();
    let is_hash = (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hash { Ok(text.to_ascii_lowercase()) } else { Err("a commit has 7 to 64 hexadecimal digits".to_owned()) }
}
