//! The stored baseline of a run.

use std::path::{Path, PathBuf};

use super::args::{JudgingArgs, PolicyArg, StoreArgs};
use super::console;
use super::failure::Failure;
use crate::baseline::{DirectoryStore, Listing, Store, read_each};
use crate::compare::{Policy, Selection, Stance, history, select};
use crate::conduct::default_branch;
use crate::record::{Comparison, Record};
use crate::text::plain;

/// The store that is used where none is named and this folder exists.
pub(super) const DEFAULT_STORE: &str = "baselines";

/// Where baselines are, and of which branch.
#[derive(Debug)]
pub(super) struct Baselines {
    store: DirectoryStore,
    branch: String,
}

impl Baselines {
    /// The store that the options name, or the one there is. None where there is none, unless a baseline is `wanted`: an
    /// empty store then says that it is missing.
    pub(super) fn find(args: &StoreArgs, wanted: bool) -> Option<Self> {
        let folder = args.store.clone().or_else(|| Some(PathBuf::from(DEFAULT_STORE)).filter(|folder| wanted || folder.is_dir()))?;
        let variable = |name: &str| std::env::var(name).ok();
        let branch = args.baseline_branch.clone().unwrap_or_else(|| default_branch(&variable, Path::new(".")));
        Some(Self { store: DirectoryStore::new(folder), branch })
    }

    /// Where the records of a scenario are, as a person would name it.
    pub(super) fn place(&self, scenario: &str) -> String {
        self.store.place(&self.branch, scenario)
    }

    /// All stored records of a scenario, newest first. Files that can't be read are named on standard error.
    pub(super) fn records(&self, scenario: &str) -> Result<Vec<Record>, Failure> {
        let listing = self.listing(Some(scenario)).map_err(Failure::trouble)?;
        Ok(read_each(&self.store, &listing.entries, |found| complain(&found.path, &found.reason)).collect())
    }

    /// What a record would be compared with. Files that can't be read are named on standard error and passed over.
    fn select(&self, candidate: &Record) -> Result<Selection<Record>, String> {
        let listing = self.listing(Some(&candidate.scenario.name))?;
        Ok(select(candidate, read_each(&self.store, &listing.entries, |found| complain(&found.path, &found.reason))))
    }

    fn listing(&self, scenario: Option<&str>) -> Result<Listing, String> {
        let listing = self
            .store
            .list(Some(&self.branch), scenario)
            .map_err(|error| format!("failed to read the baselines: {}", Failure::chain(&error)))?;
        listing.problems.iter().for_each(|found| complain(&found.path, &found.reason));
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
        let selection = self.select(candidate)?;
        let comparison = history(candidate, &selection, &self.place(&candidate.scenario.name), policy);
        Ok((comparison, selection))
    }
}

fn complain(path: &Path, reason: &str) {
    console::complain(&format!("warning: {} is passed over: {}\n", plain(&path.display().to_string()), plain(reason)));
}

/// What a comparison may decide.
pub(super) fn policy(args: &JudgingArgs, advisory: bool) -> Policy {
    Policy {
        on_missing_baseline: stance(args.on_missing_baseline),
        on_inconclusive: stance(args.on_inconclusive),
        advisory,
        ..Policy::default()
    }
}

fn stance(policy: PolicyArg) -> Stance {
    match policy {
        PolicyArg::Neutral => Stance::Neutral,
        PolicyArg::Pass => Stance::Pass,
        PolicyArg::Fail => Stance::Fail,
    }
}
