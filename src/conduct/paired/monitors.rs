//! What the candidate's service uses, from start to start.

use std::time::Instant;

use super::ledger::ARMS;
use super::side::Side;
use crate::conduct::service_use;
use crate::metrics::ServiceSample;
use crate::record::ServiceUse;
use crate::service::Monitor;

/// Watches the candidate; sample times count from the begin of the load.
pub(super) struct Monitors {
    begun: Instant,
    current: Option<(Monitor, &'static str)>,
    /// Of each start that is over.
    ended: Vec<Vec<ServiceSample>>,
}

impl Monitors {
    pub(super) fn start(candidate: &Side<'_>, begun: Instant) -> Self {
        let mut monitors = Self { begun, current: None, ended: Vec::new() };
        monitors.watch(candidate);
        monitors
    }

    /// Goes on with a side that was started anew, where it is the candidate.
    pub(super) fn follow(&mut self, side: &Side<'_>) {
        if side.arm() == ARMS[1] {
            self.end();
            self.watch(side);
        }
    }

    /// What it used until now, where it is watched.
    pub(super) fn so_far(&self) -> Option<ServiceUse> {
        let (monitor, found_by) = self.current.as_ref()?;
        let starts = self.ended.iter().cloned().chain([monitor.samples()]);
        Some(service_use::of(starts.collect(), found_by))
    }

    /// What it used in all.
    pub(super) fn stop(mut self) -> Option<ServiceUse> {
        let found_by = self.end()?;
        Some(service_use::of(self.ended, found_by))
    }

    fn watch(&mut self, candidate: &Side<'_>) {
        let Some(watched) = candidate.watched() else { return };
        let found_by = watched.found_by();
        self.current = Monitor::start(watched, self.begun).ok().map(|monitor| (monitor, found_by));
    }

    fn end(&mut self) -> Option<&'static str> {
        let (monitor, found_by) = self.current.take()?;
        self.ended.push(monitor.stop());
        Some(found_by)
    }
}
