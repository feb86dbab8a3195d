//! The verdict and the line that gives its reasons.

use serde::Serialize;

use super::comparison::ComparisonView;
use super::foreign::prose;
use super::judged::{NOT_JUDGED, ThresholdView, VerifyView};
use super::tone::Tone;
use crate::record::{ComparisonVerdict, Record, Verdict};
use crate::report::figures;

/// More reasons than these are counted.
const MOST_REASONS: usize = 3;

/// A verdict for people.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct VerdictView {
    /// `PASSED`.
    pub(crate) word: &'static str,
    pub(crate) tone: Tone,
    /// Why, in one line, without the word: `shop: 3 of 3 thresholds held`.
    pub(crate) reason: String,
    /// The same without the name of the run, for where that stands already.
    pub(crate) because: String,
}

impl VerdictView {
    /// Of one run.
    pub(crate) fn of_run(
        record: &Record,
        name: &str,
        thresholds: &[ThresholdView],
        verify: &[VerifyView],
        comparison: Option<&ComparisonView>,
    ) -> Self {
        let verdict = record.summary.verdict;
        let parts = match verdict {
            Verdict::Passed => passed(record, thresholds, verify, comparison),
            Verdict::Failed => failed(thresholds, verify, comparison),
            Verdict::Invalid => vec![invalid(record)],
            Verdict::Interrupted => vec![format!("after {} of load: the figures are of what was measured until then", record.run.duration)],
        };
        let because = parts.join("; ");
        Self::new(verdict, record.summary.neutral, format!("{name}: {because}"), because)
    }

    /// Of several runs together; `names` are those of the runs, in order.
    pub(crate) fn of_all(records: &[Record], names: &[String]) -> Self {
        let verdict = Verdict::worst(records.iter().map(|record| record.summary.verdict));
        let of = |wanted: Verdict| -> Vec<&str> {
            records.iter().zip(names).filter(|(record, _)| record.summary.verdict == wanted).map(|(_, name)| name.as_str()).collect()
        };
        let all = figures::counted(records.len() as u64, "scenario", "scenarios");
        let mut parts = Vec::new();
        for kind in [Verdict::Interrupted, Verdict::Invalid, Verdict::Failed] {
            let which = of(kind);
            if !which.is_empty() {
                parts.push(format!("{} of {all} {kind} ({})", which.len(), listed(&which, MOST_REASONS)));
            }
        }
        if parts.is_empty() {
            parts.push(match records.len() {
                0 => "no scenario ran".to_owned(),
                _ => format!("{all} passed ({})", listed(&of(Verdict::Passed), 10)),
            });
        }
        let reason = parts.join("; ");
        let neutral = records.iter().any(|record| record.summary.neutral);
        Self::new(verdict, neutral, reason.clone(), reason)
    }

    /// `neutral`: it passed, and a comparison that was to be made says nothing.
    fn new(verdict: Verdict, neutral: bool, reason: String, because: String) -> Self {
        let (word, tone) = match verdict {
            Verdict::Passed if neutral => ("PASSED", Tone::Neutral),
            Verdict::Passed => ("PASSED", Tone::Good),
            Verdict::Failed => ("FAILED", Tone::Bad),
            Verdict::Invalid => ("INVALID", Tone::Bad),
            Verdict::Interrupted => ("INTERRUPTED", Tone::Warn),
        };
        Self { word, tone, reason, because }
    }
}

fn passed(record: &Record, thresholds: &[ThresholdView], verify: &[VerifyView], comparison: Option<&ComparisonView>) -> Vec<String> {
    let mut parts = Vec::new();
    let held = thresholds.iter().filter(|row| row.tone == Tone::Good).count();
    let (unjudged, rest): (Vec<_>, Vec<_>) = thresholds.iter().partition(|row| row.outcome == NOT_JUDGED);
    let judged = rest.iter().filter(|row| row.tone != Tone::Neutral).count();
    if judged > 0 {
        parts.push(format!("{held} of {} held", figures::counted(judged as u64, "threshold", "thresholds")));
    } else if unjudged.is_empty() {
        parts.push(if thresholds.is_empty() { "no thresholds" } else { "no threshold applies" }.to_owned());
    }
    if !unjudged.is_empty() {
        parts.push(format!("{} not judged", figures::counted(unjudged.len() as u64, "threshold", "thresholds")));
    }
    let doubtful = rest.iter().filter(|row| row.tone == Tone::Warn).count();
    if doubtful > 0 {
        parts.push(figures::counted(doubtful as u64, "threshold only warns", "thresholds only warn"));
    }
    if !verify.is_empty() {
        let held = verify.iter().filter(|step| step.tone == Tone::Good).count();
        parts.push(format!("{held} of {} held", figures::counted(verify.len() as u64, "verify step", "verify steps")));
    }
    if let Some(capacity) = &record.capacity {
        parts.push(format!("capacity {}", super::judged::CapacityView::of(capacity).rate));
    }
    if let (Some(stored), Some(shown)) = (&record.comparison, comparison) {
        let advisory = if stored.advisory { " (advisory)" } else { "" };
        parts.push(match stored.verdict {
            ComparisonVerdict::NoBaseline => "no baseline to compare with".to_owned(),
            ComparisonVerdict::Incomparable => "the baseline is of another load: not compared".to_owned(),
            ComparisonVerdict::Regressed => {
                let regressed: Vec<_> = shown.rows.iter().filter(|row| row.verdict.starts_with("regressed")).collect();
                let first = regressed.first().map(|row| format!(" ({} {} {})", row.scope, row.metric, row.delta)).unwrap_or_default();
                format!("{}{first}, not failing the run{advisory}", figures::counted(regressed.len() as u64, "regression", "regressions"))
            }
            ComparisonVerdict::Accepted => {
                let accepted: Vec<_> = shown.rows.iter().filter(|row| !row.accepted.is_empty()).collect();
                let first = accepted.first().map(|row| format!(" ({} {} {})", row.scope, row.metric, row.delta)).unwrap_or_default();
                format!("{} accepted{first}{advisory}", figures::counted(accepted.len() as u64, "regression", "regressions"))
            }
            ComparisonVerdict::Inconclusive => format!("compared with the baseline: inconclusive{advisory}"),
            ComparisonVerdict::Improved => format!("better than the baseline{advisory}"),
            ComparisonVerdict::Ok => format!("no regression against the baseline{advisory}"),
        });
    }
    parts
}

