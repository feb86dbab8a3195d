//! Questions about a record, asked of its JSON as a user's script would.

use std::collections::BTreeMap;

use serde_json::Value;

/// A record as JSON, so that names and units are tested too.
pub(crate) type Record = Value;

/// All requests that the record says were sent.
#[track_caller]
pub(crate) fn sent(record: &Record) -> u64 {
    record["sent"].as_object().expect("what was sent").values().map(|count| count.as_u64().expect("a number")).sum()
}

/// The endpoint of that name.
#[track_caller]
pub(crate) fn endpoint<'a>(record: &'a Record, name: &str) -> &'a Value {
    let endpoints = record["endpoints"].as_array().expect("endpoints");
    endpoints.iter().find(|endpoint| endpoint["name"] == name).unwrap_or_else(|| panic!("no endpoint `{name}` in {endpoints:#?}"))
}

/// How many answers had which status, at that endpoint.
#[track_caller]
pub(crate) fn statuses(record: &Record, name: &str) -> BTreeMap<String, u64> {
    let statuses = endpoint(record, name)["statuses"].as_object().expect("statuses");
    statuses.iter().map(|(status, count)| (status.clone(), count.as_u64().expect("a number"))).collect()
}

/// The threshold that is written so.
#[track_caller]
pub(crate) fn threshold<'a>(record: &'a Record, expression: &str) -> &'a Value {
    let thresholds = record["thresholds"].as_array().expect("thresholds");
    thresholds.iter().find(|row| row["expression"] == expression).unwrap_or_else(|| panic!("no `{expression}` in {thresholds:#?}"))
}

/// Scope and expression of every threshold that fails the run.
pub(crate) fn failing_thresholds(record: &Record) -> Vec<String> {
    let fails = |row: &&Value| row["severity"] == "fail" && (row["outcome"] == "failed" || row["outcome"] == "no_samples");
    let rows = record["thresholds"].as_array().into_iter().flatten().filter(fails);
    rows.map(|row| format!("{}: {}", row["scope"].as_str().unwrap(), row["expression"].as_str().unwrap())).collect()
}
