//! Results of other tools, as `compare` takes them beside records.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::args::CompareArgs;
use super::failure::Failure;
use super::report::read_record;
use super::yardstick::{Yardstick, refuse, without_records};
use crate::compare::side_by_side;
use crate::gate::Compared;
use crate::import::{Found, read};
use crate::record::{Record, RunFigures, Verdict};

/// More files than these are counted in a sentence.
const MOST_NAMED: usize = 3;

/// A file that can be compared.
#[derive(Debug)]
pub(super) enum Comparable {
    /// A record of this program.
    Record(Box<Record>),
    /// The result of another tool.
    Figures(Box<RunFigures>),
}

impl Comparable {
    /// Reads a file that somebody names.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        match read(path) {
            Ok(Found::Record) => Ok(Self::Record(Box::new(read_record(path)?))),
            Ok(Found::Figures(run)) => Ok(Self::Figures(run)),
            Err(error) => Err(Failure::usage(format!("failed to read {}", Failure::chain(&error)))),
        }
    }

    fn into_figures(self) -> RunFigures {
        match self {
            Self::Figures(run) => *run,
            Self::Record(record) => {
                let mut run = RunFigures::of(&record);
                if matches!(record.summary.verdict, Verdict::Invalid | Verdict::Interrupted) {
                    run.notes.push(format!("a loadline run is {}: its figures can't be trusted", record.summary.verdict));
                }
                run
            }
        }
    }
}

/// Compares files of which at least one is of another tool; exits as a run would by the comparison alone.
pub(super) fn compare(base: Vec<Comparable>, head: Comparable, args: &CompareArgs) -> Result<ExitCode, Failure> {
    without_records(&args.policy, "the files that are named are the base, and don't say what machine they are of")?;
    let waivers = [("--waivers", args.policy.waivers.is_some()), ("--base-waivers", args.policy.base_waivers.is_some())];
    if args.scenario.is_none() {
        refuse(&waivers, "waivers are of a scenario, which only `--scenario` can name for a file of another tool")?;
    }
    let yardstick = Yardstick::of(args)?;
    let base: Vec<RunFigures> = base.into_iter().map(Comparable::into_figures).collect();
    let head = head.into_figures();
    let endpoints: Vec<&str> = head.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    yardstick.fits(None, &endpoints)?;
    let (head_file, base_files) = args.sides();
    let comparison = side_by_side(&base, &head, &named(base_files), &yardstick.policy);
    let head_name = format!("{} ({})", head_file.display(), head.tool);
    let of = Compared {
        scenario: yardstick.scenario.as_deref().unwrap_or_default(),
        endpoints,
        at: head.started_at.unwrap_or_else(Timestamp::now),
    };
    yardstick.apply(comparison, &of, &head_name, json!({ "base": base, "head": head }), args)
}

/// `a.json, b.json and 4 more`.
pub(super) fn named(files: &[PathBuf]) -> String {
    let shown: Vec<String> = files.iter().take(MOST_NAMED).map(|file| file.display().to_string()).collect();
    match files.len().saturating_sub(MOST_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
