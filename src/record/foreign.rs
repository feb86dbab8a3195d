//! Records that a stranger may have written.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ReadError, Record};
use crate::metrics::Histogram;
use crate::units::Micros;

/// No record of a run is larger.
const MOST_BYTES: u64 = 16 << 20;
/// Each may hold a few hundred kilobytes of counts.
const MOST_ENDPOINTS: usize = 500;
/// Rows of anything else.
const MOST_ROWS: usize = 2_000;
/// Characters of a name or a message.
const LONGEST: usize = 4_000;
/// No run is longer.
const LONGEST_RUN: Micros = Micros::from_secs(7 * 24 * 3_600);

/// Says why a foreign record isn't taken.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// It is no plain file: a link could lead anywhere.
    #[error("{path}: not a plain file")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// It is too large.
    #[error("{path}: larger than {MOST_BYTES} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is no record.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It holds what no run writes.
    #[error("{path}: {what}")]
    Implausible {
        /// The file.
        path: PathBuf,
        /// What it holds.
        what: &'static str,
    },
}

impl Record {
    /// Reads a record that a stranger may have written: a plain file of bounded size, in the format, with no more rows and
    /// no longer texts than a run writes, finite numbers, and histograms that take little memory. Whether its figures are
    /// true can't be told.
    pub fn read_foreign(path: &Path) -> Result<Self, ForeignError> {
        let io = |source| ForeignError::Read(ReadError::Io { path: path.to_owned(), source });
        let implausible = |what| ForeignError::Implausible { path: path.to_owned(), what };
        if !fs::symlink_metadata(path).map_err(io)?.is_file() {
            return Err(ForeignError::NotAFile { path: path.to_owned() });
        }
        let mut text = String::new();
        fs::File::open(path).map_err(io)?.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(io)?;
        if text.len() as u64 > MOST_BYTES {
            return Err(ForeignError::TooLarge { path: path.to_owned() });
        }
        let wrong = |source| ForeignError::Read(ReadError::Json { path: path.to_owned(), source });
        let value: Value = serde_json::from_str(&text).map_err(wrong)?;
        plausible(&value).map_err(implausible)?;
        let record = Self::from_json(&text, path)?;
        consistent(&record).map_err(implausible)?;
        Ok(record)
    }
}

/// Looks at the JSON before any of it is unpacked.
fn plausible(record: &Value) -> Result<(), &'static str> {
    let rows = |name: &str| record[name].as_array().map_or(0, Vec::len);
    if rows("endpoints") > MOST_ENDPOINTS {
        return Err("more endpoints than a scenario has");
    }
    for endpoint in record["endpoints"].as_array().into_iter().flatten() {
        let phases = endpoint["phases"].as_object().into_iter().flatten().map(|(_, value)| value);
        let latency = endpoint["latency"].as_object().into_iter().flatten().map(|(_, value)| value);
        let mut histograms = phases.chain(latency).chain([&endpoint["service_time"]]);
        if histograms.any(|text| text.as_str().is_none_or(|text| !Histogram::is_modest(text))) {
            return Err("a histogram that no run writes");
        }
    }
    bounded(record, 0)
}

/// Everything in it: lists, texts, numbers, depth.
fn bounded(value: &Value, depth: usize) -> Result<(), &'static str> {
    match value {
        _ if depth > 12 => Err("lists within lists"),
        Value::Array(items) if items.len() > MOST_ROWS => Err("longer lists than a run writes"),
        Value::Array(items) => items.iter().try_for_each(|item| bounded(item, depth + 1)),
        Value::Object(fields) if fields.len() > MOST_ROWS => Err("longer lists than a run writes"),
        Value::Object(fields) => fields.values().try_for_each(|field| bounded(field, depth + 1)),
        // A histogram was looked at before.
        Value::String(text) if text.len() > LONGEST && !Histogram::is_modest(text) => Err("longer texts than a run writes"),
        Value::Number(number) if number.as_f64().is_none_or(|number| !number.is_finite()) => Err("a number that is none"),
        _ => Ok(()),
    }
}

