//! A comparison in plain words.

use jiff::Timestamp;

use super::contrast::Draft;
use super::figure::Figure;
use super::observation::ALL;
use crate::record::{Comparison, ComparisonVerdict, Contrast, ContrastVerdict, LevelChange};
use crate::units::{Micros, Rate, Share};

/// Below this many records the sentence says what only they can show.
const FEW_RECORDS: u32 = 5;
/// More figures that changed together than these are counted.
const MOST_FIGURES: usize = 3;

/// For a comparison that was made: what was found, against what, and how small a change could have been seen.
pub(super) fn compared(comparison: &Comparison, now: Timestamp, other_machine: bool) -> String {
    let judged = || comparison.contrasts.iter().filter(|contrast| contrast.judged);
    let with = |verdict| judged().filter(move |contrast| contrast.verdict == verdict);
    let found = if other_machine {
        let change = comparison.contrasts.first().map(|contrast| format!(": {}", told(contrast))).unwrap_or_default();
        format!("not judged, the baseline was made on another machine{change}")
    } else {
        match comparison.verdict {
            ComparisonVerdict::Regressed => told_of("regression", with(ContrastVerdict::Regressed), true),
            ComparisonVerdict::Improved => told_of("improvement", with(ContrastVerdict::Improved), false),
            ComparisonVerdict::Inconclusive if judged().next().is_none() => "nothing could be judged: too few samples".to_owned(),
            ComparisonVerdict::Inconclusive if with(ContrastVerdict::Inconclusive).next().is_none() => {
                format!("latency could not be judged: too few samples; no regression in {}", judged_figures(comparison))
            }
            ComparisonVerdict::Inconclusive => told_of("inconclusive", with(ContrastVerdict::Inconclusive), false) + ", which may be noise",
            _ => format!("no regression in {}", judged_figures(comparison)),
        }
    };
    format!("{found}; {}{}", against(comparison, now), visible(comparison))
}

/// Nothing is stored.
pub(super) fn no_baseline(scenario: &str, source: &str) -> String {
    format!("no baseline: there is no stored record of `{scenario}` in {source}, so nothing was compared")
}

/// It would be compared side by side, and there is nothing beside it.
pub(super) fn no_base(scenario: &str) -> String {
    format!("no baseline: `{scenario}` is compared side by side with a base, and none was named, so nothing was compared")
}

/// There may be a baseline, and it can't be read.
pub(super) fn no_store(scenario: &str, source: &str) -> String {
    format!("no baseline: what is stored of `{scenario}` in {source} could not be read, so nothing was compared")
}

/// What to do where there is no base.
pub(super) fn name_a_base() -> String {
    "name one with `--base`, `--base-dir` or `--base-command`".to_owned()
}

/// Only runs of another load are stored.
pub(super) fn incomparable(scenario: &str, source: &str, count: usize) -> String {
    let records = if count == 1 { "the record".to_owned() } else { format!("{count} stored records") };
    format!("incomparable: {records} of `{scenario}` in {source} had another load (the digests differ), so nothing was compared")
}

/// The baseline is of another machine.
pub(super) fn other_machine(theirs: &str, own: &str, advisory: bool) -> String {
    let follows = if advisory { "differences are shown and can't fail the run" } else { "judged all the same, as the policy asks" };
    format!("the baseline was made on another machine ({theirs}; here {own}): {follows}")
}

/// Where the stored runs changed their level, by commit.
pub(super) fn changes(changes: &[LevelChange]) -> Vec<String> {
    let mut commits: Vec<(&LevelChange, Vec<String>)> = Vec::new();
    let mut changes: Vec<&LevelChange> = changes.iter().collect();
    let size = |change: &LevelChange| (change.after / change.before).ln().abs();
    changes.sort_by(|a, b| size(b).total_cmp(&size(a)));
    for change in changes {
        let by = 100.0 * (change.after / change.before - 1.0);
        let figure = format!("{} of {} ({by:+.0} %)", plain(&change.metric), scope_name(&change.scope));
        match commits.iter_mut().find(|(first, _)| first.at == change.at) {
            Some((_, figures)) => figures.push(figure),
            None => commits.push((change, vec![figure])),
        }
    }
    let told = |(first, figures): &(&LevelChange, Vec<String>)| {
        let commit = first.sha.as_deref().map_or("the run", |sha| sha.get(..7).unwrap_or(sha));
        let more = figures.len().saturating_sub(MOST_FIGURES);
        let shown = if more == 0 { listed(figures) } else { format!("{} and {more} more", figures[..MOST_FIGURES].join(", ")) };
        let date = first.at.strftime("%Y-%m-%d");
        format!("the level changed with {commit} of {date} in {shown}: compared with the {} since then", records(first.records))
    };
    commits.iter().map(told).collect()
}

/// What isn't judged, and why.
pub(super) fn left_out(drafts: &[Draft], busy: Option<f64>) -> Vec<String> {
    let mut notes = Vec::new();
    let mut figures: Vec<Figure> = drafts.iter().filter(|draft| draft.rule.gate).map(|draft| draft.figure).collect();
    figures.sort();
    figures.dedup();
    for figure in figures {
        let missing: Vec<&str> = drafts
            .iter()
            .filter(|draft| draft.figure == figure && draft.rule.gate && !draft.supported)
            .map(|draft| draft.scope.as_str())
            .collect();
        if let Some(first) = missing.first() {
            let more = if missing.len() > 1 { format!(" and {} more are", missing.len() - 1) } else { " is".to_owned() };
            let (of, support) = (scope_name(first), figure.support());
            notes.push(format!("{figure} of {of}{more} shown and not judged: it takes {support} successful requests on either side"));
        }
    }
    if let Some(percent) = busy {
        notes.push(format!("throughput is shown and not judged: the generator used {percent:.0} % of its cores"));
    }
    notes
}

