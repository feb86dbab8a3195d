//! A paired comparison in plain words.

use super::draft::{Draft, FEWEST_PAIRS, Test};
use super::scope::ALL;
use crate::compare::Figure;
use crate::compare::sentence::{listed, scope_name};
use crate::record::{Comparison, ComparisonVerdict, Contrast, ContrastVerdict, Pairs};
use crate::units::{Micros, Rate, Share};

/// What was found, and how small a change could have been seen.
pub(super) fn compared(comparison: &Comparison, drafts: &[Draft]) -> String {
    found(comparison, &format!("no regression of {}", ruled_out(drafts)))
}

/// The same of a comparison that somebody else made, whose bounds are not known.
pub(super) fn compared_again(comparison: &Comparison) -> String {
    found(comparison, "no regression")
}

/// `none` says that there is no regression.
fn found(comparison: &Comparison, none: &str) -> String {
    let judged = || comparison.contrasts.iter().filter(|contrast| contrast.judged);
    let with = |verdict| judged().filter(move |contrast| contrast.verdict == verdict).collect::<Vec<_>>();
    let found = match comparison.verdict {
        ComparisonVerdict::Regressed => told_of("regression", &with(ContrastVerdict::Regressed)),
        ComparisonVerdict::Improved => told_of("improvement", &with(ContrastVerdict::Improved)),
        ComparisonVerdict::Inconclusive if judged().next().is_none() => {
            return "nothing could be judged: too few pairs or samples".to_owned();
        }
        ComparisonVerdict::Inconclusive => match with(ContrastVerdict::Inconclusive) {
            unclear if unclear.is_empty() => {
                format!("latency could not be judged: too few samples; {none}")
            }
            unclear => told_of("inconclusive", &unclear),
        },
        _ => none.to_owned(),
    };
    format!("{found}{}", visible(comparison))
}

/// What isn't judged or was left out, and why; `absent` are figures of the whole run that are to be judged and aren't there,
/// and fewer pairs than `fewest` can't fail.
pub(super) fn notes(drafts: &[Draft], absent: &[Figure], pairs: &Pairs, fewest: usize, busy: Option<f64>) -> Vec<String> {
    let mut notes = Vec::new();
    if pairs.calibration {
        notes
            .push("base and candidate are the same commit or binary, so this is a calibration: anything found is a false alarm".to_owned());
    }
    if pairs.look > 1 {
        notes.push("the first look was inconclusive, so a second budget of time was spent and all pairs were judged together".to_owned());
    }
    let mut figures: Vec<Figure> = drafts.iter().filter(|draft| draft.rule.gate && !draft.supported).map(|draft| draft.figure).collect();
    figures.sort_unstable();
    figures.dedup();
    for figure in figures {
        let missing: Vec<&Draft> = drafts.iter().filter(|draft| draft.figure == figure && draft.rule.gate && !draft.supported).collect();
        let more = if missing.len() > 1 { format!(" and {} more are", missing.len() - 1) } else { " is".to_owned() };
        let of = scope_name(&missing[0].scope);
        let takes = match (&missing[0].test, figure.percent()) {
            (Test::Pairs(evidence), _) if evidence.test.differences.len() < FEWEST_PAIRS => format!("it takes {FEWEST_PAIRS} pairs"),
            (_, Some(_)) => format!("it takes {} successful requests on either side", figure.support()),
            (_, None) => "it takes more requests on either side".to_owned(),
        };
        notes.push(format!("{} of {of}{more} shown and not judged: {takes}", plain(&figure.to_string())));
    }
    if !absent.is_empty() && !drafts.is_empty() {
        let names: Vec<String> = absent.iter().map(|figure| plain(&figure.to_string())).collect();
        let are = if names.len() > 1 { "are" } else { "is" };
        notes.push(format!("{} of the whole run {are} not compared: one side has too little to show", listed(&names)));
    }
    for draft in drafts.iter().filter(|draft| draft.judged) {
        if let Test::Pairs(evidence) = &draft.test
            && evidence.test.differences.len() < fewest
        {
            let (name, of, count) = (plain(&draft.figure.to_string()), scope_name(&draft.scope), evidence.test.differences.len());
            notes.push(format!(
                "{name} of {of} can't be told from chance by {count} pairs: it takes {fewest}, which a longer `--budget` has"
            ));
        }
    }
    if let Some(share) = busy {
        notes.push(format!("throughput is shown and not judged: the generator used {:.0} % of its core", share * 100.0));
    }
    notes
}

