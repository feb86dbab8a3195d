//! Calibrations, kept beside the records: one immutable file a run.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::folder_name;
use super::store::{Problem, StoreError};
use crate::record::{Calibration, create_atomically};

/// The folder they are in. No branch is called so: a name that begins with a dot is encoded.
const FOLDER: &str = ".calibration";
const TIME: &str = "%Y%m%dT%H%M%SZ";
/// Older ones say little of a runner as it is now.
const MOST: usize = 200;

/// Calibrations in the folder of a store.
#[derive(Debug, Clone)]
pub struct Calibrations {
    root: PathBuf,
}

impl Calibrations {
    /// Those in the store at `root`, which need not be there.
    pub fn new(root: &Path) -> Self {
        Self { root: root.join(FOLDER) }
    }

    /// Keeps one. The same one kept twice is one.
    ///
    /// # Errors
    /// Where the folder can't be written to, or another one has the name.
    pub fn save(&self, calibration: &Calibration) -> Result<PathBuf, StoreError> {
        let file = format!("{}-{}.json", calibration.at.strftime(TIME), folder_name::encode(&calibration.run_id));
        let path = self.folder(&calibration.scenario).join(file);
        let content = calibration.to_json();
        if !create_atomically(&path, content.as_bytes())? && !fs::read_to_string(&path).is_ok_and(|stored| stored == content) {
            return Err(StoreError::Taken { path });
        }
        Ok(path)
    }

    /// The newest two hundred of a scenario with this load on this machine, newest first, and what can't be read.
    ///
    /// # Errors
    /// Where the folder can't be read; one that isn't there is empty.
    pub fn of(&self, scenario: &str, digest: &str, machine: &str) -> Result<(Vec<Calibration>, Vec<Problem>), StoreError> {
        let folder = self.folder(scenario);
        let wrong = |source| StoreError::List { path: folder.clone(), source };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries.collect::<Result<Vec<_>, _>>().map_err(wrong)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(wrong(error)),
        };
        // Names begin with the time.
        let mut files: Vec<PathBuf> =
            entries.into_iter().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
        files.sort();
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for path in files.into_iter().rev() {
            let read = fs::read_to_string(&path).map_err(|error| error.to_string());
            match read.and_then(|text| Calibration::from_json(&text, &path).map_err(|error| error.to_string())) {
                Ok(one) if found.len() < MOST && (one.digest.as_str(), one.machine.as_str()) == (digest, machine) => found.push(one),
                Ok(_) => {}
                Err(reason) => problems.push(Problem { path, reason }),
            }
        }
        Ok((found, problems))
    }

    fn folder(&self, scenario: &str) -> PathBuf {
        self.root.join(folder_name::encode(scenario))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::{DirectoryStore, Store};
    use crate::record::ComparisonVerdict;
    use crate::record::fixture::sketch;

    fn calibration(id: &str, hour: i64) -> Calibration {
        let record = sketch(id, hour).record();
        Calibration {
            schema_version: crate::record::CALIBRATION_VERSION,
            tool: record.tool,
            scenario: record.scenario.name,
            digest: record.scenario.digest,
            machine: record.machine.key,
            at: record.run.started_at,
            run_id: record.run.id,
            verdict: ComparisonVerdict::Ok,
            detectable: [("p50".to_owned(), 0.031)].into(),
        }
    }

    #[test]
    fn calibrations_are_kept_and_found_by_load_and_machine_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Calibrations::new(folder.path());
        let (first, second) = (calibration("a", 1), calibration("b", 2));
        kept.save(&second).unwrap();
        kept.save(&first).unwrap();
        assert_eq!(kept.save(&first).unwrap(), kept.save(&first).unwrap());
        kept.save(&Calibration { machine: "elsewhere".to_owned(), ..calibration("c", 3) }).unwrap();
        kept.save(&Calibration { digest: "other load".to_owned(), ..calibration("d", 4) }).unwrap();
        let (found, problems) = kept.of(&first.scenario, &first.digest, &first.machine).unwrap();
        assert_eq!((found, problems), (vec![second, first.clone()], Vec::new()));
        assert!(kept.of("cart", &first.digest, &first.machine).unwrap().0.is_empty());
        let taken = kept.save(&Calibration { verdict: ComparisonVerdict::Regressed, ..first }).unwrap_err();
        assert!(matches!(taken, StoreError::Taken { .. }), "{taken}");
    }

    #[test]
    fn they_are_no_records_of_a_branch_and_damaged_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Calibrations::new(folder.path());
        let one = calibration("a", 1);
        let path = kept.save(&one).unwrap();
        let listing = DirectoryStore::new(folder.path()).list(None, None).unwrap();
        assert!(listing.entries.is_empty() && listing.problems.is_empty());
        fs::write(path.with_file_name("0.json"), "{}").unwrap();
        fs::write(path.with_file_name("1.json"), one.to_json().replacen("\"schema_version\": 1", "\"schema_version\": 9", 1)).unwrap();
        let (found, problems) = kept.of(&one.scenario, &one.digest, &one.machine).unwrap();
        assert_eq!((found.len(), problems.len()), (1, 2));
        assert!(problems[0].reason.contains("written in format 9"), "{problems:?}");
    }
}
