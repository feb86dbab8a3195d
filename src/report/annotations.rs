//! Missed thresholds as annotations of a pull request's files.

use super::escape::{workflow_message, workflow_property};
use super::view::ThresholdView;
use crate::record::{Record, ThresholdOutcome};
use crate::text::plain;

/// GitHub shows ten annotations of a kind for a whole action.
const MOST: usize = 10;
/// GitHub's limit for the text of one annotation is 4,096 characters; escaping can make three of one.
const LONGEST: usize = 1_300;

/// Workflow commands for the missed thresholds whose place in a file is known, a line each: `::error` for those that
/// fail the run, `::warning` for the others; at most ten of each, the last of them says how many there are more.
pub fn annotations(records: &[Record]) -> String {
    let mut out = String::new();
    for (command, severity_is_fail) in [("error", true), ("warning", false)] {
        let missed: Vec<_> = records
            .iter()
            .flat_map(|record| record.thresholds.iter().map(move |threshold| (record, threshold)))
            .filter(|(_, threshold)| matches!(threshold.outcome, ThresholdOutcome::Failed | ThresholdOutcome::NoSamples))
            .filter(|(_, threshold)| (threshold.severity != "warn") == severity_is_fail)
            .filter_map(|(record, threshold)| threshold.place.as_ref().map(|place| (record, threshold, place)))
            .collect();
        for (at, (record, threshold, (file, line, column))) in missed.iter().take(MOST).enumerate() {
            let mut text = ThresholdView::of(threshold).sentence();
            if at + 1 == MOST && missed.len() > MOST {
                text += &format!(" (and {} more)", missed.len() - MOST);
            }
            let text: String = text.chars().take(LONGEST).collect();
            let title = super::view::foreign(&format!("loadline: {}", record.scenario.name));
            out += &format!(
                "::{command} file={},line={line},col={column},title={}::{}\n",
                workflow_property(&plain(file)),
                workflow_property(&title),
                workflow_message(&text)
            );
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

    #[test]
    fn missed_thresholds_stand_where_they_are_written() {
        insta::assert_snapshot!(annotations(&[fixture::failed()]), @r"
        ::error file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::GET /a|b|c: p95 < 10ms missed: 17ms
        ::error file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::buyers: p95 < 10ms: no samples
        ::warning file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::all: error_rate < 0.1%25 missed (warning): 0.8%25 (<b>look</b> | here)
        ");
        assert_eq!(annotations(&[fixture::passed()]), "");
    }

    #[test]
    fn there_are_at_most_ten_of_a_kind_and_foreign_text_starts_no_command() {
        let mut record = fixture::failed();
        let name = "a\n::set-output name=x::y%0A,:";
        record.thresholds =
            (0..25).map(|_| fixture::threshold(name, "p95 < 1ms", "2ms\r\n::stop-commands::x", ThresholdOutcome::Failed)).collect();
        let text = annotations(&[record]);
        assert_eq!(text.lines().count(), MOST);
        assert!(text.lines().all(|line| line.starts_with("::error file=shop.yml,line=12,col=7,title=loadline%3A bad|<shop> @octocat::")));
        assert!(text.lines().last().unwrap().ends_with("(and 15 more)"));
        assert!(!text.contains('\r'));
    }
}