fn consistent(record: &Record) -> Result<(), &'static str> {
    let name = |text: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !text.is_empty() && text.len() <= 100 && text.chars().all(known)
    };
    if !name(&record.run.id) {
        return Err("a run whose name isn't one");
    }
    let shas = [&record.run.sha, &record.run.tested_sha];
    if shas.into_iter().flatten().any(|sha| !sha.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err("a commit that is none");
    }
    if record.run.duration > LONGEST_RUN {
        return Err("a run of more than a week");
    }
    let counted = |endpoint: &super::EndpointRecord| {
        endpoint.failures <= endpoint.requests && endpoint.latency.ok.count() <= endpoint.requests - endpoint.failures
    };
    if !record.endpoints.iter().all(counted) {
        return Err("figures that contradict each other");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::sketch;
    use serde_json::json;

    fn read(change: impl Fn(&mut Value)) -> Result<Record, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        let mut value: Value = serde_json::from_str(&sketch("r1", 0).record().to_json()).unwrap();
        change(&mut value);
        fs::write(&path, value.to_string()).unwrap();
        Record::read_foreign(&path).map_err(|error| error.to_string().replace(&folder.path().display().to_string(), ""))
    }

    #[test]
    fn what_a_run_writes_is_taken() {
        assert!(read(|_| {}).is_ok());
    }

    #[test]
    fn what_no_run_writes_is_refused() {
        // Five significant digits over the whole range would take fifty megabytes.
        let bomb = {
            use base64::Engine;
            let mut large = hdrhistogram::Histogram::<u64>::new_with_bounds(1, u64::MAX / 2, 5).unwrap();
            large.record(u64::MAX / 4).unwrap();
            let mut bytes = Vec::new();
            use hdrhistogram::serialization::Serializer as _;
            hdrhistogram::serialization::V2DeflateSerializer::new().serialize(&large, &mut bytes).unwrap();
            base64::engine::general_purpose::STANDARD.encode(bytes)
        };
        let nested = (0..30).fold(json!(1), |inner, _| json!([inner]));
        type Change = Box<dyn Fn(&mut Value)>;
        let cases: [(&str, Change); 11] = [
            ("a histogram that no run writes", Box::new(move |record| record["endpoints"][0]["latency"]["ok"] = json!(bomb))),
            ("a histogram that no run writes", Box::new(|record| record["endpoints"][0]["latency"]["ok"] = json!("%%"))),
            ("a run whose name isn't one", Box::new(|record| record["run"]["id"] = json!("../../x"))),
            ("a commit that is none", Box::new(|record| record["run"]["sha"] = json!("main\n::error::x"))),
            ("a run of more than a week", Box::new(|record| record["run"]["duration"] = json!(1e9))),
            ("figures that contradict each other", Box::new(|record| record["endpoints"][0]["failures"] = json!(9_999_999))),
            ("longer texts than a run writes", Box::new(|record| record["scenario"]["name"] = json!("x".repeat(10_000)))),
            ("longer lists than a run writes", Box::new(|record| record["warnings"] = json!(vec![0; 10_000]))),
            ("more endpoints", Box::new(|record| record["endpoints"] = json!(vec![record["endpoints"][0].clone(); 501]))),
            ("lists within lists", Box::new(move |record| record["extra"] = nested.clone())),
            ("written in format 99", Box::new(|record| record["schema_version"] = json!(99))),
        ];
        for (expected, change) in cases {
            let error = read(change).unwrap_err();
            assert!(error.contains(expected), "{expected}: {error}");
        }
    }

    #[test]
    fn what_is_no_plain_small_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        fs::write(&path, vec![b' '; (MOST_BYTES + 1) as usize]).unwrap();
        assert!(matches!(Record::read_foreign(&path), Err(ForeignError::TooLarge { .. })));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(Record::read_foreign(&path), Err(ForeignError::NotAFile { .. })));
        #[cfg(unix)]
        {
            let link = folder.path().join("link.json");
            std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
            assert!(matches!(Record::read_foreign(&link), Err(ForeignError::NotAFile { .. })));
        }
        fs::write(folder.path().join("huge.json"), "{\"schema_version\": 1e999}").unwrap();
        assert!(Record::read_foreign(&folder.path().join("huge.json")).unwrap_err().to_string().contains("not a loadline record"));
    }
}
