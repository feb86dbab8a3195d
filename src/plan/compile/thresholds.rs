//! Thresholds and what they speak of.

use super::super::{ClassPlan, Limit, LoadPlan, Metric, Severity, Threshold, ThresholdPlan, ThresholdScope};
use super::compiling::Compiling;
use crate::config::yaml::Span;
use crate::config::{Scenario, SeverityConfig, Spanned, Text, ThresholdSettings};
use crate::units::Micros;

/// Scopes that are no names of anything.
const RESERVED: [&str; 3] = ["all", "each", "service"];

/// Makes all thresholds: those of the file, then those of the command line.
pub(super) fn compile(compiling: &mut Compiling<'_>, load: Option<&LoadPlan>, classes: &[ClassPlan]) -> Vec<ThresholdPlan> {
    let scenario = compiling.scenario;
    let mut plans = Vec::new();
    for entry in scenario.sections.thresholds.iter().flat_map(|thresholds| &thresholds.0) {
        let scope = scope(compiling, &entry.name.value, entry.name.span, classes);
        for config in entry.value.iter().flat_map(|list| &list.0) {
            let Some(expect) = &config.0.expect else { continue };
            let threshold = with_settings(compiling, &config.0, expect);
            let (Some(scope), Some(threshold)) = (scope.clone(), threshold) else { continue };
            fits(compiling, &scope, &threshold, expect.span, load);
            let place = scenario.source.place(expect.span.start);
            let applicable = applies(compiling, &scope, classes);
            plans.push(ThresholdPlan { scope, threshold, place: Some((place.file, place.line, place.column)), applicable });
        }
        if let Some(empty) = entry.value.as_ref().filter(|list| list.0.is_empty()) {
            compiling.error(empty.span, "the list of thresholds is empty", "add one: `p95 < 500ms`");
        }
    }
    for written in &scenario.thresholds {
        let Some((scope, expect)) = given(compiling, written, classes) else { continue };
        let Some(threshold) = parse(compiling, &expect) else { continue };
        fits(compiling, &scope, &threshold, expect.span, load);
        let applicable = applies(compiling, &scope, classes);
        plans.push(ThresholdPlan { scope, threshold, place: None, applicable });
    }
    plans
}

/// Reads an expression.
pub(super) fn parse(compiling: &mut Compiling<'_>, text: &Spanned<Text>) -> Option<Threshold> {
    match Threshold::parse(text.as_str()) {
        Ok(threshold) => {
            doubt(compiling, text, &threshold);
            Some(threshold)
        }
        Err(error) => {
            let (start, length) = error.span;
            let message =
                if text.span == Span::OUTSIDE { format!("`--threshold '{}'`: {}", text.as_str(), error.message) } else { error.message };
            let mut problem = compiling.scenario.error(text.place(start, start + length), message);
            problem.help = error.help;
            compiling.found.push(problem);
            None
        }
    }
}

/// A bare number is seconds. More of them than any request may take were meant as milliseconds, as k6 takes them.
fn doubt(compiling: &mut Compiling<'_>, text: &Spanned<Text>, threshold: &Threshold) {
    let (Metric::Time(..), Limit::Value(seconds)) = (threshold.metric, threshold.limit) else { return };
    let number = threshold.expression.rsplit(['<', '>', '=', '!']).next().unwrap_or_default().trim();
    let is_seconds = number.replace('_', "").parse::<f64>().is_ok() && !threshold.expression.contains('(');
    let longest = compiling.longest_timeout;
    if is_seconds && longest > Micros::ZERO && seconds > longest.as_secs_f64() {
        let message = format!("`{}` is in seconds, and no request may take more than {longest}", threshold.expression);
        let doubt = compiling.scenario.warning(text.span, message).help(format!("did you mean `{number}ms`?"));
        compiling.found.push(doubt);
    }
}

fn with_settings(compiling: &mut Compiling<'_>, settings: &ThresholdSettings, expect: &Spanned<Text>) -> Option<Threshold> {
    let abort = settings.abort.as_ref().is_some_and(|abort| abort.value);
    for (key, time) in [("after", &settings.after), ("for", &settings.hold)] {
        if let Some(time) = time.as_ref().filter(|_| !abort) {
            compiling.error(
                time.span,
                format!("`{key}` says when a run is aborted, and this threshold doesn't"),
                "add `abort: true`, or remove it",
            );
        }
    }
    let severity = match settings.severity.as_ref().map(|severity| severity.value) {
        Some(SeverityConfig::Warn) => Severity::Warn,
        Some(SeverityConfig::Fail) | None => Severity::Fail,
    };
    if let (Severity::Warn, Some(written)) = (severity, settings.abort.as_ref().filter(|_| abort)) {
        compiling.error(written.span, "a threshold that only warns can't abort the run", "remove `abort` or `severity`");
    }
    let time = |time: &Option<Spanned<Micros>>| time.as_ref().map_or(Micros::ZERO, |time| time.value);
    let message = settings.message.as_ref().map(|message| message.as_str().to_owned());
    let threshold = parse(compiling, expect)?;
    let late = match (threshold.metric, threshold.limit) {
        (Metric::Capacity, _) => Some("a capacity is known"),
        (_, Limit::Baseline { .. }) => Some("a baseline is read"),
        _ => None,
    };
    if let Some((what, written)) = late.zip(settings.abort.as_ref().filter(|_| abort)) {
        compiling.error(written.span, format!("this can't abort the run: {what} when it has ended"), "remove `abort`");
    }
    Some(Threshold { severity, abort, after: time(&settings.after), hold: time(&settings.hold), message, ..threshold })
}

