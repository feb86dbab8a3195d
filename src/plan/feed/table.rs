//! A feed: rows, and which comes next.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use minijinja::Value;
use minijinja::value::ValueKind;
use rand::RngExt;

use super::shuffle::{mix, permuted};
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
    /// It starts again with the first one; a shuffled feed in another order.
    Wrap,
}

impl OnExhausted {
    /// What holds where the scenario says nothing: two users must not share a row that was to be unique; everything else
    /// starts again.
    pub fn usual(pick: Pick) -> Self {
        if pick == Pick::Unique { Self::Error } else { Self::Wrap }
    }
}

/// A named table of rows, shared by all users and threads.
///
/// Which user gets which row of a sequential or shuffled feed depends on who asks first; the rows and their order do not.
#[derive(Debug)]
pub struct Feed {
    /// Its key under `data:`.
    pub name: String,
    /// The variable its current row is in.
    pub slot: SlotId,
    rows: Arc<Vec<Value>>,
    columns: Vec<String>,
    pick: Pick,
    on_exhausted: OnExhausted,
    /// How many rows were taken.
    taken: AtomicU64,
    key: u64,
}

impl Feed {
    /// A feed of these rows; without any it never gives one. `seed` is the plan's.
    pub fn new(name: String, slot: SlotId, rows: Vec<Value>, pick: Pick, on_exhausted: OnExhausted, seed: u64) -> Self {
        let columns = columns(&rows);
        // Feeds of one plan are shuffled independently of each other.
        let key = name.bytes().fold(mix(seed), |key, byte| mix(key ^ u64::from(byte)));
        Self { name, slot, rows: Arc::new(rows), columns, pick, on_exhausted, taken: AtomicU64::new(0), key }
    }

    /// The same table for somebody else, who takes its rows from the first one on: the other arm of a paired run.
    pub fn afresh(&self) -> Self {
        Self {
            name: self.name.clone(),
            slot: self.slot,
            rows: self.rows.clone(),
            columns: self.columns.clone(),
            pick: self.pick,
            on_exhausted: self.on_exhausted,
            taken: AtomicU64::new(0),
            key: self.key,
        }
    }

    /// Goes on where whichever of the two has taken more rows is, so that both give the same rows from now on.
    pub fn align(&self, other: &Self) {
        let most = self.taken.load(Ordering::Relaxed).max(other.taken.load(Ordering::Relaxed));
        self.taken.store(most, Ordering::Relaxed);
        other.taken.store(most, Ordering::Relaxed);
    }

    /// The row of the next iteration (sequential, random, shuffle); for `unique` the row of the user with this number
    /// among the users of the feed. None when the rows are used up (cannot happen where a plan was validated, but for
    /// `on_exhausted: error` of a feed that isn't unique).
    pub fn row(&self, scope: &Scope, unique_user: u64) -> Option<Value> {
        let count = self.rows.len() as u64;
        if count == 0 {
            return None;
        }
        let number = match self.pick {
            Pick::Random => scope.with_random(|random| random.random_range(0..count)),
            Pick::Sequential | Pick::Shuffle => self.taken.fetch_add(1, Ordering::Relaxed),
            Pick::Unique => unique_user,
        };
        if number >= count && self.on_exhausted == OnExhausted::Error {
            return None;
        }
        let (pass, index) = (number / count, number % count);
        let index = if self.pick == Pick::Shuffle { permuted(index, count, mix(self.key ^ pass)) } else { index };
        usize::try_from(index).ok().and_then(|index| self.rows.get(index)).cloned()
    }

