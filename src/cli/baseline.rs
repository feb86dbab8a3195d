//! `loadline baseline`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use comfy_table::{Table, presets};

use super::accept::accept;
use super::args::{
    BaselineCommand, BaselineFetchArgs, BaselineListArgs, BaselinePromoteArgs, BaselinePruneArgs, BaselineSaveArgs, BaselineShowArgs,
};
use super::console;
use super::failure::Failure;
use super::history::Baselines;
use super::report::read_record;
use super::stores;
use crate::baseline::{
    DirectoryStore, Entry, Problem, Store, StoreError, check_trusted, objections, plan_pruning, read_each, records_of, up_to,
};
use crate::compare::{Figure, MOST_RECORDS, WINDOW, level_changes};
use crate::conduct::default_branch;
use crate::plan::BaselinePlan;
use crate::record::{LevelChange, Record};
use crate::text::{plain, suggest};
use crate::units::{Bytes, Micros, Rate, Share};

/// Looks after stored baselines.
pub(super) fn baseline(command: &BaselineCommand) -> Result<ExitCode, Failure> {
    match command {
        BaselineCommand::Save(args) => save(args),
        BaselineCommand::List(args) => list(args),
        BaselineCommand::Show(args) => show(args),
        BaselineCommand::Fetch(args) => fetch(args),
        BaselineCommand::Promote(args) => promote(args),
        BaselineCommand::Accept(args) => accept(args),
        BaselineCommand::Prune(args) => prune(args),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Stores records, all of which are looked at before any is.
fn save(args: &BaselineSaveArgs) -> Result<(), Failure> {
    let store = stores::open_to_write(&args.store)?;
    let mut found = Vec::new();
    for path in &args.records {
        let record = read_record(path)?;
        check_trusted(&record).map_err(|error| not_saved(0, &error))?;
        let branch = args.branch.clone().or_else(|| record.run.branch.clone());
        found.push((branch.map_or_else(this_branch, Ok)?, record));
    }
    for (number, (branch, record)) in found.iter().enumerate() {
        let entry = store.save(branch, record).map_err(|error| not_saved(number, &error))?;
        saved(&args.store, &entry)?;
    }
    Ok(())
}

/// Why a record was not saved, behind so many that were.
fn not_saved(before: usize, error: &StoreError) -> Failure {
    let what = if before == 0 { "nothing was saved" } else { "the rest was not saved" };
    Failure::usage(format!("{what}: {}", Failure::chain(error)))
}

/// The branch of a run that doesn't say its own: the default one, but for a tag, whose commit may be of any.
fn this_branch() -> Result<String, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    match variable("GITHUB_REF").as_deref().and_then(|name| name.strip_prefix("refs/tags/")) {
        Some(tag) => {
            let tag = plain(tag);
            Err(Failure::usage(format!("nothing was saved: `{tag}` is a tag and no branch\n  name the branch with `--branch`")))
        }
        None => Ok(default_branch(&variable, Path::new("."))),
    }
}

fn saved(store: &Path, entry: &Entry) -> Result<(), Failure> {
    let (path, scenario, branch) = (stores::shown(store, entry), plain(&entry.scenario), plain(&entry.branch));
    console::print(&format!("saved {} as a baseline of `{scenario}` on `{branch}`\n", plain(&path)))
}

/// Stores what a CI job measured. All of it is looked at before any of it is stored: it came from elsewhere.
fn promote(args: &BaselinePromoteArgs) -> Result<(), Failure> {
    let refused = |what: String| Failure::usage(format!("nothing was promoted: {what}"));
    let mut records = Vec::new();
    for artifact in &args.artifacts {
        records.extend(records_of(artifact).map_err(|error| refused(Failure::chain(&error)))?);
    }
    for record in &records {
        check_trusted(record).map_err(|error| refused(Failure::chain(&error)))?;
        let objections = objections(record);
        if !objections.is_empty() {
            let list: String = objections.iter().map(|objection| format!("\n  {}", plain(objection))).collect();
            return Err(refused(format!("the record of run `{}` was not written by loadline as it is{list}", plain(&record.run.id))));
        }
    }
    let store = stores::open_to_write(&args.store)?;
    for record in &records {
        let entry =
            store.save(&args.branch, record).map_err(|error| Failure::usage(format!("failed to save: {}", Failure::chain(&error))))?;
        saved(&args.store, &entry)?;
    }
    Ok(())
}

/// Thins old records, or says what would be thinned.
fn prune(args: &BaselinePruneArgs) -> Result<(), Failure> {
    if args.squash && !stores::is_branch(&args.store) {
        return Err(Failure::usage("`--squash` is for a store on a branch: a folder has no history of its own\n  nothing was changed"));
    }
    let store = if args.dry_run { stores::open(&args.store)? } else { stores::open_to_write(&args.store)? };
    let planned = plan_pruning(store.as_ref(), args.branch.as_deref(), args.scenario.as_deref(), args.keep)
        .map_err(|error| Failure::trouble(format!("failed to read the baselines: {}", Failure::chain(&error))))?;
    planned.problems.iter().for_each(complain);
    if let Some(scenario) = args.scenario.as_ref().filter(|_| planned.thinnings.is_empty() && planned.kept == 0) {
        is_stored(store.as_ref(), args, scenario)?;
    }
    let (mut before, mut after) = (0, 0);
    for thinnings in planned.thinnings.chunks(THINNED_AT_ONCE) {
        if !args.dry_run {
            let thinned: Vec<_> = thinnings.iter().map(|thinning| (&thinning.entry, &thinning.record)).collect();
            let trouble = |error| Failure::trouble(format!("failed to thin a record: {}", Failure::chain(&error)));
            store.replace(&thinned).map_err(trouble)?;
        }
        for thinning in thinnings {
            let path = stores::shown(&args.store, &thinning.entry);
            let word = if args.dry_run { "would thin" } else { "thinned" };
            let (from, to) = (Bytes(thinning.before as u64), Bytes(thinning.after as u64));
            console::print(&format!("{word} {}: {from} to {to}\n", plain(&path)))?;
            before += thinning.before;
            after += thinning.after;
        }
    }
    let (count, kept) = (planned.thinnings.len(), planned.kept);
    let word = if args.dry_run { "would be thinned" } else { "thinned" };
    console::print(&format!("{count} {word}, {kept} stay as they are, {} less\n", Bytes((before - after) as u64)))?;
    match stores::open_branch(&args.store)?.filter(|_| args.squash && !args.dry_run) {
        Some(branch) => {
            let trouble = |error| Failure::trouble(format!("failed to squash the branch: {}", Failure::chain(&error)));
            branch.squash().map_err(trouble)?;
            console::print("the branch is a single commit now\n")
        }
        None => Ok(()),
    }
}

/// On a branch so many records are one commit: each takes several requests, of which an hour has a thousand.
const THINNED_AT_ONCE: usize = 20;

/// Refuses a scenario of which nothing is stored: its name is a slip.
fn is_stored(store: &dyn Store, args: &BaselinePruneArgs, scenario: &str) -> Result<(), Failure> {
    let listing = store
        .list(args.branch.as_deref(), None)
        .map_err(|error| Failure::trouble(format!("failed to list the baselines: {}", Failure::chain(&error))))?;
    let known: BTreeSet<&str> = listing.entries.iter().map(|entry| entry.scenario.as_str()).collect();
    if known.contains(scenario) {
        return Ok(());
    }
    let help = match suggest(scenario, known.iter().copied()) {
        Some(meant) => format!("did you mean `{}`?", plain(meant)),
        None if known.is_empty() => "nothing at all is".to_owned(),
        None => format!("there are `{}`", plain(&known.into_iter().collect::<Vec<_>>().join("`, `"))),
    };
    Err(Failure::usage(format!("nothing is stored of the scenario `{}`\n  {help}", plain(scenario))))
}

fn complain(problem: &Problem) {
    console::complain(&format!("warning: {}: {}\n", plain(&problem.path.display().to_string()), plain(&problem.reason)));
}

fn list(args: &BaselineListArgs) -> Result<(), Failure> {
    let listing = stores::open(&args.store)?
        .list(args.branch.as_deref(), None)
        .map_err(|error| Failure::trouble(format!("failed to list the baselines: {}", Failure::chain(&error))))?;
    listing.problems.iter().for_each(complain);
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
    let baselines = Baselines::find(&args.store, &BaselinePlan::default(), false)?.ok_or_else(|| {
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
            Rate(summary.throughput).to_string(),
            time(summary.latency.p50_latency),
            time(summary.latency.p95_latency),
            time(summary.latency.p99_latency),
            Share(summary.error_rate).to_string(),
            plain(&record.machine.key).chars().take(7).collect(),
            plain(&record.scenario.digest).chars().take(7).collect(),
        ]);
    }
    console::print(&format!("{}\n{table}\nonly records of the same load and machine as the run are compared with it\n", plain(&place)))?;
    console::print(&changes(&records))
}

