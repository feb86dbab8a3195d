//! A virtual user: its variables, its connections, and its way through a task.

use std::future::Future;
use std::rc::Rc;

use minijinja::Value;
use minijinja::value::ValueKind;

use super::context::Context;
use super::exchange::{Client, Exchange};
use super::failure::Failure;
use super::paired::Alternating;
use crate::metrics::{ErrorCategory, Outcome, Sample};
use crate::plan::{Answer, BarrierPlan, CheckVerdict, ClassPlan, Program, RenderError, RequestPlan, Scope, SlotId, Step, TaskPlan};
use crate::units::Micros;

/// One virtual user.
#[derive(Debug)]
pub(super) struct User {
    context: Rc<Context>,
    class: usize,
    scope: Scope,
    client: Client,
    /// Barriers that it is on its way to and hasn't passed.
    ahead: Vec<usize>,
    /// Whether the iteration sent a request, so that it can't have been over at once.
    has_sent: bool,
}

/// How an iteration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// As it should.
    Whole,
    /// Early: it was cut, or no request of it could be sent. It may not have waited for anything.
    Hindered,
}

/// Why an iteration ended early.
#[derive(Debug)]
enum Cut {
    /// Something in it can't be rendered.
    Render(RenderError),
    /// The run can't go on.
    Failed,
}

impl From<RenderError> for Cut {
    fn from(error: RenderError) -> Self {
        Self::Render(error)
    }
}

impl User {
    /// A user of a class; `number` decides its random numbers. Its rows of unique feeds are those in `rows`, by feed.
    pub(super) fn new(context: Rc<Context>, class: usize, number: u64, rows: Vec<(usize, u64)>) -> Self {
        let plan = &context.shared.plan;
        let streams = context.alternating.as_ref().map_or(0, |alternating| alternating.streams);
        let scope = Scope::new(plan.slots.clone(), plan.seed, streams + number);
        for (slot, value) in &context.shared.globals {
            scope.set(*slot, value.clone());
        }
        for &(feed, row) in &rows {
            let feed = &context.shared.feeds[feed];
            if let Some(value) = feed.row(&scope, row) {
                scope.set(feed.slot, value);
            }
        }
        Self { context, class, scope, client: Client::default(), ahead: Vec::new(), has_sent: false }
    }

    /// May begin an iteration: barriers of its class wait for it. To be said before it is known whether it does.
    pub(super) fn expect_barriers(&mut self) {
        self.forget_barriers(|_| true);
        for (id, class) in self.context.shared.barrier_classes.iter().enumerate() {
            if *class == self.class {
                self.context.shared.barriers[id].expect();
                self.ahead.push(id);
            }
        }
    }

    /// Is not on its way to these barriers.
    fn forget_barriers(&mut self, which: impl Fn(usize) -> bool) {
        let barriers = &self.context.shared.barriers;
        self.ahead.retain(|&id| {
            let forgotten = which(id);
            if forgotten {
                barriers[id].forget();
            }
            !forgotten
        });
    }

    /// Waits for `until`. An arm of a paired run may meanwhile ask for its connections to be looked after.
    pub(super) async fn rest<T>(&mut self, until: impl Future<Output = T>) -> T {
        let context = self.context.clone();
        let Some(alternating) = &context.alternating else { return until.await };
        let mut until = std::pin::pin!(until);
        loop {
            let resting = alternating.upkeep.rest();
            tokio::select! {
                biased;
                reached = &mut until => return reached,
                () = alternating.upkeep.asked() => self.client.look_after(&context.network, alternating.upkeep.renews()).await,
            }
            drop(resting);
        }
    }

    /// Draws how long it thinks after an iteration.
    pub(super) fn think_time(&self) -> Micros {
        if self.context.alternating.as_ref().is_some_and(|alternating| !alternating.pauses.between_iterations) {
            return Micros::ZERO;
        }
        let think_time = self.context.shared.plan.classes[self.class].think_time;
        self.scope.with_random(|random| think_time.draw(random))
    }

    /// Its class.
    pub(super) fn class(&self) -> usize {
        self.class
    }

