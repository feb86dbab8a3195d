//! The scenario file as it is written: every value typed, with the place it stands on.

pub mod yaml;
