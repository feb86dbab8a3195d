//! Reads rules for regressions.

use crate::plan::threshold::{Metric, MetricUnit, Part, ThresholdError, TimeStatistic, format_value, metric_value, read_metric};
use crate::text::suggest;
use crate::units::Share;

/// When a change of a figure counts.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionRule {
    /// The endpoint's name; none: the whole run and all endpoints.
    pub endpoint: Option<String>,
    /// The figure; none: all of them.
    pub figure: Option<RegressionFigure>,
    /// What is wanted of it.
    pub limit: RegressionLimit,
}

/// A figure that can be compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RegressionFigure {
    /// A percentile of the response time, in percent.
    Percentile(f64),
    /// Finished requests per second, of the whole run.
    Throughput,
    /// Failed requests of all.
    ErrorRate,
}

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum RegressionLimit {
    /// A change that matters fails the run.
    Judged {
        /// A smaller change is none: 0.05 is 5 %, of the error rate 5 points.
        bound: f64,
        /// The least change in the figure's own unit: seconds, per second.
        floor: Option<f64>,
    },
    /// It is shown.
    Advisory,
}

/// Says why a text is no rule.
pub type RegressionError = ThresholdError;

/// What is meant most often.
const COMPARED: [&str; 6] = ["p50", "p90", "p95", "p99", "throughput", "error_rate"];
const ADVISORY: &str = "advisory";
/// Beyond a finer percentile there are never requests enough to judge it by: p100 is a single one.
const FINEST: f64 = 99.999;
/// Between bound and floor.
const AND: &str = " and ";

impl RegressionRule {
    /// Reads what stands behind `--regression`: `p95: 10% and 2ms`, with an endpoint in front
    /// `POST /orders: p95: 20%`, or `POST /orders: advisory`.
    pub fn parse(text: &str) -> Result<Self, RegressionError> {
        let whole = Part { text, at: 0 }.trim();
        let Some(colon) = whole.text.rfind(':') else {
            return Err(whole.error("it says nothing of a figure").help("write a figure and what matters: `p95: 10%`"));
        };
        let (front, limit) = (whole.part(0, colon).trim(), whole.after(colon + 1).trim());
        let (endpoint, figure) = match front.text.rfind(": ").map(|at| (front.part(0, at).trim(), front.after(at + 2).trim())) {
            Some((endpoint, figure)) => (Some(endpoint), Some(RegressionFigure::read(figure)?)),
            None => match RegressionFigure::read(front) {
                Ok(figure) => (None, Some(figure)),
                Err(_) if limit.text == ADVISORY && front.text.contains([' ', '/']) => (Some(front), None),
                Err(error) => return Err(error),
            },
        };
        let limit = read_limit(figure, limit)?;
        Self::of(endpoint.map(|endpoint| endpoint.text.to_owned()), figure, limit)
            .map_err(|(message, help)| front.error(message).help(help))
    }

    /// Puts a rule together; message and help where an endpoint has no such figure.
    pub fn of(endpoint: Option<String>, figure: Option<RegressionFigure>, limit: RegressionLimit) -> Result<Self, (String, String)> {
        if endpoint.is_some() && figure == Some(RegressionFigure::Throughput) {
            let message = "`throughput` is compared of the whole run only".to_owned();
            return Err((message, "how much of it falls to an endpoint is drawn by weight: put it under `regression`".to_owned()));
        }
        Ok(Self { endpoint, figure, limit })
    }
}

impl RegressionFigure {
    /// Reads `p99.9`, `throughput` or `error_rate`.
    pub fn parse(name: &str) -> Result<Self, RegressionError> {
        Self::read(Part { text: name, at: 0 }.trim())
    }