    /// Passes once through a task drawn by weight. Its first request should start at `intended`. Gives when it ended: with
    /// the last byte of its last answer, where that was its last step.
    pub(super) async fn iterate(&mut self, intended: Micros) -> (Pass, Micros) {
        let context = self.context.clone();
        let plan = context.shared.plan.clone();
        let class = &plan.classes[self.class];
        if let Some(alternating) = context.alternating.as_ref().filter(|alternating| alternating.draws_by_arrival) {
            self.scope.draw_from(plan.seed, alternating.stream_of(intended));
        }
        let task = self.draw_task(class);
        if !self.ahead.is_empty() {
            let leads_to = |id| task.program.steps.iter().any(|step| matches!(step, Step::Barrier(barrier) if barrier.id == id));
            self.forget_barriers(|id| !leads_to(id));
        }
        self.has_sent = false;
        let result = match self.begin(class, task) {
            Ok(()) => self.run(&task.program, intended).await,
            Err(cut) => Err(cut),
        };
        if let Err(Cut::Render(error)) = &result {
            context.shared.remark(format!("iterations of `{}` were cut: {error}", task.name));
        }
        self.forget_barriers(|_| true);
        let passed = result.is_ok();
        if context.is_load(intended) {
            let mut recorder = context.recorder.borrow_mut();
            let counters = recorder.counters();
            if passed { counters.iterations += 1 } else { counters.iterations_cut += 1 }
        }
        let end = result.unwrap_or_else(|_| context.clock.now());
        (if passed && self.has_sent { Pass::Whole } else { Pass::Hindered }, end)
    }

