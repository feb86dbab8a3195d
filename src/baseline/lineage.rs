//! The stored history of the commit that a change is based on.

use std::fmt;

use super::entry::Entry;

/// How the newest record of a history stands to the commit that a change is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is of a commit so many first parents before the base; zero for the base itself.
    Before {
        /// How many.
        commits: usize,
        /// The first seven digits of that commit.
        sha: String,
    },
    /// None of so many commits has a record: the newest of all stands in.
    Elsewhere {
        /// How many were looked for.
        looked_for: usize,
    },
}

/// The records up to the first of `commits` (the base, then its first parents) that has one: what was stored after it is
/// of code that the change doesn't have. All records where no commit has any. `entries` are newest first.
pub fn up_to<'a>(entries: &'a [Entry], commits: &[String]) -> (&'a [Entry], Standing) {
    for (at, commit) in commits.iter().enumerate() {
        let is_of = |entry: &Entry| entry.sha.as_deref().is_some_and(|sha| commit.starts_with(sha));
        if let Some(first) = entries.iter().position(is_of) {
            let sha = commit.chars().take(7).collect();
            return (&entries[first..], Standing::Before { commits: at, sha });
        }
    }
    (entries, Standing::Elsewhere { looked_for: commits.len() })
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
                    "none of the {looked_for} commits that this change is based on has a record: compared with the newest that there are"
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

    fn sha(hour: i64) -> String {
        sketch("", hour).record().run.sha.unwrap()
    }

    #[test]
    fn what_was_stored_after_the_base_is_left_out() {
        let entries = entries();
        let (history, standing) = up_to(&entries, &[sha(5), sha(1)]);
        assert_eq!(history.iter().map(|entry| entry.run_id.as_str()).collect::<Vec<_>>(), ["r5", "r1"]);
        assert_eq!(standing.to_string(), "the newest record is of abc0005, which this change is based on");
    }

    #[test]
    fn the_nearest_commit_with_a_record_stands_in_for_the_base() {
        let entries = entries();
        let (history, standing) = up_to(&entries, &[sha(7), sha(6), sha(5), sha(1)]);
        assert_eq!((history.len(), standing), (2, Standing::Before { commits: 2, sha: "abc0005".to_owned() }));
    }

    #[test]
    fn without_any_the_newest_is_taken_and_that_is_said() {
        let entries = entries();
        let (history, standing) = up_to(&entries, &[sha(7), sha(6)]);
        assert_eq!((history.len(), &standing), (3, &Standing::Elsewhere { looked_for: 2 }));
        assert!(standing.to_string().contains("none of the 2 commits"), "{standing}");
    }
}
