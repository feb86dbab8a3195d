//! The clock of an arm: the only thing in the engine that knows what time it is.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::timers::Timers;
use crate::units::Micros;

/// The clock of one arm on one thread. All waiting of users, arrivals and stages asks it, and it can stand still:
/// time that an arm spends paused doesn't exist for its users. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct ArmClock {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    timers: Timers,
    /// The instant that arm time zero would have had, had the clock never stood still.
    zero: Cell<Instant>,
    paused_at: Cell<Option<Micros>>,
    resumed: Notify,
}

impl ArmClock {
    /// A running clock whose time zero is `zero`.
    pub(super) fn new(timers: Timers, zero: Instant) -> Self {
        Self { inner: Rc::new(Inner { timers, zero: Cell::new(zero), paused_at: Cell::new(None), resumed: Notify::new() }) }
    }

    /// Time since zero, without the time it stood still.
    pub fn now(&self) -> Micros {
        self.inner.paused_at.get().unwrap_or_else(|| self.at(Instant::now()))
    }

    /// Arm time of an instant, as long as the clock runs; zero for instants before its beginning.
    pub(super) fn at(&self, instant: Instant) -> Micros {
        Micros::from(instant.saturating_duration_since(self.inner.zero.get()))
    }

    /// What the clock showed at `time`: where it had stopped by then, where it stopped.
    pub(super) fn shown_at(&self, time: Micros) -> Micros {
        self.inner.paused_at.get().map_or(time, |paused| paused.min(time))
    }

    /// Stops the clock: [`ArmClock::now`] stays where it is, and nobody who sleeps wakes up.
    pub fn pause(&self) {
        if self.inner.paused_at.get().is_none() {
            self.inner.paused_at.set(Some(self.now()));
        }
    }

    /// Stops the clock at exactly `time`, which has just passed: what was done since belongs to what comes next.
    pub(super) fn pause_at(&self, time: Micros) {
        self.inner.paused_at.set(Some(time));
    }

    /// Whether it stands still.
    pub(super) fn is_paused(&self) -> bool {
        self.inner.paused_at.get().is_some()
    }

    /// Lets the clock go on from where it stopped.
    pub fn resume(&self) {
        if let Some(at) = self.inner.paused_at.take() {
            self.inner.zero.set(Instant::now() - Duration::from(at));
            self.inner.resumed.notify_waiters();
        }
    }

    /// Waits until the clock shows `time`.
    pub async fn sleep_until(&self, time: Micros) {
        loop {
            if self.inner.paused_at.get().is_some() {
                self.inner.resumed.notified().await;
                continue;
            }
            let zero = self.inner.zero.get();
            self.inner.timers.sleep_until(zero + Duration::from(time)).await;
            // Unless it stood still meanwhile, that was it.
            if self.inner.paused_at.get().is_none() && self.inner.zero.get() == zero {
                return;
            }
        }
    }

    /// Wakes all who sleep, also those who wait for the clock to go on, for them to look whether they still want to.
    pub(super) fn wake_everybody(&self) {
        self.inner.timers.wake_everybody();
        self.inner.resumed.notify_waiters();
    }

    /// The thread's timers, for waits that go on while the arm stands still (timeouts of requests).
    pub(super) fn timers(&self) -> &Timers {
        &self.inner.timers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::task::LocalSet;

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_adds_its_pause_to_every_sleep() {
        LocalSet::new()
            .run_until(async {
                let timers = Timers::on_runtime_clock();
                tokio::task::spawn_local(timers.clone().drive());
                let start = Instant::now();
                let clock = ArmClock::new(timers, start);
                let sleeper = tokio::task::spawn_local({
                    let clock = clock.clone();
                    async move {
                        clock.sleep_until(Micros::from_millis(100)).await;
                        (clock.now(), start.elapsed())
                    }
                });
                clock.sleep_until(Micros::from_millis(40)).await;
                clock.pause();
                tokio::time::sleep(Duration::from_secs(5)).await;
                assert!((40_000..42_000).contains(&clock.now().0), "{}", clock.now());
                assert!(!sleeper.is_finished());
                clock.resume();
                let (arm, real) = sleeper.await.unwrap();
                assert!((100_000..103_000).contains(&arm.0), "{arm}");
                assert!((5_100..5_106).contains(&real.as_millis()), "{real:?}");
            })
            .await;
    }

    #[tokio::test]
    async fn the_real_timer_wakes_everybody_in_order() {
        LocalSet::new()
            .run_until(async {
                let timers = Timers::new().unwrap();
                tokio::task::spawn_local(timers.clone().drive());
                let clock = ArmClock::new(timers, Instant::now());
                let order = Rc::new(std::cell::RefCell::new(Vec::new()));
                let sleepers: Vec<_> = [30u64, 10, 20, 0, 10]
                    .into_iter()
                    .map(|millis| {
                        let (clock, order) = (clock.clone(), order.clone());
                        tokio::task::spawn_local(async move {
                            clock.sleep_until(Micros::from_millis(millis)).await;
                            assert!(clock.now() >= Micros::from_millis(millis));
                            order.borrow_mut().push(millis);
                        })
                    })
                    .collect();
                for sleeper in sleepers {
                    sleeper.await.unwrap();
                }
                assert_eq!(*order.borrow(), [0, 10, 10, 20, 30]);
            })
            .await;
    }
}
