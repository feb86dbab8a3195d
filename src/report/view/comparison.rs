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
}

impl ComparisonView {
    pub(crate) fn of(comparison: &Comparison) -> Self {
        let mut rows: Vec<_> = comparison.contrasts.iter().map(|contrast| ContrastView::of(contrast, comparison.advisory)).collect();
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
            sentence: prose(&comparison.sentence),
            note: comparison.note.as_deref().map(prose).unwrap_or_default(),
            advisory: comparison.advisory,
            judged: comparison.mode != ComparisonMode::Unjudged,
            source: foreign(&comparison.source),
            baseline: baseline(comparison),
            rows,
        }
    }
}

impl ContrastView {
    fn of(contrast: &Contrast, advisory: bool) -> Self {
        let name = contrast.metric.as_str();
        let decides = contrast.judged && !advisory;
        let mut verdict = contrast.verdict.to_string();
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
            unchanged: matches!(contrast.verdict, ContrastVerdict::Ok | ContrastVerdict::Inconclusive),
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
    use crate::report::{CommentOptions, TerminalOptions, fixture, html, job_summary, junit, markdown_comment, terminal};

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
