//! The second stage for pull requests from forks: what they measured, judged by what is on our own branch.

use std::path::{Path, PathBuf};

use super::args::{PolicyArgs, PublishArgs};
use super::failure::Failure;
use super::history::Baselines;
use super::inputs;
use super::lines;
use super::policy;
use crate::compare::{Policy, Stance};
use crate::conduct::{Measured, mask_record, rejudged};
use crate::config::{ComparisonConfig, Overrides, ProcessEnv};
use crate::gate::{self, Evidence, Stored};
use crate::plan::{self, CompileOptions, Plan, Waiver};
use crate::record::Record;

/// More records than these come from no run of ours.
const MOST_RECORDS: usize = 20;

/// What became of the records of a fork.
pub(super) struct Judged {
    pub(super) records: Vec<Record>,
    /// What was left out, and why.
    pub(super) problems: Vec<String>,
}

/// Reads the records of a fork as what they are, and judges them by the scenarios in this checkout.
pub(super) fn judge(args: &PublishArgs, files: &[PathBuf], base_branch: &str, head: &str) -> Result<Judged, Failure> {
    let plans = plans(args)?;
    let waivers = policy::waivers(&PolicyArgs::default())?;
    let ours = plans.iter().map(|plan| Ours::of(args, plan, base_branch, &waivers)).collect::<Result<Vec<_>, _>>()?;
    let mut judged = Judged { records: Vec::new(), problems: Vec::new() };
    for file in files.iter().take(MOST_RECORDS) {
        match one(&ours, file) {
            Ok(mut record) => {
                record.run.sha = Some(head.to_owned());
                judged.records.push(record);
            }
            Err(why) => judged.problems.push(why),
        }
    }
    if files.len() > MOST_RECORDS {
        judged.problems.push(format!("{} records more than any run leaves are left out", files.len() - MOST_RECORDS));
    }
    Ok(judged)
}

fn plans(args: &PublishArgs) -> Result<Vec<Plan>, Failure> {
    let overrides = Overrides { profile: args.profile.clone(), environment: args.environment.clone(), ..Overrides::default() };
    let process = ProcessEnv::current();
    let files = inputs::files(&lines::all(&args.scenario).cloned().collect::<Vec<_>>())?;
    let loaded = files.iter().map(|file| plan::load(file, &overrides, &process, CompileOptions { strict_env: false }));
    inputs::accepted(loaded.collect())
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
        let policy = policy::policy(&PolicyArgs::default(), &plan.baseline, false);
        let mut store = args.store.clone();
        store.baseline_branch = store.baseline_branch.or_else(|| plan.baseline.branch.clone()).or_else(|| Some(base_branch.to_owned()));
        let wanted = policy.on_missing_baseline == Stance::Fail;
        let history = plan.baseline.mode != Some(ComparisonConfig::None);
        let baselines = history.then(|| Baselines::find(&store, &plan.baseline, wanted)).transpose()?.flatten();
        Ok(Self { plan, policy, baselines, waivers })
    }
}

fn one(ours: &[Ours<'_>], file: &Path) -> Result<Record, String> {
    let foreign = Record::read_foreign(file).map_err(|error| format!("a record of the fork is left out: {}", Failure::chain(&error)))?;
    let known = ours.iter().find(|ours| ours.plan.name == foreign.scenario.name);
    let Ours { plan, policy, baselines, waivers } = known.ok_or_else(|| {
        "a record of the fork is left out: no scenario of this branch has its name; name all of them with `--scenario`".to_owned()
    })?;
    let Measured { mut record, totals, .. } = rejudged(plan, foreign);
    let is_valid = !record.warnings.iter().any(|warning| warning.invalidates);
    let compared = baselines.as_ref().filter(|_| is_valid).map(|baselines| baselines.compare(&record, policy)).transpose()?;
    let stored = compared.as_ref().map(|(_, selection)| Stored::of(selection, policy));
    let evidence = Evidence {
        service: record.service.as_ref(),
        capacity: record.capacity.as_ref(),
        baseline: stored.unwrap_or_default(),
        baseline_wanted: policy.on_missing_baseline == Stance::Fail,
    };
    record.thresholds = gate::judge(plan, &totals, &evidence);
    let secrets = plan.masking();
    mask_record(&mut record, &|text: &str| secrets.mask(text).into_owned());
    record.comparison = compared.map(|(comparison, _)| comparison);
    gate::waive(&mut record, waivers);
    gate::decide(&record, policy, false).settle(&mut record);
    Ok(record)
}
