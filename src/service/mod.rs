//! The system under test: started, awaited, watched and stopped.
//!
//! [`choose_port`] picks the port, [`Service::start`] builds, starts and awaits, [`Monitor`] samples CPU and memory
//! while the load runs, and [`Service::stop`] (or dropping the service, which a panic does too) ends every process of
//! it. All of it blocks the calling thread; what waits for long asks whether it was interrupted. See `docs/service.md`.

mod alias;
mod cpu;
mod environment;
mod error;
mod exit;
mod listener;
mod log;
mod masked;
mod monitor;
mod port;
mod probe;
mod process;
mod ready;
mod running;
mod samples;
mod shell;
mod tree;

pub use error::ServiceError;
pub use exit::Exit;
pub use log::Tail;
pub use monitor::Monitor;
pub use port::choose_port;
pub use running::{Service, StartOptions, Stopped};
pub use tree::Watched;
