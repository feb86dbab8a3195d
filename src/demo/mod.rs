//! The built-in sample API behind `loadline demo`: something real to load, with defects that can be switched on.
//!
//! [`Demo`] serves every endpoint that the example scenarios use, from memory, with an atomic stock. Everything it keeps
//! is bounded, so that it can be loaded for hours; the `leak` defect is the exception that shows what growth looks like.
//!
//! A request passes through three places: `admission` counts it and lets the defects have their way with it, the
//! router in `routes` finds its handler, and a handler works on one store of the `app::App`. The server itself
//! (`server`) accepts on one thread and serves on as many others as it is told; what is measured is therefore the
//! same single-threaded service by default, on any machine.

mod accounts;
mod admission;
mod app;
mod auth;
mod body;
mod courses;
mod defect;
mod delay;
mod draw;
mod faults;
mod generation;
mod leak;
mod orders;
mod payments;
mod problem;
mod products;
mod recommendations;
mod routes;
mod scenario;
mod server;
mod shelf;
mod stall;
mod stats;
mod students;
#[cfg(test)]
mod testing;
mod work;
mod worker;

pub use defect::{Defect, DefectError, Defects};
pub use scenario::SCENARIO;
pub use server::{Demo, DemoError, DemoOptions};
pub use stall::Stall;
