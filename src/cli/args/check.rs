//! What is validated.

use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::OverrideArgs;

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Scenario files; without any: loadline.yml
    #[arg(value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) overrides: OverrideArgs,

    /// Say nothing when all is well
    #[arg(short, long, env = "LOADLINE_QUIET", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) quiet: bool,
}
