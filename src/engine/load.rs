//! One load from beginning to end: threads are started, what they gather is merged, events go out.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use minijinja::Value;
use tokio::time::Instant;

use super::barrier::Barrier;
use super::closed::Crowd;
use super::context::{Shared, UniqueRows};
use super::control::{Control, Course};
use super::event::Event;
use super::generator::{self, Assignment, People, Report, Start, TICK};
use super::open::Doors;
use super::schedule::{Arrivals, Attendance, Ramp, mix};
use crate::metrics::{Delta, Histogram, Snapshot, Timeline, Totals};
use crate::plan::{ClosedLoad, OpenLoad, Plan, Population, RateShape, SlotId, Step, Target, apportion};
use crate::units::Micros;

/// A load to run: what the plan's classes are told to do.
#[derive(Debug, Clone)]
pub enum Load {
    /// Users that wait for answers.
    Closed(ClosedLoad),
    /// Arrivals at a rate.
    Open(OpenLoad),
}

/// Threads that are ready need a moment to wake up, which must not make the first starts late.
const LEAD: Duration = Duration::from_millis(20);

/// What a load needs besides the plan.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// Where the service is.
    pub target: Target,
    /// Generator threads; at least one.
    pub threads: usize,
    /// What setup captured: read-only for users.
    pub globals: Vec<(SlotId, Value)>,
    /// Steers the load.
    pub control: Control,
}

/// What a load came to.
#[derive(Debug)]
pub struct LoadResult {
    /// Everything measured.
    pub totals: Totals,
    /// Results over time.
    pub timeline: Timeline,
    /// The most users at once, by second.
    pub users_max: u32,
    /// Generator threads that ran: never more than there were users for.
    pub threads: usize,
    /// The busiest second of a generator thread, 0 to 1; none where it can't be read or the load was too short.
    pub busy_max: Option<f64>,
    /// The longest that the loop of a generator thread was held up.
    pub stall_max: Micros,
    /// Whether it was ended by [`Control`] before its time.
    pub stopped_early: bool,
    /// Why it couldn't be carried out, where it couldn't.
    pub failure: Option<String>,
    /// Things worth saying, each once.
    pub remarks: Vec<String>,
}

