//! `loadline compare`.

use std::process::ExitCode;

use super::args::{CompareArgs, CompareFormatArg};
use super::blocks;
use super::console;
use super::failure::Failure;
use super::foreign::{self, Comparable};
use super::history::pass_over;
use super::yardstick::Yardstick;
use crate::baseline::check_trusted;
use crate::compare::{between, history, select};
use crate::gate;
use crate::record::Record;
use crate::report::{CommentOptions, TerminalOptions, markdown_comment, terminal};

/// Compares results without any load; exits with 1 for a regression, 3 for a head that is invalid,
/// 130 for one that was interrupted.
pub(super) fn compare(args: &CompareArgs) -> Result<ExitCode, Failure> {
    if let Some(path) = &args.blocks {
        return blocks::compare(path, args);
    }
    let (head, base) = args.sides();
    let base: Vec<Comparable> = base.iter().map(|path| Comparable::read(path)).collect::<Result<_, _>>()?;
    let head = Comparable::read(head)?;
    if !base.iter().chain([&head]).all(|side| matches!(side, Comparable::Record(_))) {
        return foreign::compare(base, head, args);
    }
    let mut records = base.into_iter().chain([head]).filter_map(|side| match side {
        Comparable::Record(record) => Some(*record),
        Comparable::Figures(_) => None,
    });
    let head = records.next_back();
    head.map_or(Ok(ExitCode::SUCCESS), |head| compare_records(records.collect(), head, args))
}

fn compare_records(mut base: Vec<Record>, mut head: Record, args: &CompareArgs) -> Result<ExitCode, Failure> {
    let yardstick = Yardstick::of(args)?;
    let endpoints: Vec<&str> = head.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect();
    yardstick.fits(Some(&head.scenario.name), &endpoints)?;
    let policy = &yardstick.policy;
    let source = foreign::named(args.sides().1);
    head.comparison = Some(match base.as_slice() {
        [base] => between(base, &head, &source, policy),
        _ => {
            for (path, record) in args.sides().1.iter().zip(&base) {
                if check_trusted(record).is_err() {
                    pass_over(path, &format!("its run is {}", record.summary.verdict));
                }
            }
            base.sort_by_key(|record| std::cmp::Reverse(record.run.started_at));
            history(&head, &select(&head, base), &source, policy)
        }
    });
    gate::waive(&mut head, &yardstick.waivers);
    // Also where it ran beside a base: what made it late did not happen to these.
    gate::doubt_regression(&mut head);
    gate::void_comparison(&mut head);
    // Only the comparison decides here, where HEAD ran to its end: what its own thresholds said is in its own report.
    head.thresholds.clear();
    head.verify.clear();
    let decision = gate::decide_again(&head, policy);
    decision.settle(&mut head);
    let head = std::slice::from_ref(&head);
    console::print(&match args.format {
        CompareFormatArg::Terminal => {
            terminal(head, &TerminalOptions { width: console::width(), style: console::style(), quiet: args.quiet, report: None })
        }
        CompareFormatArg::Comment => markdown_comment(head, &CommentOptions::default()),
        CompareFormatArg::Json => head[0].to_json(),
    })?;
    Ok(ExitCode::from(decision.exit_code()))
}