/// `5 % or more in p50 and p95 and of 0.5 points or more in error rate of the whole run and 6 endpoints`.
fn ruled_out(drafts: &[Draft]) -> String {
    let judged: Vec<&Draft> = drafts.iter().filter(|draft| draft.judged).collect();
    let mut bounds: Vec<(String, Vec<String>)> = Vec::new();
    for draft in &judged {
        let bound = if draft.figure == Figure::ErrorRate { points(draft.rule.bound) } else { percent(draft.rule.bound) };
        let name = plain(&draft.figure.to_string());
        match bounds.iter_mut().find(|(known, _)| *known == bound) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => bounds.push((bound, vec![name])),
        }
    }
    let parts: Vec<String> = bounds.iter().map(|(bound, names)| format!("{bound} or more in {}", listed(names))).collect();
    let mut endpoints: Vec<&str> = judged.iter().map(|draft| draft.scope.as_str()).filter(|scope| *scope != ALL).collect();
    endpoints.dedup();
    let scopes = match endpoints.len() {
        0 => "the whole run".to_owned(),
        1 => "the whole run and 1 endpoint".to_owned(),
        count => format!("the whole run and {count} endpoints"),
    };
    format!("{}, of {scopes}", parts.join(", or of "))
}

/// `; could have seen 3.1 % in p50 and 4.0 % in p95`: the whole run's figures.
fn visible(comparison: &Comparison) -> String {
    let of_whole = comparison.contrasts.iter().filter(|contrast| contrast.judged && contrast.scope == ALL);
    let seen = of_whole.filter_map(|contrast| {
        let least = contrast.detectable?;
        let least = if contrast.metric == "error_rate" { points(least) } else { percent(least) };
        Some(format!("{least} in {}", plain(&contrast.metric)))
    });
    let seen: Vec<String> = seen.collect();
    if seen.is_empty() { String::new() } else { format!("; could have seen {}", listed(&seen)) }
}

/// `regression: p95 of ... rose by ..., and 2 more`: the least likely first; of equally unlikely ones, the largest.
fn told_of(word: &str, contrasts: &[&Contrast]) -> String {
    let mut contrasts = contrasts.to_vec();
    contrasts.sort_by(|a, b| {
        let p = |contrast: &Contrast| contrast.p_adjusted.unwrap_or(1.0);
        p(a).total_cmp(&p(b)).then(b.delta.abs().total_cmp(&a.delta.abs()))
    });
    let first = contrasts.first().map(|contrast| told(contrast)).unwrap_or_default();
    match contrasts.len() {
        0 | 1 => format!("{word}: {first}"),
        count => format!("{word}: {first}, and {} more", count - 1),
    }
}

/// `p95 of `POST /orders` rose by 5.2 % (3.9 % to 6.6 %), 12.1ms in the base`.
fn told(contrast: &Contrast) -> String {
    let shown = |change: f64| if contrast.metric == "error_rate" { points(change) } else { percent(change) };
    let way = if contrast.delta < 0.0 { "fell" } else { "rose" };
    let interval =
        contrast.interval.map(|(low, high)| format!(" ({} to {})", signed(low, &shown), signed(high, &shown))).unwrap_or_default();
    let base = match contrast.metric.as_str() {
        "throughput" => Rate(contrast.base).to_string(),
        "error_rate" => Share(contrast.base).to_string(),
        _ => Micros::from_secs_f64(contrast.base).to_string(),
    };
    format!("{} of {} {way} by {}{interval} from {base}", plain(&contrast.metric), scope_name(&contrast.scope), shown(contrast.delta))
}

fn signed(change: f64, shown: &impl Fn(f64) -> String) -> String {
    format!("{}{}", if change < 0.0 { "-" } else { "+" }, shown(change))
}

fn plain(metric: &str) -> String {
    metric.replace('_', " ")
}

fn percent(share: f64) -> String {
    let percent = share.abs() * 100.0;
    let text = if percent < 9.95 { format!("{percent:.1}") } else { format!("{percent:.0}") };
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

fn points(share: f64) -> String {
    let text = format!("{:.2}", share.abs() * 100.0);
    format!("{} points", text.trim_end_matches('0').trim_end_matches('.'))
}