    fn draw_task<'a>(&self, class: &'a ClassPlan) -> &'a TaskPlan {
        use rand::RngExt;
        if let [task] = class.tasks.as_slice() {
            return task;
        }
        let total: f64 = class.tasks.iter().map(|task| task.weight).sum();
        let mut left = self.scope.with_random(|random| random.random_range(0.0..total));
        for task in &class.tasks {
            left -= task.weight;
            if left < 0.0 {
                return task;
            }
        }
        &class.tasks[class.tasks.len() - 1]
    }

    /// Forgets what the last pass captured, takes its rows and fills in its variables.
    fn begin(&self, class: &ClassPlan, task: &TaskPlan) -> Result<(), Cut> {
        for &slot in &task.captured {
            self.scope.clear(slot);
        }
        for &feed in &task.feeds {
            let feed = &self.context.shared.feeds[feed];
            match feed.row(&self.scope, 0) {
                Some(row) => self.scope.set(feed.slot, row),
                None => {
                    let message = format!("the rows of `{}` are used up; `on_exhausted: wrap` starts again", feed.name);
                    self.context.shared.control.fail(message);
                    return Err(Cut::Failed);
                }
            }
        }
        for (slot, value) in class.vars.iter().chain(&task.vars) {
            self.scope.set(*slot, value.eval(&self.scope)?);
        }
        Ok(())
    }

    /// Gives when the step behind the last should start.
    async fn run(&mut self, program: &Program, mut intended: Micros) -> Result<Micros, Cut> {
        let context = self.context.clone();
        // Repeats that are under way: index of the step behind, of the first step, passes left.
        let mut repeats: Vec<(usize, usize, u64)> = Vec::new();
        let mut at = 0;
        loop {
            while let Some(&(behind, first, left)) = repeats.last()
                && at == behind
            {
                repeats.pop();
                if left > 0 {
                    repeats.push((behind, first, left - 1));
                    at = first;
                    break;
                }
            }
            let Some(step) = program.steps.get(at) else { return Ok(intended) };
            at += 1;
            match step {
                Step::Request(request) => intended = self.perform(request, intended).await?,
                Step::Think(think_time) => {
                    let wait = self.scope.with_random(|random| think_time.draw(random));
                    if context.alternating.as_ref().is_some_and(|alternating| !alternating.pauses.within_iterations) {
                        continue;
                    }
                    intended += wait;
                    self.rest(context.clock.sleep_until(intended)).await;
                    context.record_lag(intended, context.clock.now());
                }
                Step::Barrier(barrier) => {
                    self.meet(barrier).await?;
                    self.ahead.retain(|&id| id != barrier.id);
                    intended = context.clock.now();
                }
                Step::Repeat { count, length, .. } => match count.checked_sub(1) {
                    Some(left) if *length > 0 => repeats.push((at + length, at, left)),
                    _ => at += length,
                },
            }
        }
    }

    async fn meet(&mut self, barrier: &BarrierPlan) -> Result<(), Cut> {
        let context = &self.context;
        if !self.ahead.contains(&barrier.id) {
            // It comes again within one iteration.
            context.shared.barriers[barrier.id].expect();
            self.ahead.push(barrier.id);
        }
        let deadline = tokio::time::Instant::now() + barrier.timeout.into();
        let wait = std::pin::pin!(context.shared.barriers[barrier.id].wait());
        let opened = context.clock.timers().within(deadline, wait).await;
        opened.ok_or_else(|| {
            let message =
                format!("the barrier `{}` did not open within {}: not every user of its class came", barrier.name, barrier.timeout);
            context.shared.control.fail(message);
            Cut::Failed
        })
    }

    /// Makes one request; returns when its answer ended.
    async fn perform(&mut self, request: &RequestPlan, intended: Micros) -> Result<Micros, Cut> {
        let context = self.context.clone();
        let mut manner = request.manner();
        if let Some(alternating) = &context.alternating {
            // An arm that stands still sends nothing.
            self.rest(context.clock.sleep_until(intended)).await;
            manner.timeout = manner.timeout.min(alternating.drain);
        }
        // After the wait: what comes while an arm stands still is due in its next block, of which nobody knew before.
        let load = context.is_load(intended);
        let message = request.compose(&context.network, &self.scope)?;
        let flight = context.alternating.as_ref().map(Alternating::take_off);
        let exchange = self.client.exchange(&context.network, message, manner, &mut |progress| context.count(progress, load)).await;
        if let Some(flight) = flight {
            flight.land(&context.clock, &exchange.reply);
        }
        if exchange.sent.is_some() {
            self.has_sent = true;
        } else {
            // What fails without having waited for anything must not keep the thread from the others.
            tokio::task::consume_budget().await;
        }
        let done = context.clock.at(exchange.done);
        let response_time = done.saturating_sub(intended);
        if let (Some(alternating), Some(_)) = (&context.alternating, request.endpoint) {
            alternating.finish(intended, done);
        }
        let (outcome, status, message) = self.judge(request, &exchange, response_time, load);
        if let (true, Some(endpoint)) = (load, request.endpoint) {
            let sample = Sample {
                endpoint: endpoint.0,
                intended,
                response_time,
                service_time: exchange.sent.map_or(Micros::ZERO, |sent| Micros::from(exchange.done.saturating_duration_since(sent))),
                phases: exchange.phases,
                outcome,
                status,
                bytes_in: exchange.bytes_in,
                bytes_out: exchange.bytes_out,
            };
            context.record(&sample, || message);
        } else if let (None, Some(endpoint)) = (&context.alternating, request.endpoint) {
            context.recorder.borrow_mut().finish_early(endpoint.0, done);
        }
        Ok(context.clock.shown_at(done))
    }

    /// Judges an answer and keeps what is captured of it.
    fn judge(&self, request: &RequestPlan, exchange: &Exchange, response_time: Micros, load: bool) -> (Outcome, u16, String) {
        let reply = match &exchange.reply {
            Ok(reply) => reply,
            Err(Failure { category, message, is_ours }) => {
                self.context.recorder.borrow_mut().counters().exhausted += u64::from(*is_ours && load);
                return (Outcome::Failed(*category), 0, message.clone());
            }
        };
        let answer = Answer::new(reply.status, &reply.headers, &reply.body, response_time);
        let mut count = |check: crate::plan::CheckId, held: bool| {
            if let (true, Some(endpoint)) = (load, request.endpoint) {
                self.context.recorder.borrow_mut().count_check(endpoint.0, check.0, held);
            }
        };
        let verdict = request.checks.judge(&answer, &self.scope, &mut count);
        if !matches!(verdict, CheckVerdict::WrongStatus(_)) {
            for capture in &request.captures {
                if let Some(value) = capture.find(&answer) {
                    keep(&self.scope, capture.slot, capture.collects, value);
                }
            }
        }
        match verdict {
            CheckVerdict::Passed => (Outcome::Ok, reply.status, String::new()),
            CheckVerdict::WrongStatus(message) => (Outcome::Failed(ErrorCategory::Status), reply.status, message),
            CheckVerdict::Failed(message) => (Outcome::Failed(ErrorCategory::Check), reply.status, message),
        }
    }
}

/// Fills a variable, or appends to the list in it.
pub(super) fn keep(scope: &Scope, slot: SlotId, collects: bool, value: Value) {
    if !collects {
        return scope.set(slot, value);
    }
    let old = scope.value(slot);
    let mut list: Vec<Value> = if old.kind() == ValueKind::Seq { old.try_iter().into_iter().flatten().collect() } else { Vec::new() };
    list.push(value);
    scope.set(slot, Value::from(list));
}

impl Drop for User {
    fn drop(&mut self) {
        self.forget_barriers(|_| true);
    }
}
