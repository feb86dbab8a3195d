//! What failed as annotations of a pull request, in its files where there is a place.

use super::escape::{workflow_message, workflow_property};
use super::view::{ComparisonView, ThresholdView, Tone, foreign};
use crate::record::{Record, ThresholdOutcome};
use crate::text::plain;

/// GitHub shows ten annotations of a kind for a whole action, and one is left for its last word.
const MOST: usize = 9;
/// GitHub's limit for the text of one annotation is 4,096 characters; escaping can make three of one.
const LONGEST: usize = 1_300;

/// A missed threshold and where it is written, or a regression, which is written nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// None for a regression, and for a threshold that is no file's.
    pub place: Option<Place>,
    /// Whether it fails the run; otherwise it only warns.
    pub fails: bool,
    /// What it is about, on one line.
    pub title: String,
    /// What was missed, on one line, at most 1,300 characters.
    pub message: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the record names it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Annotation {
    /// Those of all missed thresholds, and of all regressions that fail a run: first what fails.
    pub fn of(records: &[Record]) -> Vec<Self> {
        let failed = |record: &Record| {
            let title = foreign(&format!("loadline: {}", record.scenario.name));
            let annotation = |place: Option<Place>, fails: bool, sentence: String| Self {
                place,
                fails,
                title: title.clone(),
                message: sentence.chars().take(LONGEST).collect(),
            };
            let thresholds = record.thresholds.iter();
            let missed = thresholds.filter(|row| matches!(row.outcome, ThresholdOutcome::Failed | ThresholdOutcome::NoSamples));
            let missed = missed.map(|row| {
                let place = row.place.as_ref();
                let place = place.map(|(file, line, column)| Place { file: plain(file).into_owned(), line: *line, column: *column });
                annotation(place, row.severity != "warn", ThresholdView::of(row).sentence())
            });
            let rows = record.comparison.iter().flat_map(|comparison| ComparisonView::of(comparison).rows);
            let regressed = rows.filter(|row| row.tone == Tone::Bad).map(|row| annotation(None, true, row.sentence()));
            missed.chain(regressed).collect::<Vec<_>>()
        };
        let mut all: Vec<Self> = records.iter().flat_map(failed).collect();
        all.sort_by_key(|annotation| !annotation.fails);
        all
    }
}

/// Workflow commands, a line each: `::error` for what fails the run, `::warning` for the rest; at most nine of each, the
/// last of them says how many there are more.
pub fn annotation_commands(annotations: &[Annotation]) -> String {
    let mut out = String::new();
    for (command, fails) in [("error", true), ("warning", false)] {
        let missed: Vec<_> = annotations.iter().filter(|annotation| annotation.fails == fails).collect();
        for (at, Annotation { place, title, message, .. }) in missed.iter().take(MOST).enumerate() {
            let more = missed.len() - MOST.min(missed.len());
            let more = if at + 1 == MOST && more > 0 { format!(" (and {more} more)") } else { String::new() };
            let place = place.as_ref().map_or_else(String::new, |Place { file, line, column }| {
                format!("file={},line={line},col={column},", workflow_property(file))
            });
            let (title, message) = (workflow_property(title), workflow_message(message));
            out += &format!("::{command} {place}title={title}::{message}{more}\n");
        }
    }
    out
}

/// A command to the runner that shows a text on the workflow's page: `warning`, `notice`.
pub fn workflow_command(command: &str, title: &str, text: &str) -> String {
    let text: String = text.chars().take(LONGEST).collect();
    format!("::{command} title={}::{}\n", workflow_property(title), workflow_message(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn commands(record: Record) -> String {
        annotation_commands(&Annotation::of(&[record]))
    }

    #[test]
    fn missed_thresholds_stand_where_they_are_written_and_regressions_beside_them() {
        insta::assert_snapshot!(commands(fixture::failed()), @r"
        ::error file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::GET /a|b|c: p95 < 10ms missed: 17ms
        ::error file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::buyers: p95 < 10ms: no samples
        ::error title=loadline%3A bad|<shop> @octocat::GET /<script>alert(1)</script> p95 regressed: 10ms -> 18ms (+80.0%25)
        ::warning file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::all: error_rate < 0.1%25 missed (warning): 0.8%25 (<b>look</b> | here)
        ");
        assert_eq!(commands(fixture::passed()), "");
        // What is accepted or can't fail the run is none, and a threshold of the command line has no place.
        assert_eq!(commands(fixture::accepted()), "");
        let mut record = fixture::failed();
        record.comparison.as_mut().unwrap().advisory = true;
        record.thresholds.iter_mut().for_each(|row| row.place = None);
        let text = commands(record);
        assert!(!text.contains("regressed") && text.lines().all(|line| line.contains("r title=") || line.contains("g title=")), "{text}");
    }

    #[test]
    fn one_of_ten_of_a_kind_is_left_for_others_and_foreign_text_starts_no_command() {
        let mut record = fixture::failed();
        let name = "a\n::set-output name=x::y%0A,:";
        record.thresholds =
            (0..25).map(|_| fixture::threshold(name, "p95 < 1ms", "2ms\r\n::stop-commands::x", ThresholdOutcome::Failed)).collect();
        let text = commands(record);
        assert_eq!(text.lines().count(), MOST);
        assert!(text.lines().all(|line| line.starts_with("::error file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::")));
        assert!(text.lines().last().unwrap().ends_with("(and 17 more)"));
        assert!(!text.contains('\r'));
    }
}
