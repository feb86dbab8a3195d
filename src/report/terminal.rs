//! The report at the end of a run, for a terminal.

mod sections;
mod table;

use anstyle::{AnsiColor, Style as Ansi};

use super::view::{ComparisonView, ReportView, Tone};
use crate::record::Record;

/// Whether colours are used; nothing depends on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Text alone.
    #[default]
    Plain,
    /// ANSI colours.
    Colour,
}

/// How the terminal report is made.
#[derive(Debug, Clone)]
pub struct TerminalOptions {
    /// Columns of the terminal; tables keep to it from 72 on.
    pub width: u16,
    /// Whether colours are used.
    pub style: Style,
    /// Only what failed, and the verdict line.
    pub quiet: bool,
    /// Where the report was written, as a person would type it.
    pub report: Option<String>,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self { width: 100, style: Style::Plain, quiet: false, report: None }
    }
}

/// The report for a terminal, the verdict in its last line.
///
/// `quiet` leaves every missed threshold, failed verify step and regression, and the verdict line.
pub fn terminal(records: &[Record], options: &TerminalOptions) -> String {
    let report = ReportView::of(records);
    let pen = Pen { style: options.style, width: options.width.max(72) };
    let mut out = String::new();
    for run in &report.runs {
        if options.quiet {
            sections::quiet(&mut out, run, pen)
        } else {
            sections::run(&mut out, run, pen)
        }
        if report.runs.len() > 1 {
            line(&mut out, &verdict_line(&run.verdict, pen));
            if !options.quiet {
                out.push('\n');
            }
        }
    }
    if let (Some(place), false) = (&options.report, options.quiet) {
        line(&mut out, &format!("Report: {}", crate::text::plain(place)));
    }
    line(&mut out, &verdict_line(&report.verdict, pen));
    out
}

/// A comparison without a run around it, its verdict in the last line.
pub(super) fn terminal_comparison(comparison: &ComparisonView, word: &str, head: &str, options: &TerminalOptions) -> String {
    let pen = Pen { style: options.style, width: options.width.max(72) };
    let mut out = String::new();
    let verdict = pen.tone(word, comparison.tone);
    if options.quiet {
        sections::regressions(&mut out, comparison, head, pen);
        line(&mut out, &format!("{verdict}  {head}: {}", comparison.sentence));
    } else {
        sections::whole_comparison(&mut out, comparison, pen);
        line(&mut out, &format!("{verdict}  {head} against {}", comparison.source));
    }
    out
}

/// How text is painted, and how wide.
#[derive(Debug, Clone, Copy)]
struct Pen {
    style: Style,
    width: u16,
}

impl Pen {
    fn paint(self, text: &str, style: Ansi) -> String {
        match self.style {
            Style::Plain => text.to_owned(),
            Style::Colour => format!("{style}{text}{style:#}"),
        }
    }

    fn bold(self, text: &str) -> String {
        self.paint(text, Ansi::new().bold())
    }

    fn dim(self, text: &str) -> String {
        self.paint(text, Ansi::new().dimmed())
    }

    fn tone(self, text: &str, tone: Tone) -> String {
        match colour(tone) {
            Some(colour) => self.paint(text, colour.on_default().bold()),
            None => text.to_owned(),
        }
    }
}

fn colour(tone: Tone) -> Option<AnsiColor> {
    match tone {
        Tone::Bad => Some(AnsiColor::Red),
        Tone::Warn => Some(AnsiColor::Yellow),
        Tone::Good => Some(AnsiColor::Green),
        Tone::Neutral => None,
    }
}

fn verdict_line(verdict: &super::view::VerdictView, pen: Pen) -> String {
    format!("{}  {}", pen.tone(verdict.word, verdict.tone), verdict.reason)
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Verdict;
    use crate::report::fixture;

    fn plain(records: &[Record], width: u16) -> String {
        terminal(records, &TerminalOptions { width, report: Some("loadline-report/report.html".to_owned()), ..TerminalOptions::default() })
    }

    #[test]
    fn a_run_that_passed_at_80_columns() {
        insta::assert_snapshot!(plain(&[fixture::passed()], 80));
    }

    #[test]
    fn a_run_that_failed_at_120_columns() {
        insta::assert_snapshot!(plain(&[fixture::failed()], 120));
    }

    #[test]
    fn a_capacity_search() {
        insta::assert_snapshot!(plain(&[fixture::capacity()], 100));
    }

    #[test]
    fn a_run_without_samples() {
        insta::assert_snapshot!(plain(&[fixture::empty()], 80));
    }

    #[test]
    fn quiet_says_what_failed_and_the_verdict() {
        let quiet = TerminalOptions { quiet: true, ..TerminalOptions::default() };
        insta::assert_snapshot!(terminal(&[fixture::failed()], &quiet));
        assert_eq!(terminal(&[fixture::passed()], &quiet).lines().count(), 1);
    }

    #[test]
    fn several_runs_have_one_verdict_in_the_last_line() {
        let text = plain(&[fixture::passed(), fixture::failed()], 100);
        let last = text.lines().last().unwrap();
        assert!(last.starts_with("FAILED  1 of 2 scenarios failed (bad|<shop> @octocat)"), "{last}");
        let interrupted = fixture::record("shop", Verdict::Interrupted, Vec::new());
        let last = plain(&[interrupted], 80);
        assert!(last.ends_with("INTERRUPTED  shop: after 10s of load: the figures are of what was measured until then\n"), "{last}");
    }

    #[test]
    fn tables_keep_to_the_width() {
        for record in [fixture::passed(), fixture::failed(), fixture::capacity()] {
            for width in [72, 80, 100, 160] {
                for line in plain(std::slice::from_ref(&record), width).lines().filter(|line| line.starts_with(['│', '┌', '└', '╞', ' ']))
                {
                    assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let record = fixture::failed();
        let colour =
            terminal(std::slice::from_ref(&record), &TerminalOptions { width: 100, style: Style::Colour, quiet: false, report: None });
        assert!(colour.contains("\u{1b}["));
        let stripped = anstream::adapter::strip_str(&colour).to_string();
        assert_eq!(stripped, terminal(&[record], &TerminalOptions { width: 100, ..TerminalOptions::default() }));
    }

    #[test]
    fn nothing_foreign_controls_the_terminal() {
        let text = plain(&[fixture::failed()], 80);
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    }
}
