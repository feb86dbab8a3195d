//! The parts of a terminal report.

use super::table::Column::{Extra, Figure, Label, Text};
use super::table::TableBuilder;
use super::{Pen, line};
use crate::report::figures;
use crate::report::view::{ComparisonView, ContrastView, Fact, RunView, ThresholdView, Tone};

/// More failures or checks than these are counted.
const MOST_ROWS: usize = 10;

/// Everything about one run but its verdict.
pub(super) fn run(out: &mut String, run: &RunView, pen: Pen) {
    line(out, &format!("{}  {}", pen.bold(&run.name), pen.dim(&run.description)));
    out.push('\n');
    endpoints(out, run, pen);
    errors(out, run, pen);
    checks(out, run, pen);
    capacity(out, run, pen);
    thresholds(out, run, pen);
    verify(out, run, pen);
    comparison(out, run, pen);
    if let Some(service) = &run.service {
        facts(out, "Service", &service.facts, pen);
    }
    for warning in &run.warnings {
        let word = if warning.tone == Tone::Bad { "invalid" } else { "warning" };
        line(out, &format!("{}: {}", pen.tone(word, warning.tone), warning.message));
        for advice in &warning.advice {
            wrapped(out, "  ", advice, pen);
        }
    }
    if !run.warnings.is_empty() {
        out.push('\n');
    }
    line(out, &format!("Seed: {}", run.seed));
    if !run.repeat.is_empty() {
        line(out, &format!("Repeat: {}", run.repeat));
    }
}

/// What failed, a line each.
pub(super) fn quiet(out: &mut String, run: &RunView, pen: Pen) {
    let mut say = |text: String| line(out, &format!("{} {}: {text}", pen.tone(Tone::Bad.symbol(), Tone::Bad), run.name));
    for row in run.thresholds.iter().filter(|row| row.tone == Tone::Bad) {
        say(row.sentence());
    }
    for step in run.verify.iter().filter(|step| step.tone == Tone::Bad) {
        let colon = if step.message.is_empty() { "" } else { ": " };
        say(format!("verify {} failed{colon}{}", step.name, step.message));
    }
    if let Some(comparison) = &run.comparison {
        regressions(out, comparison, &run.name, pen);
    }
}

/// Figures that regressed, a line each.
pub(super) fn regressions(out: &mut String, comparison: &ComparisonView, name: &str, pen: Pen) {
    for row in comparison.rows.iter().filter(|row| row.tone == Tone::Bad) {
        line(out, &format!("{} {name}: {}", pen.tone(Tone::Bad.symbol(), Tone::Bad), row.sentence()));
    }
}

fn title(out: &mut String, text: &str, pen: Pen) {
    line(out, &pen.bold(text));
}

fn endpoints(out: &mut String, run: &RunView, pen: Pen) {
    if !run.measured {
        line(out, "Nothing was measured: no request of the load finished.\n");
        return;
    }
    let mut table = TableBuilder::new(
        pen,
        [
            Text("Endpoint"),
            Figure("Requests"),
            Figure("Failed"),
            Extra("Failed %", 100),
            Figure("Rate"),
            Figure("p50"),
            Figure("p95"),
            Figure("p99"),
            Figure("max"),
            Extra("Service p95", 130),
        ],
    );
    let all = (run.endpoints.len() != 1).then_some(&run.total);
    for row in run.endpoints.iter().chain(all) {
        table.row(
            row.tone,
            [
                &row.label,
                &row.requests,
                &row.failures,
                &row.error_rate,
                &row.rate,
                &row.p50,
                &row.p95,
                &row.p99,
                &row.max,
                &row.service_p95,
            ]
            .map(String::as_str),
        );
    }
    out.push_str(&table.render());
    out.push('\n');
}

