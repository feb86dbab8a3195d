//! `loadline baseline`.

use std::path::Path;
use std::process::ExitCode;

use comfy_table::{Table, presets};

use super::args::{BaselineCommand, BaselineListArgs, BaselineSaveArgs, BaselineShowArgs};
use super::console;
use super::failure::Failure;
use super::history::Baselines;
use super::report::read_record;
use crate::baseline::{DirectoryStore, Store};
use crate::conduct::default_branch;
use crate::text::plain;
use crate::units::Micros;

/// Looks after stored baselines.
pub(super) fn baseline(command: &BaselineCommand) -> Result<ExitCode, Failure> {
    match command {
        BaselineCommand::Save(args) => save(args),
        BaselineCommand::List(args) => list(args),
        BaselineCommand::Show(args) => show(args),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn save(args: &BaselineSaveArgs) -> Result<(), Failure> {
    let store = DirectoryStore::new(&args.store);
    for path in &args.records {
        let record = read_record(path)?;
        let branch = args.branch.clone().or_else(|| record.run.branch.clone());
        let branch = branch.unwrap_or_else(|| default_branch(&|name: &str| std::env::var(name).ok(), Path::new(".")));
        let entry =
            store.save(&branch, &record).map_err(|error| Failure::usage(format!("nothing was saved: {}", Failure::chain(&error))))?;
        console::print(&format!(
            "saved {} as a baseline of `{}` on `{}`\n",
            plain(&args.store.join(&entry.path).display().to_string()),
            plain(&entry.scenario),
            plain(&entry.branch)
        ))?;
    }
    Ok(())
}

fn list(args: &BaselineListArgs) -> Result<(), Failure> {
    let listing = DirectoryStore::new(&args.store)
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
    let baselines = Baselines::find(&args.store, false).ok_or_else(|| {
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

fn plain_table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    table
}
