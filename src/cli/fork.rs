//! The second stage for pull requests from forks: what they measured, judged by what is on our own branch.

use std::path::{Path, PathBuf};

use super::args::{PolicyArgs, PublishArgs};
use super::failure::Failure;
use super::history::Baselines;
use super::inputs;
use super::lines;
use super::policy;
use super::run::accept;
use crate::compare::{Policy, Stance, paired_again, without_store};
use crate::conduct::{Measured, is_load_of, mask_record, rejudged};
use crate::config::{Base, ComparisonConfig, Overrides, ProcessEnv};
use crate::gate::{self, Evidence, Stored};
use crate::plan::{self, CompileOptions, Loaded, Plan, Waiver};
use crate::record::{Record, Verdict, Warning};
use crate::text::Diagnostic;

/// More records than these come from no run of ours.
const MOST_RECORDS: usize = 20;
/// What a paired run is compared with, as far as can be said of it here.
const BESIDE: &str = "the base that the fork's own workflow ran beside it";

/// What became of the records of a fork.
pub(super) struct Judged {
    pub(super) records: Vec<Record>,
    /// What was left out, and why.
    pub(super) problems: Vec<String>,
    /// The run was interrupted, and says nothing about the change.
    pub(super) interrupted: bool,
}

/// What GitHub says of the pull request.
pub(super) struct Known<'a> {
    /// The branch it goes to.
    pub(super) base_branch: &'a str,
    /// The commit that was measured.
    pub(super) head: &'a str,
    /// Who accepted a regression with the label.
    pub(super) accepted_by: Option<&'a str>,
}

/// Reads the records of a fork as what they are, and judges them by the scenarios in this checkout.
pub(super) fn judge(args: &PublishArgs, files: &[PathBuf], known: &Known<'_>) -> Result<Judged, Failure> {
    let plans = plans(args)?;
    let waivers = policy::waivers(&PolicyArgs { waivers: args.waivers.clone(), ..PolicyArgs::default() })?;
    let ours = plans.iter().map(|plan| Ours::of(args, plan, known.base_branch, &waivers)).collect::<Result<Vec<_>, _>>()?;
    let mut judged = Judged { records: Vec::new(), problems: Vec::new(), interrupted: false };
    for file in files.iter().take(MOST_RECORDS) {
        match one(&ours, file, known) {
            Ok(Some(mut record)) => {
                record.run.sha = Some(known.head.to_owned());
                judged.records.push(record);
            }
            Ok(None) => judged.interrupted = true,
            Err(why) => judged.problems.push(why),
        }
    }
    if files.len() > MOST_RECORDS {
        judged.problems.push(format!("{} records more than any run leaves are left out", files.len() - MOST_RECORDS));
    }
    Ok(judged)
}

/// Each scenario as it runs alone, and as it runs beside a base where it can: that is another load.
fn plans(args: &PublishArgs) -> Result<Vec<Plan>, Failure> {
    let overrides = inputs::overrides(&args.overrides);
    let files = inputs::files(&lines::all(&args.scenario).cloned().collect::<Vec<_>>())?;
    let mut plans = inputs::accepted(files.iter().map(|file| load(file, &overrides)).collect())?;
    // The action passes over these where it runs a base beside the change.
    let beside = Overrides { duration: None, warmup: None, spawn_rate: None, iterations: None, ..overrides };
    // Nothing is run here: the base that paired mode takes is only an address. A load that it can't take has none.
    let base = Base { url: Some("http://127.0.0.1:1".to_owned()), ..Base::default() };
    let beside = Overrides { base: Some(base), ..beside };
    plans.extend(files.iter().filter_map(|file| load(file, &beside).ok()).map(|loaded| loaded.plan));
    Ok(plans)
}

fn load(file: &Path, overrides: &Overrides) -> Result<Loaded, Vec<Diagnostic>> {
    plan::load(file, overrides, &ProcessEnv::current(), CompileOptions { strict_env: false })
}

