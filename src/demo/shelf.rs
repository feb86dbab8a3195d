//! A store of limited room.

use std::collections::BTreeMap;

/// Things by their number, counted upwards; where there is no more room, the oldest one goes.
pub(super) struct Shelf<T> {
    things: BTreeMap<u64, T>,
    next: u64,
    room: usize,
}

impl<T> Shelf<T> {
    /// An empty shelf for at most `room` things, the first of which is number `first`.
    pub(super) fn new(first: u64, room: usize) -> Self {
        Self { things: BTreeMap::new(), next: first, room }
    }

    /// Adds what `make` makes of its number; gives the number, and the thing that had to go for it.
    pub(super) fn add(&mut self, make: impl FnOnce(u64) -> T) -> (u64, Option<T>) {
        let number = self.next;
        self.next += 1;
        self.things.insert(number, make(number));
        let gone = if self.things.len() > self.room { self.things.pop_first() } else { None };
        (number, gone.map(|(_, thing)| thing))
    }

    /// The thing with that number, if it is still there.
    pub(super) fn find(&self, number: u64) -> Option<&T> {
        self.things.get(&number)
    }

    /// The same, to be changed.
    pub(super) fn find_mut(&mut self, number: u64) -> Option<&mut T> {
        self.things.get_mut(&number)
    }

    /// Takes the thing with that number away.
    pub(super) fn remove(&mut self, number: u64) -> Option<T> {
        self.things.remove(&number)
    }

    /// Takes everything away; the numbers go on.
    pub(super) fn clear(&mut self) {
        self.things.clear();
    }

    /// The youngest things, at most `count` of them, youngest first.
    pub(super) fn latest(&self, count: usize) -> impl Iterator<Item = &T> {
        self.things.values().rev().take(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_when_there_is_no_more_room() {
        let mut shelf = Shelf::new(10, 2);
        let added: Vec<_> = ["a", "b", "c"].into_iter().map(|thing| shelf.add(|number| format!("{thing}{number}"))).collect();
        assert_eq!(added, [(10, None), (11, None), (12, Some("a10".to_owned()))]);
        assert_eq!(shelf.find(10), None);
        assert_eq!(shelf.latest(5).collect::<Vec<_>>(), ["c12", "b11"]);
        assert_eq!(shelf.remove(12), Some("c12".to_owned()));
        assert_eq!(shelf.add(|number| number.to_string()), (13, None), "a number is never used again");
        shelf.clear();
        assert_eq!((shelf.latest(5).count(), shelf.add(|number| number.to_string())), (0, (14, None)));
    }
}
