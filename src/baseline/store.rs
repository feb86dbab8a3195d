//! What a store can do, whatever it lies in.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::entry::Entry;
use super::folder_name;
use crate::github::GitHubError;
use crate::record::{ReadError, Record, Verdict, WriteError};

/// Somewhere records are stored: a directory, or a branch of a repository.
pub trait Store {
    /// The records of a branch and scenario (all where none is named), newest first, found without opening any.
    ///
    /// A store that isn't there yet is empty. What lies in it and isn't a record is told, and stops nothing.
    fn list(&self, branch: Option<&str>, scenario: Option<&str>) -> Result<Listing, StoreError>;

    /// Reads one record.
    fn read(&self, entry: &Entry) -> Result<Record, StoreError>;

    /// Stores a record under a branch. A run that was stored before with the same content is no error, also where that was
    /// thinned since; a stored record is not changed.
    ///
    /// Refuses runs whose figures can't be trusted: a baseline made of them would judge others.
    fn save(&self, branch: &str, record: &Record) -> Result<Entry, StoreError>;

    /// Puts what is left of stored records in their places; readers see the one or the other of each, whole. On a branch they
    /// are one commit.
    fn replace(&self, thinned: &[(&Entry, &Record)]) -> Result<(), StoreError>;

    /// Where records of a branch and scenario lie, as a person would name it: `baselines/main/shop`.
    fn place(&self, branch: &str, scenario: &str) -> String;
}

/// What a store holds.
#[derive(Debug, Default)]
pub struct Listing {
    /// The records, newest first.
    pub entries: Vec<Entry>,
    /// What isn't a record.
    pub problems: Vec<Problem>,
}

/// Something in a store that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it lies, from the store's root.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Says why a store can't do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A folder can't be read.
    #[error("{path}: {source}")]
    List {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A record can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What has the name of a record is a folder, a pipe or the like, or larger than any record.
    #[error("{path}: not a record: {reason}")]
    Odd {
        /// The file.
        path: PathBuf,
        /// What it is.
        reason: &'static str,
    },
    /// A record can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The run is no baseline.
    #[error("run `{run_id}` is {verdict}: its figures can't be a baseline; repeat the run and save that one")]
    Untrusted {
        /// The run.
        run_id: String,
        /// Its verdict.
        verdict: Verdict,
    },
    /// GitHub doesn't do it.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// There is another record of the same run.
    #[error("{path}: another record of this run is stored there, and stored records are never changed")]
    Taken {
        /// The file.
        path: PathBuf,
    },
}

/// Reads entries one by one as they are asked for, so that only what is used is ever in memory; those that are no records
/// are handed to `problem` and skipped.
///
/// Where GitHub refuses to hand one out, that is the last thing that comes: fewer records than there are would be another
/// baseline.
pub fn read_each<'a>(
    store: &'a dyn Store,
    entries: &'a [Entry],
    mut problem: impl FnMut(Problem) + 'a,
) -> impl Iterator<Item = Result<Record, StoreError>> + 'a {
    let mut refused = false;
    let records = entries.iter().map_while(move |entry| {
        if refused {
            return None;
        }
        Some(match store.read(entry) {
            Ok(record) => Some(Ok(record)),
            Err(error @ StoreError::GitHub(_)) => {
                refused = true;
                Some(Err(error))
            }
            Err(error) => {
                problem(Problem { path: entry.path.clone(), reason: error.to_string() });
                None
            }
        })
    });
    records.flatten()
}

/// Refuses a record that no run should be measured by.
pub fn check_trusted(record: &Record) -> Result<(), StoreError> {
    match record.summary.verdict {
        Verdict::Passed | Verdict::Failed => Ok(()),
        verdict @ (Verdict::Invalid | Verdict::Interrupted) => Err(StoreError::Untrusted { run_id: record.run.id.clone(), verdict }),
    }
}

/// Beside the records of a folder whose name had to be cut: the name itself.
pub(super) const FULL_NAME: &str = "name.txt";

/// The files that an entry needs beside it, with their content: the names of those of its folders that were cut.
pub(super) fn names_of_cut_folders(entry: &Entry) -> Vec<(PathBuf, &str)> {
    let folders = entry.path.ancestors().skip(1).zip([&entry.scenario, &entry.branch]);
    let is_cut = |folder: &Path| folder.file_name().and_then(OsStr::to_str).is_some_and(folder_name::is_cut);
    folders.filter(|(folder, _)| is_cut(folder)).map(|(folder, name)| (folder.join(FULL_NAME), name.as_str())).collect()
}
