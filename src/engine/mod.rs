//! The load itself: generator threads, virtual users, connections.
//!
//! Each generator thread has a runtime of its own, and its users are tasks on it: nothing on the way of a request is
//! shared, locked or sent. Once a second a thread hands over what it gathered; the thread that called [`run`] merges
//! it and tells whoever listens. A paired run has one thread, on which two arms take turns.

mod barrier;
mod clock;
mod closed;
mod connection;
mod context;
mod control;
mod decode;
mod dial;
mod event;
mod exchange;
mod failure;
mod generator;
mod http1;
mod http2;
#[doc(hidden)]
pub mod inside;
mod jar;
mod load;
mod message;
mod open;
mod paired;
mod procedure;
mod render;
mod reply;
pub mod schedule;
#[cfg(test)]
mod stalling;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod timers;
mod user;

pub use clock::ArmClock;
pub use control::{Control, Course};
pub use event::Event;
pub use load::{Load, LoadOptions, LoadResult, StartError, arrivals_due, run};
pub use paired::{Alternated, Alternation, ArmOptions, BlockLoad, BlockRun, Pauses, alternate};
pub use procedure::{OnFailure, ProcedureKind, ProcedureResult, StepEnd, procedure};
