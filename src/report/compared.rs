//! A comparison by itself, of files that are no records.

use serde::Serialize;

use super::markdown::tidy;
use super::marker::comment_marker;
use super::templates;
use super::terminal::{TerminalOptions, terminal_comparison};
use super::view::{ComparisonView, Tone, foreign};
use crate::gate::Decision;
use crate::record::{Comparison, ComparisonVerdict, Verdict};

/// Rows of a comment's table: with names cut to 60 characters, a comment of so many is far below GitHub's limit.
const MOST_ROWS: usize = 60;
/// Characters of a name in a comment.
const LONGEST_NAME: usize = 60;

/// The comparison for a terminal: every figure, and the verdict in the last line. `head` names what was compared.
///
/// With `quiet` only figures that regressed, and the verdict.
pub fn compared_terminal(comparison: &Comparison, decision: &Decision, head: &str, options: &TerminalOptions) -> String {
    terminal_comparison(&view(comparison, decision), &word(comparison, decision), &foreign(head), options)
}

/// The comparison as the comment of a pull request: the first rows of many.
pub fn compared_comment(comparison: &Comparison, decision: &Decision, head: &str) -> String {
    #[derive(Serialize)]
    struct Context<'a> {
        comparison: ComparisonView,
        head: String,
        word: String,
        marker: &'a str,
        cut: Cut,
    }
    #[derive(Serialize)]
    struct Cut {
        names: usize,
        rows: usize,
    }
    let context = Context {
        comparison: view(comparison, decision),
        head: foreign(head),
        word: word(comparison, decision),
        marker: &comment_marker(head),
        cut: Cut { names: LONGEST_NAME, rows: MOST_ROWS },
    };
    tidy(&templates::render("compared.md.j2", context))
}

fn view(comparison: &Comparison, decision: &Decision) -> ComparisonView {
    let mut view = ComparisonView::of(comparison);
    if decision.verdict == Verdict::Failed {
        view.tone = Tone::Bad;
    }
    view
}

/// The verdict of the comparison; that it fails where that isn't what it says by itself.
fn word(comparison: &Comparison, decision: &Decision) -> String {
    let fails = decision.verdict == Verdict::Failed && comparison.verdict != ComparisonVerdict::Regressed;
    if fails { "FAILED".to_owned() } else { comparison.verdict.to_string().to_uppercase() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Policy, Stance};
    use crate::gate::decide_comparison;
    use crate::record::{ComparisonMode, Contrast, ContrastVerdict};

    fn contrast(scope: &str, metric: &str, base: f64, candidate: f64) -> Contrast {
        Contrast {
            scope: scope.to_owned(),
            metric: metric.to_owned(),
            base,
            candidate,
            delta: candidate / base - 1.0,
            interval: (metric == "p50").then_some((-0.02, 0.15)),
            limit: None,
            detectable: None,
            p_adjusted: None,
            judged: false,
            verdict: ContrastVerdict::Inconclusive,
            accepted: None,
        }
    }

    fn comparison(scopes: &[&str]) -> Comparison {
        let of = |scope: &&str| [contrast(scope, "p50", 0.010, 0.0106), contrast(scope, "p95", 0.02, 0.019)];
        Comparison {
            mode: ComparisonMode::Unjudged,
            verdict: ComparisonVerdict::Inconclusive,
            sentence: "inconclusive: one run on each side says nothing about noise, so no difference is judged".to_owned(),
            advisory: false,
            note: Some("times include those of failed requests (both sides)".to_owned()),
            source: "base.json".to_owned(),
            records: 1,
            newest: None,
            newest_sha: None,
            history: Vec::new(),
            pairs: None,
            contrasts: scopes.iter().flat_map(of).collect(),
            changes: Vec::new(),
        }
    }

    fn decided(comparison: &Comparison) -> Decision {
        decide_comparison(comparison, &Policy::default())
    }

    const HOSTILE: &str = "GET /<b>|x`@octocat\u{1b}[2J";

    #[test]
    fn a_terminal_shows_every_figure_and_the_verdict_last() {
        let (of_both, options) = (comparison(&["all", HOSTILE]), TerminalOptions { width: 120, ..TerminalOptions::default() });
        let text = compared_terminal(&of_both, &decided(&of_both), "head.json", &options);
        insta::assert_snapshot!(text, @r"
        Against the baseline: inconclusive
          inconclusive: one run on each side says nothing about noise, so no difference is judged
          times include those of failed requests (both sides)
          Baseline: 1 record of base.json.
             Metric  Base  Candidate  Delta    95% interval
          all
          ·  p50     10ms     10.6ms  +6.0%  -2.0 to +15.0%
          ·  p95     20ms       19ms  -5.0%               –
          GET /<b>|x`@octocat\u{1b}[2J
          ·  p50     10ms     10.6ms  +6.0%  -2.0 to +15.0%
          ·  p95     20ms       19ms  -5.0%               –

        INCONCLUSIVE  head.json against base.json
        ");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn quiet_leaves_the_verdict() {
        let quiet = TerminalOptions { quiet: true, ..TerminalOptions::default() };
        let unclear = comparison(&["all"]);
        let fail = Policy { on_inconclusive: Stance::Fail, ..Policy::default() };
        let failed = compared_terminal(&unclear, &decide_comparison(&unclear, &fail), "head.json", &quiet);
        assert!(failed.starts_with("FAILED  head.json: inconclusive: one run"), "{failed}");
        insta::assert_snapshot!(compared_terminal(&unclear, &decided(&unclear), "head.json", &quiet), @"INCONCLUSIVE  head.json: inconclusive: one run on each side says nothing about noise, so no difference is judged");
    }

    #[test]
    fn a_comment_escapes_names_and_counts_what_it_leaves_out() {
        let of_both = comparison(&["all", HOSTILE]);
        insta::assert_snapshot!(compared_comment(&of_both, &decided(&of_both), "head<i>.json"), @"
        <!-- loadline:head%3Ci%3E.json -->
        ### ➖ INCONCLUSIVE · head&#60;i&#62;.json

        inconclusive: one run on each side says nothing about noise, so no difference is judged.

        Note: times include those of failed requests (both sides).

        | | Figure | Base | Candidate | Delta (95% interval) | Could see | Limit | p | Verdict |
        |:-:|---|--:|--:|--:|--:|--:|--:|---|
        | ➖ | `all` p50 | 10ms | 10.6ms | **+6.0%** (-2.0% to +15.0%) | – | – | – | inconclusive (shown only) |
        | ➖ | `all` p95 | 20ms | 19ms | **-5.0%** | – | – | – | inconclusive (shown only) |
        | ➖ | <code>GET /&#60;b&#62;&#124;x&#96;&#64;\u{200B}octocat&#92;u{1b}&#91;2J</code> p50 | 10ms | 10.6ms | **+6.0%** (-2.0% to +15.0%) | – | – | – | inconclusive (shown only) |
        | ➖ | <code>GET /&#60;b&#62;&#124;x&#96;&#64;\u{200B}octocat&#92;u{1b}&#91;2J</code> p95 | 20ms | 19ms | **-5.0%** | – | – | – | inconclusive (shown only) |

        <sub>Baseline: 1 record of base.json. Intervals are unadjusted.</sub>
        ");
        let names: Vec<String> = (0..500).map(|at| format!("{HOSTILE}{}", "|".repeat(at))).collect();
        let of_many = comparison(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let long = compared_comment(&of_many, &decided(&of_many), "head.json");
        assert!(long.len() < crate::report::markdown::COMMENT_BUDGET && long.contains("940 more"), "{}", long.len());
    }
}
