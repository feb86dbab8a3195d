//! A whole paired run: both services, setup, load, verify, teardown, and the record of the candidate.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::identity;
use super::instead::instead;
use super::ledger::{Ledger, Sums};
use super::monitors::Monitors;
use super::session::{DISCARDED, Session, Sizes};
use super::side::{Side, SideOptions};
use super::watch::Watch;
use crate::compare::{self, Policy};
use crate::conduct::limits::OpenFiles;
use crate::conduct::recording;
use crate::conduct::run::{Run, plain_warning, trouble};
use crate::conduct::usage::Usage;
use crate::conduct::{ConductOptions, Measured, News};
use crate::metrics::{Counters, Totals};
use crate::plan::{PairedPlan, Plan};
use crate::record::{Arm, BLOCKS_VERSION, BlockEndpointName, Blocks, BlocksHeader, Comparison, Record, Sent, VerifyRecord, Warning};
use crate::units::Micros;

/// What a paired run needs besides the options of every run.
pub struct PairedOptions<'a> {
    /// Where the log of the base goes.
    pub base_log: &'a Path,
    /// What counts as a change. What is inconclusive by it gets another look, where the plan allows one.
    pub policy: &'a Policy,
}

/// A paired run whose figures are there.
#[derive(Debug)]
pub struct PairedMeasured {
    /// The candidate, as a run of its own; its comparison is in the record.
    pub candidate: Measured,
    /// The base in the form of a record, where any pair was measured: what `baseline` stands for in thresholds.
    pub base: Option<Record>,
    /// All blocks, where there were any.
    pub blocks: Option<Blocks>,
}

/// Carries out a paired run of a plan that has one. Whatever goes wrong becomes a warning of the record that says so and
/// makes the run invalid: there is always a record, and both services are always stopped.
pub fn measure_paired(
    plan: &Arc<Plan>,
    paired: &PairedPlan,
    options: &ConductOptions<'_>,
    with: &PairedOptions<'_>,
    listen: &mut dyn FnMut(News<'_>),
) -> PairedMeasured {
    let mut work = Work {
        run: Run::new(plan, options),
        plan,
        paired,
        options,
        with,
        ledger: Ledger::new(plan),
        sizes: None,
        comparison: None,
        base_verify: Vec::new(),
        outside: [Sent::default(); 2],
        header: None,
    };
    if let Err(trouble) = work.with_services(listen) {
        work.run.draft.warnings.push(trouble);
    }
    work.finish()
}

struct Work<'a> {
    run: Run<'a>,
    plan: &'a Arc<Plan>,
    paired: &'a PairedPlan,
    options: &'a ConductOptions<'a>,
    with: &'a PairedOptions<'a>,
    ledger: Ledger,
    sizes: Option<Sizes>,
    comparison: Option<Comparison>,
    base_verify: Vec<VerifyRecord>,
    /// What each side was sent outside of the load.
    outside: [Sent; 2],
    header: Option<BlocksHeader>,
}