fn errors(out: &mut String, run: &RunView, pen: Pen) {
    if run.errors.is_empty() {
        return;
    }
    title(out, "Failures", pen);
    let mut table = TableBuilder::new(pen, [Figure("Count"), Label("Category"), Text("Message"), Text("Endpoint"), Extra("When", 110)]);
    for row in run.errors.iter().take(MOST_ROWS) {
        table.row(Tone::Warn, [&row.count, &row.category, &row.message, &row.endpoint, &row.when].map(String::as_str));
    }
    out.push_str(&table.render());
    more(out, run.errors.len());
}

fn checks(out: &mut String, run: &RunView, pen: Pen) {
    let broken: Vec<_> = run.failed_checks().collect();
    if broken.is_empty() {
        return;
    }
    title(out, &format!("Checks that failed ({} of {})", broken.len(), run.checks.len()), pen);
    let mut table = TableBuilder::new(pen, [Text("Check"), Text("Endpoint"), Figure("Failed"), Figure("Failed %"), Figure("Held")]);
    for row in broken.iter().take(MOST_ROWS) {
        table.row(row.tone, [&row.name, &row.endpoint, &row.failed, &row.share, &row.passed].map(String::as_str));
    }
    out.push_str(&table.render());
    more(out, broken.len());
}

fn capacity(out: &mut String, run: &RunView, pen: Pen) {
    let Some(capacity) = &run.capacity else { return };
    title(out, &format!("Capacity: {} for {}", capacity.rate, capacity.objective), pen);
    let mut table = TableBuilder::new(
        pen,
        [Label(""), Figure("Rate"), Figure("Answered"), Figure("p95"), Figure("Failed"), Figure("Dropped"), Text("Outcome")],
    );
    for step in &capacity.steps {
        table.row(step.tone, [step.tone.symbol(), &step.rate, &step.throughput, &step.p95, &step.error_rate, &step.dropped, &step.outcome]);
    }
    out.push_str(&table.render());
    out.push('\n');
}

fn thresholds(out: &mut String, run: &RunView, pen: Pen) {
    if run.thresholds.is_empty() {
        return;
    }
    title(out, "Thresholds", pen);
    let note = |row: &ThresholdView| if row.note == row.outcome { String::new() } else { row.note.clone() };
    let mut columns = vec![Label(""), Text("Scope"), Text("Threshold"), Figure("Value"), Label("Outcome")];
    if run.thresholds.iter().any(|row| !note(row).is_empty()) {
        columns.push(Text("Note"));
    }
    let noted = columns.len();
    let mut table = TableBuilder::new(pen, columns);
    for row in &run.thresholds {
        let note = note(row);
        let cells = [row.tone.symbol(), &row.scope, &row.expression, &row.value, &row.outcome, &note];
        table.row(row.tone, cells.into_iter().take(noted));
    }
    out.push_str(&table.render());
    out.push('\n');
}

fn verify(out: &mut String, run: &RunView, pen: Pen) {
    if run.verify.is_empty() {
        return;
    }
    title(out, "Verify", pen);
    for step in &run.verify {
        line(out, &format!("  {} {}  {}", pen.tone(step.tone.symbol(), step.tone), step.name, step.outcome));
        if !step.message.is_empty() {
            wrapped(out, "    ", &step.message, pen);
        }
    }
    out.push('\n');
}

fn comparison(out: &mut String, run: &RunView, pen: Pen) {
    let Some(comparison) = &run.comparison else { return };
    // A terminal is read from its end: what changed, and the whole run; the rest is in the report.
    let (told, rest): (Vec<_>, Vec<_>) = comparison.rows.iter().partition(|row| !row.unchanged || row.scope == "all");
    rows_of_comparison(out, comparison, &told, pen);
    if !rest.is_empty() {
        line(
            out,
            &format!(
                "  and {} of endpoints, unchanged or not to be told: see the report",
                figures::counted(rest.len() as u64, "figure", "figures")
            ),
        );
    }
    out.push('\n');
}