    /// Whether a row belongs to a user for good.
    pub fn is_unique(&self) -> bool {
        self.pick == Pick::Unique
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What happens when there are no more rows.
    pub fn on_exhausted(&self) -> OnExhausted {
        self.on_exhausted
    }

    /// The names of its columns, in the order they first appear; empty where its rows are scalars.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}

fn columns(rows: &[Value]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| row.kind() == ValueKind::Map) {
        let keys = row.try_iter().into_iter().flatten().filter_map(|key| key.as_str().map(str::to_owned));
        for key in keys {
            if !columns.contains(&key) {
                columns.push(key);
            }
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::scope::Slots;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn feed(count: u64, pick: Pick, on_exhausted: OnExhausted, seed: u64) -> Feed {
        Feed::new("f".to_owned(), SlotId(0), (0..count).map(Value::from).collect(), pick, on_exhausted, seed)
    }

    fn scope(stream: u64) -> Scope {
        Scope::new(Arc::new(Slots::default()), 1, stream)
    }

    fn take(feed: &Feed, times: usize) -> Vec<Option<i64>> {
        let scope = scope(0);
        (0..times).map(|_| feed.row(&scope, 0).and_then(|row| row.as_i64())).collect()
    }

    #[test]
    fn sequential_rows_come_in_order_and_again() {
        assert_eq!(take(&feed(2, Pick::Sequential, OnExhausted::Wrap, 1), 5), [Some(0), Some(1), Some(0), Some(1), Some(0)]);
        assert_eq!(take(&feed(2, Pick::Sequential, OnExhausted::Error, 1), 3), [Some(0), Some(1), None]);
        assert_eq!(take(&feed(0, Pick::Sequential, OnExhausted::Wrap, 1), 1), [None]);
    }

    #[test]
    fn a_unique_row_stays_with_its_user() {
        let scope = scope(0);
        let rows = feed(3, Pick::Unique, OnExhausted::Error, 1);
        assert_eq!(rows.row(&scope, 2), rows.row(&scope, 2));
        assert_eq!((rows.row(&scope, 2), rows.row(&scope, 3)), (Some(Value::from(2)), None));
        assert_eq!(feed(3, Pick::Unique, OnExhausted::Wrap, 1).row(&scope, 4), Some(Value::from(1)));
        assert_eq!(OnExhausted::usual(Pick::Unique), OnExhausted::Error);
    }

    #[test]
    fn a_table_afresh_begins_again_and_both_can_be_aligned() {
        let first = feed(5, Pick::Sequential, OnExhausted::Wrap, 1);
        take(&first, 3);
        let second = first.afresh();
        assert_eq!(take(&second, 1), [Some(0)]);
        first.align(&second);
        assert_eq!((take(&first, 1), take(&second, 1)), (vec![Some(3)], vec![Some(3)]));
    }

    #[test]
    fn random_rows_depend_on_the_user_alone() {
        let rows = feed(1_000, Pick::Random, OnExhausted::Wrap, 1);
        let draw = |stream| {
            let scope = scope(stream);
            (0..5).map(|_| rows.row(&scope, 0)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn threads_share_a_shuffled_pass_without_losing_a_row() {
        let rows = feed(1_000, Pick::Shuffle, OnExhausted::Error, 1);
        let taken: Vec<i64> = std::thread::scope(|threads| {
            let workers: Vec<_> = (0..4).map(|_| threads.spawn(|| take(&rows, 300))).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).flatten().collect()
        });
        assert_eq!(taken.len(), 1_000);
        assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 1_000);
    }

    proptest! {
        #[test]
        fn each_pass_of_a_shuffled_feed_has_every_row_once_in_an_order_of_its_own(count in 8u64..60, seed in any::<u64>()) {
            let passes = |seed| {
                let taken = take(&feed(count, Pick::Shuffle, OnExhausted::Wrap, seed), 2 * count as usize);
                (taken[..count as usize].to_vec(), taken[count as usize..].to_vec())
            };
            let (first, second) = passes(seed);
            prop_assert_ne!(&first, &second);
            prop_assert_eq!(passes(seed).0, first.clone());
            for mut pass in [first, second] {
                pass.sort_unstable();
                prop_assert_eq!(pass, (0..count as i64).map(Some).collect::<Vec<_>>());
            }
        }
    }
}
