//! What the run is compared with, and what counts as worse.

use super::super::{BaselinePlan, RegressionError, RegressionFigure, RegressionLimit, RegressionRule};
use super::compiling::Compiling;
use crate::config::yaml::Span;
use crate::config::{EndpointRulesConfig, Map, Spanned, Text};

/// Makes the plan of the comparison: what the file says, then the rules of the command line.
pub(super) fn compile(compiling: &mut Compiling<'_>) -> BaselinePlan {
    let scenario = compiling.scenario;
    let mut plan = BaselinePlan::default();
    if let Some(config) = &scenario.sections.baseline {
        let text = |text: &Option<Spanned<Text>>| text.as_ref().map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty());
        plan.mode = config.mode.as_ref().map(|mode| mode.value);
        plan.store = text(&config.store);
        plan.branch = text(&config.branch);
        plan.records = config.records.as_ref().and_then(|records| usize::try_from(records.0).ok());
        plan.on_inconclusive = config.on_inconclusive.as_ref().map(|stance| stance.value);
        plan.on_missing_baseline = config.on_missing_baseline.as_ref().map(|stance| stance.value);
        plan.on_other_machine = config.on_other_machine.as_ref().map(|stance| stance.value);
        if let Some(figures) = &config.regression {
            plan.rules.extend(rules(compiling, None, figures));
        }
        for (name, written) in config.endpoints.iter().flat_map(|endpoints| endpoints.iter()) {
            if !known(compiling, &name.value, name.span) {
                continue;
            }
            match &written.value {
                EndpointRulesConfig::Figures(figures) => plan.rules.extend(rules(compiling, Some(&name.value), figures)),
                EndpointRulesConfig::All(word) => match RegressionLimit::parse(None, word.as_str()) {
                    Ok(limit) => plan.rules.push(RegressionRule { endpoint: Some(name.value.clone()), figure: None, limit }),
                    Err(error) => report(compiling, error, written.span),
                },
            }
        }
    }
    for written in &scenario.regressions {
        match RegressionRule::parse(written) {
            Ok(rule) => {
                if rule.endpoint.as_ref().is_none_or(|endpoint| known(compiling, endpoint, Span::OUTSIDE)) {
                    plan.rules.push(rule);
                }
            }
            Err(error) => {
                let message = format!("`--regression '{written}'`: {}", error.message);
                compiling.error(Span::OUTSIDE, message, error.help.unwrap_or_default());
            }
        }
    }
    plan
}

/// The rules of a mapping from figures to limits.
fn rules(compiling: &mut Compiling<'_>, endpoint: Option<&str>, figures: &Map<Text>) -> Vec<RegressionRule> {
    let mut rules = Vec::new();
    for (name, written) in figures.iter() {
        let figure = match RegressionFigure::parse(&name.value) {
            Ok(figure) => figure,
            Err(error) => {
                report(compiling, error, name.span);
                continue;
            }
        };
        match RegressionLimit::parse(Some(figure), written.as_str()) {
            Ok(limit) => match RegressionRule::of(endpoint.map(str::to_owned), Some(figure), limit) {
                Ok(rule) => rules.push(rule),
                Err((message, help)) => compiling.error(name.span, message, help),
            },
            Err(error) => {
                let (start, length) = error.span;
                let place = written.place(start, start + length);
                report(compiling, error, place);
            }
        }
    }
    rules
}

fn report(compiling: &mut Compiling<'_>, error: RegressionError, place: Span) {
    let mut problem = compiling.scenario.error(place, error.message);
    problem.help = error.help;
    compiling.found.push(problem);
}

/// Whether an endpoint is one of the scenario's; reported where it isn't.
fn known(compiling: &mut Compiling<'_>, name: &str, place: Span) -> bool {
    let mut names: Vec<String> = Vec::new();
    for endpoint in &compiling.endpoints {
        if !names.contains(&endpoint.name) {
            names.push(endpoint.name.clone());
        }
    }
    if names.iter().any(|endpoint| endpoint == name) {
        return true;
    }
    let help = match crate::text::suggest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("there are `{}`", names.join("`, `")),
    };
    let message = if place == Span::OUTSIDE {
        format!("`--regression`: there is no endpoint `{name}`")
    } else {
        format!("there is no endpoint `{name}`")
    };
    compiling.error(place, message, help);
    false
}
