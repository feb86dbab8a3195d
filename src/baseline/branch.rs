//! A store on an orphan branch of a repository on GitHub.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::entry::Entry;
use super::folder_name;
use super::squash::{FENCE, FENCED, is_fenced, must_wait};
use super::store::{FULL_NAME, Listing, Problem, Store, StoreError, check_trusted, names_of_cut_folders};
use crate::github::{Client, GitHubError, Head, RefUpdate, TreeFile};
use crate::record::{ReadError, Record};

/// How often a save is tried when others write to the branch at the same time.
const ATTEMPTS: u32 = 8;

/// The same tree as a [`super::DirectoryStore`], on a branch that shares no history with the others.
///
/// Written through GitHub's API, so that no checkout is needed. Every save is a commit on top of what is there; when
/// somebody else was faster it starts again, at most eight times, so that nobody's record is lost.
#[derive(Debug)]
pub struct BranchStore {
    pub(super) client: Client,
    pub(super) branch: String,
    /// What the last listing saw: what it found is read from the same commit.
    seen: RefCell<Option<Head>>,
}

impl BranchStore {
    /// The store on `branch`, which is made by the first save.
    pub fn new(client: Client, branch: impl Into<String>) -> Self {
        Self { client, branch: branch.into(), seen: RefCell::default() }
    }

    /// The head of the branch and what lies on it.
    pub(super) fn look(&self) -> Result<Option<(Head, Vec<TreeFile>)>, StoreError> {
        let Some(head) = self.client.branch_head(&self.branch)? else { return Ok(None) };
        let files = self.client.files(&head.tree)?;
        *self.seen.borrow_mut() = Some(head.clone());
        Ok(Some((head, files)))
    }

    fn content(&self, commit: &str, path: &str) -> Result<String, StoreError> {
        let bytes = self.client.file(commit, path)?;
        let wrong =
            |error| ReadError::Io { path: PathBuf::from(path), source: std::io::Error::new(std::io::ErrorKind::InvalidData, error) };
        Ok(String::from_utf8(bytes).map_err(wrong)?)
    }

    /// The name behind a folder, which may have had to be cut.
    fn name_of(&self, head: &Head, folder: &str, files: &[TreeFile]) -> Option<String> {
        let last = folder.rsplit('/').next()?;
        if !folder_name::is_cut(last) {
            return folder_name::decode(last);
        }
        let path = format!("{folder}/{FULL_NAME}");
        files.iter().find(|file| file.path == path)?;
        let text = self.content(&head.commit, &path).ok()?;
        (folder_name::encode(&text) == last).then_some(text)
    }

    /// One attempt to save: whether the branch has the record now, or GitHub's words why not.
    fn try_save(&self, entry: &Entry, record: &Record, attempt: u32) -> Attempt {
        let path = slashed(&entry.path);
        let content = record.to_json();
        let there = self.look()?;
        if must_wait(&there, attempt) {
            return Ok(Err(FENCED.to_owned()));
        }
        if let Some((head, files)) = &there
            && files.iter().any(|file| file.path == path)
        {
            let stored = self.content(&head.commit, &path)?;
            let same = stored == content || stored == record.thinned().to_json();
            return if same { Ok(Ok(())) } else { Err(StoreError::Taken { path: entry.path.clone() }) };
        }
        let is_there = |path: &str| there.iter().flat_map(|(_, files)| files).any(|file| file.path == path);
        let mut files = vec![(path.clone(), Some(content))];
        let names = names_of_cut_folders(entry).into_iter().map(|(path, name)| (slashed(&path), Some(name.to_owned())));
        files.extend(names.filter(|(path, _)| !is_there(path)));
        if there.as_ref().is_some_and(|(_, files)| is_fenced(files)) {
            files.push((FENCE.to_owned(), None));
        }
        self.push(there.as_ref().map(|(head, _)| head), &files, &format!("Store {path}"))
    }

    /// One attempt to thin records, in one commit; those that are gone by now need none.
    fn try_replace(&self, thinned: &[(&Entry, &Record)], attempt: u32) -> Attempt {
        let there = self.look()?;
        if must_wait(&there, attempt) {
            return Ok(Err(FENCED.to_owned()));
        }
        let Some((head, files)) = there else { return Ok(Ok(())) };
        let thinned = thinned.iter().map(|(entry, record)| (slashed(&entry.path), record));
        let there = thinned.filter(|(path, _)| files.iter().any(|file| file.path == *path));
        let thinned: Vec<(String, Option<String>)> = there.map(|(path, record)| (path, Some(record.to_json()))).collect();
        let message = match thinned.as_slice() {
            [] => return Ok(Ok(())),
            [(path, _)] => format!("Thin {path}"),
            several => format!("Thin {} records", several.len()),
        };
        self.push(Some(&head), &thinned, &message)
    }

