//! Regressions that somebody accepted.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;

use super::regression::{RegressionError, RegressionFigure};
use crate::config::{Spanned, Text, WaiverConfig, read_waivers};
use crate::text::{Diagnostic, Severity, Source};

/// A regression that somebody accepted, up to a ceiling and until a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// The scenario's name.
    pub scenario: String,
    /// The endpoint's name; `all` for the whole run.
    pub endpoint: String,
    /// The figure.
    pub figure: RegressionFigure,
    /// What it may come to, in its own unit.
    pub ceiling: f64,
    /// The last day it holds for, UTC.
    pub until: Date,
    /// Why.
    pub reason: String,
    /// By whom, where that was said.
    pub by: Option<String>,
    /// Whether the change under test brings it along, as far as is known.
    pub is_added: bool,
}

impl Waiver {
    /// Reads a file of waivers.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order it is written.
    pub fn read(path: &Path) -> Result<Vec<Self>, Vec<Diagnostic>> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::from_text(&name, &text),
            Err(error) => {
                let problem = Diagnostic::error(format!("failed to read the waivers `{name}`: {error}"));
                Err(vec![problem.help("name another file with `--waivers`, or make one with `loadline baseline accept`")])
            }
        }
    }

    /// Reads the text of a file of waivers; `name` is what messages call it.
    ///
    /// # Errors
    /// As of [`Waiver::read`].
    pub fn from_text(name: &str, text: &str) -> Result<Vec<Self>, Vec<Diagnostic>> {
        let source = Arc::new(Source::new(name, text));
        let (written, mut problems) = read_waivers(&source);
        let waivers: Vec<Self> = written.iter().filter_map(|config| compile(&config.value, &source, &mut problems)).collect();
        problems.sort_by_key(|problem| problem.labels.first().map(|label| label.span.start));
        if problems.iter().any(|problem| problem.severity == Severity::Error) { Err(problems) } else { Ok(waivers) }
    }
}

fn compile(config: &WaiverConfig, source: &Arc<Source>, problems: &mut Vec<Diagnostic>) -> Option<Waiver> {
    let mut wrong = |text: &Spanned<Text>, error: RegressionError| {
        let (start, length) = error.span;
        let mut problem = Diagnostic::error(error.message).label(source, text.place(start, start + length).range(), "");
        problem.help = error.help;
        problems.push(problem);
    };
    let error = |text: &Spanned<Text>, message: String, help: &str| RegressionError {
        message,
        span: (0, text.as_str().len()),
        help: Some(help.to_owned()),
    };
    let (metric, ceiling, until, reason) = (config.metric.as_ref(), config.ceiling.as_ref(), config.until.as_ref(), config.reason.as_ref());
    let figure = metric.and_then(|text| RegressionFigure::parse(text).map_err(|error| wrong(text, error)).ok());
    let ceiling = figure.zip(ceiling).and_then(|(figure, text)| figure.value(text).map_err(|error| wrong(text, error)).ok());
    let until = until.and_then(|text| {
        let parsed: Result<Date, _> = text.as_str().trim().parse();
        parsed.map_err(|_| wrong(text, error(text, format!("`{}` is no day", text.as_str()), "write `2026-12-31`"))).ok()
    });
    if let Some(text) = reason.filter(|text| text.trim().is_empty()) {
        wrong(text, error(text, "a waiver needs a reason".to_owned(), "say why the regression is accepted"));
    }
    Some(Waiver {
        scenario: config.scenario.as_ref()?.trim().to_owned(),
        endpoint: config.endpoint.as_ref()?.trim().to_owned(),
        figure: figure?,
        ceiling: ceiling?,
        until: until?,
        reason: reason?.trim().to_owned(),
        by: config.by.as_ref().map(|by| by.trim().to_owned()).filter(|by| !by.is_empty()),
        is_added: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::render;

    #[test]
    fn a_file_of_waivers_is_read() {
        let text = "\
# why not
waivers:
  - scenario: shop
    endpoint: POST /orders
    metric: p95
    ceiling: 450ms
    until: 2026-12-31
    reason: the new fraud check
    by: Ada
  - { scenario: shop, endpoint: all, metric: throughput, ceiling: 90/s, until: 2027-01-01, reason: \"#12\" }
";
        let waivers = Waiver::from_text("waivers.yml", text).unwrap();
        assert_eq!(waivers.len(), 2);
        let first = Waiver {
            scenario: "shop".to_owned(),
            endpoint: "POST /orders".to_owned(),
            figure: RegressionFigure::Percentile(95.0),
            ceiling: 0.45,
            until: jiff::civil::date(2026, 12, 31),
            reason: "the new fraud check".to_owned(),
            by: Some("Ada".to_owned()),
            is_added: false,
        };
        assert_eq!(waivers[0], first);
        assert_eq!((waivers[1].figure, waivers[1].ceiling, waivers[1].by.as_ref()), (RegressionFigure::Throughput, 90.0, None));
        assert_eq!(Waiver::from_text("waivers.yml", "waivers: []"), Ok(Vec::new()));
        assert_eq!(Waiver::from_text("waivers.yml", "# nothing any more\n"), Ok(Vec::new()));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let text = "\
waivers:
  - { scenario: shop, endpoint: all, metrics: p95, ceiling: 450ms, until: 2026-12-31, reason: x }
  - { scenario: shop, endpoint: all, metric: avg, ceiling: 450ms, until: 2026-12-31, reason: x }
  - { scenario: shop, endpoint: all, metric: p95, ceiling: 30%, until: tomorrow, reason: '' }
";
        insta::assert_snapshot!(render(&Waiver::from_text("waivers.yml", text).unwrap_err()));
    }
}
