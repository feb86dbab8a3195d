//! Data feeds.

use minijinja::Value;

use super::scope::{Scope, SlotId};

/// A named table of rows, shared by all users and threads.
#[derive(Debug)]
pub struct Feed {
    /// Its key under `data:`.
    pub name: String,
    /// The variable its current row is in.
    pub slot: SlotId,
}

impl Feed {
    /// The row of the next iteration (sequential, random, shuffle); for `unique` the row of the user with this number
    /// among the users of the feed. None when the rows are used up (cannot happen where a plan was validated).
    pub fn row(&self, _scope: &Scope, _unique_user: u64) -> Option<Value> {
        todo!()
    }
    /// Whether a row belongs to a user for good.
    pub fn is_unique(&self) -> bool {
        todo!()
    }
}
