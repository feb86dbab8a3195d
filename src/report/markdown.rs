//! Markdown for a pull request's comment and for the summary of a job.

use std::fmt::Write;

use serde::Serialize;

use super::mermaid::{self, Timeline};
use super::templates;
use super::view::{ReportView, RunView, Tone};
use crate::record::Record;

/// GitHub refuses comments of more than 65,536 characters; bytes are never fewer than characters.
const COMMENT_BUDGET: usize = 60_000;
/// GitHub shows nothing at all of a summary of more than 1 MiB, and other steps may add to it.
const SUMMARY_BUDGET: usize = 900_000;

/// How a comment is made.
#[derive(Debug, Clone, Default)]
pub struct CommentOptions {
    /// Names the comment, so that a later run finds and updates it; the scenarios' names where it is none.
    pub suite: Option<String>,
}

/// The first line of a comment, by which it is found again. Characters that could end the HTML comment, or fool a
/// search, are percent-encoded: different suites have different markers.
pub fn comment_marker(suite: &str) -> String {
    let mut name = String::with_capacity(suite.len());
    for byte in suite.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'/' => name.push(char::from(byte)),
            // Two hyphens could be part of `-->`.
            b'-' if !name.ends_with('-') => name.push('-'),
            _ => {
                let _ = write!(name, "%{byte:02X}");
            }
        }
    }
    format!("<!-- loadline:{name} -->")
}

/// The comment of a pull request, at most 60,000 bytes.
///
/// What is too much is left out in this order: rows in which nothing changed, charts, details, long names; what
/// failed stays, and where even that is too much, what is left out is counted.
pub fn markdown_comment(records: &[Record], options: &CommentOptions) -> String {
    let marker = comment_marker(&options.suite.clone().unwrap_or_else(|| suite(records)));
    within(records, "comment.md.j2", &marker, COMMENT_BUDGET)
}

/// The summary of a job, well below 1 MiB; shortened like a comment where it has to be.
pub fn job_summary(records: &[Record]) -> String {
    within(records, "summary.md.j2", "", SUMMARY_BUDGET)
}

/// The scenarios' names.
fn suite(records: &[Record]) -> String {
    records.iter().map(|record| record.scenario.name.as_str()).collect::<Vec<_>>().join("+")
}

/// How much is left out.
#[derive(Debug, Clone, Copy, Serialize)]
struct Cut {
    /// Whether rows in which nothing changed are shown.
    unchanged: bool,
    charts: bool,
    details: bool,
    /// Characters of a name.
    names: usize,
    /// Rows of a table.
    rows: usize,
}

const ALL: usize = 1 << 30;

/// From everything to what failed with short names; more is cut by [`Cut::rows`].
const LEVELS: [Cut; 6] = [
    Cut { unchanged: true, charts: true, details: true, names: 120, rows: ALL },
    Cut { unchanged: false, charts: true, details: true, names: 120, rows: ALL },
    Cut { unchanged: false, charts: false, details: true, names: 120, rows: ALL },
    Cut { unchanged: false, charts: false, details: false, names: 120, rows: ALL },
    Cut { unchanged: false, charts: false, details: false, names: 60, rows: ALL },
    Cut { unchanged: false, charts: false, details: false, names: 24, rows: ALL },
];

#[derive(Serialize)]
struct Context<'a> {
    report: &'a ReportView,
    runs: Vec<Run<'a>>,
    marker: &'a str,
    cut: Cut,
    /// Whether anything was left out.
    shortened: bool,
}

#[derive(Serialize)]
struct Run<'a> {
    run: &'a RunView,
    charts: Option<&'a Timeline>,
}

fn within(records: &[Record], template: &str, marker: &str, budget: usize) -> String {
    let report = ReportView::of(records);
    let charts: Vec<_> = report.runs.iter().map(|run| mermaid::timeline(&run.timeline)).collect();
    let render = |cut: Cut, shortened: bool| {
        let shown = |run: &&RunView| report.runs.len() == 1 || cut.details || run.verdict.tone != Tone::Good;
        let runs = report.runs.iter().zip(&charts).filter(|(run, _)| shown(run)).take(cut.rows.max(1));
        let runs = runs.map(|(run, charts)| Run { run, charts: charts.as_ref() }).collect();
        tidy(&templates::render(template, Context { report: &report, runs, marker, cut, shortened }))
    };
    let fits = |text: &String| text.len() <= budget;
    for (at, cut) in LEVELS.into_iter().enumerate() {
        let text = render(cut, at > 0);
        if fits(&text) {
            return text;
        }
    }
    // Even the failures alone are too much: as many of them as fit, in every table.
    let shortest = LEVELS[LEVELS.len() - 1];
    let (mut low, mut high) = (0, longest_table(&report));
    let mut best = render(Cut { rows: 0, ..shortest }, true);
    while low < high {
        let rows = (low + high).div_ceil(2);
        let text = render(Cut { rows, ..shortest }, true);
        if fits(&text) {
            (low, best) = (rows, text);
        } else {
            high = rows - 1;
        }
    }
    best
}

fn longest_table(report: &ReportView) -> usize {
    let table = |run: &RunView| {
        let bad = run.thresholds.iter().filter(|row| row.tone == Tone::Bad).count();
        let rows = run.comparison.as_ref().map_or(0, |comparison| comparison.rows.len());
        bad.max(rows).max(run.verify.len()).max(run.endpoints.len()).max(run.warnings.len())
    };
    report.runs.iter().map(table).max().unwrap_or(0).max(report.runs.len())
}

/// At most one blank line in a row, none at the end.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            blank = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut blank) {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
