//! How the load is steered from outside.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

/// Steers a running load from any thread. Clones steer the same load.
#[derive(Debug, Clone)]
pub struct Control {
    course: Arc<watch::Sender<Course>>,
    failure: Arc<Mutex<Option<String>>>,
    stopped_at: Arc<OnceLock<Instant>>,
}

/// Where a load is going. It only ever gets more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Course {
    /// New iterations start.
    #[default]
    Running,
    /// No new iterations; those in flight may finish within the grace period.
    Stopping,
    /// Nothing is waited for.
    Aborting,
}

impl Control {
    /// Steers a load that is not yet running.
    pub fn new() -> Self {
        Self { course: Arc::new(watch::Sender::new(Course::Running)), failure: Arc::default(), stopped_at: Arc::default() }
    }

    /// No new iterations start; those in flight may finish within the grace period.
    pub fn stop(&self) {
        self.steer(Course::Stopping);
    }

    /// Ends the load now. What was measured is kept.
    pub fn abort(&self) {
        self.steer(Course::Aborting);
    }

    /// Where it is going.
    pub fn course(&self) -> Course {
        *self.course.borrow()
    }

    /// Ends the load now because it can't be carried out. The first reason is kept.
    pub(super) fn fail(&self, reason: String) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
        self.abort();
    }

    /// Why the load couldn't be carried out, where it couldn't.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When it left off running; none while it runs.
    pub(super) fn stopped_at(&self) -> Option<Instant> {
        self.stopped_at.get().copied()
    }

    pub(super) fn watch(&self) -> watch::Receiver<Course> {
        self.course.subscribe()
    }

    fn steer(&self, course: Course) {
        self.course.send_if_modified(|current| {
            let more_urgent = course > *current;
            if more_urgent {
                self.stopped_at.get_or_init(Instant::now);
            }
            *current = course.max(*current);
            more_urgent
        });
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
    }
}
