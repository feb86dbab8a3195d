//! What is run.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{JudgingArgs, OverrideArgs};
use crate::cli::lines::{EachLine, Lines, text};
use crate::units::Micros;

#[derive(Debug, Args)]
pub(in crate::cli) struct RunArgs {
    /// Scenario files, one after the other, or the address of a single endpoint; without any: loadline.yml
    #[arg(value_name = "FILE|URL")]
    pub(in crate::cli) inputs: Vec<String>,

    /// Start the built-in sample API and run a bundled scenario against it; advisory, so it passes on any machine
    #[arg(long, conflicts_with_all = ["inputs", "target", "base", "base_dir", "base_command"])]
    pub(in crate::cli) demo: bool,

    #[command(flatten)]
    pub(in crate::cli) overrides: OverrideArgs,

    #[command(flatten)]
    pub(in crate::cli) paired: PairedArgs,

    #[command(flatten)]
    pub(in crate::cli) request: RequestArgs,

    #[command(flatten)]
    pub(in crate::cli) judging: JudgingArgs,

    #[command(flatten)]
    pub(in crate::cli) output: OutputArgs,

    /// Generator threads (default: half of the cores, so that the service keeps the others; paired mode has one)
    #[arg(long, value_name = "N", env = "LOADLINE_THREADS", help_heading = "Scenario")]
    pub(in crate::cli) threads: Option<NonZeroUsize>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CalibrateArgs {
    /// How many paired runs of the same version, each of one budget, or two where it is inconclusive
    #[arg(long, value_name = "N", default_value = "5", env = "LOADLINE_RUNS")]
    pub(in crate::cli) runs: NonZeroU32,

    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}

/// What the service is compared with side by side.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Paired mode (two versions take turns under load)")]
pub(in crate::cli) struct PairedArgs {
    /// Address of the version to compare with, which runs already
    #[arg(long, value_name = "URL", env = "LOADLINE_BASE", hide_env_values = true, conflicts_with_all = ["base_dir", "base_command"])]
    pub(in crate::cli) base: Option<String>,

    /// Working folder of the version to compare with; the scenario's service is started there too, on a port of its own
    #[arg(long, value_name = "DIR", env = "LOADLINE_BASE_DIR", conflicts_with = "target")]
    pub(in crate::cli) base_dir: Option<PathBuf>,

    /// Command that starts the version to compare with, in place of the scenario's
    #[arg(long, value_name = "CMD", env = "LOADLINE_BASE_COMMAND", hide_env_values = true, conflicts_with = "target")]
    pub(in crate::cli) base_command: Option<String>,

    /// How long it takes, from the warm-up to the last block (default: 70s)
    #[arg(long, value_name = "TIME", env = "LOADLINE_BUDGET")]
    pub(in crate::cli) budget: Option<Micros>,
}

/// What is sent when an address stands in place of a file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Request (with an address instead of a file)")]
pub(in crate::cli) struct RequestArgs {
    /// HTTP method (default: GET, or POST with a body)
    #[arg(short = 'X', long, value_name = "METHOD", env = "LOADLINE_METHOD")]
    pub(in crate::cli) method: Option<String>,

    /// Header; again for more
    #[arg(
        short = 'H',
        long = "header",
        value_name = "NAME: VALUE",
        value_parser = EachLine(text),
        env = "LOADLINE_HEADER",
        hide_env_values = true
    )]
    pub(in crate::cli) headers: Vec<Lines<String>>,

    /// Body as it is sent, or @ and the file that holds it; a text that is JSON is sent as such
    #[arg(short = 'd', long, value_name = "TEXT|@FILE", env = "LOADLINE_BODY", hide_env_values = true)]
    pub(in crate::cli) body: Option<String>,

    /// Accept any certificate, also one that is expired or made by yourself
    #[arg(short = 'k', long, env = "LOADLINE_INSECURE", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) insecure: bool,
}

/// What comes out, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(in crate::cli) struct OutputArgs {
    /// Folder of the report
    #[arg(long, value_name = "DIR", default_value = "loadline-report", env = "LOADLINE_OUT")]
    pub(in crate::cli) out: PathBuf,

    /// Also write the record there
    #[arg(long, value_name = "FILE", env = "LOADLINE_JSON")]
    pub(in crate::cli) json: Option<PathBuf>,

    /// Also write Locust-compatible CSV files that begin with this
    #[arg(long, value_name = "PREFIX", env = "LOADLINE_CSV")]
    pub(in crate::cli) csv: Option<PathBuf>,

    /// No progress and no tables: only what failed, and the verdict
    #[arg(short, long, env = "LOADLINE_QUIET", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) quiet: bool,
}
