//! A feed: rows, and which comes next.

use minijinja::Value;

use crate::plan::scope::{Scope, SlotId};

/// How the next row is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pick {
    /// One after the other, in the order of the file, shared by all users.
    #[default]
    Sequential,
    /// Any, with the user's own random numbers.
    Random,
    /// All of them once in an order drawn from the seed, then all of them in another one; shared by all users.
    Shuffle,
    /// A row belongs to a user for good.
    Unique,
}

/// What happens when there are no more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExhausted {
    /// There is no row.
    Error,
    /// It starts again with the first one.
    Wrap,
}

/// A named table of rows, shared by all users and threads.
#[derive(Debug)]
pub struct Feed {
    /// Its key under `data:`.
    pub name: String,
    /// The variable its current row is in.
    pub slot: SlotId,
}

impl Feed {
    /// A feed with at least one row.
    pub fn new(_name: String, _slot: SlotId, _rows: Vec<Value>, _pick: Pick, _on_exhausted: OnExhausted, _seed: u64) -> Self {
        todo!()
    }

    /// The row of the next iteration (sequential, random, shuffle); for `unique` the row of the user with this number
    /// among the users of the feed. None when the rows are used up (cannot happen where a plan was validated).
    pub fn row(&self, _scope: &Scope, _unique_user: u64) -> Option<Value> {
        todo!()
    }

    /// Whether a row belongs to a user for good.
    pub fn is_unique(&self) -> bool {
        todo!()
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What happens when there are no more rows.
    pub fn on_exhausted(&self) -> OnExhausted {
        todo!()
    }

    /// The names of its columns; empty where its rows are scalars.
    pub fn columns(&self) -> &[String] {
        todo!()
    }
}
