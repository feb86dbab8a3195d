//! The load itself: generator threads, virtual users, connections.
mod clock;
pub mod schedule;
mod timers;
pub use clock::ArmClock;
