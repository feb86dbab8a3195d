//! What is written to begin with.

use clap::Args;
use clap::builder::FalseyValueParser;

#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// Also write a workflow that runs the scenario for every pull request
    #[arg(long, env = "LOADLINE_GITHUB", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) github: bool,
}
