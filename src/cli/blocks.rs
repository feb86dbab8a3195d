//! The blocks of a paired run, judged again without load.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;

use super::args::CompareArgs;
use super::failure::Failure;
use super::yardstick::{Yardstick, without_records};
use crate::compare::paired;
use crate::gate::Compared;
use crate::record::Blocks;

/// Judges the blocks in a file as their run did; exits as that would by its comparison alone.
pub(super) fn compare(path: &Path, args: &CompareArgs) -> Result<ExitCode, Failure> {
    let wrong = |error: &dyn std::error::Error| {
        let advice = "name the `blocks.jsonl.gz` that a paired run left in its report folder";
        Failure::usage(format!("failed to read the blocks of {}: {}\n  {advice}", path.display(), Failure::chain(error)))
    };
    without_records(&args.policy, "base and candidate of blocks ran side by side")?;
    let yardstick = Yardstick::of(args)?;
    let file = File::open(path).map_err(|error| wrong(&error))?;
    let blocks = Blocks::read(BufReader::new(file)).map_err(|error| wrong(&error))?;
    let header = &blocks.header;
    let endpoints: Vec<&str> = header.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    yardstick.fits(Some(&header.scenario), &endpoints)?;
    let comparison = paired(&blocks, "the blocks of the base", &yardstick.policy);
    let head = format!("{} ({})", path.display(), header.scenario);
    let of = Compared { scenario: &header.scenario, endpoints, at: header.started_at.unwrap_or_else(Timestamp::now) };
    yardstick.apply(comparison, &of, &head, json!({}), args)
}
