//! A generator thread: a runtime, its users, and a recorder that is handed over once a second.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::time::Duration;

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::clock::ArmClock;
use super::closed::{self, Crowd};
use super::context::{Context, Shared};
use super::control::Course;
use super::exchange::Network;
use super::open::{self, Doors};
use super::timers::Timers;
use crate::metrics::{Delta, Recorder};
use crate::plan::Target;
use crate::units::Micros;

/// How often what was gathered is handed over.
pub(super) const TICK: Micros = Micros::from_secs(1);

/// What one thread is to do.
#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) shared: Arc<Shared>,
    pub(super) target: Target,
    pub(super) start: Start,
    pub(super) load_begin: Micros,
    pub(super) end: Option<Micros>,
    pub(super) graceful_stop: Micros,
    pub(super) thread: usize,
    pub(super) threads: usize,
    pub(super) people: People,
}

/// Tells a thread when arm time zero is, once all of them are ready: on a busy machine that takes longer than any time that
/// could be reckoned with, and what is due meanwhile would be late, or over.
#[derive(Debug)]
pub(super) struct Start {
    /// Dropped by who is ready, or has failed.
    pub(super) ready: mpsc::Sender<Infallible>,
    /// Comes when nobody has it any longer.
    pub(super) zero: Receiver<Instant>,
}

impl Start {
    /// Waits for the others; none when there will be no load.
    fn wait(self) -> Option<Instant> {
        drop(self.ready);
        self.zero.recv().ok()
    }
}

/// Who comes.
#[derive(Debug)]
pub(super) enum People {
    Closed(Arc<Crowd>),
    Open(Doors),
}

/// What a thread hands over.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) thread: usize,
    /// Which tick, from 1; the last may come twice.
    pub(super) tick: u64,
    /// Arm time.
    pub(super) at: Micros,
    pub(super) delta: Delta,
    /// The most users since the last tick.
    pub(super) users: u32,
    /// Share of the time since the last tick that this thread was running, 0 to 1; none where it can't be read, or the
    /// time was too short to tell.
    pub(super) busy: Option<f64>,
    /// The longest that the thread's loop was held up since the last tick: no timer, socket or user was looked at.
    pub(super) stall: Micros,
    /// Nothing comes after it.
    pub(super) last: bool,
}

/// Runs a generator thread to its end. Emptied deltas come back through `spares`.
///
/// # Errors
/// When the system gives no runtime or timer.
pub(super) fn run(assignment: Assignment, reports: SyncSender<Report>, spares: Receiver<Delta>) -> io::Result<()> {
    let control = assignment.shared.control.clone();
    // Tasks on the runtime itself: waking one from the place where the runtime waits for sockets is a push on a list. To
    // wake what `block_on` waits for is a system call, so that is one task, which ends once.
    let runtime = Builder::new_current_thread().enable_io().enable_time().build_local(LocalOptions::default());
    let result = runtime.and_then(|runtime| {
        let ended = runtime.block_on(runtime.spawn_local(generate(assignment, reports, spares)));
        // A resolver that doesn't answer is not waited for.
        runtime.shutdown_background();
        ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    });
    if let Err(error) = &result {
        // The others must not make a load of which a part is missing.
        control.fail(format!("a generator thread could not start: {error}"));
    }
    result
}

async fn generate(assignment: Assignment, reports: SyncSender<Report>, spares: Receiver<Delta>) -> io::Result<()> {
    let Assignment { shared, target, start, load_begin, end, graceful_stop, thread, threads, people } = assignment;
    let timers = Timers::new()?;
    tokio::task::spawn_local(timers.clone().drive());
    // Nothing else runs on this thread yet.
    let Some(zero) = start.wait() else { return Ok(()) };
    let mut http = shared.plan.http.clone();
    http.connections = http.connections.map(|all| share(all, thread, threads));
    let mut recorder = Recorder::new(shared.plan.endpoints.len(), shared.plan.checks.len(), load_begin);
    recorder.end_at(end.unwrap_or(Micros::MAX));
    let context = Rc::new(Context {
        network: Network::new(timers.clone(), http, target),
        clock: ArmClock::new(timers, zero),
        recorder: RefCell::new(recorder),
        load_begin,
        end,
        course: Cell::new(shared.control.course()),
        course_changed: Notify::new(),
        users: Cell::new(0),
        users_peak: Cell::new(0),
        in_flight: Cell::new(0),
        waiting: Cell::new(0),
        alternating: None,
        shared,
    });
    tokio::task::spawn_local(follow_course(context.clone()));
    let hand_over = HandOver {
        context: &context,
        thread,
        reports: &reports,
        spares: &spares,
        tick: Cell::new(0),
        cpu: Cell::new((thread_cpu(), Instant::now())),
        stall: Cell::new(Micros::ZERO),
    };
    let tasks = Rc::new(RefCell::new(JoinSet::new()));
    let work = async {
        match people {
            People::Closed(crowd) => closed::start(&context, &crowd, thread, threads, &mut tasks.borrow_mut()),
            People::Open(doors) => open::serve(context.clone(), doors, tasks.clone()).await,
        }
        join_all(&tasks).await;
    };
    tokio::select! {
        // A finished load is noticed before the end of its grace.
        biased;
        () = work => {}
        () = out_of_grace(&context, graceful_stop) => {}
        () = hand_over.every_tick() => {}
        () = hand_over.watch_for_stalls() => {}
    }
    context.give_up();
    // Barriers of users that are dropped here must not wait for them.
    tasks.borrow_mut().abort_all();
    hand_over.finish();
    Ok(())
}

