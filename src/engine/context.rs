//! What the users of one generator thread share.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use minijinja::Value;
use tokio::sync::Notify;

use super::barrier::Barrier;
use super::clock::ArmClock;
use super::control::{Control, Course};
use super::exchange::{Network, Progress};
use super::paired::Alternating;
use crate::metrics::{Recorder, Sample};
use crate::plan::{Feed, Plan, SlotId};
use crate::units::Micros;

/// What all threads share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) plan: Arc<Plan>,
    pub(super) control: Control,
    /// What setup captured.
    pub(super) globals: Vec<(SlotId, Value)>,
    /// Rows for the users, in the order of the plan's feeds.
    pub(super) feeds: Vec<Arc<Feed>>,
    pub(super) barriers: Vec<Barrier>,
    /// The class of each barrier.
    pub(super) barrier_classes: Vec<usize>,
    /// Whole passes that may still be begun; none: any number.
    pub(super) iterations: Option<AtomicI64>,
    /// Rows of unique feeds that belong to nobody, by feed.
    pub(super) unique_rows: Vec<UniqueRows>,
    /// Things worth saying once, in the order they came up.
    pub(super) remarks: Mutex<Vec<String>>,
}

/// How many different remarks a run keeps.
const MOST_REMARKS: usize = 20;

/// Hands out rows to users, and takes them back from users that retire.
#[derive(Debug, Default)]
pub(super) struct UniqueRows {
    state: Mutex<(u64, Vec<u64>)>,
}

impl UniqueRows {
    pub(super) fn take(&self) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.pop().unwrap_or_else(|| {
            state.0 += 1;
            state.0 - 1
        })
    }

    pub(super) fn give_back(&self, row: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1.push(row);
    }
}

impl Shared {
    /// Takes one of the iterations that are left; false when there are none.
    pub(super) fn take_iteration(&self) -> bool {
        let Some(left) = &self.iterations else { return true };
        let left = left.fetch_sub(1, Ordering::SeqCst);
        if left <= 1 {
            self.close_barriers();
        }
        left > 0
    }

    /// No new iterations begin: barriers wait for nobody who isn't on the way.
    pub(super) fn close_barriers(&self) {
        self.barriers.iter().for_each(Barrier::close);
    }

    pub(super) fn remark(&self, text: String) {
        let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        if remarks.len() < MOST_REMARKS && !remarks.contains(&text) {
            remarks.push(text);
        }
    }
}

/// What the users of one thread share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) shared: Arc<Shared>,
    pub(super) network: Network,
    pub(super) clock: ArmClock,
    pub(super) recorder: RefCell<Recorder>,
    /// When the load begins on the arm's clock: samples that should have started earlier are warm-up.
    pub(super) load_begin: Micros,
    /// When no new iterations start any longer.
    pub(super) end: Option<Micros>,
    pub(super) course: Cell<Course>,
    pub(super) course_changed: Notify,
    /// Users alive now, and the most since the last tick.
    pub(super) users: Cell<u32>,
    pub(super) users_peak: Cell<u32>,
    /// Iterations of the load that users are at, or have been given.
    pub(super) in_flight: Cell<u32>,
    /// Arrivals of the load that wait for a free user.
    pub(super) waiting: Cell<u32>,
    /// What is different because this is an arm of a paired run; none in an ordinary one.
    pub(super) alternating: Option<Alternating>,
}

impl Context {
    /// Whether new iterations may start.
    pub(super) fn is_running(&self) -> bool {
        self.is_running_at(self.clock.now())
    }

    /// The same for who knows what time it is.
    pub(super) fn is_running_at(&self, now: Micros) -> bool {
        self.course.get() == Course::Running && self.end.is_none_or(|end| now < end)
    }

