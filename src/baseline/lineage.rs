//! The stored history of the commit that a change is based on.

use std::fmt;

use super::entry::Entry;

/// How the newest record that a change is compared with stands to the commit that it is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is of a commit so many first parents before the base; zero for the base itself.
    Before {
        /// How many.
        commits: usize,
        /// The first seven digits of that commit.
        sha: String,
    },
    /// None of so many commits has one of the load and machine: the newest there is stands in.
    Elsewhere {
        /// How many were looked for.
        looked_for: usize,
    },
}

/// The records up to the first of `commits` (the base, then its first parents) that has one: what was stored after it is
/// of code that the change doesn't have. All records where no commit has any. `entries` are newest first.
pub fn up_to<'a>(entries: &'a [Entry], commits: &[String]) -> &'a [Entry] {
    let newest_of = |commit: &String| entries.iter().position(|entry| entry.sha.as_deref().is_some_and(|sha| commit.starts_with(sha)));
    let first = commits.iter().find_map(newest_of).unwrap_or(0);
    &entries[first..]
}

impl Standing {
    /// Of a record of this commit, where that is known, to `commits` (the base, then its first parents).
    pub fn of(sha: Option<&str>, commits: &[String]) -> Self {
        let sha = sha.and_then(|sha| sha.get(..7)).map(str::to_ascii_lowercase).unwrap_or_default();
        match commits.iter().position(|commit| !sha.is_empty() && commit.starts_with(&sha)) {
            Some(commits) => Self::Before { commits, sha },
            None => Self::Elsewhere { looked_for: commits.len() },
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before { commits: 0, sha } => write!(f, "the newest record is of {sha}, which this change is based on"),
            Self::Before { commits: 1, sha } => {
                write!(f, "the newest record is of {sha}, one commit before the one that this change is based on")
            }
            Self::Before { commits, sha } => {
                write!(f, "the newest record is of {sha}, {commits} commits before the one that this change is based on")
            }
            Self::Elsewhere { looked_for } => {
                write!(
                    f,
                    "none of the {looked_for} commits that this change is based on has a record of its load and machine: compared with the newest that there are"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::sketch;

    /// Records of three commits, newest first.
    fn entries() -> Vec<Entry> {
        [9, 5, 1].map(|hour| Entry::of(&sketch(&format!("r{hour}"), hour).record(), "main")).to_vec()
    }

    fn ids(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.run_id.as_str()).collect()
    }

    fn standing(hour: i64, commits: &[String]) -> String {
        Standing::of(Some(&sha(hour)), commits).to_string()
    }

    fn sha(hour: i64) -> String {
        sketch("", hour).record().run.sha.unwrap()
    }

    #[test]
    fn what_was_stored_after_the_base_is_left_out() {
        let entries = entries();
        let commits = [sha(5), sha(1)];
        assert_eq!(ids(up_to(&entries, &commits)), ["r5", "r1"]);
        assert_eq!(standing(5, &commits), "the newest record is of abc0005, which this change is based on");
        assert_eq!(ids(up_to(&entries, &[])), ["r9", "r5", "r1"]);
    }

    #[test]
    fn the_nearest_commit_with_a_record_stands_in_for_the_base() {
        let entries = entries();
        let commits = [sha(7), sha(6), sha(5), sha(1)];
        assert_eq!(ids(up_to(&entries, &commits)), ["r5", "r1"]);
        let (two, three) = (standing(5, &commits), standing(1, &commits));
        assert_eq!(two, "the newest record is of abc0005, 2 commits before the one that this change is based on");
        assert_eq!(three, "the newest record is of abc0001, 3 commits before the one that this change is based on");
    }

    #[test]
    fn without_any_the_newest_is_taken_and_that_is_said() {
        let entries = entries();
        let commits = [sha(7), sha(6)];
        assert_eq!(ids(up_to(&entries, &commits)), ["r9", "r5", "r1"]);
        for sha in [Some("abc0009"), Some("abc"), Some(""), None] {
            let standing = Standing::of(sha, &commits);
            assert_eq!(standing, Standing::Elsewhere { looked_for: 2 });
            assert!(standing.to_string().starts_with("none of the 2 commits that this change is based on has a record"), "{standing}");
        }
    }
}