/// Says why a load couldn't even begin.
#[derive(Debug, thiserror::Error)]
#[error("start the generator threads: {0}")]
pub struct StartError(#[from] std::io::Error);

/// Runs a load and returns when it has ended. Blocks the calling thread, which merges and tells `listen`.
///
/// # Errors
/// When the system gives no threads or runtimes.
///
/// # Panics
/// With the panic of a generator thread: that is a bug.
pub fn run(plan: &Arc<Plan>, load: &Load, options: &LoadOptions, listen: &mut dyn FnMut(Event<'_>)) -> Result<LoadResult, StartError> {
    let (warmup, graceful_stop, end, iterations) = bounds(load);
    let people = crowd(plan, load);
    let users_of = |class: usize| people.as_ref().map_or(0, |crowd| crowd.classes.iter().filter(|&&of| of == class).count() as u32);
    let (barriers, barrier_classes) = barriers(plan).into_iter().map(|class| (Barrier::new(users_of(class)), class)).unzip();
    let shared = Arc::new(Shared {
        plan: plan.clone(),
        control: options.control.clone(),
        globals: options.globals.clone(),
        feeds: plan.feeds.clone(),
        barriers,
        barrier_classes,
        iterations: iterations.filter(|_| people.is_some()).map(|count| AtomicI64::new(count.try_into().unwrap_or(i64::MAX))),
        unique_rows: plan.feeds.iter().map(|_| UniqueRows::default()).collect(),
        remarks: Mutex::default(),
    });
    let threads = threads(plan, load, people.as_deref(), options.threads);
    let (ready, all_ready) = mpsc::channel();
    let (sender, reports) = mpsc::sync_channel(threads * 4);
    let (mut spares, mut starts) = (Vec::new(), Vec::new());
    let mut handles: Vec<JoinHandle<std::io::Result<()>>> = Vec::new();
    for thread in 0..threads {
        let people = match (&people, load) {
            (Some(crowd), _) => People::Closed(crowd.clone()),
            (None, Load::Open(open)) => People::Open(doors(plan, open, end, thread, threads)),
            (None, Load::Closed(_)) => unreachable!("a closed load has a crowd"),
        };
        let (start, zero) = mpsc::sync_channel(1);
        starts.push(start);
        let assignment = Assignment {
            shared: shared.clone(),
            target: options.target.clone(),
            start: Start { ready: ready.clone(), zero },
            load_begin: warmup,
            end,
            graceful_stop,
            thread,
            threads,
            people,
        };
        let (spare_sender, spare_receiver) = mpsc::sync_channel(2);
        spares.push(spare_sender);
        let sender_of_thread = sender.clone();
        let run = move || generator::run(assignment, sender_of_thread, spare_receiver);
        match std::thread::Builder::new().name(format!("generator-{thread}")).spawn(run) {
            Ok(handle) => handles.push(handle),
            Err(error) => {
                // Those that run already must not load the service beside whatever comes next.
                options.control.abort();
                drop((sender, reports, starts));
                handles.into_iter().for_each(|handle| drop(handle.join()));
                return Err(StartError(error));
            }
        }
    }
    drop((sender, ready));
    // Nobody sends anything: it ends when all are ready.
    let _ = all_ready.recv();
    let zero = Instant::now() + LEAD;
    for start in starts {
        // One that has failed waits for none.
        let _ = start.try_send(zero);
    }
    listen(Event::Started);
    let mut collector = Collector::new(plan, warmup, end, iterations, threads);
    let mut stopping = false;
    loop {
        match reports.recv_timeout(Duration::from_millis(100)) {
            Ok(report) => {
                if let Some(delta) = collector.take(report, listen) {
                    for (thread, delta) in delta {
                        // A thread that has ended needs none.
                        let _ = spares[thread].try_send(delta);
                    }
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let now = Micros::from(Instant::now().saturating_duration_since(zero));
        if !stopping && (end.is_some_and(|end| now > end) || options.control.course() != Course::Running) {
            stopping = true;
            listen(Event::Stopping);
        }
    }
    for handle in handles {
        match handle.join() {
            Ok(result) => result?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    let stopped_at = options.control.stopped_at().map(|at| Micros::from(at.saturating_duration_since(zero)));
    // Who stops it when it has ended, because of what the last tick told, has ended nothing.
    let stopped_at = stopped_at.filter(|&at| end.is_none_or(|end| at <= end) && at <= collector.last_at);
    let failure = options.control.failure();
    let remarks = shared.remarks.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(collector.finish(stopped_at, failure, remarks, listen))
}

/// Warm-up, grace, the arm time at which no new iterations start, iterations.
fn bounds(load: &Load) -> (Micros, Micros, Option<Micros>, Option<u64>) {
    let staged = |stages: &[crate::plan::Stage]| stages.iter().fold(Micros::ZERO, |sum, stage| sum + stage.duration);
    let (warmup, grace, duration, iterations) = match load {
        Load::Closed(closed) => {
            let duration = match &closed.population {
                Population::Constant { .. } => closed.duration,
                Population::Stages { stages, .. } => Some(closed.duration.unwrap_or(staged(stages))),
            };
            (closed.warmup, closed.graceful_stop, duration, closed.iterations)
        }
        Load::Open(open) => {
            let duration = match &open.rate {
                RateShape::Constant(_) => open.duration,
                RateShape::Stages { stages, .. } => Some(open.duration.unwrap_or(staged(stages))),
            };
            (open.warmup, open.graceful_stop, duration, open.iterations)
        }
    };
    (warmup, grace, duration.map(|duration| warmup + duration), iterations)
}

/// Who comes in a closed load; none for an open one.
fn crowd(plan: &Plan, load: &Load) -> Option<Arc<Crowd>> {
    let Load::Closed(closed) = load else { return None };
    Some(Arc::new(crowd_of(plan, closed)))
}

/// The users of a closed load, with their classes and rows.
pub(super) fn crowd_of(plan: &Plan, closed: &ClosedLoad) -> Crowd {
    let attendance = Attendance::new(&closed.population, closed.warmup);
    let weights: Vec<f64> = plan.classes.iter().map(|class| if class.active { class.weight } else { 0.0 }).collect();
    let classes = mix(&apportion(attendance.users(), &weights));
    let mut taken = vec![0; plan.feeds.len()];
    let rows = classes
        .iter()
        .map(|&class| {
            let feeds = plan.classes[class].unique_feeds.iter();
            feeds
                .map(|&feed| {
                    taken[feed] += 1;
                    (feed, taken[feed] - 1)
                })
                .collect()
        })
        .collect();
    Crowd { attendance, classes, rows }
}

/// The class of each barrier.
fn barriers(plan: &Plan) -> Vec<usize> {
    let mut classes = vec![0; plan.barriers];
    for (index, class) in plan.classes.iter().enumerate() {
        for step in class.tasks.iter().flat_map(|task| &task.program.steps) {
            if let Step::Barrier(barrier) = step {
                classes[barrier.id] = index;
            }
        }
    }
    classes
}

/// No more threads than there are users for, and shared connections.
fn threads(plan: &Plan, load: &Load, crowd: Option<&Crowd>, asked: usize) -> usize {
    let users = match load {
        Load::Open(open) => open.max_users as usize,
        Load::Closed(_) => crowd.map_or(1, |crowd| crowd.classes.len()),
    };
    asked.min(users).min(plan.http.connections.map_or(usize::MAX, |connections| connections as usize)).max(1)
}

fn doors(plan: &Plan, open: &OpenLoad, end: Option<Micros>, thread: usize, threads: usize) -> Doors {
    Doors {
        arrivals: Arrivals::new(&open.rate, open.arrivals, open.warmup, end, plan.seed),
        max_users: generator::share(open.max_users, thread, threads),
        max_wait: open.max_wait,
        iterations: open.iterations,
        thread,
        threads,
    }
}

/// Merges what the threads hand over, tick by tick.
struct Collector {
    totals: Totals,
    timeline: Timeline,
    users_max: u32,
    busy_max: Option<f64>,
    stall_max: Micros,
    threads: usize,
    warmup: Micros,
    planned: Option<Micros>,
    /// The load time that rates are divided by when it wasn't ended early.
    duration: Option<Micros>,
    iterations_planned: Option<u64>,
    waiting: BTreeMap<u64, Vec<Report>>,
    finished: usize,
    last_at: Micros,
    last_done: Micros,
}

impl Collector {
    fn new(plan: &Plan, warmup: Micros, end: Option<Micros>, iterations: Option<u64>, threads: usize) -> Self {
        Self {
            totals: Totals::new(plan.endpoints.len(), plan.checks.len()),
            timeline: Timeline::new(TICK),
            users_max: 0,
            busy_max: None,
            stall_max: Micros::ZERO,
            threads,
            warmup,
            planned: end,
            duration: end.map(|end| end.saturating_sub(warmup)),
            iterations_planned: iterations,
            waiting: BTreeMap::new(),
            finished: 0,
            last_at: Micros::ZERO,
            last_done: Micros::ZERO,
        }
    }

    /// Takes a report; once all threads have reported a tick, merges it and returns what can be used again.
    fn take(&mut self, report: Report, listen: &mut dyn FnMut(Event<'_>)) -> Option<Vec<(usize, Delta)>> {
        self.finished += usize::from(report.last);
        let tick = report.tick;
        self.waiting.entry(tick).or_default().push(report);
        // A thread that has finished reports no more ticks: the others are not kept waiting for it.
        let complete = self.waiting.get(&tick).is_some_and(|reports| reports.len() + self.finished_before(tick) >= self.threads);
        let everybody = self.finished == self.threads;
        if !complete && !everybody {
            return None;
        }
        let ready: Vec<u64> = self.waiting.keys().copied().filter(|&key| key <= tick || everybody).collect();
        let mut spares = Vec::new();
        for key in ready {
            let reports = self.waiting.remove(&key).unwrap_or_default();
            self.merge(&reports, listen);
            spares.extend(reports.into_iter().map(|report| (report.thread, report.delta)));
        }
        Some(spares)
    }

    fn finished_before(&self, tick: u64) -> usize {
        let later = self.waiting.iter().filter(|(key, _)| **key >= tick).flat_map(|(_, reports)| reports).filter(|report| report.last);
        self.finished - later.count()
    }

    fn merge(&mut self, reports: &[Report], listen: &mut dyn FnMut(Event<'_>)) {
        let at = reports.iter().map(|report| report.at).max().unwrap_or(self.last_at).max(self.last_at);
        let users = reports.iter().map(|report| report.users).sum();
        let deltas: Vec<&Delta> = reports.iter().map(|report| &report.delta).collect();
        for delta in &deltas {
            self.totals.add(delta);
            self.last_done = self.last_done.max(delta.last_done);
        }
        self.users_max = self.users_max.max(users);
        self.stall_max = reports.iter().map(|report| report.stall).fold(self.stall_max, Micros::max);
        self.busy_max = reports.iter().filter_map(|report| report.busy).chain(self.busy_max).reduce(f64::max);
        if at > self.warmup {
            let from = self.last_at.max(self.warmup);
            self.timeline.add(from.saturating_sub(self.warmup), at.saturating_sub(from), users, &deltas);
        }
        self.totals.duration = at.min(self.planned.unwrap_or(Micros::MAX)).saturating_sub(self.warmup);
        let snapshot = self.snapshot(at, users, &deltas);
        self.last_at = at;
        listen(Event::Tick { snapshot: &snapshot, totals: &self.totals });
    }

    fn snapshot(&self, at: Micros, users: u32, deltas: &[&Delta]) -> Snapshot {
        let mut recent = Histogram::default();
        let mut finished = 0;
        for delta in deltas {
            // Requests of the warm-up are in no result; for this line it is enough that they were sent.
            finished += delta.requests() + delta.counters.sent_warmup;
            delta.merge_ok_into(&mut recent);
        }
        let seconds = at.saturating_sub(self.last_at).as_secs_f64();
        Snapshot {
            elapsed: at,
            planned: self.planned,
            iterations_planned: self.iterations_planned,
            iterations: self.totals.counters.iterations,
            warming_up: at < self.warmup,
            users,
            requests: self.totals.requests(),
            failures: self.totals.failures(),
            dropped: self.totals.counters.dropped,
            rate: if seconds > 0.0 { finished as f64 / seconds } else { 0.0 },
            p95: recent.percentile(95.0),
        }
    }

    fn finish(
        mut self,
        stopped_at: Option<Micros>,
        failure: Option<String>,
        remarks: Vec<String>,
        listen: &mut dyn FnMut(Event<'_>),
    ) -> LoadResult {
        let rest: Vec<Report> = std::mem::take(&mut self.waiting).into_values().flatten().collect();
        if !rest.is_empty() {
            self.merge(&rest, listen);
        }
        let measured = self.last_done.saturating_sub(self.warmup);
        let counters = &self.totals.counters;
        let begun = counters.iterations + counters.iterations_cut + counters.dropped;
        self.totals.duration = match (stopped_at, self.duration) {
            // Until it was stopped it was a load, whether answers came or not.
            (Some(stopped), _) => stopped.saturating_sub(self.warmup),
            // It ended with its iterations, and was as long as they took.
            (None, planned) if self.iterations_planned.is_some_and(|planned| begun >= planned) && measured > Micros::ZERO => {
                measured.min(planned.unwrap_or(measured))
            }
            // What comes in after the end is in no rate, and doesn't make it longer.
            (None, Some(planned)) => planned,
            (None, None) => self.last_at.saturating_sub(self.warmup),
        };
        LoadResult {
            totals: self.totals,
            timeline: self.timeline,
            users_max: self.users_max,
            busy_max: self.busy_max,
            stall_max: self.stall_max,
            stopped_early: stopped_at.is_some(),
            threads: self.threads,
            failure,
            remarks,
        }
    }
}

/// How many arrivals an open load asks for in its first `load_time`, the warm-up left out: the integral of its rate, or its
/// iterations where those are fewer.
pub fn arrivals_due(open: &OpenLoad, load_time: Micros) -> f64 {
    let ramp = match &open.rate {
        RateShape::Constant(rate) => Ramp::constant(rate.0),
        RateShape::Stages { start, stages } => Ramp::stages(*start, stages, Micros::ZERO),
    };
    let due = ramp.integral(load_time.as_secs_f64());
    open.iterations.map_or(due, |iterations| due.min(iterations as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{ArrivalKind, Stage};
    use crate::units::Rate;

    #[test]
    fn a_ramp_that_was_stopped_asked_for_what_was_due_until_then() {
        let stage = |level| Stage { duration: Micros::from_secs(10), level };
        let mut open = OpenLoad {
            rate: RateShape::Stages { start: 0.0, stages: vec![stage(100.0), stage(100.0)] },
            arrivals: ArrivalKind::Constant,
            duration: None,
            iterations: None,
            max_users: 10,
            max_wait: Micros::ZERO,
            warmup: Micros::from_secs(3),
            graceful_stop: Micros::ZERO,
        };
        let due = |open: &OpenLoad| [0, 5, 10, 20].map(|seconds| arrivals_due(open, Micros::from_secs(seconds)));
        assert_eq!(due(&open), [0.0, 125.0, 500.0, 1500.0]);
        open.iterations = Some(300);
        assert_eq!(due(&open), [0.0, 125.0, 300.0, 300.0]);
        open.rate = RateShape::Constant(Rate(20.0));
        assert_eq!(due(&open), [0.0, 100.0, 200.0, 300.0]);
    }
}
