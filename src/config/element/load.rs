//! The load: how many users, or how many arrivals, for how long.

use crate::config::reader::{Element, Fields, OneOrMany, Read, Reader, Spanned, Text, Whole, element, words};
use crate::units::{Micros, Rate};

element! {
    /// How many users come (closed model), or how many arrivals (open model), and for how long. A profile is a load with
    /// a name.
    "load", "a mapping such as `{ users: 10, duration: 1m }`";
    pub struct LoadConfig {
        /// How many users there are: a closed model, in which each waits for the answer before it goes on.
        "users" users: Whole<1, 1_000_000> => optional,
        /// How many new users are started per second; all at once without it.
        "spawn_rate" spawn_rate: Rate => optional,
        /// How many iterations are started per second: an open model, whatever the answers take.
        "rate" rate: Rate => optional,
        /// The load in straight lines: each stage goes to its number of users (or its rate) within its duration.
        "stages" stages: Vec<Spanned<StageConfig>> => optional,
        /// For how long, without the warm-up.
        "duration" duration: Micros => optional,
        /// How many passes through one task, shared by all users. With `duration`: whichever ends first.
        "iterations" iterations: Whole<1, { u64::MAX }> => optional,
        /// Comes before the load; its requests are in no result.
        "warmup" warmup: Micros => default "0s",
        /// How long requests in flight may take to finish at the end.
        "graceful_stop" graceful_stop: Micros => default "30s",
        /// Open model: how arrivals are spread in time.
        "arrivals" arrivals: ArrivalsConfig => default "constant",
        /// Open model: how many users may be alive at once.
        "max_users" max_users: Whole<1, 1_000_000> => default "1000",
        /// Open model: how long an arrival waits for a free user before it is dropped and counted; never longer than the grace at the end.
        "max_wait" max_wait: Micros => default "1s",
        /// Searches the highest rate that meets an objective, in place of a load.
        "capacity" capacity: CapacityConfig => optional,
        /// Runs these user classes alone.
        "only" only: OneOrMany<Text> => optional,
    }
    check one_model;
}

element! {
    /// One straight line of a staged load.
    "stage", "a mapping such as `{ duration: 30s, users: 100 }`";
    pub struct StageConfig {
        /// How long it takes; `0s` is a jump.
        "duration" duration: Micros => required,
        /// The number of users at its end.
        "users" users: Whole<0, 1_000_000> => optional,
        /// The arrivals per second at its end.
        "rate" rate: Rate => optional,
    }
    check one_level;
}

element! {
    /// A search for the highest arrival rate that meets an objective.
    "capacity", "a mapping such as `{ objective: p95 < 100ms, from: 50/s, to: 5000/s }`";
    pub struct CapacityConfig {
        /// What must hold at a rate: thresholds on all requests.
        "objective" objective: OneOrMany<Text> => required,
        /// The first rate.
        "from" from: Rate => required,
        /// The highest rate that is tried.
        "to" to: Rate => required,
        /// How long each rate is held before it is judged.
        "hold" hold: Micros => default "5s",
    }
    check bounds;
}

words! {
    /// How arrivals are spread in time.
    pub enum ArrivalsConfig {
        /// Evenly.
        Constant = "constant",
        /// As independent visitors come.
        Poisson = "poisson",
    }
}

/// Keys that only mean something where arrivals come at a rate.
const OPEN_ONLY: [&str; 3] = ["arrivals", "max_users", "max_wait"];