    /// One attempt to put files on top of what is there.
    pub(super) fn push(&self, head: Option<&Head>, files: &[(String, Option<String>)], message: &str) -> Attempt {
        done(self.client.commit_files(head, files, message).and_then(|commit| match head {
            Some(_) => self.client.move_branch(&self.branch, &commit),
            None => self.client.create_branch(&self.branch, &commit),
        }))
    }

    /// Tries again while others are faster.
    pub(super) fn insisting(&self, attempt: impl Fn(u32) -> Attempt) -> Result<(), StoreError> {
        let mut last = String::new();
        for number in 0..ATTEMPTS {
            match attempt(number)? {
                Ok(()) => return Ok(()),
                Err(message) => last = message,
            }
            self.client.back_off(number);
        }
        Err(GitHubError::Contended { branch: self.branch.clone(), attempts: ATTEMPTS, message: last }.into())
    }
}

impl Store for BranchStore {
    fn list(&self, branch: Option<&str>, scenario: Option<&str>) -> Result<Listing, StoreError> {
        let Some((head, files)) = self.look()? else { return Ok(Listing::default()) };
        let mut listing = Listing::default();
        let (branch, scenario) = (branch.map(folder_name::encode), scenario.map(folder_name::encode));
        // One look-up a folder: a name that was cut costs a request.
        let mut names: Vec<(String, Option<String>)> = Vec::new();
        for file in &files {
            let parts: Vec<&str> = file.path.split('/').collect();
            let [in_branch, in_scenario, name] = parts.as_slice() else { continue };
            let wanted = |wanted: &Option<String>, folder: &str| wanted.as_deref().is_none_or(|wanted| wanted == folder);
            let hidden = parts.iter().any(|part| part.starts_with('.'));
            if hidden || *name == FULL_NAME || !wanted(&branch, in_branch) || !wanted(&scenario, in_scenario) {
                continue;
            }
            let mut name_of = |folder: String| {
                if let Some((_, name)) = names.iter().find(|(known, _)| *known == folder) {
                    return name.clone();
                }
                let name = self.name_of(&head, &folder, &files);
                names.push((folder, name.clone()));
                name
            };
            let path: PathBuf = parts.iter().collect();
            let found = (name_of((*in_branch).to_owned()), name_of(format!("{in_branch}/{in_scenario}")), Entry::parse_file(name));
            match found {
                (Some(branch), Some(scenario), Some((time, sha, run_id))) => {
                    listing.entries.push(Entry { branch, scenario, time, sha, run_id, path });
                }
                _ => listing.problems.push(Problem { path, reason: "not a record that loadline named".to_owned() }),
            }
        }
        listing.entries.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| b.path.cmp(&a.path)));
        Ok(listing)
    }

    fn read(&self, entry: &Entry) -> Result<Record, StoreError> {
        let seen = self.seen.borrow().clone();
        let head = match seen {
            Some(head) => Some(head),
            None => self.client.branch_head(&self.branch)?,
        };
        let commit = head.map_or_else(|| self.branch.clone(), |head| head.commit);
        let text = self.content(&commit, &slashed(&entry.path))?;
        Ok(Record::from_json(&text, &entry.path)?)
    }

    fn save(&self, branch: &str, record: &Record) -> Result<Entry, StoreError> {
        check_trusted(record)?;
        let entry = Entry::of(record, branch);
        self.insisting(|attempt| self.try_save(&entry, record, attempt))?;
        Ok(entry)
    }

    fn replace(&self, thinned: &[(&Entry, &Record)]) -> Result<(), StoreError> {
        self.insisting(|attempt| self.try_replace(thinned, attempt))
    }

    fn place(&self, branch: &str, scenario: &str) -> String {
        format!("{branch}/{scenario} on the branch {} of {}", self.branch, self.client.repository())
    }
}

/// What an attempt came to: done, or why it has to be tried again.
pub(super) type Attempt = Result<Result<(), String>, StoreError>;

