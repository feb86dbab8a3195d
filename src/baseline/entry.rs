//! One stored record, as its path tells it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::folder_name;
use crate::record::Record;

/// One stored record; everything in it is read from its path alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The branch it was stored under.
    pub branch: String,
    /// The scenario's name.
    pub scenario: String,
    /// When the run began, UTC, to the second.
    pub time: Timestamp,
    /// The first seven digits of the commit; none where the run knew no commit.
    pub sha: Option<String>,
    /// The run's own name.
    pub run_id: String,
    /// Where it lies, from the store's root: `<branch>/<scenario>/<file>`.
    pub path: PathBuf,
}

/// Stands in a file name for the commit that isn't known.
const NO_COMMIT: &str = "nocommit";
const TIME: &str = "%Y%m%dT%H%M%SZ";

impl Entry {
    /// Where `record` is stored under `branch`.
    pub fn of(record: &Record, branch: &str) -> Self {
        // A commit comes from the environment: what doesn't look like one names no file.
        let sha = record.run.sha.as_deref().and_then(|sha| sha.get(..7)).filter(|sha| is_sha(sha)).map(str::to_ascii_lowercase);
        let time = Timestamp::from_second(record.run.started_at.as_second()).unwrap_or_default();
        let run_id = record.run.id.clone();
        let file = format!("{}-{}-{}.json", time.strftime(TIME), sha.as_deref().unwrap_or(NO_COMMIT), folder_name::encode(&run_id));
        let scenario = record.scenario.name.clone();
        let path = [&folder_name::encode(branch), &folder_name::encode(&scenario), &file].iter().collect();
        Self { branch: branch.to_owned(), scenario, time, sha, run_id, path }
    }

    /// The time, commit and run in a file name; none for a file that this program didn't name.
    pub(super) fn parse_file(name: &str) -> Option<(Timestamp, Option<String>, String)> {
        let mut parts = name.strip_suffix(".json")?.splitn(3, '-');
        let (time, sha, run) = (parts.next()?, parts.next()?, parts.next()?);
        let time = jiff::civil::DateTime::strptime(TIME, time).ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
        let sha = match sha {
            NO_COMMIT => None,
            sha if sha.len() == 7 && is_sha(sha) => Some(sha.to_owned()),
            _ => return None,
        };
        let run = folder_name::decode(run).or_else(|| folder_name::is_cut(run).then(|| run.to_owned()))?;
        Some((time, sha, run))
    }
}

fn is_sha(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::sketch;
    use proptest::prelude::*;

    #[test]
    fn a_record_is_stored_under_branch_scenario_time_commit_and_run() {
        let mut record = sketch("r1-7", 3).record();
        record.run.sha = Some("ABCDEF0123".to_owned());
        let entry = Entry::of(&record, "feature/x");
        assert_eq!(entry.path.to_str(), Some("feature%2fx/shop/20261101T110000Z-abcdef0-r1-7.json"));
        assert_eq!(entry.sha.as_deref(), Some("abcdef0"));
        record.run.sha = Some("../../x".to_owned());
        assert_eq!(Entry::of(&record, "main").path.to_str(), Some("main/shop/20261101T110000Z-nocommit-r1-7.json"));
    }

    #[test]
    fn files_of_others_are_no_records() {
        for name in
            ["README.md", "20261101T110000Z-abcdef0-r1", "20261101T110000Z-abcdefg-r1.json", "20261301T110000Z-abcdef0-r1.json", "x.json"]
        {
            assert_eq!(Entry::parse_file(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_file_name_gives_back_what_made_it(run in ".{1,30}", hour in 0i64..100_000, sha in prop::option::of("[0-9a-f]{40}")) {
            let mut record = sketch(&run, hour).record();
            record.run.sha = sha;
            let entry = Entry::of(&record, "main");
            let file = entry.path.file_name().unwrap().to_str().unwrap();
            prop_assert_eq!(entry.path.components().count(), 3);
            let (time, sha, run) = Entry::parse_file(file).unwrap();
            prop_assert_eq!((time, sha), (entry.time, entry.sha));
            prop_assert!(run == entry.run_id || folder_name::is_cut(&run));
        }
    }
}