/// A load says one thing: users, a rate, or a search. Which of them is wanted is decided by the first of its words.
fn one_model(load: &LoadConfig, fields: &Fields<'_>, reader: &mut Reader) {
    let staged_rate = load.stages.iter().flat_map(|stages| stages.iter()).any(|stage| stage.rate.is_some());
    let staged_users = load.stages.iter().flat_map(|stages| stages.iter()).any(|stage| stage.users.is_some());
    if let Some(capacity) = fields.key("capacity") {
        for key in ["users", "spawn_rate", "rate", "stages", "duration", "iterations"] {
            if let Some(span) = fields.key(key) {
                reader.conflict(
                    format!("`{key}` does not go with `capacity`"),
                    span,
                    capacity,
                    "the search sets the rates: remove one of them",
                );
            }
        }
        return;
    }
    if let (Some(users), Some(rate)) = (fields.key("users"), fields.key("rate")) {
        let help = "keep `users` for a closed model, or `rate` for an open one (with `max_users` as its bound)";
        reader.conflict("a load has either `users` or `rate`", rate, users, help);
        return;
    }
    if let Some(stages) = fields.key("stages") {
        for key in ["users", "rate", "duration", "spawn_rate"] {
            if let Some(span) = fields.key(key) {
                let help = if key == "duration" || key == "spawn_rate" {
                    format!("remove `{key}`: each stage has a duration")
                } else {
                    format!("remove `{key}`: a first stage of `duration: 0s` sets where the load begins")
                };
                reader.conflict(format!("`{key}` does not go with `stages`"), span, stages, help);
            }
        }
        stages_rules(load, stages, staged_users && staged_rate, reader);
    }
    let open = load.rate.is_some() || staged_rate;
    if !open && fields.key("rate").is_none() {
        for key in OPEN_ONLY {
            if let Some(span) = fields.key(key) {
                let help = "remove it, or give `rate` in place of `users`".to_owned();
                reader.report(span, format!("`{key}` belongs to the open model"), "this load has no `rate`", Some(help));
            }
        }
    } else if let Some(span) = fields.key("spawn_rate") {
        let help = "remove it: users of an open model are started as arrivals need them".to_owned();
        reader.report(span, "`spawn_rate` belongs to the closed model", "this load has a `rate`", Some(help));
    }
    for (key, rate) in [("rate", &load.rate), ("spawn_rate", &load.spawn_rate)] {
        if let Some(rate) = rate.as_ref().filter(|rate| rate.value.0 <= 0.0) {
            reader.report(rate.span, format!("`{key}` must be above zero"), "", Some(format!("it must be {}", Rate::form())));
        }
    }
}

fn stages_rules(load: &LoadConfig, key: crate::config::yaml::Span, mixed: bool, reader: &mut Reader) {
    let Some(stages) = &load.stages else { return };
    if stages.is_empty() {
        reader.report(stages.span, "there are no stages", "", Some("add one: `- { duration: 30s, users: 100 }`".to_owned()));
        return;
    }
    if mixed {
        reader.report(key, "some stages have `users` and some have `rate`", "", Some("a load is one or the other".to_owned()));
    }
    let known = stages.iter().all(|stage| stage.duration.is_some());
    if known && stages.iter().all(|stage| stage.duration.as_ref().is_none_or(|duration| duration.value == Micros::ZERO)) {
        reader.report(key, "the stages take no time", "", Some("give at least one of them a duration".to_owned()));
    }
    let levels = stages
        .iter()
        .filter_map(|stage| stage.users.as_ref().map(|users| users.value.0 as f64).or(stage.rate.as_ref().map(|rate| rate.value.0)));
    let levels: Vec<f64> = levels.collect();
    if !levels.is_empty() && levels.iter().all(|level| *level <= 0.0) {
        reader.report(key, "all stages are at zero", "", Some("give at least one of them users or a rate".to_owned()));
    }
}

fn one_level(_stage: &StageConfig, fields: &Fields<'_>, reader: &mut Reader) {
    match (fields.key("users"), fields.key("rate")) {
        (Some(users), Some(rate)) => reader.conflict("a stage has either `users` or `rate`", rate, users, "keep one of them"),
        (None, None) => {
            let help = format!("give it one of them; {}", crate::config::reader::one_of(StageConfig::KEYS));
            reader.report(fields.span, "the stage says neither `users` nor `rate`", "", Some(help));
        }
        _ => {}
    }
}

fn bounds(capacity: &CapacityConfig, _fields: &Fields<'_>, reader: &mut Reader) {
    if let (Some(from), Some(to)) = (&capacity.from, &capacity.to) {
        if from.value.0 <= 0.0 {
            reader.report(from.span, "`from` must be above zero", "", None);
        } else if from.value > to.value {
            reader.conflict("the search ends below where it begins", to.span, from.span, "`to` is the highest rate that is tried");
        }
    }
    if let Some(hold) = capacity.hold.as_ref().filter(|hold| hold.value == Micros::ZERO) {
        reader.report(hold.span, "`hold` must be above zero", "", None);
    }
    if let Some(objective) = capacity.objective.as_ref().filter(|objective| objective.0.is_empty()) {
        reader.report(objective.span, "the objective is empty", "", Some("name what must hold: `p95 < 100ms`".to_owned()));
    }
}
