//! The shape of the load.

use super::super::{
    ArrivalKind, CapacityPlan, ClassPlan, ClosedLoad, Limit, LoadPlan, Metric, OnExhausted, OpenLoad, Pick, Population, RateShape, Stage,
    Threshold, apportion,
};
use super::compiling::Compiling;
use super::thresholds::parse;
use crate::config::{ArrivalsConfig, CapacityConfig, LoadConfig, Spanned, StageConfig};
use crate::units::Micros;

/// How long requests in flight may take at the end.
const GRACEFUL_STOP: Micros = Micros::from_secs(30);
/// How long an arrival waits for a free user.
const MAX_WAIT: Micros = Micros::from_secs(1);
/// How many users an open model may have.
const MAX_USERS: u64 = 1000;
/// How long a rate is held in a capacity search.
const HOLD: Micros = Micros::from_secs(5);

/// Makes the load; none where it is missing or wrong, which was said when it was read.
pub(super) fn compile(compiling: &mut Compiling<'_>) -> Option<LoadPlan> {
    let load = &compiling.scenario.load.as_ref()?.value;
    let warmup = load.warmup.as_ref().map_or(Micros::ZERO, |warmup| warmup.value);
    let graceful_stop = load.graceful_stop.as_ref().map_or(GRACEFUL_STOP, |stop| stop.value);
    let arrivals = match load.arrivals.as_ref().map(|arrivals| arrivals.value) {
        Some(ArrivalsConfig::Poisson) => ArrivalKind::Poisson,
        Some(ArrivalsConfig::Constant) | None => ArrivalKind::Constant,
    };
    let max_users = narrow(load.max_users.as_ref().map_or(MAX_USERS, |most| most.0));
    let max_wait = load.max_wait.as_ref().map_or(MAX_WAIT, |wait| wait.value);
    let duration = load.duration.as_ref().map(|duration| duration.value);
    let iterations = load.iterations.as_ref().map(|iterations| iterations.0);
    if let Some(capacity) = &load.capacity {
        let objective = objective(compiling, capacity);
        return Some(LoadPlan::Capacity(CapacityPlan {
            objective,
            from: capacity.from.as_ref()?.value,
            to: capacity.to.as_ref()?.value,
            hold: capacity.hold.as_ref().map_or(HOLD, |hold| hold.value),
            arrivals,
            max_users,
            max_wait,
            warmup,
            graceful_stop,
        }));
    }
    if let Some(rate) = rate_shape(load) {
        return Some(LoadPlan::Open(OpenLoad { rate, arrivals, duration, iterations, max_users, max_wait, warmup, graceful_stop }));
    }
    let population = match &load.stages {
        Some(stages) => {
            let level = |stage: &StageConfig| stage.users.as_ref().map(|users| users.0 as f64);
            let (start, stages) = from_level(lines(stages, level)?);
            Population::Stages { start, stages }
        }
        None => {
            let users = narrow(load.users.as_ref()?.0);
            Population::Constant { users, spawn_rate: load.spawn_rate.as_ref().map(|rate| rate.value) }
        }
    };
    Some(LoadPlan::Closed(ClosedLoad { population, duration, iterations, warmup, graceful_stop }))
}

/// Each user of a `unique` feed needs a row of its own, unless rows are given out again.
pub(super) fn rows_suffice(compiling: &mut Compiling<'_>, load: &LoadPlan, classes: &[ClassPlan]) {
    let mut short = Vec::new();
    for (at, table) in compiling.data.tables().iter().enumerate() {
        if table.pick != Pick::Unique || table.feed.on_exhausted() == OnExhausted::Wrap || table.feed.is_empty() {
            continue;
        }
        let names = |class: &ClassPlan| class.active && class.unique_feeds.contains(&at);
        if !classes.iter().any(names) {
            continue;
        }
        let (users, open) = match load {
            LoadPlan::Closed(closed) => {
                let total = match &closed.population {
                    Population::Constant { users, .. } => *users,
                    Population::Stages { start, stages } => stages.iter().map(|stage| stage.level).fold(*start, f64::max).ceil() as u32,
                };
                let weights: Vec<f64> = classes.iter().map(|class| if class.active { class.weight } else { 0.0 }).collect();
                let shares = apportion(total, &weights);
                (classes.iter().zip(shares).filter(|(class, _)| names(class)).map(|(_, share)| share).sum(), false)
            }
            LoadPlan::Open(open) => (open.max_users, true),
            LoadPlan::Capacity(capacity) => (capacity.max_users, true),
        };
        if users as usize > table.feed.len() {
            short.push((table.span, table.feed.name.clone(), table.feed.len(), users, open));
        }
    }
    for (span, name, rows, users, open) in short {
        let rows_text = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        let message = format!("the feed `{name}` has {rows_text}, and up to {users} users want one each");
        let help = if open {
            format!("set `max_users: {rows}` in the load, add rows, or `on_exhausted: wrap` to give rows out again")
        } else {
            "run fewer users, add rows, or `on_exhausted: wrap` to give rows out again".to_owned()
        };
        compiling.error(span, message, help);
    }
}

fn rate_shape(load: &LoadConfig) -> Option<RateShape> {
    if let Some(rate) = &load.rate {
        return Some(RateShape::Constant(rate.value));
    }
    let stages = load.stages.as_ref()?;
    let level = |stage: &StageConfig| stage.rate.as_ref().map(|rate| rate.value.0);
    let (start, stages) = from_level(lines(stages, level)?);
    Some(RateShape::Stages { start, stages })
}

/// The level that stages start from: that of the jumps they begin with, else zero. A warm-up holds it.
fn from_level(mut stages: Vec<Stage>) -> (f64, Vec<Stage>) {
    let jumps = stages.iter().take_while(|stage| stage.duration == Micros::ZERO).count().min(stages.len().saturating_sub(1));
    let start = stages.drain(..jumps).next_back().map_or(0.0, |stage| stage.level);
    (start, stages)
}

/// The stages, where all of them have a level of this kind.
fn lines(stages: &[Spanned<StageConfig>], level: impl Fn(&StageConfig) -> Option<f64>) -> Option<Vec<Stage>> {
    stages.iter().map(|stage| Some(Stage { duration: stage.duration.as_ref()?.value, level: level(stage)? })).collect()
}

fn objective(compiling: &mut Compiling<'_>, capacity: &CapacityConfig) -> Vec<Threshold> {
    let mut thresholds = Vec::new();
    for text in capacity.objective.iter().flat_map(|objective| &objective.0) {
        let Some(threshold) = parse(compiling, text) else { continue };
        let problem = match (threshold.metric, threshold.limit) {
            (Metric::Capacity, _) => Some("the capacity is what is searched"),
            (Metric::Service(_), _) => Some("figures of the service don't decide a search"),
            (_, Limit::Baseline { .. }) => Some("an objective has no baseline"),
            _ => None,
        };
        if let Some(problem) = problem {
            compiling.error(text.span, problem, "name what must hold at each rate: `p95 < 100ms`, `error_rate < 1%`");
        }
        thresholds.push(threshold);
    }
    thresholds
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
