//! The candidate against its baseline, as shown.

use serde::Serialize;

use super::foreign::{foreign, prose};
use super::tone::Tone;
use crate::record::{Acceptance, Comparison, ComparisonMode, ComparisonVerdict, Contrast, ContrastVerdict};
use crate::report::figures;

/// A comparison.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ComparisonView {
    pub(crate) tone: Tone,
    /// `regressed`, `no baseline` ...
    pub(crate) verdict: String,
    pub(crate) sentence: String,
    pub(crate) note: String,
    pub(crate) advisory: bool,
    /// Whether anything could be judged: otherwise there are no limits, and one verdict for all figures.
    pub(crate) judged: bool,
    /// Where the baseline is: `baselines/main/shop`.
    pub(crate) source: String,
    /// `5 records of baselines/main/shop, the newest of 4f5a6b7 from 2026-01-02 03:04 UTC`.
    pub(crate) baseline: String,
    /// What changed first, then the rest as recorded.
    pub(crate) rows: Vec<ContrastView>,
}

/// One figure of base and candidate.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ContrastView {
    pub(crate) tone: Tone,
    pub(crate) scope: String,
    pub(crate) metric: String,
    pub(crate) base: String,
    pub(crate) candidate: String,
    pub(crate) delta: String,
    pub(crate) interval: String,
    pub(crate) limit: String,
    pub(crate) detectable: String,
    pub(crate) p_adjusted: String,
    /// `regressed`, `ok` ...; `(shown only)` behind it where it can't fail the run.
    pub(crate) verdict: String,
    /// `up to 40ms until 2026-12-31, by Ada: new fraud check` where a regression is accepted; else empty.
    pub(crate) accepted: String,
    /// Whether nothing is to be said about it: left out first where room is short.
    pub(crate) unchanged: bool,
    /// Whether it is shown at once where there is room: what changed, and the judged figures of the whole run.
    pub(crate) open: bool,
    /// `regressed`, in parentheses where it can't fail the run.
    #[serde(skip)]
    pub(crate) word: String,
    /// Whether it can fail the run, the comparison being judged.
    #[serde(skip)]
    pub(crate) judged: bool,
    /// Its place as recorded.
    #[serde(skip)]
    pub(crate) place: usize,
}

impl ComparisonView {
    pub(crate) fn of(comparison: &Comparison) -> Self {
        let contrasts = comparison.contrasts.iter().enumerate();
        let mut rows: Vec<_> = contrasts.map(|(place, contrast)| ContrastView::of(contrast, comparison.advisory, place)).collect();
        rows.sort_by_key(|row| (row.unchanged, row.tone));
        let tone = match comparison.verdict {
            ComparisonVerdict::Regressed if !comparison.advisory => Tone::Bad,
            ComparisonVerdict::Regressed
            | ComparisonVerdict::Accepted
            | ComparisonVerdict::Incomparable
            | ComparisonVerdict::NoBaseline => Tone::Warn,
            ComparisonVerdict::Improved | ComparisonVerdict::Ok => Tone::Good,
            ComparisonVerdict::Inconclusive => Tone::Neutral,
        };
        Self {
            tone,
            verdict: comparison.verdict.to_string(),
            // What follows it is the template's.
            sentence: prose(comparison.sentence.trim_end_matches('.')),
            note: comparison.note.as_deref().map(|note| prose(note.trim_end_matches('.'))).unwrap_or_default(),
            advisory: comparison.advisory,
            judged: comparison.mode != ComparisonMode::Unjudged,
            source: foreign(&comparison.source),
            baseline: baseline(comparison),
            rows,
        }
    }
}

impl ContrastView {
    fn of(contrast: &Contrast, advisory: bool, place: usize) -> Self {
        let name = contrast.metric.as_str();
        let decides = contrast.judged && !advisory;
        let unchanged = matches!(contrast.verdict, ContrastVerdict::Ok | ContrastVerdict::Inconclusive);
        let mut verdict = contrast.verdict.to_string();
        let word = if contrast.judged { verdict.clone() } else { format!("({verdict})") };
        if !contrast.judged {
            verdict += " (shown only)";
        } else if advisory {
            verdict += " (advisory)";
        }
        Self {
            tone: match contrast.verdict {
                ContrastVerdict::Regressed if decides => Tone::Bad,
                ContrastVerdict::Regressed | ContrastVerdict::Accepted => Tone::Warn,
                ContrastVerdict::Improved | ContrastVerdict::Ok => Tone::Good,
                ContrastVerdict::Inconclusive => Tone::Neutral,
            },
            scope: foreign(&contrast.scope),
            metric: foreign(name),
            base: figures::metric(name, contrast.base),
            candidate: figures::metric(name, contrast.candidate),
            delta: figures::change(name, contrast.delta),
            interval: contrast.interval.map_or_else(none, |ends| figures::interval(name, ends)),
            limit: contrast.limit.map_or_else(none, |limit| figures::metric(name, limit)),
            detectable: contrast.detectable.map_or_else(none, |change| figures::size_of_change(name, change)),
            p_adjusted: contrast.p_adjusted.map_or_else(none, probability),
            verdict,
            accepted: contrast.accepted.as_ref().map(|accepted| acceptance(name, accepted)).unwrap_or_default(),
            unchanged,
            open: !unchanged || contrast.judged && contrast.scope == "all",
            word,
            judged: contrast.judged,
            place,
        }
    }

