//! What a load tells while it runs: the only way out for terminal, web page, thresholds and tests.

use crate::metrics::{Snapshot, Totals};

/// What a load tells while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// The first user may come now.
    Started,
    /// A second has passed.
    Tick {
        /// For people.
        snapshot: &'a Snapshot,
        /// Everything measured so far, for thresholds.
        totals: &'a Totals,
    },
    /// No new iterations start; those in flight are waited for.
    Stopping,
}
