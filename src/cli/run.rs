//! `loadline run`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::args::{RunArgs, SaturationArg};
use super::calibration;
use super::console;
use super::destination;
use super::failure::Failure;
use super::history::Baselines;
use super::inputs::{self, Input};
use super::interrupt;
use super::policy;
use super::repeat;
use crate::compare::{Policy, Stance, without_base, without_store};
use crate::conduct::{
    ConductOptions, Measured, News, PairedMeasured, PairedOptions, RunContext, Steering, mask_record, measure, measure_paired,
};
use crate::config::ComparisonConfig;
use crate::gate::{self, Decision, Evidence, Stored};
use crate::live::{Progress, ProgressOptions};
use crate::plan::Waiver;
use crate::record::{Blocks, ComparisonVerdict, Record, Warning};
use crate::report::{TerminalOptions, terminal};

/// Runs every input, one after the other, and gives one verdict.
pub(super) fn run(args: &RunArgs) -> Result<ExitCode, Failure> {
    let inputs = inputs::read(args)?;
    destination::prepare(&args.output)?;
    let steering = Steering::default();
    interrupt::listen(&steering).map_err(|error| Failure::trouble(format!("failed to listen for Ctrl-C: {error}")))?;
    let context = RunContext::read(&|name: &str| std::env::var(name).ok(), Path::new("."));
    let (mut records, mut blocks, mut exit) = (Vec::new(), Vec::new(), 0);
    let waivers = policy::waivers(&args.judging.policy)?;
    policy::doubt_scenarios(&waivers, &inputs.iter().map(|input| input.plan.name.as_str()).collect::<Vec<_>>());
    // Before any load: what was measured must not be lost for a store that can't be read.
    let judging: Vec<Judging> = inputs.iter().map(|input| Judging::of(args, input)).collect::<Result<_, _>>()?;
    let run = Run { args, steering: &steering, context: &context, waivers };
    for (number, (input, judging)) in inputs.iter().zip(&judging).enumerate() {
        let (record, decision, seen) = run.one(input, judging, number);
        calibration::keep(&record, &args.judging.store, &input.plan.baseline);
        exit = worse(exit, decision.exit_code());
        records.push(record);
        blocks.push(seen);
        if steering.is_interrupted() {
            break;
        }
    }
    let written = destination::write(&args.output, &records, &blocks);
    let options = TerminalOptions {
        width: console::width(),
        style: console::style(),
        quiet: args.output.quiet,
        report: Some(args.output.out.join("report.html").display().to_string()),
    };
    // First what was found out, then that it could not be written.
    console::print(&terminal(&records, &options))?;
    written.map(|()| ExitCode::from(exit))
}

/// What all runs of a command have in common.
pub(super) struct Run<'a> {
    pub(super) args: &'a RunArgs,
    pub(super) steering: &'a Steering,
    pub(super) context: &'a RunContext,
    pub(super) waivers: Vec<Waiver>,
}

/// What one scenario is compared with, and what that may decide.
pub(super) struct Judging {
    mode: ComparisonConfig,
    policy: Policy,
    baselines: Option<Baselines>,
}

impl Judging {
    pub(super) fn of(args: &RunArgs, input: &Input) -> Result<Self, Failure> {
        let plan = &policy::rules(&input.plan);
        let (mode, policy) = (policy::mode(args.judging.comparison, plan), policy::policy(&args.judging.policy, plan, args.demo));
        if input.plan.paired.is_some() && matches!(mode, ComparisonConfig::History | ComparisonConfig::None) {
            let word = if mode == ComparisonConfig::None { "none" } else { "history" };
            return Err(Failure::usage(format!(
                "a base was named, and the comparison is `{word}`\n  no load was sent; leave the base out, or run with `--comparison auto`"
            )));
        }
        // Beside a base nothing is looked up, and a store on a branch may be closed to the step that runs the load.
        let from_history = input.plan.paired.is_none() && matches!(mode, ComparisonConfig::Auto | ComparisonConfig::History);
        let find = || Baselines::find(&args.judging.store, plan, policy.on_missing_baseline == Stance::Fail);
        let baselines = from_history.then(find).transpose()?.flatten().map(|baselines| baselines.based_on(&args.judging.base_sha));
        baselines.as_ref().map(Baselines::check).transpose()?;
        Ok(Self { mode, policy, baselines })
    }
}