/// Finds out what a scope means: a reserved word, a class, an endpoint or a tag, and only one of them.
fn scope(compiling: &mut Compiling<'_>, name: &str, span: Span, classes: &[ClassPlan]) -> Option<ThresholdScope> {
    let mut meanings = Vec::new();
    if let Some(reserved) = RESERVED.iter().position(|word| *word == name) {
        let scope = [ThresholdScope::All, ThresholdScope::Each, ThresholdScope::Service][reserved].clone();
        meanings.push(("a reserved word", scope));
    }
    if let Some(class) = classes.iter().position(|class| class.name == name) {
        meanings.push(("a user class", ThresholdScope::Class(class)));
    }
    if compiling.endpoints.iter().any(|endpoint| endpoint.name == name) {
        meanings.push(("an endpoint", ThresholdScope::Endpoint(name.to_owned())));
    }
    if compiling.endpoints.iter().any(|endpoint| endpoint.tags.iter().any(|tag| tag == name)) {
        meanings.push(("a tag", ThresholdScope::Tag(name.to_owned())));
    }
    match meanings.as_slice() {
        [(_, scope)] => Some(scope.clone()),
        [] => {
            let mut candidates: Vec<&str> = RESERVED.to_vec();
            candidates.extend(classes.iter().map(|class| class.name.as_str()));
            candidates.extend(compiling.endpoints.iter().map(|endpoint| endpoint.name.as_str()));
            candidates.extend(compiling.endpoints.iter().flat_map(|endpoint| endpoint.tags.iter().map(String::as_str)));
            let mut unique = Vec::new();
            candidates.retain(|candidate| {
                if unique.contains(candidate) {
                    false
                } else {
                    unique.push(*candidate);
                    true
                }
            });
            let help = match crate::text::suggest(name, candidates.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are `{}`", candidates.join("`, `")),
            };
            compiling.error(span, format!("no class, endpoint or tag is called `{name}`"), help);
            None
        }
        [(first, _), (second, _), ..] => {
            let message = format!("`{name}` is {first} and {second}");
            compiling.error(span, message, "rename one of them, so that the threshold can only mean one");
            None
        }
    }
}

/// Some metrics make sense in some scopes only.
fn fits(compiling: &mut Compiling<'_>, scope: &ThresholdScope, threshold: &Threshold, span: Span, load: Option<&LoadPlan>) {
    let monitored =
        compiling.scenario.sections.service.as_ref().and_then(|service| service.monitor.as_ref()).is_some_and(|monitor| monitor.value);
    match (scope, threshold.metric) {
        (ThresholdScope::Service, Metric::Service(_)) if !monitored => {
            let help = "add `monitor: true` to `service`";
            compiling.error(span, "nothing measures the service", help);
        }
        (ThresholdScope::Service, Metric::Service(_)) => {}
        (ThresholdScope::Service, _) => {
            let help = "it takes `memory_max`, `memory_mean`, `memory_growth`, `cpu_max` and `cpu_mean`; for requests use `all`";
            compiling.error(span, "the scope `service` is memory and CPU of the service itself", help);
        }
        (_, Metric::Service(_)) => {
            compiling.error(span, "memory and CPU belong to the scope `service`", "move it under `service:`");
        }
        (ThresholdScope::All, Metric::Capacity) if load.is_some_and(|load| !matches!(load, LoadPlan::Capacity(_))) => {
            let help = "give the load a `capacity` search, or remove the threshold";
            compiling.error(span, "only a capacity search finds the capacity", help);
        }
        (_, Metric::Capacity | Metric::Iterations | Metric::Dropped) if *scope != ThresholdScope::All => {
            compiling.error(span, "this is a figure of the load as a whole", "move it under `all:`");
        }
        _ => {}
    }
}

/// Whether any class in the scope runs.
fn applies(compiling: &Compiling<'_>, scope: &ThresholdScope, classes: &[ClassPlan]) -> bool {
    let runs = |class: usize| classes.get(class).is_some_and(|class| class.active);
    let mut endpoints = compiling.endpoints.iter();
    match scope {
        ThresholdScope::All | ThresholdScope::Each | ThresholdScope::Service => true,
        ThresholdScope::Class(class) => runs(*class),
        ThresholdScope::Endpoint(name) => endpoints.any(|endpoint| endpoint.name == *name && runs(endpoint.class)),
        ThresholdScope::Tag(tag) => endpoints.any(|endpoint| endpoint.tags.contains(tag) && runs(endpoint.class)),
    }
}

/// Reads a threshold of the command line: an expression, or one with a scope and a colon in front.
fn given(compiling: &mut Compiling<'_>, written: &str, classes: &[ClassPlan]) -> Option<(ThresholdScope, Spanned<Text>)> {
    if Threshold::parse(written).is_err()
        && let Some((name, expect)) = written.rsplit_once(": ")
        && Threshold::parse(expect).is_ok()
    {
        return Some((scope(compiling, name.trim(), Span::OUTSIDE, classes)?, Scenario::outside(expect.trim())));
    }
    Some((ThresholdScope::All, Scenario::outside(written)))
}
