//! One whole run: service, setup, load, verify, teardown, and the record of it all.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use minijinja::Value;

use super::capacity::{self, Search};
use super::context::RunContext;
use super::describe;
use super::limits::OpenFiles;
use super::machine::machine;
use super::masking::mask_record;
use super::recording;
use super::service_use;
use super::steering::Steering;
use super::usage::Usage;
use crate::engine::{self, Event, Load, LoadOptions, LoadResult, OnFailure, ProcedureKind, ProcedureResult};
use crate::gate::{self, AbortWatch, Circumstances};
use crate::metrics::{Snapshot, Timeline, Totals};
use crate::plan::{ClosedLoad, LoadPlan, Plan, SlotId, Target};
use crate::record::{
    CapacityRecord, GeneratorUse, JudgedThreshold, Record, RunInfo, SCHEMA_VERSION, ScenarioId, Sent, ServiceUse, Tool, VerifyRecord,
    Warning,
};
use crate::service::{Monitor, Service, StartOptions, Stopped, choose_port};
use crate::units::Micros;

/// What a run needs besides the plan.
pub struct ConductOptions<'a> {
    /// Generator threads; at least one.
    pub threads: usize,
    /// Where the service's log goes.
    pub log: &'a Path,
    /// Passes interrupts on.
    pub steering: &'a Steering,
    /// Masks secrets in what the service writes.
    pub mask: Arc<dyn Fn(&str) -> String + Send + Sync>,
    /// Commit and branch.
    pub context: &'a RunContext,
    /// How to repeat the run, from options that aren't secret; the seed is added.
    pub repeat: &'a str,
    /// Whether a generator that couldn't keep up makes the run invalid; otherwise it is a warning.
    pub saturation_invalidates: bool,
}

/// What is told while a run goes on.
#[derive(Debug)]
pub enum News<'a> {
    /// What is done now, in a few words.
    Doing(&'a str),
    /// A second of the load has passed.
    Tick(&'a Snapshot),
}

/// A run whose figures are there and not yet judged.
#[derive(Debug)]
pub struct Measured {
    /// The record, without thresholds, comparison and verdict.
    pub record: Record,
    /// What thresholds are judged on.
    pub totals: Totals,
    /// The threshold that ended the run, as it was judged then.
    pub aborted: Option<JudgedThreshold>,
}

/// Carries out a run. Whatever goes wrong becomes a warning of the record that says so and makes the run invalid:
/// there is always a record, and the service is always stopped.
pub fn measure(plan: &Arc<Plan>, options: &ConductOptions<'_>, listen: &mut dyn FnMut(News<'_>)) -> Measured {
    let mut run = Run::new(plan, options);
    if let Err(trouble) = run.with_service(listen) {
        run.draft.warnings.push(trouble);
    }
    run.finish()
}

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Arc<Plan>,
    pub(super) options: &'a ConductOptions<'a>,
    pub(super) draft: Draft,
}

/// What is known of the run so far.
pub(super) struct Draft {
    pub(super) started_at: Timestamp,
    pub(super) target: String,
    /// The target where it could be read.
    pub(super) reached: Option<Target>,
    pub(super) sent: Sent,
    pub(super) totals: Totals,
    pub(super) timeline: Timeline,
    pub(super) users_max: u32,
    pub(super) verify: Vec<VerifyRecord>,
    pub(super) service: Option<ServiceUse>,
    pub(super) generator: GeneratorUse,
    pub(super) warnings: Vec<Warning>,
    pub(super) capacity: Option<CapacityRecord>,
    pub(super) aborted: Option<JudgedThreshold>,
    /// The load that runs, where it isn't the plan's own.
    pub(super) instead: Option<Instead>,
}

/// A load that runs in place of the plan's own.
pub(super) struct Instead {
    pub(super) load: LoadPlan,
    /// In a few words.
    pub(super) told: String,
    /// Of the load: other than that of the plan, for runs of the one can't be compared with runs of the other.
    pub(super) digest: String,
}

