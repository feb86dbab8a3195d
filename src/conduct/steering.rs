//! Ctrl-C, for whatever is under way.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::Control;

/// Passes interrupts on to whatever is under way: setup, load, verify, teardown. Clones are the same.
///
/// The first asks for a polite end: the load stops, teardown still runs. Every further one ends what is under way at
/// once.
#[derive(Debug, Clone, Default)]
pub struct Steering {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    count: AtomicU32,
    current: Mutex<Control>,
}

impl Steering {
    /// What Ctrl-C does.
    pub fn interrupt(&self) {
        let current = self.inner.current.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.inner.count.fetch_add(1, Ordering::SeqCst);
        if before == 0 { current.stop() } else { current.abort() }
    }

    /// Whether there was an interrupt.
    pub fn is_interrupted(&self) -> bool {
        self.inner.count.load(Ordering::SeqCst) > 0
    }

    /// Whether there was more than one: nothing is waited for.
    pub fn is_aborted(&self) -> bool {
        self.inner.count.load(Ordering::SeqCst) > 1
    }

    /// The control of a part that begins now: already stopped where there was an interrupt.
    pub(super) fn begin(&self) -> Control {
        let control = self.begin_owed();
        if self.is_interrupted() {
            control.stop();
        }
        control
    }

    /// The control of a part that is owed to the service also after an interrupt: only a second one ends it.
    pub(super) fn begin_owed(&self) -> Control {
        let control = Control::new();
        let mut current = self.inner.current.lock().unwrap_or_else(PoisonError::into_inner);
        if self.is_aborted() {
            control.abort();
        }
        *current = control.clone();
        control
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Course;

    #[test]
    fn an_interrupt_stops_what_is_and_what_comes_but_not_what_is_owed() {
        let steering = Steering::default();
        let load = steering.begin();
        assert_eq!((load.course(), steering.is_interrupted()), (Course::Running, false));
        steering.interrupt();
        assert_eq!((load.course(), steering.is_interrupted(), steering.is_aborted()), (Course::Stopping, true, false));
        // One that comes between two parts is not forgotten.
        assert_eq!(steering.begin().course(), Course::Stopping);
        let teardown = steering.begin_owed();
        assert_eq!(teardown.course(), Course::Running);
        steering.interrupt();
        assert_eq!((teardown.course(), steering.is_aborted()), (Course::Aborting, true));
        assert_eq!(steering.begin_owed().course(), Course::Aborting);
    }
}
