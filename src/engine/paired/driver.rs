//! The generator thread of a paired run: both arms, and who has the turn.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use super::alternate::{Alternated, Alternation, ArmOptions, BlockLoad, BlockRun};
use super::alternating::Alternating;
use super::steal::CpuTimes;
use crate::engine::clock::ArmClock;
use crate::engine::closed;
use crate::engine::context::{Context, Shared, UniqueRows};
use crate::engine::control::{Control, Course};
use crate::engine::exchange::Network;
use crate::engine::generator::{resume_panic, thread_cpu};
use crate::engine::load::crowd_of;
use crate::engine::open::{self, Doors};
use crate::engine::schedule::Arrivals;
use crate::engine::timers::Timers;
use crate::metrics::{Delta, Recorder};
use crate::plan::{ArrivalKind, ClosedLoad, Plan, Population, RateShape};
use crate::units::Micros;

/// A request that ran out of time is over a moment later.
const MOMENT: Duration = Duration::from_millis(500);

/// What the thread is to do.
pub(super) struct Job {
    pub(super) plan: Arc<Plan>,
    pub(super) arms: Vec<ArmOptions>,
    pub(super) what: Alternation,
    pub(super) control: Control,
}

/// Runs the stretch to its end.
pub(super) fn run(job: Job, blocks: &SyncSender<BlockRun>) -> io::Result<Alternated> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    let result = LocalSet::new().block_on(&runtime, async {
        let timers = Timers::new()?;
        tokio::task::spawn_local(timers.clone().drive());
        Ok(drive(job, timers, &mut |block| {
            // Nobody listens any more only when the run is over.
            let _ = blocks.send(block);
        })
        .await)
    });
    // A resolver that doesn't answer is not waited for.
    runtime.shutdown_background();
    result
}

async fn drive(job: Job, timers: Timers, tell: &mut dyn FnMut(BlockRun)) -> Alternated {
    let Job { plan, arms, what, control } = job;
    let turns: Vec<Turn> = arms.into_iter().map(|arm| Turn::new(&plan, arm, &what, &control, &timers)).collect();
    let mut course = control.watch();
    let is_broken_off = tokio::select! {
        biased;
        _ = course.wait_for(|course| *course == Course::Aborting) => true,
        () = take_turns(&turns, &what, plan.seed, &control, &timers, tell) => false,
    };
    if is_broken_off {
        turns.iter().enumerate().for_each(|(arm, turn)| tell(BlockRun { arm, ..turn.unfinished() }));
    }
    Alternated { remarks: turns.iter().map(Turn::end).collect(), failure: control.failure() }
}

async fn take_turns(turns: &[Turn], what: &Alternation, seed: u64, control: &Control, timers: &Timers, tell: &mut dyn FnMut(BlockRun)) {
    let until = Instant::from_std(what.until);
    let mut random = Pcg64Mcg::seed_from_u64(seed ^ what.number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x7061_6972_7321);
    let mut renewed = Instant::now();
    let mut longest = what.block.into();
    for pair in 0.. {
        let began = Instant::now();
        if (pair >= what.at_least && began + longest > until) || control.course() != Course::Running {
            return;
        }
        let renew = began - renewed >= what.renew_after;
        if renew {
            renewed = began;
        }
        let mut order: Vec<usize> = (0..turns.len()).collect();
        if random.random_bool(0.5) {
            order.reverse();
        }
        for (position, &arm) in order.iter().enumerate() {
            if control.course() != Course::Running {
                return;
            }
            let mut block = turns[arm].take(pair, what, renew, timers).await;
            (block.arm, block.first) = (arm, position == 0);
            tell(block);
        }
        // The first pair takes long where connections are opened in it.
        let took = Instant::now() - began;
        longest = if pair <= 1 { took } else { (longest + took) / 2 };
    }
}

/// An arm and its users.
struct Turn {
    context: Rc<Context>,
    tasks: Rc<RefCell<JoinSet<()>>>,
    /// Who lets the arrivals in.
    porter: RefCell<JoinSet<()>>,
}

impl Turn {
    fn new(plan: &Arc<Plan>, arm: ArmOptions, what: &Alternation, control: &Control, timers: &Timers) -> Self {
        let clock = ArmClock::new(timers.clone(), Instant::now());
        clock.pause_at(Micros::ZERO);
        let shared = Arc::new(Shared {
            plan: plan.clone(),
            control: control.clone(),
            globals: arm.globals,
            feeds: arm.feeds,
            barriers: Vec::new(),
            barrier_classes: Vec::new(),
            iterations: None,
            unique_rows: plan.feeds.iter().map(|_| UniqueRows::default()).collect(),
            remarks: Mutex::default(),
        });
        let context = Rc::new(Context {
            network: Network::new(timers.clone(), plan.http.clone(), arm.target),
            clock,
            recorder: RefCell::new(Recorder::new(plan.endpoints.len(), plan.checks.len(), Micros::ZERO)),
            load_begin: Micros::ZERO,
            end: None,
            course: Cell::new(Course::Running),
            course_changed: Notify::new(),
            users: Cell::new(0),
            users_peak: Cell::new(0),
            in_flight: Cell::new(0),
            waiting: Cell::new(0),
            alternating: Some(Alternating::new(what)),
            shared,
        });
        let turn = Self { context, tasks: Rc::default(), porter: RefCell::new(JoinSet::new()) };
        turn.invite(plan, what);
        turn
    }

