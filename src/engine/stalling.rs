//! A service that stands still for a while, on a simulated clock: whoever would have called it meanwhile must be seen to
//! wait, however few users there are ("coordinated omission").
//!
//! Of a service that answers at once but for a stall of `D` in every `T`, a share `D / T` of the arrivals waits, and each
//! wait up to `D` is equally likely: the response time that a share `q` exceeds is `D (1 - q T / D)`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use super::clock::ArmClock;
use super::context::{Context, Shared};
use super::control::{Control, Course};
use super::dial::Stream;
use super::exchange::Network;
use super::open::{self, Doors};
use super::schedule::Arrivals;
use super::testing;
use super::timers::Timers;
use crate::metrics::{Delta, EndpointTotals, Recorder, Totals};
use crate::plan::{ArrivalKind, LoadPlan, RateShape, Step, Target, ThinkTime};
use crate::units::{Micros, Rate};

const STALL: Duration = Duration::from_millis(200);
const EVERY: Duration = Duration::from_secs(5);
/// The share of the arrivals that p99 is exceeded by.
const EXCEEDED: f64 = 0.01;

thread_local! {
    static BEGIN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// A connection to a service that answers at once, but for the first 200 ms of every 5 s.
fn connect() -> Stream {
    let (ours, mut theirs) = tokio::io::duplex(4096);
    tokio::task::spawn_local(async move {
        let mut request = Vec::new();
        while theirs.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
            if !request.ends_with(b"\r\n\r\n") {
                continue;
            }
            request.clear();
            let elapsed = BEGIN.get().expect("it has begun").elapsed().as_nanos() % EVERY.as_nanos();
            tokio::time::sleep(STALL.saturating_sub(Duration::from_nanos(elapsed as u64))).await;
            if theirs.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.is_err() {
                return;
            }
        }
    });
    Stream::Memory(ours)
}

/// What is measured of an open load of this rate with so many users, over whole periods.
async fn measured(rate: f64, max_users: u32, periods: u32) -> (EndpointTotals, u64) {
    let step = Step::Request(Box::new(testing::get("/", 0)));
    let plan = testing::plan(vec![step], ThinkTime::None, LoadPlan::Closed(testing::iterations(1, 1)));
    let timers = Timers::on_runtime_clock();
    tokio::task::spawn_local(timers.clone().drive());
    let (begin, end) = (Instant::now(), Micros::from(EVERY * periods));
    BEGIN.set(Some(begin));
    let target = Target::parse("http://service.test").unwrap();
    let mut network = Network::new(timers.clone(), plan.http.clone(), target);
    network.dialer.pretend = Some(connect);
    let arrivals = Arrivals::new(&RateShape::Constant(Rate(rate)), ArrivalKind::Constant, Micros::ZERO, Some(end), plan.seed);
    let shared = Shared {
        plan: Arc::new(plan),
        control: Control::new(),
        globals: Vec::new(),
        feeds: Vec::new(),
        barriers: Vec::new(),
        barrier_classes: Vec::new(),
        iterations: None,
        unique_rows: Vec::new(),
        remarks: Mutex::default(),
    };
    let context = Rc::new(Context {
        network,
        clock: ArmClock::new(timers, begin),
        recorder: RefCell::new(Recorder::new(1, 0, Micros::ZERO)),
        load_begin: Micros::ZERO,
        end: Some(end),
        course: Cell::new(Course::Running),
        course_changed: Notify::new(),
        users: Cell::new(0),
        users_peak: Cell::new(0),
        in_flight: Cell::new(0),
        waiting: Cell::new(0),
        alternating: None,
        shared: Arc::new(shared),
    });
    let doors = Doors { arrivals, max_users, max_wait: Micros::from_secs(1), iterations: None, thread: 0, threads: 1 };
    let tasks = Rc::new(RefCell::new(JoinSet::new()));
    open::serve(context.clone(), doors, tasks.clone()).await;
    let next = |waker: &mut std::task::Context<'_>| tasks.borrow_mut().poll_join_next(waker);
    while std::future::poll_fn(next).await.is_some() {}
    let mut totals = Totals::new(1, 0);
    totals.add(&context.recorder.borrow_mut().swap(Delta::default()));
    (totals.endpoints.swap_remove(0), totals.counters.dropped)
}

#[tokio::test(start_paused = true)]
async fn a_stall_is_seen_by_everybody_who_would_have_called() {
    let theory = STALL.as_secs_f64() * (1.0 - EXCEEDED * EVERY.as_secs_f64() / STALL.as_secs_f64());
    LocalSet::new()
        .run_until(async {
            // Rates that meet the stalls at other places each time; users enough for all who wait, and so few that hardly
            // anybody is on the way when the service stands still: whoever comes then waits for a user.
            for (rate, max_users, periods) in [(97.13, 100, 20), (333.7, 400, 8), (333.7, 3, 8), (1009.3, 400, 4), (1009.3, 10, 4)] {
                let (endpoint, dropped) = measured(rate, max_users, periods).await;
                let asked = rate * EVERY.as_secs_f64() * f64::from(periods);
                assert!((endpoint.ok.count() as f64 - asked).abs() <= 1.0, "{} of {asked} at {rate}/s", endpoint.ok.count());
                assert_eq!(dropped, 0);
                let p99 = endpoint.ok.percentile(99.0).unwrap().as_secs_f64();
                assert!((p99 / theory - 1.0).abs() < 0.02, "p99 {p99} s, in theory {theory} s, at {rate}/s with {max_users} users");
                if max_users <= 10 {
                    let naive = endpoint.service.percentile(99.0).unwrap().as_secs_f64();
                    assert!(naive < theory / 2.0, "service times miss it: {naive} s at {rate}/s with {max_users} users");
                }
            }
        })
        .await;
}
