//! A store in a directory.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::artifact::LARGEST;
use super::entry::Entry;
use super::folder_name;
use super::store::{FULL_NAME, Listing, Problem, Store, StoreError, check_trusted, names_of_cut_folders};
use crate::record::{Record, create_atomically, write_atomically};

/// A store in a directory, as it is committed to a repository: `baselines/`.
///
/// Any number of processes may write at once: every run has a file of its own, which appears whole or not at all and
/// is never written over but by [`Store::replace`].
#[derive(Debug, Clone)]
pub struct DirectoryStore {
    root: PathBuf,
}

impl DirectoryStore {
    /// The store in `root`, which need not be there before something is saved.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folders in `path` (from the root) that stand for names, with those names.
    fn named_folders(&self, path: &Path, only: Option<&str>, problems: &mut Vec<Problem>) -> Result<Vec<(PathBuf, String)>, StoreError> {
        if let Some(name) = only {
            return Ok(vec![(path.join(folder_name::encode(name)), name.to_owned())]);
        }
        let mut folders = Vec::new();
        for folder in self.children(path)?.into_iter().filter(|folder| self.root.join(folder).is_dir()) {
            match self.full_name(&folder) {
                Some(name) => folders.push((folder, name)),
                // A version control system's own folder and the like is nobody's mistake.
                None if is_hidden(&folder) => {}
                None => problems.push(Problem { path: folder, reason: "not a folder that loadline made".to_owned() }),
            }
        }
        Ok(folders)
    }

    fn full_name(&self, folder: &Path) -> Option<String> {
        let name = folder.file_name()?.to_str()?;
        if !folder_name::is_cut(name) {
            return folder_name::decode(name);
        }
        let text = fs::read_to_string(self.root.join(folder).join(FULL_NAME)).ok()?;
        (folder_name::encode(&text) == name).then_some(text)
    }

    /// What lies in a folder, as paths from the root, in order; nothing where the folder isn't there.
    fn children(&self, path: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.root.join(path);
        let wrong = |source: io::Error| StoreError::List { path: folder.clone(), source };
        let mut children = match fs::read_dir(&folder) {
            Ok(entries) => entries.map(|entry| Ok(path.join(entry?.file_name()))).collect::<Result<Vec<_>, _>>().map_err(wrong)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(wrong(error)),
        };
        children.sort();
        Ok(children)
    }
}

