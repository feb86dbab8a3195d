//! One of the two versions: its service, and everything around its load.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use minijinja::Value;

use crate::conduct::ConductOptions;
use crate::conduct::run::{SERVICE_DIED, chain, complaints, plain_warning, service_died, trouble};
use crate::engine::{self, ArmOptions, OnFailure, ProcedureKind, ProcedureResult};
use crate::plan::{Feed, Plan, PortPlan, ServicePlan, SlotId, Target};
use crate::record::{Arm, Sent, VerifyRecord, Warning};
use crate::service::{Service, ServiceError, StartOptions, Watched, choose_port};

/// One of the two versions while it runs.
pub(super) struct Side<'a> {
    arm: Arm,
    plan: &'a Arc<Plan>,
    options: &'a ConductOptions<'a>,
    service_plan: Option<ServicePlan>,
    log: &'a Path,
    port: Option<u16>,
    pub(super) target: Target,
    service: Option<Service>,
    globals: Vec<(SlotId, Value)>,
    feeds: Vec<Arc<Feed>>,
    /// What it was sent outside of the load.
    pub(super) sent: Sent,
    /// How long it took to be ready, without its build.
    pub(super) start_took: Duration,
}

/// What a side is made of.
pub(super) struct SideOptions<'a> {
    pub(super) arm: Arm,
    pub(super) plan: &'a Arc<Plan>,
    pub(super) options: &'a ConductOptions<'a>,
    pub(super) target: &'a str,
    pub(super) service: Option<ServicePlan>,
    pub(super) log: &'a Path,
}

impl<'a> Side<'a> {
    /// Starts or awaits the service.
    pub(super) fn start(made_of: SideOptions<'a>) -> Result<Self, Warning> {
        let SideOptions { arm, plan, options, target, service, log } = made_of;
        let failed = |text: String| trouble("service_failed", about(arm, text));
        let port = service.as_ref().map(|service| choose_port(service.port)).transpose();
        let port = port.map_err(|error| failed(chain(&error)))?.flatten();
        let text = port.map_or_else(|| target.to_owned(), |port| target.replace("${PORT}", &port.to_string()));
        let target = Target::parse(&text).map_err(|error| failed(format!("the address can't be used: {error}")))?;
        let mut side = Self {
            arm,
            plan,
            options,
            service_plan: service,
            log,
            port,
            target,
            service: None,
            globals: Vec::new(),
            feeds: plan.feeds.iter().map(|feed| Arc::new(feed.afresh())).collect(),
            sent: Sent::default(),
            start_took: Duration::ZERO,
        };
        side.launch(false)?;
        Ok(side)
    }

    /// Which of the two it is.
    pub(super) fn arm(&self) -> Arm {
        self.arm
    }

    /// Whether loadline starts it, and can start it again.
    pub(super) fn can_restart(&self) -> bool {
        self.service_plan.as_ref().is_some_and(|service| service.command.is_some())
    }

    /// Ends its processes and starts them again, without a build and into the same log.
    pub(super) fn restart(&mut self) -> Result<Vec<Warning>, Warning> {
        let complaints = self.stop();
        if let Some(service) = &mut self.service_plan {
            service.build = None;
        }
        self.launch(true)?;
        Ok(complaints)
    }

    fn launch(&mut self, append: bool) -> Result<(), Warning> {
        let Some(service_plan) = &self.service_plan else { return Ok(()) };
        let steering = self.options.steering;
        let interrupted = || steering.is_interrupted();
        let start = StartOptions {
            target: &self.target,
            port: self.port,
            log: self.log,
            append,
            http: &self.plan.http,
            mask: self.options.mask.clone(),
            interrupted: &interrupted,
        };
        let started = Service::start(service_plan, &start);
        let service = started.map_err(|error| trouble("service_failed", about(self.arm, chain(&error) + self.port_advice(&error))))?;
        self.start_took = service.start_took();
        self.sent.ready += service.ready_requests();
        self.service = Some(service);
        Ok(())
    }

