//! The second stage for pull requests from forks: what they measured, judged by what is on our own branch.

use std::path::{Path, PathBuf};

use super::args::{PolicyArgs, PublishArgs};
use super::failure::Failure;
use super::history::Baselines;
use super::inputs;
use super::policy;
use crate::conduct::{mask_record, rejudged};
use crate::config::{Overrides, ProcessEnv};
use crate::gate;
use crate::plan::{self, CompileOptions, Plan};
use crate::record::Record;
use crate::text::Secrets;

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
    let mut store = args.store.clone();
    store.baseline_branch.get_or_insert_with(|| base_branch.to_owned());
    let with_baselines = |plan: Plan| Ok((Baselines::find(&store, &plan.baseline, false)?, plan));
    let plans: Vec<(Option<Baselines>, Plan)> = plans(args)?.into_iter().map(with_baselines).collect::<Result<_, Failure>>()?;
    let mut judged = Judged { records: Vec::new(), problems: Vec::new() };
    for file in files.iter().take(MOST_RECORDS) {
        match one(&plans, file) {
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
    let files = inputs::files(&args.scenario)?;
    let loaded = files.iter().map(|file| plan::load(file, &overrides, &process, CompileOptions { strict_env: false }));
    inputs::accepted(loaded.collect())
}

fn one(plans: &[(Option<Baselines>, Plan)], file: &Path) -> Result<Record, String> {
    let foreign = Record::read_foreign(file).map_err(|error| format!("a record of the fork is left out: {}", Failure::chain(&error)))?;
    let known = plans.iter().find(|(_, plan)| plan.name == foreign.scenario.name);
    let (baselines, plan) = known.ok_or_else(|| {
        "a record of the fork is left out: no scenario of this branch has its name; name all of them with `--scenario`".to_owned()
    })?;
    let mut record = rejudged(plan, foreign);
    let secrets = Secrets::new(&plan.secrets);
    mask_record(&mut record, &|text: &str| secrets.mask(text).into_owned());
    let policy = policy::policy(&PolicyArgs::default(), &plan.baseline, false);
    if let Some(baselines) = baselines
        && !record.warnings.iter().any(|warning| warning.invalidates)
    {
        record.comparison = Some(baselines.compare(&record, &policy)?.0);
    }
    record.summary.verdict = gate::decide(&record, &policy, false).verdict;
    Ok(record)
}