    /// Waits until `time`, or until no new iterations start any longer.
    pub(super) async fn wait_until(&self, time: Micros) {
        let time = self.end.map_or(time, |end| time.min(end));
        let mut sleep = std::pin::pin!(self.clock.sleep_until(time));
        // Whoever changes the course wakes everybody: nobody has to wait for two things.
        poll_fn(|context| if self.course.get() == Course::Running { sleep.as_mut().poll(context) } else { Poll::Ready(()) }).await;
    }

    /// Whether a request with this intended start belongs to the load.
    pub(super) fn is_load(&self, intended: Micros) -> bool {
        match &self.alternating {
            None => intended >= self.load_begin,
            Some(alternating) => alternating.measures(intended),
        }
    }

    /// Counts what an exchange says of itself.
    pub(super) fn count(&self, progress: Progress, load: bool) {
        let mut recorder = self.recorder.borrow_mut();
        let counters = recorder.counters();
        match progress {
            Progress::Sent if load => counters.sent_load += 1,
            Progress::Sent => counters.sent_warmup += 1,
            Progress::Redirected => {
                counters.sent_redirects += 1;
                counters.redirects += u64::from(load);
            }
            Progress::Reconnected => counters.reconnects += u64::from(load),
            Progress::OverHttp2 => counters.http2 += 1,
            Progress::HeldBack => counters.held_back += u64::from(load),
        }
    }

    pub(super) fn record(&self, sample: &Sample, message: impl FnOnce() -> String) {
        self.recorder.borrow_mut().record(sample, message);
    }

    pub(super) fn record_lag(&self, intended: Micros, started: Micros) {
        if self.is_load(intended) {
            self.recorder.borrow_mut().record_lag(started.saturating_sub(intended));
        }
    }

    /// An iteration that should start at `intended` is given to a user.
    pub(super) fn begin_iteration(&self, intended: Micros) {
        self.in_flight.set(self.in_flight.get() + self.one(intended));
    }

    /// It ended, and was counted.
    pub(super) fn end_iteration(&self, intended: Micros) {
        self.in_flight.set(self.in_flight.get() - self.one(intended));
    }

    /// An arrival begins to wait for a free user.
    pub(super) fn begin_waiting(&self, intended: Micros) {
        self.waiting.set(self.waiting.get() + self.one(intended));
    }

    /// It was given to one, or is counted as dropped or cut.
    pub(super) fn end_waiting(&self, intended: Micros) {
        self.waiting.set(self.waiting.get() - self.one(intended));
    }

    /// One for the load, none for the warm-up. What an arm of a paired run measures is no matter here: that changes while
    /// an iteration is under way.
    fn one(&self, intended: Micros) -> u32 {
        u32::from(intended >= self.load_begin)
    }

    /// Nothing is waited for any longer: what is in flight is cut. An arrival that waits for a user has found none, unless
    /// it was kept from waiting on.
    pub(super) fn give_up(&self) {
        let kept_from_it = self.shared.control.course() != Course::Running;
        let mut recorder = self.recorder.borrow_mut();
        let counters = recorder.counters();
        counters.iterations_cut += u64::from(self.in_flight.get());
        let waiting = u64::from(self.waiting.get());
        if kept_from_it { counters.iterations_cut += waiting } else { counters.dropped += waiting }
    }

    /// One user more, for as long as the returned guard lives.
    pub(super) fn user_arrives(self: &Rc<Self>) -> Present {
        let users = self.users.get() + 1;
        self.users.set(users);
        self.users_peak.set(self.users_peak.get().max(users));
        Present(self.clone())
    }
}

/// A user that is counted.
#[derive(Debug)]
pub(super) struct Present(Rc<Context>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.users.set(self.0.users.get() - 1);
    }
}

impl Context {
    /// A user of this class is gone for good: no barrier waits for it.
    pub(super) fn retire_user(&self, class: usize) {
        for (barrier, owner) in self.shared.barriers.iter().zip(&self.shared.barrier_classes) {
            if *owner == class {
                barrier.retire();
            }
        }
    }
}
