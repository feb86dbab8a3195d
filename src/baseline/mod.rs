//! Where records are stored to be compared against: one immutable file a run, in a tree of folders.
//!
//! `<branch>/<scenario>/<utc time>-<sha7>-<run id>.json`: everything a listing needs stands in the path, so that no
//! file is opened for it, and no two runs ever write the same file.

mod branch;
mod calibrations;
mod directory;
mod entry;
mod folder_name;
mod store;

pub use branch::BranchStore;
pub use calibrations::Calibrations;
pub use directory::DirectoryStore;
pub use entry::Entry;
pub use store::{Listing, Problem, Store, StoreError, read_each};
