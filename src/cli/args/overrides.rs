//! What replaces parts of a scenario.

use std::path::PathBuf;

use clap::Args;

use super::values::variable;
use crate::cli::lines::{EachLine, Lines};
use crate::units::{Micros, Rate};

/// What replaces parts of a scenario.
#[derive(Debug, Args)]
#[command(next_help_heading = "Scenario")]
pub(in crate::cli) struct OverrideArgs {
    /// Address under load; the scenario's service is then not started
    #[arg(long, value_name = "URL", env = "LOADLINE_TARGET", hide_env_values = true)]
    pub(in crate::cli) target: Option<String>,

    /// Number of users (concurrency)
    #[arg(short = 'c', long, value_name = "N", env = "LOADLINE_USERS")]
    pub(in crate::cli) users: Option<u32>,

    /// New users per second until all are there
    #[arg(long, value_name = "RATE", env = "LOADLINE_SPAWN_RATE")]
    pub(in crate::cli) spawn_rate: Option<Rate>,

    /// How long the load lasts, warm-up not included
    #[arg(long, value_name = "TIME", env = "LOADLINE_DURATION")]
    pub(in crate::cli) duration: Option<Micros>,

    /// Warm-up before the load, in no result
    #[arg(long, value_name = "TIME", env = "LOADLINE_WARMUP")]
    pub(in crate::cli) warmup: Option<Micros>,

    /// Whole passes through a task, shared by all users
    #[arg(short = 'n', long, value_name = "N", env = "LOADLINE_ITERATIONS")]
    pub(in crate::cli) iterations: Option<u64>,

    /// Arrivals per second, whatever the answers take (open model)
    #[arg(long, value_name = "RATE", env = "LOADLINE_RATE")]
    pub(in crate::cli) rate: Option<Rate>,

    /// At most this many users at once in the open model
    #[arg(long, value_name = "N", env = "LOADLINE_MAX_USERS")]
    pub(in crate::cli) max_users: Option<u32>,

    /// Named load of the scenario
    #[arg(long, value_name = "NAME", env = "LOADLINE_PROFILE")]
    pub(in crate::cli) profile: Option<String>,

    /// Named environment of the scenario
    #[arg(long, value_name = "NAME", env = "LOADLINE_ENVIRONMENT")]
    pub(in crate::cli) environment: Option<String>,

    /// File of variables, instead of the scenario's own
    #[arg(long, value_name = "FILE", env = "LOADLINE_ENV_FILE")]
    pub(in crate::cli) env_file: Option<PathBuf>,

    /// Value of a ${VARIABLE} of the scenario; again for more
    #[arg(long = "var", value_name = "K=V", value_parser = EachLine(variable), env = "LOADLINE_VAR", hide_env_values = true)]
    pub(in crate::cli) vars: Vec<Lines<(String, String)>>,

    /// Seed of all random numbers, to repeat a run
    #[arg(long, value_name = "N", env = "LOADLINE_SEED")]
    pub(in crate::cli) seed: Option<u64>,

    /// Time limit of every request, also of those with one of their own
    #[arg(long, value_name = "TIME", env = "LOADLINE_TIMEOUT")]
    pub(in crate::cli) timeout: Option<Micros>,
}
