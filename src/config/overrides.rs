//! What the command line says over the file.

use std::path::PathBuf;

use crate::units::{Micros, Rate};

/// Options of a run that replace values of the scenario. None and empty: the file decides.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--target`: the address under load; the service is not started then.
    pub target: Option<String>,
    /// `--users`
    pub users: Option<u32>,
    /// `--spawn-rate`
    pub spawn_rate: Option<Rate>,
    /// `--duration`
    pub duration: Option<Micros>,
    /// `--iterations`
    pub iterations: Option<u64>,
    /// `--rate`
    pub rate: Option<Rate>,
    /// `--max-users`
    pub max_users: Option<u32>,
    /// `--profile`
    pub profile: Option<String>,
    /// `--environment`
    pub environment: Option<String>,
    /// `--env-file`: unlike the scenario's own it must exist. Relative to the working folder.
    pub env_file: Option<PathBuf>,
    /// `--var NAME=VALUE`
    pub vars: Vec<(String, String)>,
    /// `--seed`
    pub seed: Option<u64>,
    /// `--timeout`
    pub timeout: Option<Micros>,
    /// `--threshold`: `p95 < 500ms`, or with a scope in front: `GET /health: p95 < 50ms`. They come on top.
    pub thresholds: Vec<String>,
    /// `--regression`: `p95: 10% and 2ms`, or with an endpoint in front. They win over those of the scenario.
    pub regressions: Vec<String>,
}