    /// `all p95 regressed: 412ms -> 507ms (+23.0%)`.
    pub(crate) fn sentence(&self) -> String {
        let accepted = if self.accepted.is_empty() { String::new() } else { format!(", {}", self.accepted) };
        format!("{} {} {}: {} -> {} ({}){accepted}", self.scope, self.metric, self.verdict, self.base, self.candidate, self.delta)
    }
}

fn baseline(comparison: &Comparison) -> String {
    let source = foreign(&comparison.source);
    if comparison.records == 0 {
        return source;
    }
    let mut text = format!("{} of {source}", figures::counted(comparison.records.into(), "record", "records"));
    let sha = comparison.newest_sha.as_deref().map(|sha| foreign(&sha.chars().take(7).collect::<String>()));
    let newest = comparison.newest.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string());
    let which = if comparison.records == 1 { "of" } else { "the newest of" };
    match (sha, newest) {
        (Some(sha), Some(time)) => text += &format!(", {which} commit {sha} from {time}"),
        (Some(sha), None) => text += &format!(", {which} commit {sha}"),
        (None, Some(time)) => text += &format!(", {which} {time}"),
        (None, None) => {}
    }
    text
}

fn acceptance(metric: &str, accepted: &Acceptance) -> String {
    let by = accepted.by.as_deref().map(|by| format!(", by {}", foreign(by))).unwrap_or_default();
    let added = if accepted.is_added { ", by a waiver that this change adds" } else { "" };
    let ceiling = figures::metric(metric, accepted.ceiling);
    format!("up to {ceiling} until {}{by}{added}: {}", accepted.until, foreign(&accepted.reason))
}

fn probability(value: f64) -> String {
    if value < 0.0001 { "<0.0001".to_owned() } else { format!("{value:.4}") }
}

fn none() -> String {
    figures::NONE.to_owned()
}

#[cfg(test)]
mod tests {
    use crate::record::{Contrast, ContrastVerdict};
    use crate::report::{CommentOptions, TerminalOptions, fixture, html, job_summary, junit, markdown_comment, terminal};

    #[test]
    fn a_comment_shows_the_whole_run_at_once_and_counts_what_it_folds_away() {
        let mut record = fixture::passed();
        let comparison = record.comparison.as_mut().unwrap();
        comparison.contrasts.push(fixture::contrast("GET /products", "p50", 0.0100, 0.0101, ContrastVerdict::Ok));
        comparison.contrasts.push(fixture::contrast("GET /products", "p95", 0.0200, 0.0230, ContrastVerdict::Inconclusive));
        comparison.contrasts.push(Contrast { judged: false, ..fixture::contrast("all", "p99", 0.02, 0.021, ContrastVerdict::Ok) });
        let comment = markdown_comment(&[record], &CommentOptions::default());
        let (open, folded) = comment.split_once("<details><summary>3 more figures: ").unwrap();
        assert!(folded.starts_with("2 without a change that matters, 1 that can't be told or can't fail the run</summary>"), "{folded}");
        for row in ["`all` p50", "`all` throughput", "`POST /cart` p95"] {
            assert!(open.contains(row), "{row}: {open}");
        }
        assert!(!open.contains("`GET /products` p50") && !open.contains("`all` p99"), "{open}");
    }

    #[test]
    fn a_terminal_has_every_column_that_a_comparison_promises() {
        let record = fixture::passed();
        let shown = |width| terminal(std::slice::from_ref(&record), &TerminalOptions { width, ..TerminalOptions::default() });
        let header =
            |text: &str| text.lines().find(|line| line.contains("Candidate")).unwrap().split("  ").map(str::trim).collect::<String>();
        for column in ["Base", "Candidate", "Delta", "95% interval", "Could see", "p", "Verdict"] {
            assert!(header(&shown(100)).contains(column), "{column}");
        }
        assert!(header(&shown(80)).contains("95% interval"));
        assert!(shown(72).lines().filter(|line| line.starts_with("  ✓")).all(|line| line.chars().count() <= 72), "{}", shown(72));
    }

    #[test]
    fn an_accepted_regression_is_told_with_its_reason_on_every_surface() {
        let records = [fixture::accepted()];
        let shown = terminal(&records, &TerminalOptions::default());
        assert!(shown.contains("accepted: GET /products p95 up to 20ms until 2026-12-31, by Ada: fraud check <b>|"), "{shown}");
        let last = shown.lines().last().unwrap();
        assert!(last.starts_with("PASSED") && last.ends_with("1 regression accepted (GET /products p95 +80.0%)"), "{last}");
        let comment = markdown_comment(&records, &CommentOptions::default());
        for text in [&comment, &job_summary(&records), &html(&records), &junit(&records)] {
            assert!(text.contains("up to 20ms until 2026-12-31, by Ada: fraud check"), "{text}");
            assert!(!text.contains("<b>") && !text.contains("\n@octocat"), "{text}");
        }
        let mut added = fixture::accepted();
        let contrasts = added.comparison.iter_mut().flat_map(|comparison| &mut comparison.contrasts);
        contrasts.filter_map(|row| row.accepted.as_mut()).for_each(|accepted| accepted.is_added = true);
        let text = markdown_comment(&[added], &CommentOptions::default());
        assert!(text.contains("by Ada, by a waiver that this change adds: fraud check"), "{text}");
        // It is no failure anywhere, and no row that may be left out.
        assert!(junit(&records).contains("failures=\"0\""));
        assert!(comment.lines().any(|line| line.starts_with("| ⚠️") && line.contains("accepted: up to 20ms")), "{comment}");
    }
}