/// Where the runs of the newest load and machine changed their level.
fn changes(records: &[Record]) -> String {
    let Some(newest) = records.first() else { return String::new() };
    let alike = |record: &&Record| record.scenario.digest == newest.scenario.digest && record.machine.key == newest.machine.key;
    let alike: Vec<&Record> = records.iter().filter(alike).filter(|record| check_trusted(record).is_ok()).take(WINDOW).collect();
    let changes = level_changes(&alike, &Figure::USUAL);
    let count = if alike.len() == 1 { "1 run".to_owned() } else { format!("{} runs", alike.len()) };
    if changes.is_empty() {
        return format!("no change of level in {count} of the newest load and machine\n");
    }
    let mut table = plain_table(["changed with", "of", "figure", "scope", "from", "to", "change", "runs since"]);
    for LevelChange { scope, metric, at, sha, before, after, records, .. } in &changes {
        let value = |value: f64| if metric == "throughput" { Rate(value).to_string() } else { Micros::from_secs_f64(value).to_string() };
        table.add_row([
            plain(sha.as_deref().and_then(|sha| sha.get(..7)).unwrap_or("–")).into_owned(),
            at.strftime("%Y-%m-%d %H:%M").to_string(),
            metric.clone(),
            plain(scope).into_owned(),
            value(*before),
            value(*after),
            format!("{:+.1} %", 100.0 * (after / before - 1.0)),
            records.to_string(),
        ]);
    }
    format!("changes of level in {count} of the newest load and machine; a run is compared with those since the last one\n{table}\n")
}