fn failed(thresholds: &[ThresholdView], verify: &[VerifyView], comparison: Option<&ComparisonView>) -> Vec<String> {
    let mut parts = Vec::new();
    let bad: Vec<_> = thresholds.iter().filter(|row| row.tone == Tone::Bad).collect();
    if !bad.is_empty() {
        let reasons: Vec<String> = bad
            .iter()
            .map(|row| {
                let value = if row.value == figures::NONE { "no samples" } else { &row.value };
                format!("{} {}: {value}", row.scope, row.expression)
            })
            .collect();
        let judged = thresholds.iter().filter(|row| row.tone != Tone::Neutral && row.outcome != NOT_JUDGED).count() as u64;
        let all = figures::counted(judged, "threshold", "thresholds");
        parts.push(format!("{} of {all} missed ({})", figures::count(bad.len() as u64), listed(&reasons, MOST_REASONS)));
    }
    let regressed: Vec<String> = comparison
        .iter()
        .flat_map(|comparison| &comparison.rows)
        .filter(|row| row.tone == Tone::Bad)
        .map(|row| format!("{} {} {}", row.scope, row.metric, row.delta))
        .collect();
    if !regressed.is_empty() {
        let count = figures::counted(regressed.len() as u64, "regression", "regressions");
        parts.push(format!("{count} ({})", listed(&regressed, MOST_REASONS)));
    }
    let broken: Vec<&str> = verify.iter().filter(|step| step.tone == Tone::Bad).map(|step| step.name.as_str()).collect();
    if !broken.is_empty() {
        let count = figures::counted(broken.len() as u64, "verify step", "verify steps");
        parts.push(format!("{count} failed ({})", listed(&broken, MOST_REASONS)));
    }
    if let (true, Some(comparison)) = (parts.is_empty(), comparison) {
        // A policy can make an inconclusive or a missing comparison fail.
        parts.push(format!("comparison: {}", comparison.verdict));
    }
    if parts.is_empty() {
        parts.push("see the report".to_owned());
    }
    parts
}

fn invalid(record: &Record) -> String {
    let doubt = record.warnings.iter().find(|warning| warning.invalidates);
    match doubt {
        Some(warning) => prose(&warning.message),
        None if record.summary.requests == 0 => "nothing was measured".to_owned(),
        None => "the measurement can't be trusted".to_owned(),
    }
}

/// `a, b, c and 4 more`.
fn listed<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let shown: Vec<&str> = items.iter().take(most).map(AsRef::as_ref).collect();
    let mut text = shown.join(", ");
    if items.len() > most {
        text += &format!(" and {} more", figures::count((items.len() - most) as u64));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::record::{ThresholdOutcome, Verdict};
    use crate::report::{fixture, verdict_line};

    #[test]
    fn thresholds_are_told_from_none_and_only_those_that_were_judged_are_counted() {
        use ThresholdOutcome::{Failed, NotApplicable, NotJudged, Passed};
        let line = |verdict, outcomes: &[ThresholdOutcome]| {
            let mut record = fixture::record("shop", verdict, vec![fixture::endpoint("GET /", "visitor", 5, 0, 900)]);
            let threshold = |&outcome: &ThresholdOutcome| fixture::threshold("all", "p95 < 5ms", "9ms", outcome);
            record.thresholds = outcomes.iter().map(threshold).collect();
            verdict_line(&[record])
        };
        let passed = |outcomes: &[ThresholdOutcome]| line(Verdict::Passed, outcomes);
        assert_eq!(passed(&[]), "PASSED · shop: no thresholds");
        assert_eq!(passed(&[NotApplicable]), "PASSED · shop: no threshold applies");
        assert_eq!(passed(&[NotJudged]), "PASSED · shop: 1 threshold not judged");
        assert_eq!(passed(&[Passed, NotJudged]), "PASSED · shop: 1 of 1 threshold held; 1 threshold not judged");
        assert_eq!(line(Verdict::Failed, &[Failed, NotJudged]), "FAILED · shop: 1 of 1 threshold missed (all p95 < 5ms: 9ms)");
    }
}
