//! The blocks of a paired run, judged again without load.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use super::args::{CompareArgs, CompareFormatArg};
use super::console;
use super::failure::Failure;
use crate::compare::{Policy, paired};
use crate::record::{Blocks, ComparisonVerdict};
use crate::report::{TerminalOptions, compared_comment, compared_terminal};

/// Judges the blocks in a file with the usual limits; exits with 1 for a regression.
pub(super) fn compare(path: &Path, args: &CompareArgs) -> Result<ExitCode, Failure> {
    let wrong = |error: &dyn std::error::Error| {
        let advice = "name the `blocks.jsonl.gz` that a paired run left in its report folder";
        Failure::usage(format!("failed to read the blocks of {}: {}\n  {advice}", path.display(), Failure::chain(error)))
    };
    let file = File::open(path).map_err(|error| wrong(&error))?;
    let blocks = Blocks::read(BufReader::new(file)).map_err(|error| wrong(&error))?;
    let comparison = paired(&blocks, "the blocks of the base", &Policy::default());
    let head = format!("{} ({})", path.display(), blocks.header.scenario);
    let text = match args.format {
        CompareFormatArg::Terminal => {
            let options = TerminalOptions { width: console::width(), style: console::style(), quiet: args.quiet, report: None };
            compared_terminal(&comparison, &head, &options)
        }
        CompareFormatArg::Comment => compared_comment(&comparison, &head),
        CompareFormatArg::Json => format!("{:#}\n", json!({ "comparison": comparison })),
    };
    console::print(&text)?;
    Ok(ExitCode::from(u8::from(comparison.verdict == ComparisonVerdict::Regressed)))
}
