//! What is compared without load.

use std::path::{Path, PathBuf};

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};

use super::PolicyArgs;

#[derive(Debug, Args)]
#[command(override_usage = "loadline compare [OPTIONS] <BASE>... <HEAD>")]
pub(in crate::cli) struct CompareArgs {
    /// Records, or results of k6, Locust, vegeta and oha: those of the base, and the one that is judged last
    #[arg(value_names = ["BASE", "HEAD"], num_args = 2.., required_unless_present = "blocks")]
    files: Vec<PathBuf>,

    /// Judge the blocks of a paired run again: the blocks.jsonl.gz of its report folder
    #[arg(long, value_name = "FILE", conflicts_with = "files", env = "LOADLINE_BLOCKS")]
    pub(in crate::cli) blocks: Option<PathBuf>,

    /// How it is shown
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: CompareFormatArg,

    /// Scenario whose `baseline` section and waivers count, as in its runs; options win over it
    #[arg(long, value_name = "FILE", env = "LOADLINE_SCENARIO")]
    pub(in crate::cli) scenario: Option<PathBuf>,

    /// With --scenario: profile that was run
    #[arg(long, value_name = "NAME", env = "LOADLINE_PROFILE")]
    pub(in crate::cli) profile: Option<String>,

    /// With --scenario: environment that was run
    #[arg(long, value_name = "NAME", env = "LOADLINE_ENVIRONMENT")]
    pub(in crate::cli) environment: Option<String>,

    #[command(flatten)]
    pub(in crate::cli) policy: PolicyArgs,

    /// No table: only what regressed, and the verdict
    #[arg(short, long, env = "LOADLINE_QUIET", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) quiet: bool,
}

impl CompareArgs {
    /// The head, and the files of the base.
    pub(in crate::cli) fn sides(&self) -> (&Path, &[PathBuf]) {
        // At least two are required where there are no blocks.
        self.files.split_last().map_or((Path::new(""), &[]), |(head, base)| (head.as_path(), base))
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum CompareFormatArg {
    /// Tables for people
    #[default]
    Terminal,
    /// The comment of a pull request
    Comment,
    /// The comparison and what it is made of
    Json,
}