    /// The users come, and wait for their arm's first turn.
    fn invite(&self, plan: &Plan, what: &Alternation) {
        match what.load {
            BlockLoad::Arrivals { rate, max_users, max_wait } => {
                let seed = plan.seed.wrapping_add(what.number);
                let arrivals = Arrivals::new(&RateShape::Constant(rate), ArrivalKind::Stratified, Micros::ZERO, None, seed).distinct();
                let doors = Doors { arrivals, max_users, max_wait, iterations: None, thread: 0, threads: 1 };
                self.porter.borrow_mut().spawn_local(open::serve(self.context.clone(), doors, self.tasks.clone()));
            }
            BlockLoad::Users { users, .. } => {
                let closed = ClosedLoad {
                    population: Population::Constant { users, spawn_rate: None },
                    duration: None,
                    iterations: None,
                    warmup: Micros::ZERO,
                    graceful_stop: Micros::ZERO,
                };
                closed::start(&self.context, &crowd_of(plan, &closed), 0, 1, &mut self.tasks.borrow_mut());
            }
        }
    }

    /// One block: looks after the connections, lets the clock go on for its length, and waits for what is in flight.
    async fn take(&self, pair: u32, what: &Alternation, renew: bool, timers: &Timers) -> BlockRun {
        let (context, alternating) = (&self.context, self.alternating());
        {
            let upkeep = std::pin::pin!(async {
                context.network.look_after_shared(renew).await;
                alternating.upkeep.carry_out(renew).await;
            });
            timers.within(Instant::now() + what.drain.into(), upkeep).await;
        }
        let until = what.block * f64::from(pair + 1);
        let measured = if pair == 0 { Micros::ZERO } else { alternating.measure(pair) };
        let (cpu, times) = (thread_cpu(), CpuTimes::now());
        let began = Instant::now();
        context.clock.resume();
        timers.sleep_until(began + what.block.into()).await;
        context.clock.pause_at(until);
        let ended = Instant::now();
        let generator_cpu = share(cpu, thread_cpu(), ended - began);
        {
            let drain = std::pin::pin!(alternating.all_landed());
            timers.within(ended + what.drain.into() + MOMENT, drain).await;
        }
        let drained = Micros::from(ended.elapsed());
        // Users whose request could not be sent have yet to write it down.
        tokio::task::yield_now().await;
        self.resume_panics();
        BlockRun {
            pair,
            arm: 0,
            first: false,
            began: began.into_std(),
            measured,
            drained,
            cut: alternating.take_cut(),
            finished: alternating.take_finished(),
            generator_cpu,
            steal: times.zip(CpuTimes::now()).and_then(|(before, after)| after.stolen_since(before)),
            users: context.users_peak.replace(context.users.get()),
            delta: context.recorder.borrow_mut().swap(Delta::default()),
        }
    }

    /// What was sent in a block that was broken off: no result.
    fn unfinished(&self) -> BlockRun {
        BlockRun {
            pair: 0,
            arm: 0,
            first: false,
            began: Instant::now().into_std(),
            measured: Micros::ZERO,
            drained: Micros::ZERO,
            cut: 0,
            finished: 0.0,
            generator_cpu: None,
            steal: None,
            users: self.context.users.get(),
            delta: self.context.recorder.borrow_mut().swap(Delta::default()),
        }
    }

    fn alternating(&self) -> &Alternating {
        self.context.alternating.as_ref().unwrap_or_else(|| unreachable!("every arm of a paired run alternates"))
    }

    fn resume_panics(&self) {
        for tasks in [&*self.tasks, &self.porter] {
            while let Some(ended) = tasks.borrow_mut().try_join_next() {
                resume_panic(ended);
            }
        }
    }

    /// Sends the users home; gives what is worth saying of the arm.
    fn end(&self) -> Vec<String> {
        self.resume_panics();
        self.porter.borrow_mut().abort_all();
        self.tasks.borrow_mut().abort_all();
        self.context.shared.remarks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Share of one core that was used between two readings.
fn share(before: Option<Duration>, after: Option<Duration>, elapsed: Duration) -> Option<f64> {
    (!elapsed.is_zero()).then_some(())?;
    Some(after?.saturating_sub(before?).as_secs_f64() / elapsed.as_secs_f64())
}
