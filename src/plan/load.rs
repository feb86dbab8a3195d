//! The shape of the load: who comes, when, and until when.

use super::threshold::Threshold;
use crate::units::{Micros, Rate};

/// The load of the selected profile after overrides.
#[derive(Debug, Clone)]
pub enum LoadPlan {
    /// N users wait for answers.
    Closed(ClosedLoad),
    /// Arrivals come at a rate whatever the answers take.
    Open(OpenLoad),
    /// The highest rate that meets an objective is searched.
    Capacity(CapacityPlan),
}

/// A closed model. At least one of `duration` (or stages) and `iterations` bounds it; whichever ends first.
#[derive(Debug, Clone)]
pub struct ClosedLoad {
    /// How many users there are at which time.
    pub population: Population,
    /// Time in which new iterations may start, warm-up not included; stages carry their own.
    pub duration: Option<Micros>,
    /// Whole passes through one task, shared by all users.
    pub iterations: Option<u64>,
    /// Precedes the load; its samples are in no result.
    pub warmup: Micros,
    /// How long iterations in flight may take to finish once no new ones start.
    pub graceful_stop: Micros,
}

/// The number of users over time.
#[derive(Debug, Clone, PartialEq)]
pub enum Population {
    /// This many, spawned at a rate (all at once without one), to the end.
    Constant {
        /// How many; at least one.
        users: u32,
        /// New users per second.
        spawn_rate: Option<Rate>,
    },
    /// Straight lines from stage to stage; values are numbers of users.
    Stages {
        /// Users at the beginning.
        start: f64,
        /// At least one, with a total duration above zero.
        stages: Vec<Stage>,
    },
}

/// One straight line of a staged load: from where the last stage ended to `level` within `duration`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// How long the line takes; zero is a jump.
    pub duration: Micros,
    /// Users, or arrivals per second, at its end.
    pub level: f64,
}

/// An open model.
#[derive(Debug, Clone)]
pub struct OpenLoad {
    /// Arrivals per second over time.
    pub rate: RateShape,
    /// How arrivals are spread in time.
    pub arrivals: ArrivalKind,
    /// Time in which arrivals come, warm-up not included; stages carry their own.
    pub duration: Option<Micros>,
    /// At most this many arrivals, warm-up not counted.
    pub iterations: Option<u64>,
    /// At most this many users are alive at once.
    pub max_users: u32,
    /// How long an arrival waits for a free user before it is dropped.
    pub max_wait: Micros,
    /// Precedes the load; its samples are in no result.
    pub warmup: Micros,
    /// How long iterations in flight may take to finish once no new ones start.
    pub graceful_stop: Micros,
}

/// Arrivals per second over time.
#[derive(Debug, Clone, PartialEq)]
pub enum RateShape {
    /// The same from beginning to end.
    Constant(Rate),
    /// Straight lines from stage to stage; values are arrivals per second.
    Stages {
        /// Arrivals per second at the beginning.
        start: f64,
        /// At least one, with a total duration above zero.
        stages: Vec<Stage>,
    },
}

/// How arrivals of a rate are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ArrivalKind {
    /// Evenly.
    #[default]
    Constant,
    /// As independent visitors come: exponential gaps.
    Poisson,
    /// One at a random instant of each evenly spread share: as many in every stretch as when they come evenly, to within
    /// two, but in step with nothing. What paired mode sends; scenarios can't ask for it.
    Stratified,
}

/// A search for the highest arrival rate that meets an objective.
#[derive(Debug, Clone)]
pub struct CapacityPlan {
    /// All must hold at a rate for it to count as carried; scope `all`.
    pub objective: Vec<Threshold>,
    /// The first rate tried.
    pub from: Rate,
    /// The highest rate tried.
    pub to: Rate,
    /// How long each rate is held before it is judged.
    pub hold: Micros,
    /// How arrivals are spread in time.
    pub arrivals: ArrivalKind,
    /// At most this many users are alive at once.
    pub max_users: u32,
    /// How long an arrival waits for a free user before it is dropped.
    pub max_wait: Micros,
    /// Runs once, at the first rate, before the search.
    pub warmup: Micros,
    /// How long iterations in flight may take to finish once a rate was held.
    pub graceful_stop: Micros,
}
