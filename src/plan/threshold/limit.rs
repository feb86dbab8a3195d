//! What a metric is compared with.

use super::grammar::Part;
use super::types::{Limit, Metric, ThresholdError};
use super::unit::MetricUnit;
use crate::text::suggest;
use crate::units::{Bytes, Micros, Rate, Share};

const BASELINE: &str = "baseline";

/// Reads a value, or a term with `baseline` in it. `k6`: a bare number of a time is milliseconds.
pub(super) fn limit(metric: Metric, k6: bool, text: Part<'_>) -> Result<Limit, ThresholdError> {
    if let Some(rest) = text.text.strip_prefix(BASELINE) {
        return baseline(metric, k6, text.after(text.text.len() - rest.len()).trim());
    }
    if let Some((front, BASELINE)) = text.text.split_once('*').map(|(front, back)| (front, back.trim())) {
        return Ok(Limit::Baseline { factor: factor(text.part(0, front.len()).trim())?, plus: 0.0 });
    }
    value(metric, k6, text).map(Limit::Value).map_err(|error| misspelt(text).map_or_else(|| error.clone(), |help| error.clone().help(help)))
}

/// What stands behind `baseline`.
fn baseline(metric: Metric, k6: bool, rest: Part<'_>) -> Result<Limit, ThresholdError> {
    if rest.text.is_empty() {
        return Ok(Limit::Baseline { factor: 1.0, plus: 0.0 });
    }
    if rest.text.starts_with('*') {
        let inner = rest.after(1).trim();
        // A sign right at the beginning belongs to the factor.
        let end = inner.text.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-')).map_or(inner.text.len(), |(at, _)| at);
        let factor = factor(inner.part(0, end).trim())?;
        let plus = match inner.after(end) {
            Part { text: "", .. } => 0.0,
            added => sign(added) * value(metric, k6, added.after(1).trim())?,
        };
        return Ok(Limit::Baseline { factor, plus });
    }
    if !rest.text.starts_with(['+', '-']) {
        return Err(rest.error("`*`, `+` or `-` stands behind `baseline`").help("write `baseline * 1.1` or `baseline + 5ms`"));
    }
    let added = rest.after(1).trim();
    // Five percent more of a time are a factor; of a share they are points.
    let points = matches!(metric.unit(), MetricUnit::Share | MetricUnit::CpuPercent);
    match Share::parse(added.text) {
        Ok(share) if added.text.ends_with('%') && !points => Ok(Limit::Baseline { factor: 1.0 + sign(rest) * share.0, plus: 0.0 }),
        _ => Ok(Limit::Baseline { factor: 1.0, plus: sign(rest) * value(metric, k6, added)? }),
    }
}

fn sign(added: Part<'_>) -> f64 {
    if added.text.starts_with('-') { -1.0 } else { 1.0 }
}

fn factor(text: Part<'_>) -> Result<f64, ThresholdError> {
    Share::parse(text.text)
        .map(|share| share.0)
        .map_err(|_| text.error(format!("`{}` is no factor", text.text)).help("write `baseline * 1.1`"))
}

/// Reads a value in the unit of the metric.
pub(in crate::plan) fn value(metric: Metric, k6: bool, text: Part<'_>) -> Result<f64, ThresholdError> {
    let wrong = |what: &str, help: &str| text.error(format!("`{metric}` is {what}")).help(help);
    match metric.unit() {
        MetricUnit::Time => {
            let time = if k6 { Micros::parse_bare_millis(text.text) } else { Micros::parse(text.text) };
            time.map(Micros::as_secs_f64).map_err(|_| wrong("a time", "write `500ms` or `1.5s`"))
        }
        MetricUnit::Rate => Rate::parse(text.text).map(|rate| rate.0).map_err(|_| wrong("a rate", "write `10/s` or `300/min`")),
        MetricUnit::Share => share(metric, text),
        MetricUnit::Count => {
            let digits = text.text.replace('_', "");
            digits.parse::<u64>().map(|count| count as f64).map_err(|_| wrong("a number", "write a whole number, such as `100`"))
        }
        MetricUnit::Bytes => Bytes::parse(text.text).map(|size| size.0 as f64).map_err(|_| wrong("a size", "write `512MiB` or `1GB`")),
        MetricUnit::BytesPerSecond => growth(text.text).ok_or_else(|| wrong("a size per time", "write `20MiB/min`")),
        MetricUnit::CpuPercent => match (text.text.strip_suffix('%').map(Share::parse), Share::parse(text.text)) {
            (Some(Ok(percent)), _) => Ok(percent.0),
            (None, Ok(_)) => Err(wrong("in percent of one core", &format!("write `{}%`", text.text))),
            _ => Err(wrong("in percent of one core", "write `80%`")),
        },
    }
}

fn share(metric: Metric, text: Part<'_>) -> Result<f64, ThresholdError> {
    let wrong = |what: &str, help: String| Err(text.error(format!("`{metric}` is a share{what}")).help(help));
    match Share::parse(text.text) {
        Ok(share) if text.text.ends_with('%') && share.0 > 1.0 => wrong(": it can't be above 100%", "write `99%` or `0.99`".to_owned()),
        Ok(share) if share.0 > 1.0 => wrong("", format!("write `{}%` or `{}`", share.0, share.0 / 100.0)),
        // `error_rate < 1` would never fail, and nobody means that.
        Ok(_) if text.text == "1" => Err(text.error("is 1 one percent or all of them?").help("write `1%` or `100%`")),
        Ok(share) => Ok(share.0),
        Err(_) => wrong("", "write `1%` or `0.01`".to_owned()),
    }
}

/// Reads `20MiB/min` into bytes per second.
fn growth(text: &str) -> Option<f64> {
    let (size, time) = text.split_once('/')?;
    let seconds = match time.trim() {
        "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(Bytes::parse(size).ok()?.0 as f64 / seconds)
}

/// `basline * 1.1`: a word that nearly is `baseline`.
fn misspelt(text: Part<'_>) -> Option<String> {
    let length = text.text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.text.len());
    let (word, rest) = text.text.split_at(length);
    suggest(word, [BASELINE]).map(|_| format!("did you mean `{BASELINE}{rest}`?"))
}
