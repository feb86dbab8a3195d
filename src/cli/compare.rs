//! `loadline compare`.

use std::process::ExitCode;

use super::args::CompareArgs;
use super::console;
use super::failure::Failure;
use super::policy;
use super::report::read_record;
use crate::compare::between;
use crate::gate;
use crate::report::{TerminalOptions, terminal};

/// Compares two records without any load; exits with 1 for a regression, 3 for a head that is invalid.
pub(super) fn compare(args: &CompareArgs) -> Result<ExitCode, Failure> {
    let (base, mut head) = (read_record(&args.base)?, read_record(&args.head)?);
    let policy = policy::policy(&args.policy, &policy::typed_rules(&args.policy)?, false);
    let waivers = policy::waivers(&args.policy)?;
    head.comparison = Some(between(&base, &head, &args.base.display().to_string(), &policy));
    gate::waive(&mut head, &waivers);
    // Only the comparison decides here: what HEAD's own thresholds said is in its own report.
    head.thresholds.clear();
    head.verify.clear();
    let decision = gate::decide(&head, &policy, false);
    head.summary.verdict = decision.verdict;
    let options = TerminalOptions { width: console::width(), style: console::style(), quiet: args.quiet, report: None };
    console::print(&terminal(std::slice::from_ref(&head), &options))?;
    Ok(ExitCode::from(decision.exit_code()))
}
