//! What makes two runs comparable.

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::super::{ArrivalKind, HttpPlan, LoadPlan, OnExhausted, Pick, Population, RateShape, Stage};
use super::data::{Data, hex};

/// SHA-256 of the canonical JSON of the resolved load, in lower-case hexadecimal: setup, classes, tasks, checks, data and
/// the load itself. Not in it: target, credentials, thresholds, service, seed, verify, teardown and the scenario's name.
pub(super) fn digest(setup: &[Json], classes: &[Json], data: &Data, load: &LoadPlan, http: &HttpPlan) -> String {
    let feeds: Vec<Json> = data
        .tables()
        .iter()
        .map(|table| {
            let pick = match table.pick {
                Pick::Sequential => "sequential",
                Pick::Random => "random",
                Pick::Shuffle => "shuffle",
                Pick::Unique => "unique",
            };
            json!({ "name": table.feed.name, "hash": table.hash, "pick": pick, "wrap": table.feed.on_exhausted() == OnExhausted::Wrap })
        })
        .collect();
    let mut document = json!({
        // Raised when the meaning of the same scenario changes: old records are then incomparable, which is true.
        "version": 1,
        "setup": setup,
        "classes": classes,
        "data": feeds,
        "load": describe(load),
        "connect_timeout": http.connect_timeout.0,
        "max_body": http.max_body.0,
    });
    if let Some(connections) = super::http::describe(http) {
        document["http"] = connections;
    }
    hex(&Sha256::digest(canonical(&document).to_string()))
}

fn describe(load: &LoadPlan) -> Json {
    let arrivals = |kind: ArrivalKind| match kind {
        ArrivalKind::Constant => "constant",
        ArrivalKind::Poisson => "poisson",
        ArrivalKind::Stratified => "stratified",
    };
    let micros = |time: Option<crate::units::Micros>| time.map(|time| time.0);
    match load {
        LoadPlan::Closed(load) => {
            let population = match &load.population {
                Population::Constant { users, spawn_rate } => json!({ "users": users, "spawn_rate": spawn_rate.map(|rate| rate.0) }),
                Population::Stages { start, stages } => json!({ "start": start, "stages": lines(stages) }),
            };
            json!({
                "model": "closed", "population": population, "duration": micros(load.duration), "iterations": load.iterations,
                "warmup": load.warmup.0, "graceful_stop": load.graceful_stop.0,
            })
        }
        LoadPlan::Open(load) => {
            let rate = match &load.rate {
                RateShape::Constant(rate) => json!(rate.0),
                RateShape::Stages { start, stages } => json!({ "start": start, "stages": lines(stages) }),
            };
            json!({
                "model": "open", "rate": rate, "arrivals": arrivals(load.arrivals), "duration": micros(load.duration),
                "iterations": load.iterations, "max_users": load.max_users, "max_wait": load.max_wait.0,
                "warmup": load.warmup.0, "graceful_stop": load.graceful_stop.0,
            })
        }
        LoadPlan::Capacity(search) => json!({
            "model": "capacity", "objective": search.objective.iter().map(|threshold| threshold.expression.as_str()).collect::<Vec<_>>(),
            "from": search.from.0, "to": search.to.0, "hold": search.hold.0, "arrivals": arrivals(search.arrivals),
            "max_users": search.max_users, "max_wait": search.max_wait.0, "warmup": search.warmup.0,
            "graceful_stop": search.graceful_stop.0,
        }),
    }
}

fn lines(stages: &[Stage]) -> Vec<Json> {
    stages.iter().map(|stage| json!([stage.duration.0, stage.level])).collect()
}

/// The same value with the keys of every object in order.
fn canonical(value: &Json) -> Json {
    match value {
        Json::Object(entries) => {
            let mut keys: Vec<&String> = entries.keys().collect();
            keys.sort();
            Json::Object(keys.into_iter().map(|key| (key.clone(), canonical(&entries[key]))).collect::<Map<_, _>>())
        }
        Json::Array(items) => items.iter().map(canonical).collect(),
        scalar => scalar.clone(),
    }
}
