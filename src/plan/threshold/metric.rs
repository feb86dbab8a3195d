//! The names of metrics.

use std::fmt;

use super::grammar::Part;
use super::types::{Metric, Phase, ServiceMetric, StatusClass, ThresholdError, TimeStatistic};
use crate::text::suggest;

/// The metrics that are nothing but a name.
pub(super) const PLAIN: [(&str, Metric); 15] = [
    ("requests", Metric::Requests),
    ("throughput", Metric::Throughput),
    ("error_rate", Metric::ErrorRate),
    ("success_rate", Metric::SuccessRate),
    ("check_rate", Metric::CheckRate),
    ("iterations", Metric::Iterations),
    ("dropped", Metric::Dropped),
    ("bytes_in", Metric::BytesIn),
    ("bytes_out", Metric::BytesOut),
    ("capacity", Metric::Capacity),
    ("memory_max", Metric::Service(ServiceMetric::MemoryMax)),
    ("memory_mean", Metric::Service(ServiceMetric::MemoryMean)),
    ("memory_growth", Metric::Service(ServiceMetric::MemoryGrowth)),
    ("cpu_max", Metric::Service(ServiceMetric::CpuMax)),
    ("cpu_mean", Metric::Service(ServiceMetric::CpuMean)),
];

const STATISTICS: [(&str, TimeStatistic); 4] =
    [("mean", TimeStatistic::Mean), ("min", TimeStatistic::Min), ("max", TimeStatistic::Max), ("stddev", TimeStatistic::Stddev)];

const PHASES: [(&str, Phase); 6] = [
    ("dns", Phase::Dns),
    ("connect", Phase::Connect),
    ("tls", Phase::Tls),
    ("wait", Phase::Wait),
    ("receive", Phase::Receive),
    ("service", Phase::Service),
];

/// What other tools call it.
const FOREIGN: [(&str, &str); 24] = [
    ("avg", "mean"),
    ("average", "mean"),
    ("med", "p50"),
    ("median", "p50"),
    ("std", "stddev"),
    ("latency", "p95"),
    ("duration", "p95"),
    ("response_time", "p95"),
    ("http_req_duration", "p95"),
    ("http_req_waiting", "wait_p95"),
    ("http_req_failed", "error_rate"),
    ("http_reqs", "requests"),
    ("rate", "error_rate"),
    ("errors", "error_rate"),
    ("failures", "error_rate"),
    ("failure_rate", "error_rate"),
    ("fail_ratio", "error_rate"),
    ("rps", "throughput"),
    ("qps", "throughput"),
    ("checks", "check_rate"),
    ("dropped_iterations", "dropped"),
    ("memory", "memory_max"),
    ("rss", "memory_max"),
    ("cpu", "cpu_mean"),
];

/// Reads a metric; the second result is whether it is written as k6 does: `p(95)`.
pub(in crate::plan) fn metric(name: Part<'_>) -> Result<(Metric, bool), ThresholdError> {
    if let Some((_, metric)) = PLAIN.iter().find(|(plain, _)| *plain == name.text) {
        return Ok((*metric, false));
    }
    if let Some(argument) = name.text.strip_prefix("count(").and_then(|rest| rest.strip_suffix(')')) {
        let argument = name.part("count(".len(), argument.len()).trim();
        return status(argument).map(|status| (Metric::Count(status), false));
    }
    if name.text == "count" {
        let error = name.error("`count` needs a status");
        return Err(error.help("write `count(201)` or `count(5xx)`, or `requests` for all of them"));
    }
    if let Some((statistic, k6)) = statistic(name)? {
        return Ok((Metric::Time(statistic, None), k6));
    }
    let phase = PHASES.iter().find_map(|(phase_name, phase)| {
        let rest = name.text.strip_prefix(phase_name)?.strip_prefix('_')?;
        Some((*phase_name, *phase, name.after(name.text.len() - rest.len())))
    });
    if let Some((phase_name, phase, rest)) = phase {
        return match statistic(rest)? {
            Some((statistic, k6)) => Ok((Metric::Time(statistic, Some(phase)), k6)),
            None => Err(unknown_statistic(phase_name, rest)),
        };
    }
    let error = name.error(format!("unknown metric `{}`", name.text));
    Err(match meant(name.text) {
        Some(meant) => error.help(format!("did you mean `{meant}`?")),
        None => error.help("use a percentile such as `p95`, `mean`, `error_rate`, `throughput` or `count(5xx)`"),
    })
}