/// What one scenario of this checkout is judged by.
struct Ours<'a> {
    plan: &'a Plan,
    policy: Policy,
    baselines: Option<Baselines>,
    waivers: &'a [Waiver],
}

impl<'a> Ours<'a> {
    fn of(args: &PublishArgs, plan: &'a Plan, base_branch: &str, waivers: &'a [Waiver]) -> Result<Self, Failure> {
        let policy = policy::policy(&PolicyArgs::default(), &policy::rules(plan), false);
        let mut store = args.store.clone();
        store.baseline_branch = store.baseline_branch.or_else(|| plan.baseline.branch.clone()).or_else(|| Some(base_branch.to_owned()));
        let wanted = policy.on_missing_baseline == Stance::Fail;
        let history = plan.baseline.mode != Some(ComparisonConfig::None);
        let baselines = history.then(|| Baselines::find(&store, &plan.baseline, wanted)).transpose()?.flatten();
        Ok(Self { plan, policy, baselines, waivers })
    }
}

/// None where the run was interrupted.
fn one(ours: &[Ours<'_>], file: &Path, known: &Known<'_>) -> Result<Option<Record>, String> {
    let mut foreign =
        Record::read_foreign(file).map_err(|error| format!("a record of the fork is left out: {}", Failure::chain(&error)))?;
    if foreign.summary.verdict == Verdict::Interrupted {
        return Ok(None);
    }
    let of_name = || ours.iter().filter(|ours| ours.plan.name == foreign.scenario.name);
    let found = of_name().find(|ours| is_load_of(ours.plan, &foreign)).or_else(|| of_name().next());
    let Ours { plan, policy, baselines, waivers } = found.ok_or_else(|| {
        "a record of the fork is left out: no scenario of this branch has its name; name all of them with `--scenario`".to_owned()
    })?;
    let beside = foreign.comparison.take();
    let Measured { mut record, totals, .. } = rejudged(plan, foreign);
    let is_valid = !record.warnings.iter().any(|warning| warning.invalidates);
    // Stored runs are of the scenario's own load.
    let is_paired = plan.paired.is_some();
    let stored_runs = baselines.as_ref().filter(|_| is_valid && !is_paired);
    let (comparison, selection) = match stored_runs.map(|baselines| (baselines.compare(&record, policy), baselines)) {
        Some((Ok((comparison, selection)), _)) => (Some(comparison), Some(selection)),
        Some((Err(why), baselines)) => {
            record.warnings.push(Warning { code: "baseline_unreadable".to_owned(), invalidates: false, message: why, advice: None });
            (Some(without_store(&plan.name, &baselines.place(&plan.name), policy)), None)
        }
        None => (None, None),
    };
    let stored = selection.as_ref().map(|selection| Stored::of(selection, policy));
    let evidence = Evidence {
        service: record.service.as_ref(),
        capacity: record.capacity.as_ref(),
        baseline: stored.unwrap_or_default(),
        // Of a paired run it is the base beside it, whose figures are in no record.
        baseline_wanted: policy.on_missing_baseline == Stance::Fail && !is_paired,
    };
    record.thresholds = gate::judge(plan, &totals, &evidence);
    let secrets = plan.masking();
    let names: Vec<_> = plan.endpoints.iter().map(|endpoint| secrets.mask(&endpoint.name)).collect();
    let endpoints: Vec<&str> = names.iter().map(|name| &**name).collect();
    let beside = beside.filter(|_| is_valid && is_paired).and_then(|found| paired_again(&found, &endpoints, BESIDE, policy));
    record.comparison = comparison.or(beside);
    mask_record(&mut record, &|text: &str| secrets.mask(text).into_owned());
    gate::waive(&mut record, waivers);
    if let Some(by) = known.accepted_by {
        accept(&mut record, by);
    }
    gate::decide(&record, policy, false).settle(&mut record);
    Ok(Some(record))
}
