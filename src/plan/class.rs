//! User classes, their tasks, and the time users think.

use rand::{Rng, RngExt};

use super::program::Program;
use super::scope::SlotId;
use super::template::ValueTemplate;
use crate::units::Micros;

/// A kind of user with weighted tasks.
#[derive(Debug)]
pub struct ClassPlan {
    /// The key under `users:`.
    pub name: String,
    /// Its share among the classes, in any unit; positive.
    pub weight: f64,
    /// Waited after each iteration in the closed model.
    pub think_time: ThinkTime,
    /// Evaluated once an iteration, in order, before the task's own.
    pub vars: Vec<(SlotId, ValueTemplate)>,
    /// Feeds (indexes in [`crate::plan::Plan::feeds`]) with `pick: unique` that this class names: a row a user.
    pub unique_feeds: Vec<usize>,
    /// What its users do, drawn by weight.
    pub tasks: Vec<TaskPlan>,
    /// Whether `only:` leaves it in; a class that doesn't run gets no users.
    pub active: bool,
}

/// What one iteration does.
#[derive(Debug)]
pub struct TaskPlan {
    /// The task's `name`, or the name of its only endpoint.
    pub name: String,
    /// Its share among the class's tasks, in any unit; positive.
    pub weight: f64,
    /// Evaluated once an iteration, in order, after the class's.
    pub vars: Vec<(SlotId, ValueTemplate)>,
    /// Feeds (indexes in [`crate::plan::Plan::feeds`]) that take a new row for each iteration of this task.
    pub feeds: Vec<usize>,
    /// Slots that captures of this task fill: emptied when an iteration begins.
    pub captured: Vec<SlotId>,
    /// The steps.
    pub program: Program,
}

/// How long a user waits before it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ThinkTime {
    /// Not at all.
    #[default]
    None,
    /// Always as long.
    Constant(Micros),
    /// Anything between, both ends included, equally likely.
    Uniform(Micros, Micros),
    /// Exponentially distributed with this mean.
    Exponential(Micros),
}

impl ThinkTime {
    /// Draws the next wait.
    pub fn draw(self, random: &mut impl Rng) -> Micros {
        match self {
            Self::None => Micros::ZERO,
            Self::Constant(time) => time,
            Self::Uniform(low, high) => Micros(random.random_range(low.0..=high.0.max(low.0))),
            Self::Exponential(mean) => {
                // Inverse of the distribution function; 1 - u is never zero, so the logarithm is finite.
                let uniform: f64 = random.random();
                mean * -(1.0 - uniform).ln()
            }
        }
    }

    /// Whether users of this class wait at all.
    pub fn is_none(self) -> bool {
        matches!(self, Self::None | Self::Constant(Micros::ZERO))
    }
}