/// One side's successful requests are others than the other's.
pub(super) fn other_requests((own, base): (f64, f64)) -> String {
    let (own, base) = (Share(own), Share(base));
    format!(
        "times and throughput of the whole run are shown and not judged: {own} of its requests failed and {base} in the baseline, so they are of different requests"
    )
}

/// `regression: p95 of ... is ..., and 2 more`.
fn told_of<'a>(word: &str, contrasts: impl Iterator<Item = &'a Contrast>, by_chance: bool) -> String {
    let mut contrasts: Vec<&Contrast> = contrasts.collect();
    // The least likely first; of equally unlikely ones, the largest.
    let rank = |contrast: &Contrast| (if by_chance { contrast.p_adjusted.unwrap_or(1.0) } else { 0.0 }, -contrast.delta.abs());
    contrasts.sort_by(|a, b| rank(a).0.total_cmp(&rank(b).0).then(rank(a).1.total_cmp(&rank(b).1)));
    let first = contrasts.first().map(|contrast| told(contrast)).unwrap_or_default();
    match contrasts.len() {
        0 | 1 => format!("{word}: {first}"),
        count => format!("{word}: {first}, and {} more", count - 1),
    }
}

/// `p95 of `POST /orders` is 32ms, 60 % above the baseline's 20ms`.
pub(super) fn told(contrast: &Contrast) -> String {
    let way = if contrast.delta < 0.0 { "below" } else { "above" };
    let by = if contrast.metric == "error_rate" { points(contrast.delta) } else { percent(contrast.delta) };
    let (own, base) = (value(contrast, contrast.candidate), value(contrast, contrast.base));
    let figure = format!("{} of {} is {own}", plain(&contrast.metric), scope_name(&contrast.scope));
    if own == base { format!("{figure}, as in the baseline") } else { format!("{figure}, {by} {way} the baseline's {base}") }
}

/// `p50, p95, throughput and error rate of the whole run and 6 endpoints`.
fn judged_figures(comparison: &Comparison) -> String {
    let judged: Vec<&Contrast> = comparison.contrasts.iter().filter(|contrast| contrast.judged).collect();
    let mut metrics: Vec<String> = Vec::new();
    for contrast in &judged {
        let name = plain(&contrast.metric);
        if !metrics.contains(&name) {
            metrics.push(name);
        }
    }
    let mut endpoints: Vec<&str> = judged.iter().filter(|contrast| contrast.scope != ALL).map(|contrast| contrast.scope.as_str()).collect();
    endpoints.dedup();
    let scopes = match endpoints.len() {
        0 => "the whole run".to_owned(),
        1 => "the whole run and 1 endpoint".to_owned(),
        count => format!("the whole run and {count} endpoints"),
    };
    format!("{} of {scopes}", listed(&metrics))
}

/// `compared with 8 records (newest abc1234, 2 days old)`.
fn against(comparison: &Comparison, now: Timestamp) -> String {
    let records = records(comparison.records);
    let sha = comparison.newest_sha.as_deref().map(|sha| format!("{}, ", sha.get(..7).unwrap_or(sha))).unwrap_or_default();
    let newest = if comparison.records == 1 { "" } else { "newest " };
    match comparison.newest {
        Some(newest_at) => format!("compared with {records} ({newest}{sha}{})", age(newest_at, now)),
        None => format!("compared with {records}"),
    }
}

/// What the whole run's figures would have had to pass.
fn visible(comparison: &Comparison) -> String {
    let seen: Vec<String> = comparison
        .contrasts
        .iter()
        .filter(|contrast| contrast.judged && contrast.scope == ALL)
        .filter_map(|contrast| Some(least_change(&contrast.metric, contrast.detectable?)))
        .collect();
    if seen.is_empty() {
        return String::new();
    }
    if comparison.records < FEW_RECORDS {
        format!("; with {} only changes of the whole run above {} can fail", records(comparison.records), listed(&seen))
    } else {
        format!("; this run could have seen changes of the whole run from {}", listed(&seen))
    }
}

/// `3.1 % in p50`.
pub(super) fn least_change(metric: &str, least: f64) -> String {
    let least = if metric == "error_rate" { points(least) } else { percent(least) };
    format!("{least} in {}", plain(metric))
}

fn records(count: u32) -> String {
    if count == 1 { "1 record".to_owned() } else { format!("{count} records") }
}

fn age(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    let (count, unit) = match seconds {
        ..0 => return "newer than this run".to_owned(),
        0..120 => return "just made".to_owned(),
        120..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit} old")
}

pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

pub(super) fn scope_name(scope: &str) -> String {
    if scope == ALL { "the whole run".to_owned() } else { format!("`{scope}`") }
}

fn plain(metric: &str) -> String {
    metric.replace('_', " ")
}

fn value(contrast: &Contrast, value: f64) -> String {
    match contrast.metric.as_str() {
        "throughput" => Rate(value).to_string(),
        "error_rate" => Share(value).to_string(),
        _ => Micros::from_secs_f64(value).to_string(),
    }
}

fn percent(share: f64) -> String {
    let percent = share.abs() * 100.0;
    if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

fn points(share: f64) -> String {
    format!("{:.2} points", share.abs() * 100.0)
}