/// Of each scenario as many records as a comparison uses, up to the base where one is named.
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
        let entries: Vec<Entry> = listing.entries.iter().filter(|entry| entry.scenario == scenario).cloned().collect();
        // All of them where none is of these commits, as a run does it.
        let entries = up_to(&entries, &args.base_sha);
        let entries = &entries[..entries.len().min(MOST_FETCHED)];
        let complain = |reason: &str| console::complain(&format!("warning: {}\n", plain(reason)));
        for record in read_each(&*from, entries, |problem| complain(&problem.reason)) {
            match into.save(&branch, &record.map_err(trouble)?) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fixture::sketch;

    #[test]
    fn what_is_fetched_ends_with_the_base_however_many_records_are_newer() {
        let folder = tempfile::tempdir().unwrap();
        let store = DirectoryStore::new(folder.path().join("from"));
        let records: Vec<Record> = (0..MOST_FETCHED as i64 + 10).map(|hour| sketch(&format!("r{hour}"), hour).record()).collect();
        records.iter().for_each(|record| drop(store.save("main", record).unwrap()));
        let fetched = |into: &str, base_sha: Vec<String>| {
            let into = folder.path().join(into);
            fetch(&BaselineFetchArgs {
                store: folder.path().join("from"),
                into: into.clone(),
                baseline_branch: Some("main".to_owned()),
                base_sha,
            })
            .unwrap();
            DirectoryStore::new(into).list(None, None).unwrap().entries.into_iter().map(|entry| entry.run_id).collect::<Vec<_>>()
        };
        let sha = |hour: usize| records[hour].run.sha.clone().unwrap();
        assert_eq!(fetched("of an old base", vec![sha(2)]), ["r2", "r1", "r0"]);
        let newest = fetched("newest", Vec::new());
        assert_eq!((newest.len(), newest[0].as_str()), (MOST_FETCHED, "r69"));
        assert_eq!(fetched("of an unknown base", vec!["f".repeat(40)]), newest);
    }
}
