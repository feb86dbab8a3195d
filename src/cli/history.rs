//! The stored baseline of a run.

use std::path::{Path, PathBuf};

use super::args::StoreArgs;
use super::console;
use super::failure::Failure;
use super::stores;
use crate::baseline::{Listing, Standing, Store, StoreError, read_each, up_to};
use crate::compare::{Policy, Selection, history, select};
use crate::conduct::default_branch;
use crate::plan::BaselinePlan;
use crate::record::{Comparison, ComparisonVerdict, ContrastVerdict, Record};
use crate::text::plain;

/// The store that is used where none is named and this folder exists.
pub(super) const DEFAULT_STORE: &str = "baselines";

/// Where baselines are, and of which branch.
pub(super) struct Baselines {
    store: Box<dyn Store>,
    branch: String,
    /// What the change is based on: the base and its first parents. Empty where nobody said.
    commits: Vec<String>,
}

impl Baselines {
    /// The store that the options name, else the scenario, else the one there is. None where there is none, unless a
    /// baseline is `wanted`: an empty store then says that it is missing.
    pub(super) fn find(args: &StoreArgs, plan: &BaselinePlan, wanted: bool) -> Result<Option<Self>, Failure> {
        let named = args.store.clone().or_else(|| plan.store.as_ref().map(PathBuf::from));
        let Some(store) = named.or_else(|| Some(PathBuf::from(DEFAULT_STORE)).filter(|folder| wanted || folder.is_dir())) else {
            return Ok(None);
        };
        let variable = |name: &str| std::env::var(name).ok();
        let branch = args.baseline_branch.clone().or_else(|| plan.branch.clone());
        let branch = branch.unwrap_or_else(|| default_branch(&variable, Path::new(".")));
        Ok(Some(Self { store: stores::open(&store)?, branch, commits: Vec::new() }))
    }

    /// The same for a change that is based on these commits.
    pub(super) fn based_on(self, commits: &[String]) -> Self {
        Self { commits: commits.to_vec(), ..self }
    }

    /// Where the records of a scenario are, as a person would name it.
    pub(super) fn place(&self, scenario: &str) -> String {
        self.store.place(&self.branch, scenario)
    }

    /// All stored records of a scenario, newest first. Files that can't be read are named on standard error.
    pub(super) fn records(&self, scenario: &str) -> Result<Vec<Record>, Failure> {
        let listing = self.listing(Some(scenario)).map_err(Failure::trouble)?;
        let records = read_each(&*self.store, &listing.entries, |found| pass_over(&found.path, &found.reason));
        records.collect::<Result<_, _>>().map_err(|error| Failure::trouble(unreadable(&error)))
    }

    /// What a record is compared with, and how that stands to the commit it is based on. Files that can't be read are
    /// named on standard error and passed over.
    fn select(&self, candidate: &Record) -> Result<(Selection<Record>, Option<Standing>), String> {
        let listing = self.listing(Some(&candidate.scenario.name))?;
        let mut refused = None;
        let records = read_each(&*self.store, up_to(&listing.entries, &self.commits), |found| pass_over(&found.path, &found.reason));
        let selection = select(candidate, records.map_while(|record| record.map_err(|error| refused = Some(error)).ok()));
        if let Some(error) = refused {
            return Err(unreadable(&error));
        }
        // Of those that count: the base may have a record of another load or machine only.
        let newest = selection.records.first().filter(|_| !self.commits.is_empty());
        let standing = newest.map(|newest| Standing::of(newest.run.sha.as_deref(), &self.commits));
        Ok((selection, standing))
    }

    /// What to do about a store that says nothing of this run, or no longer enough.
    fn advice(&self, comparison: &Comparison) -> Option<String> {
        let branch = &self.branch;
        let better = comparison.contrasts.iter().any(|contrast| contrast.judged && contrast.verdict == ContrastVerdict::Improved);
        match comparison.verdict {
            ComparisonVerdict::NoBaseline => {
                Some(format!("to make one, run this on `{branch}` and keep its record with `loadline baseline save`"))
            }
            ComparisonVerdict::Incomparable => Some(format!(
                "another load begins a baseline of its own: run this on `{branch}` and keep its record with `loadline baseline save`"
            )),
            _ if better => Some(format!(
                "the baseline is out of date where this run is better: once the change is on `{branch}`, save a record of it there, or getting as slow again passes unseen"
            )),
            _ => None,
        }
    }

    fn listing(&self, scenario: Option<&str>) -> Result<Listing, String> {
        let listing = self.store.list(Some(&self.branch), scenario).map_err(|error| unreadable(&error))?;
        listing.problems.iter().for_each(|found| pass_over(&found.path, &found.reason));
        Ok(listing)
    }

    /// Makes sure that the store can be listed.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.listing(None)
            .map(|_| ())
            .map_err(|why| Failure::usage(format!("{why}\n  no load was sent; name another folder with `--store`")))
    }

    /// Compares a record with its baseline, or says why it can't.
    pub(super) fn compare(&self, candidate: &Record, policy: &Policy) -> Result<(Comparison, Selection<Record>), String> {
        let (selection, standing) = self.select(candidate)?;
        let mut comparison = history(candidate, &selection, &self.place(&candidate.scenario.name), policy);
        let said = standing.map(|standing| standing.to_string()).into_iter().chain(self.advice(&comparison));
        let notes: Vec<String> = comparison.note.take().into_iter().chain(said).collect();
        comparison.note = (!notes.is_empty()).then(|| notes.join("; "));
        Ok((comparison, selection))
    }
}

fn unreadable(error: &StoreError) -> String {
    format!("failed to read the baselines: {}", Failure::chain(error))
}

/// Names a file that is not compared with, on standard error.
pub(super) fn pass_over(path: &Path, reason: &str) {
    console::complain(&format!("warning: {} is passed over: {}\n", plain(&path.display().to_string()), plain(reason)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::DirectoryStore;
    use crate::record::fixture::{Sketch, sketch};

    #[test]
    fn the_newest_record_is_the_newest_of_those_that_are_compared_with() {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::new(folder.path());
        let (base, parent) = (Sketch { machine: "m2", ..sketch("base", 9) }.record(), sketch("parent", 5).record());
        for record in [&base, &parent] {
            store.save("main", record).unwrap();
        }
        let commits: Vec<String> = [&base, &parent].iter().filter_map(|record| record.run.sha.clone()).collect();
        let baselines = Baselines { store: Box::new(store), branch: "main".to_owned(), commits };
        let note = |machine| {
            let candidate = Sketch { machine, ..sketch("head", 10) }.record();
            baselines.compare(&candidate, &Policy::default()).unwrap().0.note.unwrap()
        };
        assert_eq!(note("m1"), "the newest record is of abc0005, one commit before the one that this change is based on");
        assert_eq!(note("m2"), "the newest record is of abc0009, which this change is based on");
    }
}
