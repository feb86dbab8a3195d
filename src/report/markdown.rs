//! Markdown for a pull request's comment and for the summary of a job.

use serde::Serialize;

use super::marker::{comment_marker, state_line};
use super::mermaid::{self, Timeline};
use super::templates;
use super::view::{ReportView, RunView, Tone};
use crate::record::{Record, Verdict};

/// GitHub refuses comments of more than 65,536 characters; bytes are never fewer than characters.
pub(super) const COMMENT_BUDGET: usize = 60_000;
/// GitHub refuses a check run whose summary has more than 65,535 characters.
const CHECK_BUDGET: usize = 65_000;
/// GitHub shows nothing at all of a summary of more than 1 MiB, and other steps may add to it.
const SUMMARY_BUDGET: usize = 900_000;

/// How a comment is made.
#[derive(Debug, Clone, Default)]
pub struct CommentOptions {
    /// Names the comment, so that a later run finds and updates it; the scenarios' names where it is none.
    pub suite: Option<String>,
    /// The run before this one did not pass, and its comment is replaced by this one.
    pub resolved: bool,
    /// A fork's own workflow measured it: nobody can vouch for the figures.
    pub from_fork: bool,
    /// Where the whole report can be downloaded.
    pub artifact_url: Option<String>,
    /// Where the log is.
    pub run_url: Option<String>,
    /// Names the run of the workflow that posts it, and which attempt at it: `42/1`.
    pub attempt: Option<String>,
}

impl CommentOptions {
    /// Links as Markdown; addresses that are none, or that could end the link, are left out.
    pub(super) fn links(&self) -> String {
        let is_address = |url: &&String| {
            let begins = ["https://", "http://127.0.0.1", "http://localhost"].iter().any(|begin| url.starts_with(begin));
            begins && url.len() < 2_000 && !url.contains(|c: char| !c.is_ascii_graphic() || "()<>[]\\|\"'`".contains(c))
        };
        let links = [("The whole report", &self.artifact_url), ("The run", &self.run_url)];
        let links = links.iter().filter_map(|(label, url)| url.as_ref().filter(is_address).map(|url| format!("[{label}]({url})")));
        links.collect::<Vec<_>>().join(" · ")
    }
}

/// The comment of a pull request, at most 60,000 bytes.
///
/// What is too much is left out in this order: rows in which nothing changed, charts, details, long names; what
/// failed stays, and where even that is too much, what is left out is counted.
pub fn markdown_comment(records: &[Record], options: &CommentOptions) -> String {
    within(records, "comment.md.j2", options, COMMENT_BUDGET)
}

/// The summary of a job, well below 1 MiB; shortened like a comment where it has to be.
pub fn job_summary(records: &[Record]) -> String {
    within(records, "summary.md.j2", &CommentOptions::default(), SUMMARY_BUDGET)
}

/// The summary of a check run, at most 65,000 bytes; shortened like a comment where it has to be.
pub fn check_summary(records: &[Record]) -> String {
    within(records, "summary.md.j2", &CommentOptions::default(), CHECK_BUDGET)
}

/// What a comment is called where nobody names it: the scenarios' names.
pub fn suite(records: &[Record]) -> String {
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
    /// The hidden lines of a comment.
    marker: &'a str,
    state: &'a str,
    resolved: bool,
    from_fork: bool,
    links: &'a str,
    cut: Cut,
    /// Whether anything was left out.
    shortened: bool,
}

#[derive(Serialize)]
struct Run<'a> {
    run: &'a RunView,
    charts: Option<&'a Timeline>,
    history: Option<&'a str>,
}

