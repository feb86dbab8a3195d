//! Results of other tools, as `compare` takes them beside records.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::args::{CompareArgs, CompareFormatArg};
use super::console;
use super::failure::Failure;
use super::policy;
use super::report::read_record;
use crate::compare::side_by_side;
use crate::import::{Found, read};
use crate::record::{ComparisonVerdict, Record, RunFigures, Verdict};
use crate::report::{TerminalOptions, compared_comment, compared_terminal};

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

/// Compares files of which at least one is of another tool; exits with 1 for a regression.
pub(super) fn compare(base: Vec<Comparable>, head: Comparable, args: &CompareArgs) -> Result<ExitCode, Failure> {
    let base: Vec<RunFigures> = base.into_iter().map(Comparable::into_figures).collect();
    let head = head.into_figures();
    let (head_file, base_files) = args.sides();
    let policy = policy::policy(&args.policy, &policy::typed_rules(&args.policy)?, false);
    let comparison = side_by_side(&base, &head, &named(base_files), &policy);
    let head_name = format!("{} ({})", head_file.display(), head.tool);
    let text = match args.format {
        CompareFormatArg::Terminal => {
            let options = TerminalOptions { width: console::width(), style: console::style(), quiet: args.quiet, report: None };
            compared_terminal(&comparison, &head_name, &options)
        }
        CompareFormatArg::Comment => compared_comment(&comparison, &head_name),
        CompareFormatArg::Json => format!("{:#}\n", json!({ "comparison": comparison, "base": base, "head": head })),
    };
    console::print(&text)?;
    Ok(ExitCode::from(u8::from(comparison.verdict == ComparisonVerdict::Regressed)))
}

/// `a.json, b.json and 4 more`.
pub(super) fn named(files: &[PathBuf]) -> String {
    let shown: Vec<String> = files.iter().take(MOST_NAMED).map(|file| file.display().to_string()).collect();
    match files.len().saturating_sub(MOST_NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