impl Run<'_> {
    /// One scenario from its service to its verdict.
    pub(super) fn one(&self, input: &Input, judging: &Judging, number: usize) -> (Record, Decision, Option<Blocks>) {
        let policy = &judging.policy;
        let plan = &input.plan;
        let secrets = Arc::new(plan.masking());
        let mut progress = Progress::new(ProgressOptions::for_stderr(&secrets.mask(&plan.name), self.args.output.quiet));
        let masking = secrets.clone();
        let options = ConductOptions {
            threads: self.args.threads.map_or_else(default_threads, usize::from),
            log: &destination::numbered(&self.args.output.out.join("service.log"), number),
            steering: self.steering,
            mask: Arc::new(move |text: &str| masking.mask(text).into_owned()),
            context: self.context,
            repeat: &repeat::line(self.args, &input.name),
            // The demo must pass on any machine, also on one that is too busy to measure anything.
            saturation_invalidates: self.args.judging.on_saturation == SaturationArg::Invalid && !self.args.demo,
        };
        let mut listen = |news: News<'_>| match news {
            News::Doing(what) => progress.message(what),
            News::Tick(snapshot) => progress.tick(snapshot),
        };
        let (measured, base, blocks) = match &plan.paired {
            Some(paired) => {
                let base_log = destination::numbered(&self.args.output.out.join("service-base.log"), number);
                let with = PairedOptions { base_log: &base_log, policy };
                let PairedMeasured { candidate, base, blocks } = measure_paired(plan, paired, &options, &with, &mut listen);
                (candidate, base, blocks)
            }
            None => (measure(plan, &options, &mut listen), None, None),
        };
        progress.finish();
        let Measured { mut record, totals, aborted } = measured;
        let is_paired = plan.paired.is_some();
        let compared = judging.baselines.as_ref().map(|baselines| baselines.compare(&record, policy));
        let (comparison, baseline) = match compared {
            Some(Ok((comparison, selection))) => (Some(comparison), Some(selection)),
            Some(Err(why)) => {
                record.warnings.push(Warning { code: "baseline_unreadable".to_owned(), invalidates: false, message: why, advice: None });
                let place = judging.baselines.as_ref().map(|baselines| baselines.place(&record.scenario.name));
                (Some(without_store(&record.scenario.name, &place.unwrap_or_default(), policy)), None)
            }
            None if is_paired => (record.comparison.take(), None),
            None if judging.mode == ComparisonConfig::Paired => (Some(without_base(&record.scenario.name, policy)), None),
            None => (None, None),
        };
        let stored = baseline.as_ref().map(|selection| Stored::of(selection, policy)).or_else(|| base.as_ref().map(Stored::beside));
        let evidence = Evidence {
            service: record.service.as_ref(),
            capacity: record.capacity.as_ref(),
            baseline: stored.unwrap_or_default(),
            baseline_wanted: policy.on_missing_baseline == Stance::Fail && !policy.advisory,
        };
        record.thresholds = gate::judge(plan, &totals, &evidence);
        gate::mark_aborted(&mut record.thresholds, aborted);
        record.comparison = comparison;
        mask_record(&mut record, &*options.mask);
        calibration::quote(&mut record, &self.args.judging.store, &plan.baseline);
        gate::waive(&mut record, &self.waivers);
        if self.args.judging.on_saturation == SaturationArg::Invalid && !is_paired {
            gate::doubt_regression(&mut record);
        }
        gate::void_comparison(&mut record);
        if let Some(by) = &self.args.judging.accepted_by {
            accept(&mut record, by);
        }
        let decision = gate::decide(&record, policy, self.steering.is_interrupted());
        decision.settle(&mut record);
        (record, decision, blocks)
    }
}

/// A regression that somebody answers for is shown, and fails nothing.
pub(super) fn accept(record: &mut Record, by: &str) {
    if let Some(comparison) = record.comparison.as_mut().filter(|comparison| comparison.verdict == ComparisonVerdict::Regressed) {
        comparison.advisory = true;
        let said = format!("accepted by {by}");
        comparison.note = Some(comparison.note.take().map_or_else(|| said.clone(), |note| format!("{said}; {note}")));
    }
}

/// The exit code of a run of several scenarios: an interrupt says most, then an invalid run, then a failed gate.
fn worse(one: u8, other: u8) -> u8 {
    let weight = |code: u8| match code {
        130 => 3,
        3 => 2,
        1 => 1,
        _ => 0,
    };
    if weight(other) > weight(one) { other } else { one }
}

/// Half of the cores: the service under test usually shares the machine, and keeps the other half.
fn default_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{Cli, Command};
    use clap::Parser;

    #[test]
    fn the_worst_of_several_scenarios_is_the_exit_code() {
        for (one, other, both) in [(0, 0, 0), (1, 0, 1), (0, 1, 1), (3, 1, 3), (1, 3, 3), (130, 3, 130), (3, 130, 130)] {
            assert_eq!(worse(one, other), both, "{one} and {other}");
        }
    }

    #[test]
    fn a_run_beside_a_base_opens_no_store() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("loadline.yml");
        let load = "target: http://127.0.0.1:1\nusers: { visitor: { tasks: [{ get: / }] } }\nload: { users: 1, duration: 1s }\n";
        std::fs::write(&file, format!("name: shop\n{load}baseline: {{ store: 'branch:no branch' }}\n")).unwrap();
        let judging = |more: &[&str]| {
            let typed = ["loadline", "run", file.to_str().unwrap()];
            let Command::Run(args) = Cli::parse_from(typed.iter().chain(more)).command else { panic!("not a run") };
            Judging::of(&args, &inputs::read(&args).unwrap()[0]).map(|judging| judging.baselines.is_some())
        };
        assert!(judging(&[]).is_err());
        assert!(!judging(&["--base", "http://127.0.0.1:2"]).unwrap());
    }
}
