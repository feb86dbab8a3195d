//! Setup, verify and teardown: steps that run once, outside the load.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use minijinja::Value;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use super::control::{Control, Course};
use super::exchange::{Client, Network, Progress};
use super::timers::Timers;
use crate::plan::{Answer, CheckVerdict, Plan, Program, RequestPlan, Scope, SlotId, Step, Target};
use crate::units::Micros;

/// How a procedure deals with a step that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Nothing after it runs.
    Stop,
    /// The others run all the same.
    GoOn,
}

/// What a procedure came to.
#[derive(Debug, Default)]
pub struct ProcedureResult {
    /// Requests really sent, redirects not counted.
    pub sent: u64,
    /// Redirects followed.
    pub redirects: u64,
    /// Each step that was a request, in order; a repeated one once, with its first failure.
    pub steps: Vec<StepEnd>,
    /// Everything captured, also by whoever ran before.
    pub captured: Vec<(SlotId, Value)>,
}

impl ProcedureResult {
    /// The first step that failed.
    pub fn first_failure(&self) -> Option<&StepEnd> {
        self.steps.iter().find(|step| step.failure.is_some())
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepEnd {
    /// `METHOD path` as written, or the step's name.
    pub name: String,
    /// What went wrong; foreign text.
    pub failure: Option<String>,
}

/// Which part of the random numbers of the seed a procedure uses, so that it shares none with users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcedureKind {
    /// Before the load.
    Setup,
    /// After it.
    Verify,
    /// After everything.
    Teardown,
}

/// Runs a procedure on the calling thread, with what earlier ones captured.
///
/// # Errors
/// When the system gives no runtime.
pub fn procedure(
    plan: &Arc<Plan>,
    kind: ProcedureKind,
    target: &Target,
    globals: &[(SlotId, Value)],
    control: &Control,
    on_failure: OnFailure,
) -> io::Result<ProcedureResult> {
    let program = kind.program(plan);
    if program.steps.is_empty() {
        return Ok(ProcedureResult { captured: globals.to_vec(), ..ProcedureResult::default() });
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    LocalSet::new().block_on(&runtime, async {
        let timers = Timers::new()?;
        tokio::task::spawn_local(timers.clone().drive());
        let network = Network::new(timers, plan.http.clone(), target.clone());
        let scope = Scope::new(plan.slots.clone(), plan.seed, u64::MAX - kind as u64);
        for (slot, value) in globals {
            scope.set(*slot, value.clone());
        }
        let ledger = Rc::new(RefCell::new(Ledger::default()));
        let actor = Actor { plan: plan.clone(), kind, network: Rc::new(network), scope, control: control.clone(), ledger, on_failure };
        let (limit, mut course, mut client) = (actor.limit(), control.watch(), Client::default());
        tokio::select! {
            () = actor.run(program, 0..program.steps.len(), &mut client) => {}
            // What was sent is counted as it goes out; a step that is broken off has no outcome.
            _ = course.wait_for(|course| *course >= limit) => {}
        }
        actor.ledger.borrow_mut().fill_lists(&actor.scope);
        let captured = actor.scope.filled();
        let ledger = actor.ledger.take();
        Ok(ProcedureResult { sent: ledger.sent, redirects: ledger.redirects, steps: ledger.steps, captured })
    })
}

/// Who runs the steps; clones share everything but, where asked for, the variables.
#[derive(Clone)]
struct Actor {
    plan: Arc<Plan>,
    kind: ProcedureKind,
    network: Rc<Network>,
    scope: Scope,
    control: Control,
    ledger: Rc<RefCell<Ledger>>,
    on_failure: OnFailure,
}

/// What came of it so far.
#[derive(Default)]
struct Ledger {
    sent: u64,
    redirects: u64,
    steps: Vec<StepEnd>,
    /// Index in `steps` by index of the program's step.
    known: HashMap<usize, usize>,
    failed: bool,
    /// Collected values, written into the variables once a step is through: appending must not cost the whole list.
    lists: HashMap<SlotId, Vec<Value>>,
}

impl Ledger {
    fn note(&mut self, at: usize, name: &str, failure: Option<String>) {
        self.failed |= failure.is_some();
        let index = *self.known.entry(at).or_insert_with(|| {
            self.steps.push(StepEnd { name: name.to_owned(), failure: None });
            self.steps.len() - 1
        });
        let step = &mut self.steps[index];
        if step.failure.is_none() {
            step.failure = failure;
        }
    }

    fn fill_lists(&mut self, scope: &Scope) {
        for (slot, list) in &self.lists {
            scope.set(*slot, Value::from(list.clone()));
        }
    }
}

impl Actor {
    /// From when on nothing of it is wanted any longer. Verify and teardown are owed also when the run was interrupted;
    /// only a second Ctrl-C ends them.
    fn limit(&self) -> Course {
        if self.kind == ProcedureKind::Setup { Course::Stopping } else { Course::Aborting }
    }

    fn is_over(&self) -> bool {
        self.control.course() >= self.limit() || (self.on_failure == OnFailure::Stop && self.ledger.borrow().failed)
    }

    async fn run(&self, program: &Program, range: std::ops::Range<usize>, client: &mut Client) {
        let mut at = range.start;
        while at < range.end && !self.is_over() {
            match &program.steps[at] {
                Step::Request(request) => self.perform(at, request, client).await,
                Step::Think(think_time) => {
                    let wait = self.scope.with_random(|random| think_time.draw(random));
                    self.network.timers.sleep_until(Instant::now() + wait.into()).await;
                }
                // Nobody to wait for: the plan refuses it here.
                Step::Barrier(_) => {}
                Step::Repeat { count, length, concurrency } => {
                    let passes = at + 1..at + 1 + length;
                    self.repeat(program, passes.clone(), *count, *concurrency, client).await;
                    self.ledger.borrow_mut().fill_lists(&self.scope);
                    at = passes.end;
                    continue;
                }
            }
            at += 1;
            if range.len() == program.steps.len() {
                self.ledger.borrow_mut().fill_lists(&self.scope);
            }
        }
    }

    async fn repeat(&self, program: &Program, steps: std::ops::Range<usize>, count: u64, concurrency: u32, client: &mut Client) {
        if concurrency <= 1 {
            for _ in 0..count {
                if self.is_over() {
                    return;
                }
                Box::pin(self.run(program, steps.clone(), client)).await;
            }
            return;
        }
        let left = Rc::new(std::cell::Cell::new(count));
        let mut workers = JoinSet::new();
        for worker in 0..u64::from(concurrency).min(count) {
            let (actor, left, steps) = (self.fork(worker), left.clone(), steps.clone());
            workers.spawn_local(async move {
                let plan = actor.plan.clone();
                let program = actor.kind.program(&plan);
                let mut client = Client::default();
                while left.get() > 0 && !actor.is_over() {
                    left.set(left.get() - 1);
                    actor.run(program, steps.clone(), &mut client).await;
                }
                actor.scope.filled()
            });
        }
        while let Some(ended) = workers.join_next().await {
            match ended {
                Ok(filled) => filled.into_iter().for_each(|(slot, value)| self.scope.set(slot, value)),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
        }
    }

    /// The same actor with variables and random numbers of its own.
    fn fork(&self, worker: u64) -> Self {
        use rand::RngExt;
        let stream = self.scope.with_random(|random| random.random::<u64>()).wrapping_add(worker);
        let scope = Scope::new(self.plan.slots.clone(), self.plan.seed, stream);
        for (slot, value) in self.scope.filled() {
            scope.set(slot, value);
        }
        Self { scope, ..self.clone() }
    }

    async fn perform(&self, at: usize, request: &RequestPlan, client: &mut Client) {
        let failure = match request.compose(&self.network, &self.scope) {
            Ok(message) => {
                let ledger = self.ledger.clone();
                let begin = Instant::now();
                let mut tell = |progress| match progress {
                    Progress::Sent => ledger.borrow_mut().sent += 1,
                    Progress::Redirected => ledger.borrow_mut().redirects += 1,
                    Progress::Reconnected | Progress::OverHttp2 | Progress::HeldBack => {}
                };
                let exchange = client.exchange(&self.network, message, request.manner(), &mut tell).await;
                match &exchange.reply {
                    Err(failure) => Some(format!("{}: {}", failure.category, failure.message)),
                    Ok(reply) => {
                        let answer = Answer::new(reply.status, &reply.headers, &reply.body, Micros::from(exchange.done - begin));
                        self.judge(request, &answer)
                    }
                }
            }
            Err(error) => Some(error.to_string()),
        };
        self.ledger.borrow_mut().note(at, &request.name, failure);
    }

    fn judge(&self, request: &RequestPlan, answer: &Answer<'_>) -> Option<String> {
        match request.checks.judge(answer, &self.scope, &mut |_, _| {}) {
            CheckVerdict::WrongStatus(message) | CheckVerdict::Failed(message) => Some(message),
            CheckVerdict::Passed => {
                for capture in &request.captures {
                    let Some(value) = capture.find(answer) else {
                        let name = self.plan.slots.name(capture.slot);
                        return Some(format!("nothing in the answer to capture as `{name}`"));
                    };
                    if capture.collects {
                        self.ledger.borrow_mut().lists.entry(capture.slot).or_default().push(value);
                    } else {
                        self.scope.set(capture.slot, value);
                    }
                }
                None
            }
        }
    }
}

impl ProcedureKind {
    fn program(self, plan: &Plan) -> &Program {
        match self {
            Self::Setup => &plan.setup,
            Self::Verify => &plan.verify,
            Self::Teardown => &plan.teardown,
        }
    }
}
