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
    /// `--warmup`
    pub warmup: Option<Micros>,
    /// `--iterations`
    pub iterations: Option<u64>,
    /// `--rate`
    pub rate: Option<Rate>,
    /// `--max-users`
    pub max_users: Option<u32>,
    /// `--base`, `--base-dir`, `--base-command`: what the service is compared with, side by side.
    pub base: Option<Base>,
    /// `--budget`
    pub budget: Option<Micros>,
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

/// What the service under test is compared with in paired mode: a running service, or one that is started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Base {
    /// `--base`: the address of a service that runs already.
    pub url: Option<String>,
    /// `--base-dir`: `service.command` is started there too. Relative to the working folder.
    pub folder: Option<PathBuf>,
    /// `--base-command`: started in place of `service.command`.
    pub command: Option<String>,
}

impl Base {
    /// The option that asks for paired mode, as messages name it.
    pub fn option(&self) -> &'static str {
        match (&self.url, &self.folder) {
            (Some(_), _) => "--base",
            (None, Some(_)) => "--base-dir",
            (None, None) => "--base-command",
        }
    }
}
