//! One comparison of a version with itself, as it is kept: what a gate says where nothing changed.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ComparisonVerdict, ReadError, Record, Tool};

/// The version of the format this program writes.
pub const CALIBRATION_VERSION: u32 = 1;

/// One comparison of a version with itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Of the format; [`CALIBRATION_VERSION`] when written by this program.
    pub schema_version: u32,
    /// What made it.
    pub tool: Tool,
    /// The scenario's name.
    pub scenario: String,
    /// The digest of its load: another load has another noise.
    pub digest: String,
    /// The key of the machine, for the same reason.
    pub machine: String,
    /// When the load began.
    pub at: Timestamp,
    /// Names the run.
    pub run_id: String,
    /// What was said. A regression is a false alarm.
    pub verdict: ComparisonVerdict,
    /// By judged metric of the whole run, the smallest change that could have been seen: relative, of the error rate in
    /// points of 0 to 1.
    pub detectable: BTreeMap<String, f64>,
}

impl Calibration {
    /// What the comparison of a record says, taken as one of a version with itself; none where it has no comparison.
    pub fn of(record: &Record) -> Option<Self> {
        let comparison = record.comparison.as_ref()?;
        let whole = comparison.contrasts.iter().filter(|contrast| contrast.scope == "all" && contrast.judged);
        Some(Self {
            schema_version: CALIBRATION_VERSION,
            tool: record.tool.clone(),
            scenario: record.scenario.name.clone(),
            digest: record.scenario.digest.clone(),
            machine: record.machine.key.clone(),
            at: record.run.started_at,
            run_id: record.run.id.clone(),
            verdict: comparison.verdict,
            detectable: whole.filter_map(|contrast| Some((contrast.metric.clone(), contrast.detectable?))).collect(),
        })
    }

    /// Whether it cried wolf.
    pub fn is_false_alarm(&self) -> bool {
        self.verdict == ComparisonVerdict::Regressed
    }

    /// Reads one; `name` is what messages call it.
    ///
    /// # Errors
    /// Of what is no calibration, or one of a later version.
    pub fn from_json(text: &str, name: &Path) -> Result<Self, ReadError> {
        let wrong = |source| ReadError::Json { path: name.to_owned(), source };
        let read: Self = serde_json::from_str(text).map_err(wrong)?;
        match read.schema_version {
            CALIBRATION_VERSION => Ok(read),
            found => Err(ReadError::Version { path: name.to_owned(), found: found.into() }),
        }
    }

    /// Indented JSON with a line end.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|error| unreachable!("a calibration is plain data: {error}")) + "\n"
    }
}
