//! The system under test, where loadline starts or watches it.

use std::path::PathBuf;

use crate::units::Micros;

/// How to start, await, watch and stop the service.
#[derive(Debug, Clone)]
pub struct ServicePlan {
    /// Run through `sh -c`, in a process group of its own; none: it already runs. `${PORT}` is still in the text
    /// and in the environment of the command.
    pub command: Option<String>,
    /// A command run to its end before `command`.
    pub build: Option<String>,
    /// A command that stops the service; without one its process group gets SIGTERM, then SIGKILL.
    pub stop: Option<String>,
    /// The working folder of the commands.
    pub folder: PathBuf,
    /// The port it is told to listen on.
    pub port: PortPlan,
    /// Additional environment of the commands.
    pub env: Vec<(String, String)>,
    /// When it counts as ready; none: when the target's port accepts a connection, where it is started on this machine;
    /// otherwise at once.
    pub ready: Option<ReadyPlan>,
    /// Whether CPU and memory are recorded every second.
    pub monitor: bool,
}

/// Where the service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PortPlan {
    /// The scenario doesn't say.
    #[default]
    Unset,
    /// A free port is picked when the service starts, and exported as `PORT`.
    Auto,
    /// This one, exported as `PORT`.
    Fixed(u16),
}

/// When a service counts as ready.
#[derive(Debug, Clone)]
pub struct ReadyPlan {
    /// What is asked, again and again.
    pub probe: ReadyProbe,
    /// How long it may take from the start of the command.
    pub within: Micros,
}

/// How readiness is found out.
#[derive(Debug, Clone)]
pub enum ReadyProbe {
    /// GET of this path on the target (or an absolute address) answers with a status below 400.
    Get(String),
    /// A TCP connection to this `host:port` (or a bare port on 127.0.0.1) is accepted; `${PORT}` may be in it.
    Tcp(String),
    /// A line of its output matches.
    Log(regex::Regex),
}
