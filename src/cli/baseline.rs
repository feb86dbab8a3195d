//! `loadline baseline`.

use std::path::Path;
use std::process::ExitCode;

use comfy_table::{Table, presets};

use super::args::{BaselineCommand, BaselineFetchArgs, BaselineListArgs, BaselineSaveArgs, BaselineShowArgs};
use super::console;
use super::failure::Failure;
use super::history::Baselines;
use super::report::read_record;
use super::stores;
use crate::baseline::{DirectoryStore, Store, StoreError, read_each};
use crate::compare::MOST_RECORDS;
use crate::conduct::default_branch;
use crate::text::plain;
use crate::units::Micros;

/// Looks after stored baselines.
pub(super) fn baseline(command: &BaselineCommand) -> Result<ExitCode, Failure> {
    match command {
        BaselineCommand::Save(args) => save(args),
        BaselineCommand::List(args) => list(args),
        BaselineCommand::Show(args) => show(args),
        BaselineCommand::Fetch(args) => fetch(args),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn save(args: &BaselineSaveArgs) -> Result<(), Failure> {
    let store = stores::open_to_write(&args.store)?;
    for path in &args.records {
        let record = read_record(path)?;
        let branch = args.branch.clone().or_else(|| record.run.branch.clone());
        let branch = branch.unwrap_or_else(|| default_branch(&|name: &str| std::env::var(name).ok(), Path::new(".")));
        let entry =
            store.save(&branch, &record).map_err(|error| Failure::usage(format!("nothing was saved: {}", Failure::chain(&error))))?;
        console::print(&format!(
            "saved {} as a baseline of `{}` on `{}`\n",
            plain(&stores::shown(&args.store, &entry)),
            plain(&entry.scenario),
            plain(&entry.branch)
        ))?;
    }
    Ok(())
}

fn list(args: &BaselineListArgs) -> Result<(), Failure> {
    let listing = stores::open(&args.store)?
        .list(args.branch.as_deref(), None)
        .map_err(|error| Failure::trouble(format!("failed to list the baselines: {}", Failure::chain(&error))))?;
    for problem in &listing.problems {
        console::complain(&format!("warning: {}: {}\n", plain(&problem.path.display().to_string()), plain(&problem.reason)));
    }
    if listing.entries.is_empty() {
        return console::print(&format!(
            "nothing is stored in `{}`\n  run a scenario, then `loadline baseline save` its record\n",
            plain(&args.store.display().to_string())
        ));
    }
    let mut table = plain_table(["branch", "scenario", "made", "commit", "run"]);
    for entry in &listing.entries {
        let cells = [&entry.branch, &entry.scenario, &entry.time.to_string(), entry.sha.as_deref().unwrap_or("–"), &entry.run_id];
        table.add_row(cells.map(|cell: &str| plain(cell).into_owned()));
    }
    console::print(&format!("{table}\n"))
}

/// What the newest record of a scenario is, and what else a run would be compared with.
fn show(args: &BaselineShowArgs) -> Result<(), Failure> {
    let baselines = Baselines::find(&args.store, false)?.ok_or_else(|| {
        Failure::usage("there is no folder of baselines here\n  name one with `--store`, or make one with `loadline baseline save`")
    })?;
    let records = baselines.records(&args.scenario)?;
    let place = baselines.place(&args.scenario);
    if records.is_empty() {
        return Err(Failure::usage(format!("nothing is stored in {}\n  `loadline baseline list` shows what is", plain(&place))));
    }
    let mut table = plain_table(["made", "commit", "verdict", "requests", "rate", "p50", "p95", "p99", "errors", "machine", "load"]);
    for record in &records {
        let summary = &record.summary;
        let time = |seconds: Option<f64>| seconds.map_or("–".to_owned(), |seconds| Micros::from_secs_f64(seconds).to_string());
        table.add_row([
            record.run.started_at.strftime("%Y-%m-%d %H:%M").to_string(),
            plain(record.run.sha.as_deref().and_then(|sha| sha.get(..7)).unwrap_or("–")).into_owned(),
            summary.verdict.to_string(),
            summary.requests.to_string(),
            crate::units::Rate(summary.throughput).to_string(),
            time(summary.latency.p50_latency),
            time(summary.latency.p95_latency),
            time(summary.latency.p99_latency),
            crate::units::Share(summary.error_rate).to_string(),
            plain(&record.machine.key).chars().take(7).collect(),
            plain(&record.scenario.digest).chars().take(7).collect(),
        ]);
    }
    console::print(&format!("{}\n{table}\nonly records of the same load and machine as the run are compared with it\n", plain(&place)))
}

/// Of each scenario as many records as a comparison uses.
fn fetch(args: &BaselineFetchArgs) -> Result<(), Failure> {
    let from = stores::open(&args.store)?;
    let branch = args.baseline_branch.clone();
    let branch = branch.unwrap_or_else(|| default_branch(&|name: &str| std::env::var(name).ok(), Path::new(".")));
    let trouble = |error: StoreError| Failure::trouble(format!("failed to fetch the baselines: {}", Failure::chain(&error)));
    let listing = from.list(Some(&branch), None).map_err(trouble)?;
    let mut scenarios: Vec<&str> = listing.entries.iter().map(|entry| entry.scenario.as_str()).collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    let into = DirectoryStore::new(&args.into);
    let mut copied = 0;
    for scenario in scenarios {
        let entries: Vec<_> = listing.entries.iter().filter(|entry| entry.scenario == scenario).take(MOST_FETCHED).cloned().collect();
        let complain = |reason: &str| console::complain(&format!("warning: {}\n", plain(reason)));
        for record in read_each(&*from, &entries, |problem| complain(&problem.reason)) {
            match into.save(&branch, &record) {
                Ok(_) => copied += 1,
                Err(error @ StoreError::Write(_)) => return Err(trouble(error)),
                Err(error) => complain(&error.to_string()),
            }
        }
    }
    let into = args.into.display().to_string();
    console::print(&format!("copied {copied} records of `{}` into `{}`\n", plain(&branch), plain(&into)))
}

/// A comparison uses thirty records; those of other machines and loads, or newer than the base, stand in between.
const MOST_FETCHED: usize = 2 * MOST_RECORDS;

fn plain_table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}
