//! (being built)

mod container;
pub mod context;
pub mod machine;
pub mod usage;