    /// A base whose scenario names a port may listen there, where nobody looks for it.
    fn port_advice(&self, error: &ServiceError) -> &'static str {
        let has_another = self.arm == Arm::Base && self.plan.service.as_ref().is_some_and(|own| matches!(own.port, PortPlan::Fixed(_)));
        match error {
            ServiceError::Late { .. } if has_another => "\n`port` is the candidate's: the base must listen on the one in `$PORT`",
            _ => "",
        }
    }

    /// Runs setup.
    pub(super) fn set_up(&mut self) -> Result<(), Warning> {
        let setup = self.procedure(ProcedureKind::Setup, &[], OnFailure::Stop)?;
        self.sent.setup += setup.sent;
        self.globals.clone_from(&setup.captured);
        match setup.first_failure() {
            None => Ok(()),
            Some(step) => {
                let why = step.failure.as_deref().unwrap_or_default();
                Err(trouble("setup_failed", about(self.arm, format!("setup failed at `{}`: {why}; no load was sent", step.name))))
            }
        }
    }

    /// Runs verify.
    pub(super) fn verify(&mut self) -> Result<Vec<VerifyRecord>, Warning> {
        let globals = self.globals.clone();
        let verify = self.procedure(ProcedureKind::Verify, &globals, OnFailure::GoOn)?;
        self.sent.verify += verify.sent;
        let steps = verify.steps.into_iter();
        Ok(steps.map(|step| VerifyRecord { name: step.name, passed: step.failure.is_none(), message: step.failure }).collect())
    }

    /// Runs teardown; what fails is only worth saying.
    pub(super) fn tear_down(&mut self) -> Result<Vec<Warning>, Warning> {
        let globals = self.globals.clone();
        let teardown = self.procedure(ProcedureKind::Teardown, &globals, OnFailure::GoOn)?;
        self.sent.teardown += teardown.sent;
        let failed = teardown.steps.into_iter().filter_map(|step| Some((step.name, step.failure?)));
        Ok(failed
            .map(|(name, why)| plain_warning("teardown_failed", about(self.arm, format!("teardown failed at `{name}`: {why}"))))
            .collect())
    }

    fn procedure(&mut self, kind: ProcedureKind, globals: &[(SlotId, Value)], on_failure: OnFailure) -> Result<ProcedureResult, Warning> {
        let control = match kind {
            ProcedureKind::Teardown => self.options.steering.begin_owed(),
            ProcedureKind::Setup | ProcedureKind::Verify => self.options.steering.begin(),
        };
        let result = engine::procedure(self.plan, kind, &self.target, globals, &control, on_failure)
            .map_err(|error| trouble("no_runtime", format!("the system gave no runtime: {error}")))?;
        self.sent.redirects += result.redirects;
        Ok(result)
    }

    /// What the engine needs to know of it.
    pub(super) fn arm_options(&self) -> ArmOptions {
        ArmOptions { target: self.target.clone(), globals: self.globals.clone(), feeds: self.feeds.clone() }
    }

    /// From now on both sides give their users the same rows.
    pub(super) fn align(&self, other: &Self) {
        self.feeds.iter().zip(&other.feeds).for_each(|(own, other)| own.align(other));
    }

    /// Fails when the service ended by itself.
    pub(super) fn still_runs(&mut self) -> Result<(), Warning> {
        let Some(how) = self.service.as_mut().and_then(Service::exited) else { return Ok(()) };
        Err(match self.arm {
            Arm::Candidate => service_died(&how),
            Arm::Base => trouble(
                SERVICE_DIED,
                format!("the base ended by itself during the run ({how})\nread service-base.log in the report folder"),
            ),
        })
    }

    /// What a monitor watches.
    pub(super) fn watched(&self) -> Option<Watched> {
        self.service.as_ref().and_then(Service::watched)
    }

    /// Ends its processes; gives what is worth saying of that.
    pub(super) fn stop(&mut self) -> Vec<Warning> {
        let arm = self.arm;
        let stopped = self.service.take().map(Service::stop);
        stopped.into_iter().flat_map(complaints).map(|warning| Warning { message: about(arm, warning.message), ..warning }).collect()
    }
}

/// Says of the base that it is the base.
pub(super) fn about(arm: Arm, text: String) -> String {
    match arm {
        Arm::Candidate => text,
        Arm::Base => format!("the base: {text}"),
    }
}
