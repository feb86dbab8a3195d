//! Paired mode: two versions of the service side by side, from their start to the blocks they are compared by.

mod checkout;
mod disturbed;
mod identity;
mod instead;
mod ledger;
mod measure;
mod monitors;
mod session;
mod side;
mod silence;
mod sizes;
mod watch;

pub(super) use instead::{describe_paired, paired_digest};
pub use measure::{PairedMeasured, PairedOptions, measure_paired};
