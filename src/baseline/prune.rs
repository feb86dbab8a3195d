//! Makes a store smaller.

use super::entry::Entry;
use super::store::{Listing, Problem, Store, StoreError};
use crate::record::Record;

/// A record that is, or would be, thinned.
#[derive(Debug, Clone)]
pub struct Thinning {
    /// Which.
    pub entry: Entry,
    /// What is left of it.
    pub record: Record,
    /// Its size in bytes as it is stored.
    pub before: usize,
    /// Its size in bytes then.
    pub after: usize,
}

/// What pruning a store would do.
#[derive(Debug, Default)]
pub struct Pruning {
    /// The records to thin, newest first.
    pub thinnings: Vec<Thinning>,
    /// How many stay as they are.
    pub kept: usize,
    /// What can't be read; it stays as it is.
    pub problems: Vec<Problem>,
}

/// Plans to thin all records of each branch and scenario (only those named, where one is named) but the `keep` newest
/// ones. Nothing is changed. Records that are thin already are among those that stay.
///
/// A thinned record is compared with as before; see [`Record::thinned`].
pub fn plan_pruning(store: &dyn Store, branch: Option<&str>, scenario: Option<&str>, keep: usize) -> Result<Pruning, StoreError> {
    let Listing { entries, problems } = store.list(branch, scenario)?;
    let mut pruning = Pruning { problems, ..Pruning::default() };
    let mut seen: Vec<((String, String), usize)> = Vec::new();
    for entry in entries {
        let group = (entry.branch.clone(), entry.scenario.clone());
        let count = match seen.iter_mut().find(|(known, _)| *known == group) {
            Some((_, count)) => count,
            None => &mut seen.push_mut((group, 0)).1,
        };
        *count += 1;
        if *count <= keep {
            pruning.kept += 1;
            continue;
        }
        match store.read(&entry) {
            Ok(stored) => {
                let record = stored.thinned();
                let (before, after) = (stored.to_json().len(), record.to_json().len());
                if record == stored {
                    pruning.kept += 1;
                } else {
                    pruning.thinnings.push(Thinning { entry, record, before, after });
                }
            }
            // What is refused is no broken record: half a plan would look like a whole one.
            Err(error @ StoreError::GitHub(_)) => return Err(error),
            Err(error) => pruning.problems.push(Problem { path: entry.path, reason: error.to_string() }),
        }
    }
    Ok(pruning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::DirectoryStore;
    use crate::record::fixture::sketch;

    #[test]
    fn older_records_are_thinned_once_and_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::new(folder.path());
        for hour in 0..5 {
            store.save("main", &sketch(&format!("r{hour}"), hour).record()).unwrap();
        }
        store.save("other", &sketch("x", 0).record()).unwrap();
        let planned = plan_pruning(&store, None, None, 2).unwrap();
        let ids: Vec<&str> = planned.thinnings.iter().map(|thinning| thinning.entry.run_id.as_str()).collect();
        assert_eq!((ids, planned.kept), (vec!["r2", "r1", "r0"], 3));
        assert!(planned.thinnings.iter().all(|thinning| thinning.after < thinning.before));
        // A plan changes nothing.
        assert_eq!(plan_pruning(&store, None, None, 2).unwrap().thinnings.len(), 3);
        let thinned: Vec<_> = planned.thinnings.iter().map(|thinning| (&thinning.entry, &thinning.record)).collect();
        store.replace(&thinned).unwrap();
        let again = plan_pruning(&store, None, None, 2).unwrap();
        assert_eq!((again.thinnings.len(), again.kept), (0, 6));
        let listing = store.list(None, None).unwrap();
        assert_eq!((listing.entries.len(), listing.problems.len()), (6, 0));
        // The run as it was measured is still the same run.
        store.save("main", &sketch("r0", 0).record()).unwrap();
        assert_eq!(plan_pruning(&store, Some("main"), Some("shop"), 0).unwrap().thinnings.len(), 2);
    }
}
