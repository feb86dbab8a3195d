//! Times of one tick, counted where they are measured.

use super::scale::Scale;
use crate::units::Micros;

/// Counts of times, by bucket.
///
/// Buckets are made a page at a time, when something falls into one of the page for the first time. The times of an
/// endpoint lie close together: a few pages hold them, where all buckets up to an hour would take 100 KB. An empty one
/// takes no memory. Adding to a page that is there costs two look-ups; memory is asked for only while a tick has more pages
/// than any before.
#[derive(Debug)]
pub(super) struct Tally {
    scale: Scale,
    /// Where each page stands in `counts`, counted in pages; [`NOWHERE`] while there is none.
    places: Vec<u16>,
    counts: Vec<u32>,
}

/// Buckets of a page: those of a cache line.
const PAGE: usize = 16;
const NOWHERE: u16 = u16::MAX;

impl Tally {
    /// An empty one of two or three significant digits.
    pub(super) fn of_digits(digits: u8) -> Self {
        Self { scale: Scale::of_digits(digits), places: Vec::new(), counts: Vec::new() }
    }

    /// Adds one time. What is shorter than a microsecond or longer than an hour counts as that.
    pub(super) fn add(&mut self, time: Micros) {
        let index = self.scale.index(time.0.clamp(1, super::histogram::LONGEST)) as usize;
        let place = match self.places.get(index / PAGE) {
            Some(&place) if place != NOWHERE => usize::from(place),
            _ => self.make(index / PAGE),
        };
        let count = &mut self.counts[place * PAGE + index % PAGE];
        *count = count.saturating_add(1);
    }

    /// The scale of its buckets.
    pub(super) fn scale(&self) -> Scale {
        self.scale
    }

    /// Index and count of each bucket that has one, rising.
    pub(super) fn filled(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let pages = self.places.iter().enumerate().filter(|&(_, &place)| place != NOWHERE);
        pages.flat_map(|(page, &place)| {
            let counts = self.counts[usize::from(place) * PAGE..][..PAGE].iter().enumerate();
            counts.filter(|&(_, &count)| count > 0).map(move |(slot, &count)| ((page * PAGE + slot) as u32, u64::from(count)))
        })
    }

    /// Forgets everything, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.places.fill(NOWHERE);
        self.counts.clear();
    }

    #[cold]
    fn make(&mut self, page: usize) -> usize {
        if self.places.len() <= page {
            self.places.resize(page + 1, NOWHERE);
        }
        let place = self.counts.len() / PAGE;
        // There are not two thousand pages up to an hour.
        self.places[page] = place as u16;
        // No room for as many again: that would be half of the memory.
        self.counts.reserve_exact(PAGE);
        self.counts.resize(self.counts.len() + PAGE, 0);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_taken_for_where_the_times_are() {
        let mut tally = Tally::of_digits(3);
        assert_eq!(tally.counts.capacity() + tally.places.capacity(), 0);
        // A millisecond, give or take a tenth, and one that took longer than an hour.
        (896..1104).for_each(|time| tally.add(Micros(time)));
        tally.add(Micros::MAX);
        assert_eq!((tally.counts.capacity(), tally.filled().count()), ((208 / PAGE + 1) * PAGE, 209));
        let before = tally.counts.capacity();
        tally.clear();
        assert_eq!(tally.filled().count(), 0);
        // The next tick's are elsewhere, and take the same memory.
        (2_000..2_048).for_each(|time| tally.add(Micros(time)));
        assert_eq!((tally.counts.capacity(), tally.filled().map(|(_, count)| count).sum::<u64>()), (before, 48));
    }
}
