//! What is seen while a run goes on: the progress line of a terminal, or plain lines where there is none.
//!
//! It reads snapshots and writes to standard error; results go elsewhere.

mod bar;
mod line;
mod progress;

pub use progress::{Progress, ProgressKind, ProgressOptions};