    fn read(name: Part<'_>) -> Result<Self, RegressionError> {
        let metric = read_metric(name).map_err(|error| match suggest(name.text, COMPARED) {
            _ if !error.message.starts_with("unknown") => error,
            // Others that it might mean are not compared.
            None => error.help("write a percentile such as `p95`, `throughput` or `error_rate`"),
            Some(meant) => error.help(format!("did you mean `{meant}`?")),
        })?;
        match metric.0 {
            Metric::Time(TimeStatistic::Percentile(percent), None) if percent > FINEST => {
                let error = name.error(format!("`{}` is not compared: a few requests decide it", metric.0));
                Err(error.help(format!("the finest is `p{FINEST}`; the longest time can have a threshold: `max < baseline * 2`")))
            }
            Metric::Time(TimeStatistic::Percentile(percent), None) => Ok(Self::Percentile(percent)),
            Metric::Throughput => Ok(Self::Throughput),
            Metric::ErrorRate => Ok(Self::ErrorRate),
            metric => {
                let error = name.error(format!("`{metric}` is not compared"));
                Err(error.help(
                    "percentiles such as `p95`, `throughput` and `error_rate` are; others can have a threshold: `mean < baseline * 1.1`",
                ))
            }
        }
    }

    fn metric(self) -> Metric {
        match self {
            Self::Percentile(percent) => Metric::Time(TimeStatistic::Percentile(percent), None),
            Self::Throughput => Metric::Throughput,
            Self::ErrorRate => Metric::ErrorRate,
        }
    }

    /// Reads a value of the figure in its own unit: `450ms`, `120/s`, `2%`.
    pub fn value(self, text: &str) -> Result<f64, RegressionError> {
        metric_value(self.metric(), false, Part { text, at: 0 }.trim())
    }

    /// A value of the figure as people read it: `450ms`.
    pub fn format(self, value: f64) -> String {
        format_value(self.metric(), value)
    }

    /// The name it has in records.
    pub fn name(self) -> String {
        self.metric().to_string()
    }
}

impl RegressionLimit {
    /// Reads `5%`, `10% and 2ms`, `0.5pp` or `advisory`; without a figure only the latter.
    pub fn parse(figure: Option<RegressionFigure>, text: &str) -> Result<Self, RegressionError> {
        read_limit(figure, Part { text, at: 0 }.trim())
    }
}

fn read_limit(figure: Option<RegressionFigure>, text: Part<'_>) -> Result<RegressionLimit, RegressionError> {
    if text.text == ADVISORY {
        return Ok(RegressionLimit::Advisory);
    }
    if suggest(text.text, [ADVISORY]).is_some() {
        return Err(text.error(format!("`{}` is no rule", text.text)).help(format!("did you mean `{ADVISORY}`?")));
    }
    let Some(figure) = figure else {
        return Err(text.error("a rule for all figures can only be `advisory`").help("name the figure: `p95: 20%`"));
    };
    let (bound, floor) = match text.text.find(AND) {
        Some(at) => (text.part(0, at).trim(), Some(text.after(at + AND.len()).trim())),
        None => (text, None),
    };
    if figure == RegressionFigure::ErrorRate {
        if let Some(floor) = floor {
            return Err(floor.error("the error rate is compared in points already").help("write the points alone: `0.5pp`"));
        }
        return Ok(RegressionLimit::Judged { bound: points(bound)?, floor: None });
    }
    let floor = floor.map(|floor| metric_value(figure.metric(), false, floor)).transpose()?;
    Ok(RegressionLimit::Judged { bound: share(figure, bound)?, floor })
}

fn points(text: Part<'_>) -> Result<f64, RegressionError> {
    let number = text.text.strip_suffix("pp").map(|number| number.trim().parse::<f64>());
    match number {
        Some(Ok(points)) if points > 0.0 && points <= 100.0 => Ok(points / 100.0),
        _ => Err(text.error("the error rate is compared in percentage points, above 0 and up to 100").help("write `0.5pp`")),
    }
}