impl<'a> Run<'a> {
    pub(super) fn new(plan: &'a Arc<Plan>, options: &'a ConductOptions<'a>) -> Self {
        let draft = Draft {
            started_at: Timestamp::now(),
            target: plan.target.clone(),
            reached: None,
            sent: Sent::default(),
            totals: Totals::new(plan.endpoints.len(), plan.checks.len()),
            timeline: Timeline::new(Micros::from_secs(1)),
            users_max: 0,
            verify: Vec::new(),
            service: None,
            generator: GeneratorUse { threads: options.threads.try_into().unwrap_or(u32::MAX), ..GeneratorUse::default() },
            warnings: Vec::new(),
            capacity: None,
            aborted: None,
            instead: None,
        };
        Self { plan, options, draft }
    }

    /// Starts the service, does everything with it, stops it.
    fn with_service(&mut self, listen: &mut dyn FnMut(News<'_>)) -> Result<(), Warning> {
        let Some(service_plan) = &self.plan.service else {
            let target = self.target(None)?;
            return self.with_target(&target, None, listen);
        };
        let port = choose_port(service_plan.port).map_err(|error| trouble("service_failed", chain(&error)))?;
        let target = self.target(port)?;
        let steering = self.options.steering;
        let interrupted = || steering.is_interrupted();
        let start = StartOptions {
            target: &target,
            port,
            log: self.options.log,
            append: false,
            http: &self.plan.http,
            mask: self.options.mask.clone(),
            interrupted: &interrupted,
        };
        if service_plan.command.is_some() {
            listen(News::Doing("starting the service"));
        }
        let mut service = Service::start(service_plan, &start).map_err(|error| trouble("service_failed", chain(&error)))?;
        self.draft.sent.ready = service.ready_requests();
        let result = self.with_target(&target, Some(&mut service), listen);
        let died = service.exited();
        let told = matches!(&result, Err(trouble) if trouble.code == SERVICE_DIED);
        if let Some(how) = died.as_ref().filter(|_| !told) {
            self.draft.warnings.push(Warning { invalidates: false, ..service_died(how) });
        }
        if let Some(service) = &mut self.draft.service {
            service.died = died;
        }
        self.draft.warnings.extend(complaints(service.stop()));
        result
    }

    fn target(&mut self, port: Option<u16>) -> Result<Target, Warning> {
        let text = match port {
            Some(port) => self.plan.target.replace("${PORT}", &port.to_string()),
            None => self.plan.target.clone(),
        };
        let target = Target::parse(&text).map_err(|error| trouble("target", format!("the target can't be used: {error}")))?;
        self.draft.target = target.to_string();
        self.draft.reached = Some(target.clone());
        Ok(target)
    }

    /// Setup, load and verify; teardown whatever came of them. The service has started by now, and keeps the limits it
    /// would have without us.
    fn with_target(&mut self, target: &Target, service: Option<&mut Service>, listen: &mut dyn FnMut(News<'_>)) -> Result<(), Warning> {
        let open_files = OpenFiles::raise();
        self.has_room_for_users(&open_files, listen)?;
        if !self.plan.setup.steps.is_empty() {
            listen(News::Doing("setup"));
        }
        let setup = self.procedure(ProcedureKind::Setup, target, &[], OnFailure::Stop)?;
        self.draft.sent.setup = setup.sent;
        self.draft.sent.redirects += setup.redirects;
        let globals = setup.captured.clone();
        let result = match setup.first_failure() {
            Some(step) => {
                let why = step.failure.as_deref().unwrap_or_default();
                Err(trouble("setup_failed", format!("setup failed at `{}`: {why}; no load was sent", step.name)))
            }
            None if self.options.steering.is_interrupted() => Ok(()),
            None => self.load_and_verify(target, &globals, service, listen),
        };
        if !self.options.steering.is_aborted() {
            if !self.plan.teardown.steps.is_empty() {
                listen(News::Doing("teardown"));
            }
            let teardown = self.procedure(ProcedureKind::Teardown, target, &globals, OnFailure::GoOn)?;
            self.draft.sent.teardown = teardown.sent;
            self.draft.sent.redirects += teardown.redirects;
            for step in teardown.steps.iter().filter(|step| step.failure.is_some()) {
                let message = format!("teardown failed at `{}`: {}", step.name, step.failure.as_deref().unwrap_or_default());
                self.draft.warnings.push(plain_warning("teardown_failed", message));
            }
        }
        result
    }

    /// Every user has a connection, and every connection is an open file. In the closed model so many users come for sure; in
    /// the open one only as many as it takes.
    fn has_room_for_users(&mut self, open_files: &OpenFiles, listen: &mut dyn FnMut(News<'_>)) -> Result<(), Warning> {
        let Some(lack) = open_files.lack(self.plan) else { return Ok(()) };
        let is_certain = matches!(self.plan.load, LoadPlan::Closed(_));
        if is_certain && self.options.saturation_invalidates {
            return Err(Warning { message: format!("{}; no load was sent", lack.message), ..lack });
        }
        listen(News::Doing(&lack.message));
        self.draft.warnings.push(Warning { invalidates: false, ..lack });
        Ok(())
    }

    pub(super) fn procedure(
        &self,
        kind: ProcedureKind,
        target: &Target,
        globals: &[(SlotId, Value)],
        on_failure: OnFailure,
    ) -> Result<ProcedureResult, Warning> {
        let control = match kind {
            ProcedureKind::Teardown => self.options.steering.begin_owed(),
            ProcedureKind::Setup | ProcedureKind::Verify => self.options.steering.begin(),
        };
        engine::procedure(self.plan, kind, target, globals, &control, on_failure)
            .map_err(|error| trouble("no_runtime", format!("the system gave no runtime: {error}")))
    }

    fn load_and_verify(
        &mut self,
        target: &Target,
        globals: &[(SlotId, Value)],
        mut service: Option<&mut Service>,
        listen: &mut dyn FnMut(News<'_>),
    ) -> Result<(), Warning> {
        self.draft.started_at = Timestamp::now();
        let warmup = self.warmup();
        let watched = service.as_ref().and_then(|service| service.watched());
        let monitor = watched.as_ref().and_then(|watched| Monitor::start(watched.clone(), Instant::now() + Duration::from(warmup)).ok());
        let used = || Some(service_use::of(vec![monitor.as_ref()?.samples()], watched.as_ref()?.found_by()));
        let before = Usage::now();
        let begin = Instant::now();
        let failure = match &self.plan.load {
            LoadPlan::Closed(closed) => self.load(&Load::Closed(closed.clone()), target, globals, &mut service, &used, listen)?,
            LoadPlan::Open(open) => self.load(&Load::Open(open.clone()), target, globals, &mut service, &used, listen)?,
            LoadPlan::Capacity(search) => {
                let search = Search {
                    plan: self.plan,
                    capacity: search,
                    target,
                    globals,
                    threads: self.options.threads,
                    steering: self.options.steering,
                };
                let found = capacity::search(&search, &mut service, listen)?;
                self.draft.warnings.extend(found.ended);
                self.draft.capacity = Some(found.record);
                self.take(found.result)
            }
        };
        self.draft.generator.take_usage(&before, begin.elapsed());
        if let (Some(watched), Some(monitor)) = (watched, monitor) {
            self.draft.service = Some(service_use::of(vec![monitor.stop()], watched.found_by()));
        }
        if let Some(failure) = failure {
            return Err(trouble("load_failed", failure));
        }
        // What was asked for was not measured: the load was cut short where the service went away.
        if let Some(how) = service.and_then(|service| service.exited()) {
            return Err(service_died(&how));
        }
        if !self.plan.verify.steps.is_empty() && !self.options.steering.is_interrupted() {
            listen(News::Doing("verify"));
            let verify = self.procedure(ProcedureKind::Verify, target, globals, OnFailure::GoOn)?;
            self.draft.sent.verify = verify.sent;
            self.draft.sent.redirects += verify.redirects;
            let steps = verify.steps.into_iter();
            self.draft.verify =
                steps.map(|step| VerifyRecord { name: step.name, passed: step.failure.is_none(), message: step.failure }).collect();
        }
        Ok(())
    }

    fn warmup(&self) -> Micros {
        match &self.plan.load {
            LoadPlan::Closed(ClosedLoad { warmup, .. }) => *warmup,
            LoadPlan::Open(open) => open.warmup,
            LoadPlan::Capacity(search) => search.warmup,
        }
    }

    /// One load, watched by the thresholds that may abort it. Returns why it couldn't be carried out.
    fn load(
        &mut self,
        load: &Load,
        target: &Target,
        globals: &[(SlotId, Value)],
        service: &mut Option<&mut Service>,
        used: &dyn Fn() -> Option<ServiceUse>,
        listen: &mut dyn FnMut(News<'_>),
    ) -> Result<Option<String>, Warning> {
        let control = self.options.steering.begin();
        let options =
            LoadOptions { target: target.clone(), threads: self.options.threads, globals: globals.to_vec(), control: control.clone() };
        let mut watch = AbortWatch::new(self.plan);
        let mut aborted = None;
        let result = engine::run(self.plan, load, &options, &mut |event| match event {
            Event::Started => listen(News::Doing("load")),
            Event::Stopping => listen(News::Doing("waiting for what is in flight")),
            Event::Tick { snapshot, totals } => {
                listen(News::Tick(snapshot));
                if aborted.is_none()
                    && let Some(missed) = watch.look(self.plan, totals, used)
                {
                    aborted = Some(missed);
                    control.stop();
                }
                if let Some(service) = service
                    && service.exited().is_some()
                {
                    // Nothing answers any more; what was measured until now is kept.
                    control.stop();
                }
            }
        });
        let result = result.map_err(|error| trouble("no_threads", format!("failed to {error}")))?;
        self.draft.aborted = aborted;
        Ok(self.take(result))
    }

    fn take(&mut self, result: LoadResult) -> Option<String> {
        self.draft.sent.warmup = result.totals.counters.sent_warmup;
        self.draft.sent.load = result.totals.counters.sent_load;
        self.draft.sent.redirects += result.totals.counters.sent_redirects;
        self.draft.users_max = result.users_max;
        self.draft.generator.threads = result.threads.try_into().unwrap_or(u32::MAX);
        self.draft.generator.cpu_peak_percent = result.busy_max.map(|busy| busy * 100.0);
        self.draft.generator.loop_stall_max = Some(result.stall_max.as_secs_f64());
        self.draft.generator.held_back = Some(result.totals.counters.held_back);
        self.draft.warnings.extend(result.remarks.into_iter().map(|remark| plain_warning("iterations_cut", remark)));
        self.draft.totals = result.totals;
        self.draft.timeline = result.timeline;
        result.failure
    }

    pub(super) fn finish(mut self) -> Measured {
        let plan = self.plan;
        let totals = &self.draft.totals;
        let generator = &mut self.draft.generator;
        let lag = |percent| totals.lag.percentile(percent).map(|lag| lag.as_secs_f64());
        (generator.schedule_lag_p50, generator.schedule_lag_p99) = (lag(50.0), lag(99.0));
        generator.schedule_lag_max = totals.lag.max().map(|lag| lag.as_secs_f64());
        let summary = recording::summary(totals, self.draft.capacity.as_ref().map(|capacity| capacity.rate));
        let limit = gate::lag_limit(&summary);
        generator.late_starts = totals.lag.count() - totals.lag.count_up_to(limit);
        let capacity = self.draft.capacity.as_ref();
        let circumstances = Circumstances {
            plan,
            load: self.draft.instead.as_ref().map_or(&plan.load, |instead| &instead.load),
            paired: self.draft.instead.is_some(),
            totals,
            generator: &self.draft.generator,
            capacity,
            arrivals_due: self.arrivals_due(),
            saturation_invalidates: self.options.saturation_invalidates,
        };
        // That nothing was measured goes without saying where something went wrong before.
        let has_failed = self.draft.warnings.iter().any(|warning| warning.invalidates);
        let doubts = gate::doubts(&circumstances).into_iter().filter(|doubt| !(has_failed && doubt.code == "nothing_measured"));
        self.draft.warnings.extend(doubts);
        self.draft.warnings.sort_by_key(|warning| !warning.invalidates);
        let context = self.options.context;
        let reached = self.draft.reached.as_ref();
        let connections = reached.and_then(|target| describe::connections(&plan.http, target, &self.draft.totals.counters));
        let mut record = Record {
            schema_version: SCHEMA_VERSION,
            tool: Tool { name: "loadline".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            scenario: ScenarioId {
                name: plan.name.clone(),
                digest: self.draft.instead.as_ref().map_or(&plan.digest, |instead| &instead.digest).clone(),
                profile: plan.profile.clone(),
                environment: plan.environment.clone(),
            },
            run: RunInfo {
                id: run_id(self.draft.started_at, plan.seed),
                started_at: self.draft.started_at,
                duration: self.draft.totals.duration,
                warmup: if self.draft.instead.is_some() { Micros::ZERO } else { self.warmup() },
                seed: plan.seed,
                load: self.draft.instead.as_ref().map_or_else(|| describe::load(&plan.load), |instead| instead.told.clone()),
                users_max: self.draft.users_max,
                target: self.draft.target,
                connections,
                sha: context.sha.clone(),
                tested_sha: context.tested_sha.clone(),
                branch: context.branch.clone(),
                pull_request: context.pull_request,
                repeat: format!("{} --seed {}", self.options.repeat, plan.seed),
            },
            machine: machine(),
            summary,
            sent: self.draft.sent,
            endpoints: recording::endpoints(plan, &self.draft.totals),
            timeline: self.draft.timeline.rows(),
            thresholds: Vec::new(),
            checks: recording::checks(plan, &self.draft.totals),
            verify: self.draft.verify,
            service: self.draft.service,
            generator: self.draft.generator,
            warnings: self.draft.warnings,
            capacity: self.draft.capacity,
            comparison: None,
        };
        mask_record(&mut record, &*self.options.mask);
        Measured { record, totals: self.draft.totals, aborted: self.draft.aborted }
    }

    fn arrivals_due(&self) -> Option<f64> {
        match self.draft.instead.as_ref().map_or(&self.plan.load, |instead| &instead.load) {
            LoadPlan::Open(open) => Some(engine::arrivals_due(open, self.draft.totals.duration)),
            LoadPlan::Closed(_) | LoadPlan::Capacity(_) => None,
        }
    }
}

impl GeneratorUse {
    /// What this process used since `before`, in terms of the threads that ran.
    pub(super) fn take_usage(&mut self, before: &Usage, elapsed: Duration) {
        let now = Usage::now();
        self.cpu_seconds = now.cpu_since(before).map(|cpu| cpu.as_secs_f64());
        let available = elapsed.as_secs_f64() * f64::from(self.threads);
        self.cpu_percent = self.cpu_seconds.filter(|_| available > 0.0).map(|cpu| cpu / available * 100.0);
        self.memory_max = now.memory_max.map(|memory| memory.0);
    }
}

/// What is worth saying of the end of a service.
pub(super) fn complaints(stopped: Stopped) -> impl Iterator<Item = Warning> {
    let complaints = [
        stopped.forced.then(|| "the service did not end within five seconds of being asked to, and was killed".to_owned()),
        stopped.stop_failed.map(|why| format!("`service.stop` failed: {why}")),
        (!stopped.left.is_empty()).then(|| format!("processes of the service could not be ended: {:?}", stopped.left)),
        stopped.mask_failed.map(|why| format!("secrets in service.log could not be masked, so it was emptied: {why}")),
    ];
    complaints.into_iter().flatten().map(|message| plain_warning("service_stop", message))
}

/// Names a run: when it began, and four digits that tell apart runs of the same millisecond.
fn run_id(started_at: Timestamp, seed: u64) -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(seed);
    format!("{:x}-{:04x}", started_at.as_millisecond(), hasher.finish() & 0xffff)
}

/// An error with its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("failed to {error}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    text
}

/// What made the run impossible. The first line says it, further ones are what to know and do.
pub(super) fn trouble(code: &str, message: String) -> Warning {
    let mut lines = message.lines().map(str::trim);
    let message = lines.next().unwrap_or_default().to_owned();
    let advice = lines.collect::<Vec<_>>().join("\n");
    Warning { code: code.to_owned(), invalidates: true, message, advice: Some(advice).filter(|advice| !advice.is_empty()) }
}

pub(super) const SERVICE_DIED: &str = "service_died";

pub(super) fn service_died(how: &str) -> Warning {
    trouble(SERVICE_DIED, format!("the service ended by itself during the run ({how})\nread service.log in the report folder"))
}

pub(super) fn plain_warning(code: &str, message: String) -> Warning {
    Warning { code: code.to_owned(), invalidates: false, message, advice: None }
}