pub(super) fn done(moved: Result<RefUpdate, GitHubError>) -> Attempt {
    match moved {
        Ok(RefUpdate::Done) => Ok(Ok(())),
        Ok(RefUpdate::Lost(message)) => Ok(Err(message)),
        // Whether it was done all the same shows at the next look.
        Err(error) if error.is_passing() => Ok(Err(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// A path as git has it, on every system.
fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::read_each;
    use crate::github::Access;
    use crate::github::fake::{FakeGitHub, Fault};
    use crate::record::Verdict;
    use crate::record::fixture::sketch;
    use std::sync::{Arc, Barrier, Mutex};
    use std::time::Duration;

    const DATA: &str = "loadline-data";

    fn store(github: &FakeGitHub) -> BranchStore {
        pausing(github, |_| {})
    }

    fn pausing(github: &FakeGitHub, pause: impl Fn(Duration) + Send + Sync + 'static) -> BranchStore {
        let variables = github.variables();
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        BranchStore::new(Client::with_pause(Access::read(&variable).unwrap(), pause).unwrap(), DATA)
    }

    fn ids(listing: &Listing) -> Vec<&str> {
        listing.entries.iter().map(|entry| entry.run_id.as_str()).collect()
    }

    #[test]
    fn a_record_is_thinned_in_its_place_and_still_the_same_run() {
        let github = FakeGitHub::start();
        let store = store(&github);
        let record = sketch("r1", 0).record();
        let entry = store.save("main", &record).unwrap();
        store.replace(&[(&entry, &record.thinned())]).unwrap();
        assert_eq!(store.list(None, None).unwrap().entries, std::slice::from_ref(&entry));
        assert!(store.read(&entry).unwrap() == record.thinned());
        store.save("main", &record).unwrap();
        assert_eq!(github.state().depth(DATA), 2);
    }

    #[test]
    fn several_records_are_thinned_in_one_commit_and_those_that_are_gone_in_none() {
        let github = FakeGitHub::start();
        let store = store(&github);
        let records: Vec<Record> = (0..3).map(|at| sketch(&format!("r{at}"), at).record()).collect();
        let entries: Vec<Entry> = records.iter().map(|record| store.save("main", record).unwrap()).collect();
        let gone = Entry::of(&sketch("gone", 9).record(), "main");
        let thin: Vec<Record> = records.iter().map(Record::thinned).collect();
        let thinned: Vec<(&Entry, &Record)> = entries.iter().chain([&gone]).zip(thin.iter().chain([&thin[0]])).collect();
        store.replace(&thinned).unwrap();
        store.replace(&thinned[3..]).unwrap();
        let state = github.state();
        assert_eq!((state.depth(DATA), state.files(DATA).len()), (4, 3));
        drop(state);
        for (entry, thin) in entries.iter().zip(&thin) {
            assert!(store.read(entry).unwrap() == *thin);
        }
    }

    #[test]
    fn a_refusal_ends_the_reading_of_records_and_a_broken_one_does_not() {
        let github = FakeGitHub::start();
        let store = store(&github);
        for at in 0..4 {
            store.save("main", &sketch(&format!("r{at}"), at).record()).unwrap();
        }
        let entries = store.list(None, None).unwrap().entries;
        let limited = Fault { headers: &[("retry-after", "3600")], ..Fault::of("GET", "r1.json", 429, "") };
        github.state().faults.push(limited);
        let before = github.count("GET", "contents");
        let read: Vec<_> = read_each(&store, &entries, |problem| panic!("{problem:?}")).collect();
        assert_eq!(read.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
        assert!(matches!(read[2], Err(StoreError::GitHub(GitHubError::RateLimited { .. }))));
        assert_eq!(github.count("GET", "contents") - before, 3);
    }

    #[test]
    fn a_branch_that_is_not_there_is_empty_and_made_by_the_first_save() {
        let github = FakeGitHub::start();
        let store = store(&github);
        assert!(store.list(None, None).unwrap().entries.is_empty());
        let entry = store.save("feature/x", &sketch("r1", 0).record()).unwrap();
        let state = github.state();
        assert_eq!(state.files(DATA).keys().collect::<Vec<_>>(), ["feature%2fx/shop/20261101T080000Z-abc0000-r1.json"]);
        assert_eq!(state.depth(DATA), 1);
        drop(state);
        assert_eq!(store.list(Some("feature/x"), Some("shop")).unwrap().entries, std::slice::from_ref(&entry));
        assert!(store.read(&entry).unwrap().to_json() == sketch("r1", 0).record().to_json());
    }

    #[test]
    fn saved_records_are_listed_newest_first_and_found_by_branch_and_scenario() {
        let github = FakeGitHub::start();
        let store = store(&github);
        for (id, hour) in [("first", 0), ("third", 9), ("second", 5)] {
            store.save("main", &sketch(id, hour).record()).unwrap();
        }
        let long = format!("team/{}", "é".repeat(150));
        store.save(&long, &sketch("other", 7).record()).unwrap();
        assert_eq!(ids(&store.list(Some("main"), Some("shop")).unwrap()), ["third", "second", "first"]);
        assert_eq!(ids(&store.list(None, None).unwrap()), ["third", "other", "second", "first"]);
        assert_eq!(store.list(Some(&long), None).unwrap().entries[0].branch, long);
        assert!(store.list(Some("main"), Some("cart")).unwrap().entries.is_empty());
        github.state().truncate_above = Some(2);
        assert_eq!(ids(&store.list(None, None).unwrap()), ["third", "other", "second", "first"]);
    }

    #[test]
    fn a_stored_record_is_never_changed_and_saved_twice_is_one() {
        let github = FakeGitHub::start();
        let store = store(&github);
        let record = sketch("run", 0).record();
        store.save("main", &record).unwrap();
        store.save("main", &record).unwrap();
        assert_eq!(github.state().depth(DATA), 1);
        let mut other = record.clone();
        other.summary.requests += 1;
        assert!(matches!(store.save("main", &other), Err(StoreError::Taken { .. })));
        other.summary.verdict = Verdict::Invalid;
        assert!(matches!(store.save("main", &other), Err(StoreError::Untrusted { .. })));
    }

    #[test]
    fn two_writers_race_twenty_times_and_lose_nothing() {
        for round in 0..20 {
            let github = FakeGitHub::start();
            let start = Barrier::new(2);
            std::thread::scope(|scope| {
                for writer in ["a", "b"] {
                    let (github, start) = (&github, &start);
                    scope.spawn(move || {
                        let store = pausing(github, std::thread::sleep);
                        start.wait();
                        for run in 0..2 {
                            store.save("main", &sketch(&format!("{writer}{run}"), 1).record()).unwrap();
                        }
                    });
                }
            });
            let listing = store(&github).list(Some("main"), Some("shop")).unwrap();
            assert_eq!((listing.entries.len(), listing.problems.len()), (4, 0), "round {round}");
            assert_eq!(github.state().depth(DATA), 4, "round {round}");
        }
    }

    #[test]
    fn what_goes_wrong_on_the_way_is_tried_again() {
        for (method, path) in [("POST", "git/refs"), ("POST", "git/trees"), ("POST", "git/commits"), ("GET", "git/ref")] {
            for status in [500, 502] {
                let github = FakeGitHub::start();
                github.state().faults.push(Fault::of(method, path, status, "trouble"));
                store(&github).save("main", &sketch("r1", 0).record()).unwrap();
                assert_eq!(github.state().files(DATA).len(), 1, "{method} {path} {status}");
            }
        }
        for (status, done) in [(409, false), (422, false), (502, false), (502, true)] {
            let github = FakeGitHub::start();
            let store = store(&github);
            store.save("main", &sketch("r0", 0).record()).unwrap();
            github.state().faults.push(Fault { done, ..Fault::of("PATCH", "git/refs", status, "Update is not a fast forward") });
            store.save("main", &sketch("r1", 1).record()).unwrap();
            let state = github.state();
            assert_eq!((state.files(DATA).len(), state.depth(DATA)), (2, 2), "{status} {done}");
        }
    }

    #[test]
    fn a_rate_limit_is_waited_for_and_too_long_a_one_is_said() {
        let github = FakeGitHub::start();
        let waited = Arc::new(Mutex::new(Vec::new()));
        let seen = waited.clone();
        let store = pausing(&github, move |wait| seen.lock().unwrap().push(wait.as_secs()));
        let limited = |after| Fault { headers: after, ..Fault::of("POST", "git/trees", 403, "You have exceeded a secondary rate limit") };
        github.state().faults.push(limited(&[("retry-after", "30")]));
        store.save("main", &sketch("r1", 0).record()).unwrap();
        assert_eq!(*waited.lock().unwrap(), [30]);
        github.state().faults.push(limited(&[("retry-after", "3000")]));
        let error = store.save("main", &sketch("r2", 1).record()).unwrap_err().to_string();
        assert!(error.contains("rate limit is used up for the next 3000 s"), "{error}");
        assert_eq!(waited.lock().unwrap().len(), 1);
    }

    #[test]
    fn what_stays_wrong_is_said_with_what_to_do() {
        let github = FakeGitHub::start();
        let store = store(&github);
        store.save("main", &sketch("r0", 0).record()).unwrap();
        let refuse = |status, message: &'static str| {
            github.state().faults = (0..20).map(|_| Fault::of("PATCH", "git/refs", status, message)).collect();
            let error = store.save("main", &sketch("r1", 1).record()).unwrap_err().to_string();
            github.state().faults.clear();
            error
        };
        let protected = refuse(422, "Changes must be made through a pull request.");
        assert!(protected.contains("in 8 attempts") && protected.contains("through a pull request"), "{protected}");
        let denied = refuse(403, "Resource not accessible by integration");
        assert!(denied.contains("add `contents: write` to the job's `permissions:`"), "{denied}");
        let empty = FakeGitHub::start();
        empty.state().is_empty = true;
        let error = super::tests::store(&empty).save("main", &sketch("r1", 1).record()).unwrap_err().to_string();
        assert!(error.contains("Git Repository is empty"), "{error}");
    }
}