/// What is one thread's of something that all threads share.
pub(super) fn share(all: u32, thread: usize, threads: usize) -> u32 {
    let all = all as usize;
    (all / threads + usize::from(thread < all % threads)).try_into().unwrap_or(u32::MAX)
}

/// Waits until all users have gone home.
async fn join_all(tasks: &RefCell<JoinSet<()>>) {
    let next = |context: &mut std::task::Context<'_>| tasks.borrow_mut().poll_join_next(context);
    while let Some(ended) = std::future::poll_fn(next).await {
        resume_panic(ended);
    }
}

/// A panic of a user is ours.
pub(super) fn resume_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
}

async fn follow_course(context: Rc<Context>) {
    let mut course = context.shared.control.watch();
    loop {
        let now = *course.borrow_and_update();
        if let Some(at) = context.shared.control.stopped_at() {
            context.recorder.borrow_mut().end_at(context.clock.at(at));
        }
        if now != context.course.replace(now) {
            context.course_changed.notify_waiters();
            context.clock.wake_everybody();
        }
        if course.changed().await.is_err() {
            return;
        }
    }
}

/// Waits until those in flight need not be waited for any longer.
async fn out_of_grace(context: &Context, grace: Micros) {
    let mut course = context.shared.control.watch();
    let aborted = async {
        let _ = course.wait_for(|course| *course == Course::Aborting).await;
    };
    let expired = async {
        context.wait_until(Micros::MAX * 0.25).await;
        while context.is_running() {
            context.wait_until(Micros::MAX * 0.25).await;
        }
        context.shared.close_barriers();
        tokio::time::sleep(Duration::from(grace)).await;
    };
    tokio::select! {
        () = aborted => {}
        () = expired => {}
    }
}

struct HandOver<'a> {
    context: &'a Context,
    thread: usize,
    reports: &'a SyncSender<Report>,
    spares: &'a Receiver<Delta>,
    tick: Cell<u64>,
    /// CPU time of this thread at the last tick, and when that was.
    cpu: Cell<(Option<Duration>, Instant)>,
    /// The longest stall since the last tick.
    stall: Cell<Micros>,
}

/// How often somebody looks whether the loop goes round; a stall is noticed that is longer. Costs fifty wake-ups a second.
const HEARTBEAT: Duration = Duration::from_millis(20);

/// CPU shares of a shorter time than this say little.
const SHORTEST_SHARE: Duration = Duration::from_millis(200);

impl HandOver<'_> {
    /// Hands over for ever, in step with the load's beginning: one tick ends exactly there.
    async fn every_tick(&self) {
        let mut next = Micros(self.context.load_begin.0 % TICK.0);
        if next == Micros::ZERO {
            next = TICK;
        }
        loop {
            self.context.clock.sleep_until(next).await;
            self.tick.set(self.tick.get() + 1);
            next += TICK;
            self.hand_over(next.saturating_sub(TICK), false);
        }
    }

    /// Measures for ever how late the loop is to do what is due.
    async fn watch_for_stalls(&self) {
        loop {
            let due = Instant::now() + HEARTBEAT;
            tokio::time::sleep_until(due).await;
            self.stall.set(self.stall.get().max(Micros::from(due.elapsed())));
        }
    }

    fn finish(&self) {
        self.tick.set(self.tick.get() + 1);
        self.hand_over(self.context.clock.now(), true);
    }

    fn hand_over(&self, at: Micros, last: bool) {
        let spare = self.spares.try_recv().unwrap_or_default();
        let delta = self.context.recorder.borrow_mut().swap(spare);
        let users = self.context.users_peak.replace(self.context.users.get());
        let stall = self.stall.replace(Micros::ZERO);
        let report = Report { thread: self.thread, tick: self.tick.get(), at, delta, users, busy: self.busy(), stall, last };
        // Waiting for the collector would stop the load; it is never a second behind unless the machine is lost.
        match self.reports.try_send(report) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(report)) => {
                let _ = self.reports.send(report);
            }
        }
    }

    fn busy(&self) -> Option<f64> {
        let (cpu, now) = (thread_cpu(), Instant::now());
        let (before, since) = self.cpu.replace((cpu, now));
        let elapsed = now - since;
        (elapsed >= SHORTEST_SHARE).then_some(())?;
        Some(cpu?.saturating_sub(before?).as_secs_f64() / elapsed.as_secs_f64())
    }
}

/// CPU time of the calling thread.
#[cfg(unix)]
pub(super) fn thread_cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

#[cfg(not(unix))]
pub(super) fn thread_cpu() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_begins_before_all_are_ready() {
        let (ready, all_ready) = mpsc::channel();
        let (start, zero) = mpsc::sync_channel(1);
        let quick = Start { ready: ready.clone(), zero };
        let slow = Start { ready, zero: mpsc::sync_channel(1).1 };
        let quick = std::thread::spawn(move || quick.wait());
        assert_eq!(all_ready.try_recv().unwrap_err(), mpsc::TryRecvError::Empty);
        // One that fails keeps nobody waiting.
        drop(slow);
        assert!(all_ready.recv().is_err());
        let begin = Instant::now();
        start.send(begin).unwrap();
        assert_eq!(quick.join().unwrap(), Some(begin));
    }
}
