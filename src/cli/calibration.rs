//! `loadline calibrate`, and what it found out wherever it matters.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::{CalibrateArgs, RunArgs, StoreArgs};
use super::console;
use super::destination;
use super::failure::Failure;
use super::history::DEFAULT_STORE;
use super::inputs;
use super::interrupt;
use super::run::{Judging, Run};
use super::stores;
use crate::baseline::Calibrations;
use crate::compare::Tally;
use crate::conduct::{RunContext, Steering};
use crate::plan::BaselinePlan;
use crate::record::{Calibration, Record, Verdict};
use crate::text::plain;

/// Compares the service with itself, several times, and counts how often that looks like a regression.
///
/// Exits with 0 whatever was found: it is the gate that was measured, not the service. With 3 where nothing could be, with
/// 130 where it was interrupted. All runs are in the report.
pub(super) fn calibrate(mut args: CalibrateArgs) -> Result<ExitCode, Failure> {
    let store = against_itself(&mut args.run)?;
    destination::prepare(&args.run.output)?;
    let steering = Steering::default();
    interrupt::listen(&steering).map_err(|error| Failure::trouble(format!("failed to listen for Ctrl-C: {error}")))?;
    let context = RunContext::read(&|name: &str| std::env::var(name).ok(), Path::new("."));
    let (seed, mut kept, mut records, mut blocks) = (args.run.overrides.seed, Vec::new(), Vec::new(), Vec::new());
    for number in 0..args.runs.get() {
        // Of one seed all runs would be alike; with it they are repeatable.
        args.run.overrides.seed = seed.map(|seed| seed.wrapping_add(number.into()));
        let input = one_input(&args.run)?;
        let run = Run { args: &args.run, steering: &steering, context: &context, waivers: Vec::new() };
        let (record, _, seen) = run.one(&input, &Judging::of(&args.run, &input)?, records.len());
        let found = trusted(&record).and_then(Calibration::of);
        let said = match &found {
            Some(calibration) => Tally::of(std::slice::from_ref(calibration)).map(|tally| tally.sentence()).unwrap_or_default(),
            None => format!("{}: does not count", reason(&record)),
        };
        if !args.run.output.quiet {
            console::print(&format!("run {} of {}: {}\n", number + 1, args.runs, plain(&said)))?;
        }
        if let Some(calibration) = found {
            Calibrations::new(&store)
                .save(&calibration)
                .map_err(|error| Failure::trouble(format!("failed to keep it: {}", Failure::chain(&error))))?;
            kept.push(calibration);
        }
        records.push(record);
        blocks.push(seen);
        if steering.is_interrupted() {
            break;
        }
    }
    let written = destination::write(&args.run.output, &records, &blocks);
    let code = ExitCode::from(if steering.is_interrupted() { 130 } else { 0 });
    let Some(tally) = Tally::of(&kept) else {
        if steering.is_interrupted() {
            console::print("interrupted before any run could be counted: nothing is known of the gate\n")?;
            return written.map(|()| code);
        }
        let why = records.last().map(reason).unwrap_or_default();
        return Err(Failure::trouble(format!("no run could be counted, so nothing is known of the gate: {}", plain(&why))));
    };
    console::print(&format!("{}\n", tally.sentence()))?;
    if let Some(all) = records.last().and_then(|record| tally_of(record, &store)).filter(|all| all.runs > tally.runs) {
        console::print(&format!("with those kept before: {}\n", all.sentence()))?;
    }
    written.map(|()| code)
}

/// Adds to the comparison of a paired run what is known of the gate that made it.
pub(super) fn quote(record: &mut Record, args: &StoreArgs, plan: &BaselinePlan) {
    if record.comparison.as_ref().is_none_or(|comparison| comparison.pairs.is_none()) {
        return;
    }
    let Some(tally) = store(args, plan).and_then(|store| tally_of(record, &store)) else { return };
    if let Some(comparison) = &mut record.comparison {
        let quoted = tally.sentence();
        comparison.note = Some(comparison.note.take().map_or(quoted.clone(), |note| format!("{note}; {quoted}")));
    }
}

