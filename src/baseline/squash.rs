//! A branch of baselines without its history.
//!
//! A record that was thinned is still whole in the branch's history, and every clone of the repository that fetches all branches
//! gets it. GitHub has no way to replace a branch only if nobody moved it meanwhile, so nobody may: a commit on top, the
//! fence, asks everybody who saves to wait. It is laid like any other commit, which fails when somebody else was faster.

use std::time::{Duration, Instant};

use super::branch::{Attempt, BranchStore, done};
use super::store::StoreError;
use crate::github::{Head, TreeFile};

/// The file that asks to wait.
pub(super) const FENCE: &str = ".squashing";
/// What is said of an attempt that found it.
pub(super) const FENCED: &str = "its history is being squashed";
/// From this attempt on a fence is one that somebody left behind. By then at least 6.3 s have been waited since it was first
/// seen (see [`crate::github::Client::back_off`]), and whoever laid it gives up after [`PATIENCE`].
const LEFT_BEHIND: u32 = 6;
/// The branch is replaced this long after the fence was sent, or not at all.
const PATIENCE: Duration = Duration::from_secs(4);

/// Whether a save has to wait for what it has found on the branch.
pub(super) fn must_wait(found: &Option<(Head, Vec<TreeFile>)>, attempt: u32) -> bool {
    attempt < LEFT_BEHIND && found.as_ref().is_some_and(|(_, files)| is_fenced(files))
}

pub(super) fn is_fenced(files: &[TreeFile]) -> bool {
    files.iter().any(|file| file.path == FENCE)
}

impl BranchStore {
    /// Replaces the branch by a single commit with the same records. Jobs that save meanwhile wait, and lose nothing.
    pub fn squash(&self) -> Result<(), StoreError> {
        self.insisting(|attempt| self.try_squash(attempt))
    }

    fn try_squash(&self, attempt: u32) -> Attempt {
        let found = self.look()?;
        if must_wait(&found, attempt) {
            return Ok(Err(FENCED.to_owned()));
        }
        let Some((head, files)) = found else { return Ok(Ok(())) };
        let commit = self.client.commit_without_history(&head, is_fenced(&files).then_some(FENCE), "Store baselines")?;
        let since = Instant::now();
        if let Err(why) = self.push(Some(&head), &[(FENCE.to_owned(), Some(head.commit.clone()))], "Squash")? {
            return Ok(Err(why));
        }
        if since.elapsed() > PATIENCE {
            return Ok(Err("GitHub answers too slowly".to_owned()));
        }
        done(self.client.replace_branch(&self.branch, &commit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::Store;
    use crate::github::fake::{FakeGitHub, Fault};
    use crate::github::{Access, Client};
    use crate::record::fixture::sketch;

    const DATA: &str = "loadline-data";

    fn pausing(github: &FakeGitHub, pause: impl Fn(Duration) + Send + Sync + 'static) -> BranchStore {
        let variables = github.variables();
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
        BranchStore::new(Client::with_pause(Access::read(&variable).unwrap(), pause).unwrap(), DATA)
    }

    fn with_records(count: i64) -> (FakeGitHub, BranchStore) {
        let github = FakeGitHub::start();
        let store = pausing(&github, |_| {});
        for at in 0..count {
            store.save("main", &sketch(&format!("r{at}"), at).record()).unwrap();
        }
        (github, store)
    }

    /// How many files the branch has, and how many commits.
    fn size(github: &FakeGitHub) -> (usize, usize) {
        let state = github.state();
        (state.files(DATA).len(), state.depth(DATA))
    }

    #[test]
    fn a_branch_loses_its_history_and_no_record() {
        let (github, store) = with_records(3);
        let before = github.state().files(DATA);
        store.squash().unwrap();
        assert_eq!(github.state().files(DATA), before);
        assert_eq!(size(&github), (3, 1));
        store.save("main", &sketch("r9", 9).record()).unwrap();
        assert_eq!(size(&github), (4, 2));
        store.squash().unwrap();
        assert_eq!(size(&github), (4, 1));
    }

    #[test]
    fn a_branch_that_is_not_there_needs_none() {
        let (github, store) = with_records(0);
        store.squash().unwrap();
        assert!(github.state().refs.is_empty());
    }

    #[test]
    fn whoever_saves_meanwhile_waits_for_the_end() {
        let (github, store) = with_records(2);
        let (head, _) = store.look().unwrap().unwrap();
        let commit = store.client.commit_without_history(&head, None, "Store baselines").unwrap();
        store.push(Some(&head), &[(FENCE.to_owned(), Some(String::new()))], "Squash").unwrap().unwrap();
        // The one who squashes goes on while the one who saves waits.
        let (other, squasher) = (std::sync::Mutex::new(Some(commit)), pausing(&github, |_| {}));
        let squasher = std::sync::Mutex::new(squasher);
        let saver = pausing(&github, move |_| {
            if let Some(commit) = other.lock().unwrap().take() {
                done(squasher.lock().unwrap().client.replace_branch(DATA, &commit)).unwrap().unwrap();
            }
        });
        saver.save("main", &sketch("r9", 9).record()).unwrap();
        assert_eq!(size(&github), (3, 2));
    }

    #[test]
    fn a_fence_that_somebody_left_behind_stops_nobody_for_ever() {
        let (github, store) = with_records(2);
        let (head, _) = store.look().unwrap().unwrap();
        store.push(Some(&head), &[(FENCE.to_owned(), Some(String::new()))], "Squash").unwrap().unwrap();
        store.save("main", &sketch("r9", 9).record()).unwrap();
        assert_eq!(size(&github).0, 3);
        let (head, _) = store.look().unwrap().unwrap();
        store.push(Some(&head), &[(FENCE.to_owned(), Some(String::new()))], "Squash").unwrap().unwrap();
        store.squash().unwrap();
        assert_eq!(size(&github), (3, 1));
    }

    #[test]
    fn a_fence_that_was_not_laid_and_a_limit_leave_the_branch_as_it_is() {
        let (github, store) = with_records(2);
        github.state().faults.push(Fault::of("PATCH", "git/refs", 422, "Update is not a fast forward"));
        store.squash().unwrap();
        assert_eq!(size(&github), (2, 1));
        // Sent late, it would undo what was saved meanwhile.
        let (github, store) = with_records(2);
        let (head, _) = store.look().unwrap().unwrap();
        let before = github.count("PATCH", "git/refs");
        github.state().faults.push(Fault { headers: &[("retry-after", "5")], ..Fault::of("PATCH", "git/refs", 429, "") });
        assert!(store.client.replace_branch(DATA, &head.commit).is_err());
        assert_eq!(github.count("PATCH", "git/refs") - before, 1);
    }
}