fn within(records: &[Record], template: &str, options: &CommentOptions, budget: usize) -> String {
    let report = ReportView::of(records);
    let marker = comment_marker(&options.suite.clone().unwrap_or_else(|| suite(records)));
    let state = state_line(&Verdict::worst(records.iter().map(|record| record.summary.verdict)).to_string());
    let links = options.links();
    let history: Vec<_> = records.iter().map(mermaid::history).collect();
    let charts: Vec<_> = report.runs.iter().map(|run| mermaid::timeline(&run.timeline)).collect();
    let render = |cut: Cut, shortened: bool| {
        let shown = |run: &&RunView| report.runs.len() == 1 || cut.details || run.verdict.tone != Tone::Good;
        let runs = report.runs.iter().zip(&charts).zip(&history).filter(|((run, _), _)| shown(run)).take(cut.rows.max(1));
        let runs = runs.map(|((run, charts), history)| Run { run, charts: charts.as_ref(), history: history.as_deref() }).collect();
        let (resolved, from_fork) = (options.resolved, options.from_fork);
        let context = Context { report: &report, runs, marker: &marker, state: &state, resolved, from_fork, links: &links, cut, shortened };
        tidy(&templates::render(template, context))
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
pub(super) fn tidy(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{ContrastVerdict, HistoryPoint, ThresholdOutcome};
    use crate::report::fixture;
    use proptest::prelude::*;

    fn comment(records: &[Record]) -> String {
        markdown_comment(records, &CommentOptions { suite: Some("api load".to_owned()), ..CommentOptions::default() })
    }

    /// Every row of a table has as many cells as its head, and foreign text began nothing outside of code.
    fn check_tables(text: &str) {
        let mut columns = None;
        for line in text.lines() {
            if !line.starts_with('|') {
                columns = None;
                continue;
            }
            let bars = line.matches('|').count();
            assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
        }
    }

    /// A run of many endpoints, each with a missed and a held threshold and a regressed and an unchanged figure.
    fn large(endpoints: usize, name: &str) -> Record {
        let rows: Vec<String> = (0..endpoints).map(|at| format!("GET /{at}/{name}")).collect();
        let mut record =
            fixture::record("large", Verdict::Failed, rows.iter().map(|row| fixture::endpoint(row, "visitor", 10, 1, 900)).collect());
        for row in &rows {
            record.thresholds.push(fixture::threshold(row, "p95 < 1ms", "2ms", ThresholdOutcome::Failed));
            record.thresholds.push(fixture::threshold(row, "p99 < 9s", "2ms", ThresholdOutcome::Passed));
        }
        let mut comparison = fixture::passed().comparison.unwrap();
        comparison.contrasts = rows
            .iter()
            .flat_map(|row| {
                [
                    fixture::contrast(row, "p95", 0.001, 0.002, ContrastVerdict::Regressed),
                    fixture::contrast(row, "p50", 0.001, 0.001, ContrastVerdict::Ok),
                ]
            })
            .collect();
        record.comparison = Some(comparison);
        record
    }

    #[test]
    fn the_comment_of_a_run_that_passed() {
        insta::assert_snapshot!(comment(&[fixture::passed()]));
    }

    #[test]
    fn the_comment_of_a_run_that_failed() {
        let text = comment(&[fixture::failed()]);
        check_tables(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_summary_of_a_capacity_search_and_a_run_without_samples() {
        let text = job_summary(&[fixture::capacity(), fixture::empty()]);
        check_tables(&text);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_marker_is_the_first_line_and_suites_keep_apart() {
        assert_eq!(comment(&[fixture::passed()]).lines().next(), Some("<!-- loadline:api%20load -->"));
        assert_eq!(comment_marker("a-->b--c@d"), "<!-- loadline:a-%2D%3Eb-%2Dc%40d -->");
        assert_ne!(comment_marker("a b"), comment_marker("a%20b"));
        let own = markdown_comment(&[fixture::passed(), fixture::empty()], &CommentOptions::default());
        assert_eq!(own.lines().next(), Some("<!-- loadline:shop%2Bshop -->"));
    }

    #[test]
    fn a_comment_links_tells_of_forks_and_says_that_all_is_well_again() {
        let options = CommentOptions {
            resolved: true,
            from_fork: true,
            artifact_url: Some("https://github.com/octocat/demo/actions/runs/1/artifacts/2".to_owned()),
            run_url: Some("https://x.y/) [bad](https://evil.example".to_owned()),
            ..CommentOptions::default()
        };
        let mut record = fixture::passed();
        let at = record.run.started_at;
        let point = |p95| HistoryPoint { at, sha: Some("0011223".to_owned()), p50: Some(0.01), p95: Some(p95) };
        record.comparison.as_mut().unwrap().history = vec![point(0.021), point(0.019), point(0.02)];
        let text = markdown_comment(&[record], &options);
        check_tables(&text);
        assert!(!text.contains("evil"), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_is_too_much_goes_in_order_and_failures_stay() {
        let text = |endpoints| {
            let text = comment(&[large(endpoints, "orders")]);
            assert!(text.len() <= COMMENT_BUDGET, "{endpoints}: {}", text.len());
            check_tables(&text);
            for at in 0..endpoints {
                assert!(text.matches(&format!("/{at}/")).count() >= 2, "{endpoints}: {at}");
            }
            text
        };
        let (unchanged, charts, details) = ("without a change that matters", "```mermaid", "Failures by cause");
        let small = text(5);
        assert!(small.contains(unchanged) && small.contains(charts) && small.contains(details) && !small.contains("Shortened"));
        let medium = text(180);
        assert!(!medium.contains(unchanged) && medium.contains(charts) && medium.contains(details) && medium.contains("Shortened"));
        let large = text(260);
        assert!(!large.contains(unchanged) && !large.contains(charts) && !large.contains(details));
    }

    #[test]
    fn failures_that_are_too_many_are_counted() {
        let text = comment(&[large(1_500, "orders")]);
        assert!(text.len() <= COMMENT_BUDGET && text.len() > COMMENT_BUDGET * 9 / 10, "{}", text.len());
        check_tables(&text);
        assert!(text.contains("1,500 of 3,000 thresholds missed"), "{}", &text[..400]);
        assert!(text.contains(" more: see the report."));
    }

    #[test]
    fn an_objective_of_any_length_fits() {
        let mut record = fixture::capacity();
        record.capacity.as_mut().unwrap().objective = vec!["p95 < 200ms |".to_owned(); 2_000];
        let text = comment(&[record]);
        assert!(text.len() <= COMMENT_BUDGET, "{}", text.len());
        check_tables(&text);
    }

    #[test]
    fn many_scenarios_fit() {
        let mut records = vec![fixture::passed(); 300];
        records.push(fixture::failed());
        let text = comment(&records);
        assert!(text.len() <= COMMENT_BUDGET, "{}", text.len());
        assert!(text.contains("300 more scenarios") && text.contains("1 of 301 scenarios failed"));
    }

    #[test]
    fn a_summary_stays_below_its_limit() {
        let text = job_summary(&[large(1_500, &"orders".repeat(20))]);
        assert!(text.len() <= SUMMARY_BUDGET && text.len() > 100_000, "{}", text.len());
        let text = check_summary(&[large(1_500, "orders")]);
        assert!(text.len() <= 65_535 && text.len() > 50_000 && text.contains(" more: see the report."), "{}", text.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn any_name_keeps_within_budget_and_tables(endpoints in 0usize..60, name in any::<String>(), long in 0usize..300) {
            let text = comment(&[large(endpoints, &format!("{name}{}", "x|`<".repeat(long)))]);
            prop_assert!(text.len() <= COMMENT_BUDGET);
            check_tables(&text);
        }
    }
}