fn share(figure: RegressionFigure, text: Part<'_>) -> Result<f64, RegressionError> {
    let percent = text.text.strip_suffix('%').and_then(|_| Share::parse(text.text).ok()).map(|share| share.0);
    // A rate can't fall by more than all of it.
    let most = if figure == RegressionFigure::Throughput { 1.0 } else { 100.0 };
    match percent {
        Some(share) if share > 0.0 && share <= most => Ok(share),
        Some(_) => Err(text.error(format!("the share must be above 0% and up to {}%", most * 100.0)).help("write `5%`")),
        None => {
            let help = match figure.metric().unit() {
                MetricUnit::Time => "write `5%`, or `10% and 2ms`",
                _ => "write `5%`, or `5% and 10/s`",
            };
            Err(text.error(format!("a change of `{}` is a share of it", figure.name())).help(help))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_is_read() {
        let judged = |bound, floor| RegressionLimit::Judged { bound, floor };
        let p95 = Some(RegressionFigure::Percentile(95.0));
        for (text, endpoint, figure, limit) in [
            ("p95: 10%", None, p95, judged(0.1, None)),
            ("p95:10% and 2ms", None, p95, judged(0.1, Some(0.002))),
            (" p(99.9) : 150% and 1s ", None, Some(RegressionFigure::Percentile(99.9)), judged(1.5, Some(1.0))),
            ("throughput: 5% and 10/s", None, Some(RegressionFigure::Throughput), judged(0.05, Some(10.0))),
            ("error_rate: 0.5pp", None, Some(RegressionFigure::ErrorRate), judged(0.005, None)),
            ("error_rate: advisory", None, Some(RegressionFigure::ErrorRate), RegressionLimit::Advisory),
            ("POST /orders: p95: 20%", Some("POST /orders"), p95, judged(0.2, None)),
            ("GET /a:b: c: p95: 20%", Some("GET /a:b: c"), p95, judged(0.2, None)),
            ("POST /orders: advisory", Some("POST /orders"), None, RegressionLimit::Advisory),
        ] {
            let expected = RegressionRule { endpoint: endpoint.map(str::to_owned), figure, limit };
            assert_eq!(RegressionRule::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn every_mistake_is_pointed_at_and_helped() {
        for (text, part, message, help) in [
            ("p95", "p95", "it says nothing of a figure", "write a figure and what matters: `p95: 10%`"),
            ("p955: 5%", "p955", "955 is no percentile: it is above 100", "did you mean `p95.5`?"),
            ("avg: 5%", "avg", "unknown metric `avg`", "write a percentile such as `p95`, `throughput` or `error_rate`"),
            (
                "mean: 5%",
                "mean",
                "`mean` is not compared",
                "percentiles such as `p95`, `throughput` and `error_rate` are; others can have a threshold: `mean < baseline * 1.1`",
            ),
            (
                "p100: 5%",
                "p100",
                "`p100` is not compared: a few requests decide it",
                "the finest is `p99.999`; the longest time can have a threshold: `max < baseline * 2`",
            ),
            ("p95: 5", "5", "a change of `p95` is a share of it", "write `5%`, or `10% and 2ms`"),
            ("p95: 2ms", "2ms", "a change of `p95` is a share of it", "write `5%`, or `10% and 2ms`"),
            ("p95: 0%", "0%", "the share must be above 0% and up to 10000%", "write `5%`"),
            ("throughput: 120%", "120%", "the share must be above 0% and up to 100%", "write `5%`"),
            ("throughput: 10/s", "10/s", "a change of `throughput` is a share of it", "write `5%`, or `5% and 10/s`"),
            ("p95: 5% and 3%", "3%", "`p95` is a time", "write `500ms` or `1.5s`"),
            ("error_rate: 0.5%", "0.5%", "the error rate is compared in percentage points, above 0 and up to 100", "write `0.5pp`"),
            ("error_rate: 0.5pp and 1", "1", "the error rate is compared in points already", "write the points alone: `0.5pp`"),
            ("p95: advisery", "advisery", "`advisery` is no rule", "did you mean `advisory`?"),
            (
                "GET /: throughput: 5%",
                "GET /: throughput",
                "`throughput` is compared of the whole run only",
                "how much of it falls to an endpoint is drawn by weight: put it under `regression`",
            ),
        ] {
            let error = RegressionRule::parse(text).expect_err(text);
            let (at, length) = error.span;
            assert_eq!((&text[at..at + length], error.message.as_str(), error.help.as_deref()), (part, message, Some(help)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in ".{0,30}", near in "(p95|error_rate|throughput|: |5%|0.5pp| and |2ms|advisory|GET /|é){0,8}") {
            for rule in [&text, &near] {
                if let Err(error) = RegressionRule::parse(rule) {
                    prop_assert!(rule.get(error.span.0..error.span.0 + error.span.1).is_some(), "{}: {:?}", rule, error);
                }
            }
        }
    }
}