/// Keeps what a paired run of one version says of the gate, where there is a store. Says on standard error when it can't.
pub(super) fn keep(record: &Record, args: &StoreArgs, plan: &BaselinePlan) {
    let is_one = |record: &Record| record.comparison.as_ref().and_then(|found| found.pairs.as_ref()).is_some_and(|pairs| pairs.calibration);
    let found = trusted(record).filter(|record| is_one(record)).and_then(Calibration::of);
    let Some((store, calibration)) = store(args, plan).zip(found) else { return };
    if let Err(error) = Calibrations::new(&store).save(&calibration) {
        console::complain(&format!("warning: the calibration is not kept: {}\n", Failure::chain(&error)));
    }
}

/// The folder of the store that is named, or of the one there is; none where it isn't there, or the store is a branch.
fn store(args: &StoreArgs, plan: &BaselinePlan) -> Option<PathBuf> {
    Some(named(args, plan)).filter(|folder| folder.is_dir() && !stores::is_branch(folder))
}

fn named(args: &StoreArgs, plan: &BaselinePlan) -> PathBuf {
    let named = args.store.clone().or_else(|| plan.store.as_ref().map(PathBuf::from));
    named.unwrap_or_else(|| PathBuf::from(DEFAULT_STORE))
}

fn tally_of(record: &Record, store: &Path) -> Option<Tally> {
    let found = Calibrations::new(store).of(&record.scenario.name, &record.scenario.digest, &record.machine.key);
    let (calibrations, problems) = found.map_err(|error| console::complain(&format!("warning: {}\n", Failure::chain(&error)))).ok()?;
    for problem in problems {
        let (path, reason) = (problem.path.display().to_string(), problem.reason);
        console::complain(&format!("warning: {} is passed over: {}\n", plain(&path), plain(&reason)));
    }
    Tally::of(&calibrations)
}

/// A record whose figures say something.
fn trusted(record: &Record) -> Option<&Record> {
    matches!(record.summary.verdict, Verdict::Passed | Verdict::Failed).then_some(record)
}

fn reason(record: &Record) -> String {
    let doubt = record.warnings.iter().find(|warning| warning.invalidates).map(|warning| format!(" ({})", warning.message));
    format!("the run was {}{}", record.summary.verdict, doubt.unwrap_or_default())
}

/// Makes both sides the same: the service started twice in this folder, or the one address twice. Gives the folder where
/// what is found out is kept.
fn against_itself(args: &mut RunArgs) -> Result<PathBuf, Failure> {
    if args.demo || args.paired.base.is_some() || args.paired.base_dir.is_some() || args.paired.base_command.is_some() {
        return Err(Failure::usage(
            "`calibrate` compares your service with itself\n  leave out `--demo`, `--base`, `--base-dir` and `--base-command` (and unset LOADLINE_BASE and the like)",
        ));
    }
    // Without a base yet, and so without its options.
    let budget = args.paired.budget.take();
    let input = one_input(args)?;
    args.paired.budget = budget;
    let starts = input.plan.service.as_ref().is_some_and(|service| service.command.is_some());
    if starts && args.overrides.target.is_none() {
        args.paired.base_dir = Some(PathBuf::from("."));
    } else {
        args.paired.base = Some(args.overrides.target.clone().unwrap_or_else(|| input.plan.target.to_string()));
    }
    let store = named(&args.judging.store, &input.plan.baseline);
    if stores::is_branch(&store) {
        return Err(Failure::usage(
            "calibrations are kept in a folder, not on a branch\n  no load was sent; name one: `--store baselines`",
        ));
    }
    args.judging.store.store = Some(store.clone());
    Ok(store)
}

fn one_input(args: &RunArgs) -> Result<inputs::Input, Failure> {
    let mut inputs = inputs::read(args)?;
    match (inputs.pop(), inputs.is_empty()) {
        (Some(input), true) => Ok(input),
        _ => Err(Failure::usage("`calibrate` takes one scenario\n  no load was sent; calibrate them one after the other")),
    }
}
