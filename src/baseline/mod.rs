//! Where records are stored to be compared against: one immutable file a run, in a tree of folders.
//!
//! `<branch>/<scenario>/<utc time>-<sha7>-<run id>.json`: everything a listing needs stands in the path, so that no
//! file is opened for it, and no two runs ever write the same file. Old records can be thinned: see [`plan_pruning`].

mod artifact;
mod branch;
mod calibrations;
mod directory;
mod entry;
mod folder_name;
mod lineage;
mod prune;
mod squash;
mod store;
mod vetting;

pub use artifact::{ArtifactError, records_of};
pub use branch::BranchStore;
pub use calibrations::Calibrations;
pub use directory::DirectoryStore;
pub use entry::Entry;
pub use lineage::{Standing, up_to};
pub use prune::{Pruning, Thinning, plan_pruning};
pub use store::{Listing, Problem, Store, StoreError, check_trusted, read_each};
pub use vetting::objections;