/// With all its rows: there is no report that has more.
pub(super) fn whole_comparison(out: &mut String, comparison: &ComparisonView, pen: Pen) {
    rows_of_comparison(out, comparison, &comparison.rows.iter().collect::<Vec<_>>(), pen);
    out.push('\n');
}

fn rows_of_comparison(out: &mut String, comparison: &ComparisonView, rows: &[&ContrastView], pen: Pen) {
    let advisory = if comparison.advisory { " (advisory)" } else { "" };
    title(out, &format!("Against the baseline: {}{advisory}", comparison.verdict), pen);
    for text in [&comparison.sentence, &comparison.note].into_iter().filter(|text| !text.is_empty()) {
        wrapped(out, "  ", text, pen);
    }
    wrapped(out, "  ", &format!("Baseline: {}.", comparison.baseline), pen);
    if !rows.is_empty() {
        out.push_str(&table_of_comparison(comparison, rows, pen));
        if comparison.judged && rows.iter().any(|row| !row.judged) {
            line(out, &format!("  {}", pen.dim("in parentheses: shown, and can't fail the run")));
        }
        for row in rows.iter().filter(|row| !row.accepted.is_empty()) {
            wrapped(out, "  ", &format!("accepted: {} {} {}", row.scope, row.metric, row.accepted), pen);
        }
    }
}

/// The figures of each scope below its name, which may be long; the scope in which most changed comes first.
fn table_of_comparison(comparison: &ComparisonView, rows: &[&ContrastView], pen: Pen) -> String {
    // Where nothing is judged, there are no limits and one verdict for all.
    let never = u16::MAX;
    let (seen, limit, chance, verdict) =
        if comparison.judged { (88, 112, 98, Label("Verdict")) } else { (never, never, never, Extra("Verdict", never)) };
    let mut table = TableBuilder::new(
        pen,
        [
            Label(""),
            Label("Metric"),
            Figure("Base"),
            Figure("Candidate"),
            Figure("Delta"),
            Extra("95% interval", 78),
            Extra("Could see", seen),
            Extra("Limit", limit),
            Extra("p", chance),
            verdict,
        ],
    );
    let mut scopes: Vec<&str> = Vec::new();
    for row in rows {
        if !scopes.contains(&row.scope.as_str()) {
            scopes.push(&row.scope);
        }
    }
    let points = |text: &str| text.replace(" points", "pp");
    for scope in scopes {
        table.heading(scope);
        let mut own: Vec<&&ContrastView> = rows.iter().filter(|row| row.scope == scope).collect();
        own.sort_by_key(|row| row.place);
        for row in own {
            let ContrastView { metric, base, candidate, limit, p_adjusted, word, .. } = row;
            let (delta, seen) = (points(&row.delta), points(&row.detectable));
            let interval = points(&row.interval).replacen("% to ", " to ", 1);
            table.row(row.tone, [row.tone.symbol(), metric, base, candidate, &delta, &interval, &seen, limit, p_adjusted, word]);
        }
    }
    table.render()
}

fn facts(out: &mut String, name: &str, facts: &[Fact], pen: Pen) {
    title(out, name, pen);
    wrapped(out, "  ", &facts.iter().map(|fact| format!("{} {}", fact.label, fact.value)).collect::<Vec<_>>().join("; "), pen);
    out.push('\n');
}

/// Text in lines of at most the width, each indented.
fn wrapped(out: &mut String, indent: &str, text: &str, pen: Pen) {
    let width = usize::from(pen.width) - indent.len();
    let mut row = String::new();
    for word in text.split(' ') {
        if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > width {
            line(out, &format!("{indent}{row}"));
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    line(out, &format!("{indent}{row}"));
}

fn more(out: &mut String, all: usize) {
    if all > MOST_ROWS {
        line(out, &format!("  and {} more: see the report", figures::count((all - MOST_ROWS) as u64)));
    }
    out.push('\n');
}
