//! Missed thresholds as annotations of a pull request's files.

use super::escape::{workflow_message, workflow_property};
use super::view::{ThresholdView, foreign};
use crate::record::{Record, ThresholdOutcome};
use crate::text::plain;

/// GitHub shows ten annotations of a kind for a whole action, and one is left for its last word.
const MOST: usize = 9;
/// GitHub's limit for the text of one annotation is 4,096 characters; escaping can make three of one.
const LONGEST: usize = 1_300;

/// A missed threshold, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// The file, as the record names it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Whether it fails the run; otherwise it only warns.
    pub fails: bool,
    /// What it is about, on one line.
    pub title: String,
    /// What was missed, on one line, at most 1,300 characters.
    pub message: String,
}

impl Annotation {
    /// Those of all missed thresholds whose place in a file is known: first those that fail the run.
    pub fn of(records: &[Record]) -> Vec<Self> {
        let missed = |record: &Record| {
            let title = foreign(&format!("loadline: {}", record.scenario.name));
            let thresholds = record.thresholds.iter();
            let missed = thresholds.filter(|row| matches!(row.outcome, ThresholdOutcome::Failed | ThresholdOutcome::NoSamples));
            let annotations = missed.filter_map(|row| {
                let (file, line, column) = row.place.as_ref()?;
                Some(Self {
                    file: plain(file).into_owned(),
                    line: *line,
                    column: *column,
                    fails: row.severity != "warn",
                    title: title.clone(),
                    message: ThresholdView::of(row).sentence().chars().take(LONGEST).collect(),
                })
            });
            annotations.collect::<Vec<_>>()
        };
        let mut all: Vec<Self> = records.iter().flat_map(missed).collect();
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
        for (at, Annotation { file, line, column, title, message, .. }) in missed.iter().take(MOST).enumerate() {
            let more = missed.len() - MOST.min(missed.len());
            let more = if at + 1 == MOST && more > 0 { format!(" (and {more} more)") } else { String::new() };
            let (file, title) = (workflow_property(file), workflow_property(title));
            let message = workflow_message(message);
            out += &format!("::{command} file={file},line={line},col={column},title={title}::{message}{more}\n");
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
    fn missed_thresholds_stand_where_they_are_written() {
        insta::assert_snapshot!(commands(fixture::failed()), @r"
        ::error file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::GET /a|b|c: p95 < 10ms missed: 17ms
        ::error file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::buyers: p95 < 10ms: no samples
        ::warning file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::all: error_rate < 0.1%25 missed (warning): 0.8%25 (<b>look</b> | here)
        ");
        assert_eq!(commands(fixture::passed()), "");
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
        assert!(text.lines().last().unwrap().ends_with("(and 16 more)"));
        assert!(!text.contains('\r'));
    }
}
