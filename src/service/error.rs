//! What can go wrong before the service is ready.

use std::io;
use std::path::PathBuf;

use super::exit::Exit;
use super::log::Tail;
use crate::units::Micros;

/// Says why the service could not be made ready; reads well after "failed to". No load was sent in any of these cases,
/// and nothing that was started is left running.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// `port: auto`, and there is none.
    #[error("pick a free port on 127.0.0.1")]
    Port(#[source] io::Error),
    /// Somebody answers where the service was about to listen: the load would have hit the wrong program.
    #[error(
        "start the service: {address} is already in use{}\n  no load was sent; stop that program, choose `port: auto`, or leave `command` empty to test what runs there",
        .holder.as_deref().map(|holder| format!(" by {holder}")).unwrap_or_default()
    )]
    Taken {
        /// `host:port`.
        address: String,
        /// Its process number and name, where the system tells.
        holder: Option<String>,
    },
    /// The log can't be written.
    #[error("write the service's log `{}`", .path.display())]
    Log {
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The shell could not be started.
    #[error("run `{what}` through `sh -c` in `{}`", .folder.display())]
    Spawn {
        /// The key of the scenario: `build`, `command` or `stop`.
        what: &'static str,
        /// Its working folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The build failed.
    #[error("build the service: `build` ended with {exit}{output}")]
    Build {
        /// How it ended.
        exit: Exit,
        /// Its last lines.
        output: Tail,
    },
    /// The command ended before the service was ready.
    #[error("start the service: `command` ended with {exit} after {after}, before it was ready{output}")]
    Died {
        /// How it ended.
        exit: Exit,
        /// Since its start.
        after: Micros,
        /// Its last lines.
        output: Tail,
    },
    /// The deadline has passed.
    #[error(
        "await the service: not ready within {within}: {last}{}",
        .output.as_ref().map_or_else(|| "\n  no load was sent; is it running?".to_owned(), ToString::to_string)
    )]
    Late {
        /// The deadline.
        within: Micros,
        /// What came of the last probe.
        last: String,
        /// Its last lines, where loadline started it.
        output: Option<Tail>,
    },
    /// The readiness probe can't be carried out at all.
    #[error("await the service: `ready: {probe}` can't be asked: {reason}")]
    Probe {
        /// As it is written, with the port in it.
        probe: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The user ended it.
    #[error("await the service: interrupted")]
    Interrupted,
}
