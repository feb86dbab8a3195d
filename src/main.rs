//! The `loadline` program.
fn main() {}
