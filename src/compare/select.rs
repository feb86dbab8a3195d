//! Which stored records a run is compared with.

use std::borrow::Borrow;

use crate::record::{Record, Verdict};

/// How many records make a baseline at most: older ones say little about the code as it was last.
pub const MOST_RECORDS: usize = 30;
/// How many records are looked at for changes of level.
pub const WINDOW: usize = 50;

/// The stored records that a candidate is compared with, newest first.
///
/// Generic over owned and borrowed records, so that a store can be read one record at a time.
#[derive(Debug, Clone)]
pub struct Selection<B> {
    /// At most [`WINDOW`], all of the candidate's scenario and load.
    pub records: Vec<B>,
    /// They were made on another machine: none of the candidate's own was there.
    pub elsewhere: bool,
    /// How many records of the scenario were left out because their load was another one.
    pub other_load: usize,
}

/// Picks what `candidate` is compared with out of stored records, which come newest first.
///
/// Records of the same scenario with the same digest and machine key; where there is none, those of other machines,
/// marked as such. The candidate's own record and runs that can't be trusted are passed over. Stops reading when
/// there are enough, and never holds more than twice that many.
pub fn select<B: Borrow<Record>>(candidate: &Record, stored: impl IntoIterator<Item = B>) -> Selection<B> {
    let (mut here, mut elsewhere, mut other_load) = (Vec::new(), Vec::new(), 0);
    for stored in stored {
        let record = stored.borrow();
        let untrusted = matches!(record.summary.verdict, Verdict::Invalid | Verdict::Interrupted);
        if record.scenario.name != candidate.scenario.name || record.run.id == candidate.run.id || untrusted {
            continue;
        }
        if record.scenario.digest != candidate.scenario.digest {
            other_load += 1;
        } else if record.machine.key == candidate.machine.key {
            elsewhere.clear();
            here.push(stored);
        } else if here.is_empty() && elsewhere.len() < MOST_RECORDS {
            elsewhere.push(stored);
        }
        if here.len() == WINDOW {
            break;
        }
    }
    let elsewhere_only = here.is_empty() && !elsewhere.is_empty();
    Selection { records: if elsewhere_only { elsewhere } else { here }, elsewhere: elsewhere_only, other_load }
}

impl<B: Borrow<Record>> Selection<B> {
    /// The records, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().map(Borrow::borrow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::{Sketch, sketch};

    fn ids(selection: &Selection<Record>) -> Vec<&str> {
        selection.iter().map(|record| record.run.id.as_str()).collect()
    }

    #[test]
    fn only_trusted_runs_of_the_same_load_on_the_same_machine_are_taken() {
        let candidate = sketch("candidate", 10).record();
        let mut invalid = sketch("invalid", 8).record();
        invalid.summary.verdict = Verdict::Invalid;
        let mut cart = sketch("cart", 8).record();
        cart.scenario.name = "cart".to_owned();
        let stored = [
            candidate.clone(),
            sketch("near", 9).record(),
            Sketch { machine: "m2", ..sketch("other machine", 8) }.record(),
            Sketch { digest: "d2", ..sketch("other load", 8) }.record(),
            invalid,
            cart,
            sketch("far", 1).record(),
        ];
        let selection = select(&candidate, stored);
        assert_eq!(ids(&selection), ["near", "far"]);
        assert_eq!((selection.elsewhere, selection.other_load), (false, 1));
    }

    #[test]
    fn records_of_other_machines_stand_in_where_there_are_no_others() {
        let candidate = sketch("candidate", 10).record();
        let stored = [Sketch { machine: "m2", ..sketch("b", 8) }.record(), Sketch { machine: "m3", ..sketch("a", 7) }.record()];
        let selection = select(&candidate, stored);
        assert_eq!(ids(&selection), ["b", "a"]);
        assert!(selection.elsewhere);
    }

    #[test]
    fn reading_stops_at_the_end_of_the_window() {
        let candidate = sketch("candidate", 0).record();
        let one = sketch("one", 1).record();
        let mut read = 0;
        let stored = (0..100).map(|_| {
            read += 1;
            &one
        });
        assert_eq!(select(&candidate, stored).records.len(), 50);
        assert_eq!(read, 50);
    }
}