impl<'a> Work<'a> {
    /// Starts both services, does everything with them, stops them.
    fn with_services(&mut self, listen: &mut dyn FnMut(News<'_>)) -> Result<(), Warning> {
        let starts = |service: Option<&crate::plan::ServicePlan>| service.is_some_and(|service| service.command.is_some());
        let (plan, options) = (self.plan, self.options);
        let base = &self.paired.base;
        if starts(base.service.as_ref()) {
            listen(News::Doing("starting the base"));
        }
        let base = Side::start(SideOptions {
            arm: Arm::Base,
            plan,
            options,
            target: &base.target,
            service: base.service.clone(),
            log: self.with.base_log,
        })?;
        if starts(plan.service.as_ref()) {
            listen(News::Doing("starting the service"));
        }
        let candidate = Side::start(SideOptions {
            arm: Arm::Candidate,
            plan,
            options,
            target: &plan.target,
            service: plan.service.clone(),
            log: options.log,
        });
        let mut sides = match candidate {
            Ok(candidate) => [base, candidate],
            Err(trouble) => {
                let mut base = base;
                self.run.draft.warnings.extend(base.stop());
                return Err(trouble);
            }
        };
        self.run.draft.target = sides[1].target.to_string();
        self.run.draft.reached = Some(sides[1].target.clone());
        let header = self.header(&sides);
        if header.base.digest != header.candidate.digest
            && identity::is_same_program(self.paired.base.service.as_ref(), plan.service.as_ref())
        {
            let message = "base and candidate run the same program, byte for byte, although their code differs".to_owned();
            let advice =
                "see whether the base is built from its own folder: with a shared build folder or a full path in `command` it may not be";
            self.run.draft.warnings.push(Warning { advice: Some(advice.to_owned()), ..plain_warning("same_program", message) });
        }
        self.header = Some(header);
        let result = self.with_both(&mut sides, listen);
        for (side, sent) in sides.iter_mut().zip(&mut self.outside) {
            self.run.draft.warnings.extend(side.stop());
            *sent = side.sent;
        }
        result
    }

    /// Setup, load and verify; teardown whatever came of them.
    fn with_both(&mut self, sides: &mut [Side<'a>; 2], listen: &mut dyn FnMut(News<'_>)) -> Result<(), Warning> {
        let open_files = OpenFiles::raise();
        if !self.plan.setup.steps.is_empty() {
            listen(News::Doing("setup of both versions"));
        }
        let mut result = sides.iter_mut().try_for_each(Side::set_up);
        if result.is_ok() && !self.options.steering.is_interrupted() {
            result = self.load_and_verify(sides, &open_files, listen);
        }
        if !self.options.steering.is_aborted() {
            if !self.plan.teardown.steps.is_empty() {
                listen(News::Doing("teardown"));
            }
            for side in sides.iter_mut() {
                self.run.draft.warnings.extend(side.tear_down()?);
            }
        }
        result
    }

    fn load_and_verify(
        &mut self,
        sides: &mut [Side<'a>; 2],
        open_files: &OpenFiles,
        listen: &mut dyn FnMut(News<'_>),
    ) -> Result<(), Warning> {
        let started_at = Timestamp::now();
        self.run.draft.started_at = started_at;
        self.header = self.header.take().map(|header| BlocksHeader { started_at: Some(started_at), ..header });
        self.run.draft.generator.threads = 1;
        let (before, begun) = (Usage::now(), Instant::now());
        let mut monitors = Monitors::start(&sides[1], begun);
        let (with, header, source) = (self.with, self.header.clone(), source(self.paired, &sides[0], self.header.as_ref()));
        let mut sizes = None;
        let mut warnings = Vec::new();
        let mut watch = Watch::new(self.plan);
        let result = Session {
            plan: self.plan,
            paired: self.paired,
            steering: self.options.steering,
            sides: &mut *sides,
            ledger: &mut self.ledger,
            warnings: &mut warnings,
            watch: &mut watch,
            monitors: &mut monitors,
            open_files,
            listen: &mut *listen,
            begun,
            until: begun,
            stretches: 0,
            last_told: begun,
        }
        .run(&mut sizes, &mut |ledger, sizes| {
            let header = sized(header.clone()?, sizes);
            let blocks = Blocks { header, blocks: ledger.blocks().to_vec() };
            // What is left of a comparison with a side that went away needs no second look.
            let judge = !blocks.blocks.is_empty() && went_away(ledger).is_none();
            judge.then(|| compare::paired(&blocks, &source, with.policy))
        });
        self.run.draft.warnings.extend(warnings);
        self.run.draft.aborted = watch.into_missed();
        self.sizes = sizes;
        self.run.draft.service = monitors.stop();
        self.run.draft.generator.take_usage(&before, begun.elapsed());
        self.comparison = result.map_err(|trouble| self.advised(trouble, &sides[0]))?;
        sides.iter_mut().try_for_each(Side::still_runs)?;
        if let Some(trouble) = went_away(&self.ledger) {
            return Err(self.advised(trouble, &sides[0]));
        }
        if !self.plan.verify.steps.is_empty() && !self.options.steering.is_interrupted() {
            listen(News::Doing("verify"));
            self.base_verify = sides[0].verify()?;
            self.run.draft.verify = sides[1].verify()?;
        }
        Ok(())
    }

    /// With what to do about a base that can't be compared with.
    fn advised(&self, trouble: Warning, base: &Side<'_>) -> Warning {
        if trouble.code != BASE_FAILED || trouble.advice.is_some() {
            return trouble;
        }
        let started = self.paired.base.service.as_ref().is_some_and(|service| service.command.is_some());
        let advice = match started {
            true => "read service-base.log in the report folder".to_owned(),
            false => format!("see whether it runs at {}, and whether `--base` is right", base.target),
        };
        Warning { advice: Some(advice), ..trouble }
    }

    fn header(&self, sides: &[Side<'_>; 2]) -> BlocksHeader {
        let plan = self.plan;
        // Blocks are kept and compared by the names that the record has.
        let mask = &*self.options.mask;
        let class = |class: usize| plan.classes.get(class).map(|class| mask(&class.name)).unwrap_or_default();
        let started = [(self.paired.base.service.as_ref(), &sides[0].target), (plan.service.as_ref(), &sides[1].target)];
        let report = self.options.log.parent().unwrap_or(Path::new("."));
        let [base, mut candidate] = identity::of(started, report);
        candidate.sha = self.options.context.sha.clone().or(candidate.sha);
        BlocksHeader {
            schema_version: BLOCKS_VERSION,
            scenario: mask(&plan.name),
            seed: plan.seed,
            block_length: 0.0,
            discarded: DISCARDED,
            rate: None,
            users: self.paired.users,
            endpoints: plan
                .endpoints
                .iter()
                .map(|endpoint| BlockEndpointName { name: mask(&endpoint.name), class: class(endpoint.class) })
                .collect(),
            base,
            candidate,
            started_at: None,
        }
    }

    fn finish(mut self) -> PairedMeasured {
        let [_, counters] = self.ledger.counters;
        self.count_sent(&counters);
        let busy = &self.ledger.busy;
        let (mean, peak) = (busy.mean(), busy.peak());
        self.run.draft.generator.cpu_percent = mean;
        self.run.draft.generator.cpu_peak_percent = peak;
        let (blocks, [base, candidate]) = self.ledger.into_results();
        let draft = &mut self.run.draft;
        let told = draft.warnings.iter().any(|warning| warning.code == BASE_FAILED);
        draft.warnings.extend(worth_saying(&base.totals, &self.base_verify, told));
        if draft.warnings.iter().any(|warning| [BASE_FAILED, SERVICE_GONE].contains(&warning.code.as_str())) {
            // Whatever the blocks say is no difference between two versions.
            self.comparison = None;
        }
        let duration = candidate.totals.duration;
        draft.users_max = candidate.users_max;
        draft.totals = candidate.totals;
        draft.timeline = candidate.timeline;
        let sizes = self.sizes;
        draft.instead = Some(instead(self.plan, self.paired, sizes, duration, &blocks));
        let mut measured = self.run.finish();
        measured.record.comparison = self.comparison;
        let header = self.header.zip(sizes).map(|(header, sizes)| sized(header, sizes));
        let base = (!blocks.is_empty()).then(|| base_record(self.plan, &measured.record, &base));
        let blocks = header.filter(|_| !blocks.is_empty()).map(|header| Blocks { header, blocks });
        PairedMeasured { candidate: measured, base, blocks }
    }

    fn count_sent(&mut self, counters: &Counters) {
        let [_, outside] = self.outside;
        self.run.draft.sent = Sent {
            warmup: counters.sent_warmup,
            load: counters.sent_load,
            redirects: outside.redirects + counters.sent_redirects,
            ..outside
        };
    }
}

const BASE_FAILED: &str = "base_failed";
const SERVICE_GONE: &str = "service_gone";

/// Why a side that stopped answering leaves nothing to compare. A candidate that still answers, and be it with errors, is
/// judged by them.
fn went_away(ledger: &Ledger) -> Option<Warning> {
    let [base, candidate] = &ledger.silences;
    let after = |since: f64| Micros::from_secs_f64(since);
    if let Some(since) = base.nobody_listens() {
        let message = format!("the base was gone after {} of blocks (connect refused), so there is nothing to compare with", after(since));
        return Some(trouble(BASE_FAILED, message));
    }
    if let Some(since) = base.all_fails() {
        let message = format!("the base failed every request after {} of blocks, so there is nothing to compare with", after(since));
        return Some(trouble(BASE_FAILED, message));
    }
    let since = candidate.nobody_listens()?;
    let message = format!("the service was gone after {} of blocks (connect refused), so nothing is judged", after(since));
    Some(trouble(SERVICE_GONE, format!("{message}\nsee why it ended, and repeat the run")))
}

/// What is compared with, as a person would name it.
fn source(paired: &PairedPlan, base: &Side<'_>, header: Option<&BlocksHeader>) -> String {
    let started = paired.base.service.as_ref().filter(|service| service.command.is_some());
    let Some(service) = started else { return format!("the base at {}", base.target) };
    let folder = if service.folder == Path::new(".") { String::new() } else { format!(" in {}", service.folder.display()) };
    let sha = header.and_then(|header| header.base.sha.as_deref()).map(|sha| format!(" (commit {})", &sha[..sha.len().min(7)]));
    format!("the base{folder}{}", sha.unwrap_or_default())
}

/// The header once the load was sized.
fn sized(header: BlocksHeader, sizes: Sizes) -> BlocksHeader {
    BlocksHeader { block_length: sizes.block.as_secs_f64(), rate: sizes.rate.map(|rate| rate.0), ..header }
}

/// What is worth saying of the base; `told`: that there is nothing to compare with.
fn worth_saying(base: &Totals, verify: &[VerifyRecord], told: bool) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let (requests, failures) = (base.requests(), base.failures());
    if failures > 0 {
        let errors = base.endpoints.iter().flat_map(|endpoint| &endpoint.errors);
        let most =
            errors.max_by_key(|(_, error)| error.count).map(|((category, message), _)| format!(", most of them {category}: {message}"));
        let message = format!("the base failed {failures} of {requests} requests{}", most.unwrap_or_default());
        warnings.push(plain_warning("base_errors", message));
    }
    let failed = verify.iter().filter(|step| !step.passed);
    warnings.extend(failed.map(|step| {
        let why = step.message.as_deref().unwrap_or("no reason given");
        plain_warning("base_verify", format!("verify `{}` failed on the base: {why}", step.name))
    }));
    if requests > 0 && requests == failures && !told {
        warnings.push(trouble(BASE_FAILED, format!("the base failed all {requests} requests, so there is nothing to compare with")));
    }
    warnings
}

/// The base in the form of a record: the figures are its own, everything around them is the candidate's.
fn base_record(plan: &Plan, candidate: &Record, base: &Sums) -> Record {
    Record {
        summary: recording::summary(&base.totals, None),
        endpoints: recording::endpoints(plan, &base.totals),
        checks: recording::checks(plan, &base.totals),
        timeline: base.timeline.rows(),
        service: None,
        comparison: None,
        ..candidate.clone()
    }
}