impl Store for DirectoryStore {
    fn list(&self, branch: Option<&str>, scenario: Option<&str>) -> Result<Listing, StoreError> {
        let Listing { mut entries, mut problems } = Listing::default();
        for (branch_path, branch) in self.named_folders(Path::new(""), branch, &mut problems)? {
            for (scenario_path, scenario) in self.named_folders(&branch_path, scenario, &mut problems)? {
                for path in self.children(&scenario_path)? {
                    if is_hidden(&path) || path.file_name() == Some(OsStr::new(FULL_NAME)) {
                        continue;
                    }
                    match path.file_name().and_then(OsStr::to_str).and_then(Entry::parse_file) {
                        Some((time, sha, run_id)) => {
                            entries.push(Entry { branch: branch.clone(), scenario: scenario.clone(), time, sha, run_id, path });
                        }
                        None => problems.push(Problem { path, reason: "not a record that loadline named".to_owned() }),
                    }
                }
            }
        }
        entries.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| b.path.cmp(&a.path)));
        Ok(Listing { entries, problems })
    }

    fn read(&self, entry: &Entry) -> Result<Record, StoreError> {
        let path = self.root.join(&entry.path);
        // Anybody can put something into a folder: a pipe would be waited for, and what is huge would fill the memory.
        let reason = match fs::metadata(&path) {
            Ok(found) if !found.is_file() => Some("it is no file"),
            Ok(found) if found.len() > LARGEST => Some("it is larger than any record"),
            // Reading says why.
            _ => None,
        };
        match reason {
            Some(reason) => Err(StoreError::Odd { path, reason }),
            None => Ok(Record::read(&path)?),
        }
    }

    fn save(&self, branch: &str, record: &Record) -> Result<Entry, StoreError> {
        check_trusted(record)?;
        let entry = Entry::of(record, branch);
        let path = self.root.join(&entry.path);
        let content = record.to_json();
        let is_same = |stored: String| stored == content || stored == record.thinned().to_json();
        if !create_atomically(&path, content.as_bytes())? && !fs::read_to_string(&path).is_ok_and(is_same) {
            return Err(StoreError::Taken { path });
        }
        for (path, name) in names_of_cut_folders(&entry) {
            create_atomically(&self.root.join(path), name.as_bytes())?;
        }
        Ok(entry)
    }

    fn replace(&self, thinned: &[(&Entry, &Record)]) -> Result<(), StoreError> {
        for (entry, record) in thinned {
            write_atomically(&self.root.join(&entry.path), record.to_json().as_bytes())?;
        }
        Ok(())
    }

    fn place(&self, branch: &str, scenario: &str) -> String {
        self.root.join(branch).join(scenario).display().to_string()
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::read_each;
    use crate::record::Verdict;
    use crate::record::fixture::sketch;
    use std::sync::Barrier;

    fn store() -> (tempfile::TempDir, DirectoryStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::new(folder.path().join("baselines"));
        (folder, store)
    }

    fn ids(listing: &Listing) -> Vec<&str> {
        listing.entries.iter().map(|entry| entry.run_id.as_str()).collect()
    }

    #[test]
    fn a_store_that_is_not_there_is_empty() {
        let (_folder, store) = store();
        let listing = store.list(None, None).unwrap();
        assert!(listing.entries.is_empty() && listing.problems.is_empty());
    }

    #[test]
    fn what_only_has_the_name_of_a_record_is_passed_over_with_its_place() {
        let (_folder, store) = store();
        let saved = store.save("main", &sketch("good", 0).record()).unwrap();
        let folder = store.root.join("main/shop");
        fs::create_dir(folder.join("20261201T000000Z-abc1234-folder.json")).unwrap();
        let huge = fs::File::create(folder.join("20261202T000000Z-abc1234-huge.json")).unwrap();
        huge.set_len(LARGEST + 1).unwrap();
        fs::write(folder.join("20261203T000000Z-abc1234-cut.json"), "{\"schema_version\": 1,").unwrap();
        #[cfg(unix)]
        assert!(std::process::Command::new("mkfifo").arg(folder.join("20261204T000000Z-abc1234-pipe.json")).status().unwrap().success());
        let listing = store.list(Some("main"), Some("shop")).unwrap();
        let mut problems = Vec::new();
        let read: Vec<Record> = read_each(&store, &listing.entries, |problem| problems.push(problem.reason)).map(Result::unwrap).collect();
        assert_eq!(read.iter().map(|record| record.run.id.as_str()).collect::<Vec<_>>(), [saved.run_id.as_str()]);
        let told = |name: &str, why: &str| problems.iter().any(|problem| problem.contains(name) && problem.contains(why));
        assert!(told("folder.json", "it is no file") && told("huge.json", "larger than any record"), "{problems:?}");
        assert!(told("cut.json", "not a loadline record"), "{problems:?}");
        #[cfg(unix)]
        assert!(told("pipe.json", "it is no file"), "{problems:?}");
    }

    #[test]
    fn saved_records_are_listed_newest_first_and_read_back() {
        let (_folder, store) = store();
        for (id, hour) in [("first", 0), ("third", 9), ("second", 5)] {
            store.save("main", &sketch(id, hour).record()).unwrap();
        }
        let elsewhere = store.save("feature/x", &sketch("other", 7).record()).unwrap();
        assert_eq!(ids(&store.list(Some("main"), Some("shop")).unwrap()), ["third", "second", "first"]);
        assert_eq!(ids(&store.list(None, None).unwrap()), ["third", "other", "second", "first"]);
        assert!(store.list(Some("main"), Some("cart")).unwrap().entries.is_empty());
        assert_eq!(store.list(Some("feature/x"), None).unwrap().entries, std::slice::from_ref(&elsewhere));
        assert!(store.read(&elsewhere).unwrap().to_json() == sketch("other", 7).record().to_json());
    }

    #[test]
    fn every_legal_branch_name_stays_in_the_tree_and_comes_back() {
        let (folder, store) = store();
        let long = format!("team/{}", "é".repeat(150));
        let branches = ["feature/x", "Feature/x", "..", "CON", "con.txt", "üñí ço", "a b", "100%", "%2e%2e", "trailing.", &long];
        for branch in branches {
            store.save(branch, &sketch("run", 0).record()).unwrap();
        }
        let listing = store.list(None, None).unwrap();
        assert_eq!(listing.problems, []);
        let mut found: Vec<&str> = listing.entries.iter().map(|entry| entry.branch.as_str()).collect();
        found.sort_unstable();
        let mut expected = branches;
        expected.sort_unstable();
        assert_eq!(found, expected);
        let outside: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(outside, ["baselines"]);
    }

    #[test]
    fn what_is_no_record_is_told_by_name_and_stops_nothing() {
        let (folder, store) = store();
        let kept = store.save("main", &sketch("kept", 0).record()).unwrap();
        let root = folder.path().join("baselines");
        let scenario = root.join("main/shop");
        fs::write(scenario.join("20261102T080000Z-nocommit-broken.json"), "{\"schema_version\": 1, ").unwrap();
        fs::write(scenario.join("notes.txt"), "mine").unwrap();
        fs::write(root.join("README.md"), "of the whole").unwrap();
        fs::create_dir(root.join("Main")).unwrap();
        fs::create_dir(root.join(".git")).unwrap();

        let listing = store.list(None, None).unwrap();
        let told: Vec<_> = listing.problems.iter().map(|problem| problem.path.to_str().unwrap()).collect();
        assert_eq!(told, ["Main", "main/shop/notes.txt"]);
        assert_eq!(ids(&listing), ["broken", "kept"]);

        let mut problems = Vec::new();
        let records: Vec<Record> = read_each(&store, &listing.entries, |problem| problems.push(problem)).map(Result::unwrap).collect();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].run.id, kept.run_id);
        assert_eq!(problems.len(), 1);
        assert!(problems[0].reason.contains("-broken.json: not a loadline record"), "{}", problems[0].reason);
    }

    #[test]
    fn many_writers_at_once_lose_nothing() {
        let (_folder, store) = store();
        let (writers, each) = (8, 6);
        let start = Barrier::new(writers);
        std::thread::scope(|scope| {
            for writer in 0..writers {
                let (store, start) = (&store, &start);
                scope.spawn(move || {
                    start.wait();
                    for run in 0..each {
                        // The same second for all of them; and one run that all of them save.
                        store.save("main", &sketch(&format!("w{writer}-{run}"), 1).record()).unwrap();
                        store.save("main", &sketch("shared", 1).record()).unwrap();
                    }
                });
            }
        });
        let listing = store.list(Some("main"), Some("shop")).unwrap();
        assert_eq!((listing.entries.len(), listing.problems.len()), (writers * each + 1, 0));
        for entry in &listing.entries {
            assert_eq!(store.read(entry).unwrap().run.id, entry.run_id);
        }
    }

    #[test]
    fn a_stored_record_is_never_changed() {
        let (_folder, store) = store();
        let record = sketch("run", 0).record();
        let entry = store.save("main", &record).unwrap();
        let mut other = record.clone();
        other.summary.requests += 1;
        assert!(matches!(store.save("main", &other), Err(StoreError::Taken { .. })));
        assert!(store.read(&entry).unwrap().to_json() == record.to_json());
    }

    #[test]
    fn runs_that_cannot_be_trusted_are_refused() {
        let (_folder, store) = store();
        let mut record = sketch("r7", 0).record();
        for (verdict, taken) in [(Verdict::Invalid, false), (Verdict::Interrupted, false), (Verdict::Failed, true)] {
            record.summary.verdict = verdict;
            let saved = store.save("main", &record);
            assert_eq!(saved.is_ok(), taken, "{verdict}");
            if let Err(error) = saved {
                assert_eq!(
                    error.to_string(),
                    format!("run `r7` is {verdict}: its figures can't be a baseline; repeat the run and save that one")
                );
            }
        }
        assert_eq!(store.list(None, None).unwrap().entries.len(), 1);
    }
}