/// Reads `p95`, `p(95)`, `mean`; none where it is no statistic at all.
fn statistic(name: Part<'_>) -> Result<Option<(TimeStatistic, bool)>, ThresholdError> {
    if let Some((_, statistic)) = STATISTICS.iter().find(|(plain, _)| *plain == name.text) {
        return Ok(Some((*statistic, false)));
    }
    let Some(rest) = name.text.strip_prefix('p') else { return Ok(None) };
    let inner = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let digits = inner.unwrap_or(rest).trim();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Ok(None);
    }
    let Ok(percent) = digits.parse::<f64>() else { return Ok(None) };
    if percent > 100.0 {
        let error = name.error(format!("{digits} is no percentile: it is above 100"));
        let meant = digits.get(..2).zip(digits.get(2..)).filter(|(_, rest)| !rest.is_empty() && !digits.contains('.'));
        return Err(match meant {
            Some((whole, rest)) => error.help(format!("did you mean `p{whole}.{rest}`?")),
            None => error.help("write one such as `p95` or `p99.9`"),
        });
    }
    if percent <= 0.0 {
        let error = name.error(format!("{digits} is no percentile: it is not above 0"));
        return Err(error.help("use `min` for the shortest time"));
    }
    Ok(Some((TimeStatistic::Percentile(percent), inner.is_some())))
}

fn status(text: Part<'_>) -> Result<StatusClass, ThresholdError> {
    let class = text.text.strip_suffix("xx").or_else(|| text.text.strip_suffix("XX")).and_then(|hundred| hundred.parse::<u8>().ok());
    match (class, text.text.parse::<u16>()) {
        (Some(hundred @ 1..=5), _) => Ok(StatusClass::Hundred(hundred)),
        (_, Ok(status @ 100..=599)) => Ok(StatusClass::Exactly(status)),
        _ => Err(text.error(format!("`{}` is no status", text.text)).help("write `count(201)` or `count(5xx)`")),
    }
}

fn unknown_statistic(phase: &str, rest: Part<'_>) -> ThresholdError {
    let error = rest.error(format!("`{phase}` has no statistic `{}`", rest.text));
    let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == rest.text).map(|(_, ours)| *ours);
    match foreign.or_else(|| suggest(rest.text, ["p50", "p90", "p95", "p99", "mean", "min", "max", "stddev"])) {
        Some(meant) => error.help(format!("did you mean `{phase}_{meant}`?")),
        None => error.help(format!("write `{phase}_p95` or `{phase}_mean`")),
    }
}

fn meant(name: &str) -> Option<String> {
    let lower = name.to_lowercase();
    if lower != name && metric(Part { text: &lower, at: 0 }).is_ok() {
        return Some(lower);
    }
    if let Some((_, ours)) = FOREIGN.iter().find(|(foreign, _)| *foreign == lower) {
        return Some((*ours).to_owned());
    }
    if let Some((phase, rest)) = lower.split_once('_') {
        let near = suggest(phase, PHASES.map(|(name, _)| name)).map(|near| format!("{near}_{rest}"));
        if let Some(near) = near.filter(|near| metric(Part { text: near, at: 0 }).is_ok()) {
            return Some(near);
        }
    }
    let names = PLAIN.iter().map(|(name, _)| *name).chain(STATISTICS.iter().map(|(name, _)| *name));
    suggest(&lower, names.chain(["p90", "p50", "p95", "p99", "p99.9", "count(5xx)"])).map(str::to_owned)
}

impl fmt::Display for Metric {
    /// As a threshold names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Time(statistic, None) => statistic.to_string(),
            Self::Time(statistic, Some(phase)) => format!("{phase}_{statistic}"),
            Self::Count(StatusClass::Exactly(status)) => format!("count({status})"),
            Self::Count(StatusClass::Hundred(hundred)) => format!("count({hundred}xx)"),
            plain => PLAIN.iter().find(|(_, metric)| metric == plain).map_or_else(String::new, |(name, _)| (*name).to_owned()),
        };
        f.pad(&text)
    }
}

impl fmt::Display for TimeStatistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percentile(percent) => f.pad(&format!("p{percent}")),
            Self::Mean => f.pad("mean"),
            Self::Min => f.pad("min"),
            Self::Max => f.pad("max"),
            Self::Stddev => f.pad("stddev"),
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(PHASES.iter().find(|(_, phase)| phase == self).map_or("", |(name, _)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_foreign_name_leads_to_a_metric_of_ours() {
        for (foreign, ours) in FOREIGN {
            assert!(metric(Part { text: ours, at: 0 }).is_ok(), "{ours}");
            assert!(metric(Part { text: foreign, at: 0 }).is_err(), "{foreign}");
        }
    }

    #[test]
    fn every_plain_name_is_printed_as_it_is_read() {
        for (name, metric) in PLAIN {
            assert_eq!(metric.to_string(), name);
        }
    }
}
