//! What a comparison may decide: the scenario's `baseline` section with the options over it, and the waivers.

use std::path::{Path, PathBuf};

use super::args::{ComparisonArg, OtherMachineArg, PolicyArg, PolicyArgs};
use super::console;
use super::failure::Failure;
use super::inputs::rendered;
use super::lines;
use crate::compare::{Amendment, Figure, OnOtherMachine, Percentile, Policy, Stance, Wish};
use crate::config::{ComparisonConfig, OtherMachineConfig, StanceConfig};
use crate::plan::{BaselinePlan, Plan, RegressionFigure, RegressionLimit, RegressionRule, Waiver};
use crate::text::{plain, suggest};

/// Where waivers are read from where no file is named, and written to.
pub(super) const WAIVERS: &str = ".loadline/waivers.yml";

/// The `baseline` section of a plan. Endpoints are called by their masked names, as they are in records and blocks.
pub(super) fn rules(plan: &Plan) -> BaselinePlan {
    let secrets = plan.masking();
    let mut section = plan.baseline.clone();
    section.rules.iter_mut().filter_map(|rule| rule.endpoint.as_mut()).for_each(|name| *name = secrets.mask(name).into_owned());
    section
}

/// The policy of a scenario, options over it. `advisory`: nothing that is found may fail the run.
pub(super) fn policy(args: &PolicyArgs, plan: &BaselinePlan, advisory: bool) -> Policy {
    let default = Policy::default();
    Policy {
        amendments: plan.rules.iter().map(amendment).collect(),
        on_missing_baseline: args
            .on_missing_baseline
            .map(stance_typed)
            .or(plan.on_missing_baseline.map(stance_written))
            .unwrap_or_default(),
        on_inconclusive: args.on_inconclusive.map(stance_typed).or(plan.on_inconclusive.map(stance_written)).unwrap_or_default(),
        on_other_machine: match (args.on_other_machine, plan.on_other_machine) {
            (Some(OtherMachineArg::Judge), _) | (None, Some(OtherMachineConfig::Judge)) => OnOtherMachine::Judge,
            _ => OnOtherMachine::Advisory,
        },
        records: args.baseline_records.map(usize::from).or(plan.records).unwrap_or(default.records),
        advisory,
    }
}

/// How runs of a scenario are compared, options over it.
pub(super) fn mode(typed: Option<ComparisonArg>, plan: &BaselinePlan) -> ComparisonConfig {
    let typed = typed.map(|mode| match mode {
        ComparisonArg::Auto => ComparisonConfig::Auto,
        ComparisonArg::Paired => ComparisonConfig::Paired,
        ComparisonArg::History => ComparisonConfig::History,
        ComparisonArg::None => ComparisonConfig::None,
    });
    typed.or(plan.mode).unwrap_or(ComparisonConfig::Auto)
}

/// The rules that are typed where there is no scenario to check their endpoints by.
pub(super) fn typed_rules(args: &PolicyArgs) -> Result<BaselinePlan, Failure> {
    let rule = |text: &String| {
        RegressionRule::parse(text).map_err(|error| {
            let help = error.help.map(|help| format!("\n  {help}")).unwrap_or_default();
            Failure::usage(format!("`--regression '{text}'`: {}{help}", error.message))
        })
    };
    Ok(BaselinePlan { rules: lines::all(&args.regressions).map(rule).collect::<Result<_, _>>()?, ..BaselinePlan::default() })
}

/// The waivers of the file that is named, or of the one that is there. Those that the file of the base doesn't have as they are
/// were added by the change; a file of the base that can't be read has none, so that a change can mend it.
pub(super) fn waivers(args: &PolicyArgs) -> Result<Vec<Waiver>, Failure> {
    let file = args.waivers.clone().or_else(|| Some(PathBuf::from(WAIVERS)).filter(|file| file.exists()));
    let mut waivers = file.map_or(Ok(Vec::new()), |file| read_waivers(&file))?;
    if let Some(base) = &args.base_waivers {
        let known = Waiver::read(base).unwrap_or_default();
        for waiver in &mut waivers {
            waiver.is_added = !known.contains(waiver);
        }
    }
    Ok(waivers)
}

/// Says on standard error of a waiver whose scenario is nearly one of those that are run: a slip that would let it do
/// nothing. One of another scenario is none; nor is one that goes on where the other ends, as versions do.
pub(super) fn doubt_scenarios(waivers: &[Waiver], run: &[&str]) {
    for waiver in waivers.iter().filter(|waiver| !run.contains(&waiver.scenario.as_str())) {
        if let Some(meant) = nearly(&waiver.scenario, run) {
            let (name, meant) = (plain(&waiver.scenario), plain(meant));
            console::complain(&format!("warning: a waiver is for the scenario `{name}`, which isn't run: did you mean `{meant}`?\n"));
        }
    }
}

fn nearly<'a>(name: &str, run: &[&'a str]) -> Option<&'a str> {
    suggest(name, run.iter().copied()).filter(|meant| !meant.starts_with(name) && !name.starts_with(meant))
}

/// Reads a file of waivers.
pub(super) fn read_waivers(file: &Path) -> Result<Vec<Waiver>, Failure> {
    Waiver::read(file).map_err(|problems| {
        let count = if problems.len() == 1 { "1 error".to_owned() } else { format!("{} errors", problems.len()) };
        Failure::diagnosed(format!("{}{count} in the waivers; nothing was done\n", rendered(&problems)))
    })
}

fn amendment(rule: &RegressionRule) -> Amendment {
    let figure = rule.figure.and_then(|figure| match figure {
        RegressionFigure::Percentile(percent) => Percentile::new(percent).map(Figure::Percentile),
        RegressionFigure::Throughput => Some(Figure::Throughput),
        RegressionFigure::ErrorRate => Some(Figure::ErrorRate),
    });
    let wish = match rule.limit {
        RegressionLimit::Judged { bound, floor } => Wish::Judge { bound, floor },
        RegressionLimit::Advisory => Wish::Advisory,
    };
    Amendment { endpoint: rule.endpoint.clone(), figure, wish }
}

fn stance_typed(policy: PolicyArg) -> Stance {
    match policy {
        PolicyArg::Neutral => Stance::Neutral,
        PolicyArg::Pass => Stance::Pass,
        PolicyArg::Fail => Stance::Fail,
    }
}

fn stance_written(policy: StanceConfig) -> Stance {
    match policy {
        StanceConfig::Neutral => Stance::Neutral,
        StanceConfig::Pass => Stance::Pass,
        StanceConfig::Fail => Stance::Fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ComparisonMode;

    #[test]
    fn a_slip_in_a_waivers_scenario_is_told_from_another_scenario() {
        assert_eq!(nearly("shpo", &["orders", "shop"]), Some("shop"));
        assert_eq!((nearly("shop", &["shop-v2"]), nearly("shop-v2", &["shop"]), nearly("cart", &["shop"])), (None, None, None));
    }

    #[test]
    fn an_option_wins_over_the_scenario_and_that_over_the_default() {
        let plan = BaselinePlan {
            mode: Some(ComparisonConfig::History),
            records: Some(7),
            on_inconclusive: Some(StanceConfig::Fail),
            on_missing_baseline: Some(StanceConfig::Pass),
            on_other_machine: Some(OtherMachineConfig::Judge),
            rules: vec![RegressionRule::parse("p99: 20% and 5ms").unwrap(), RegressionRule::parse("GET /: advisory").unwrap()],
            ..BaselinePlan::default()
        };
        let written = policy(&PolicyArgs::default(), &plan, false);
        assert_eq!((written.records, written.on_inconclusive, written.on_missing_baseline), (7, Stance::Fail, Stance::Pass));
        assert_eq!(written.on_other_machine, OnOtherMachine::Judge);
        let p99 = written.rule(ComparisonMode::History, "all", Figure::P99);
        assert_eq!((p99.bound, p99.floor, p99.gate), (0.2, Some(0.005), true));
        assert!(!written.rule(ComparisonMode::History, "GET /", Figure::P50).gate);
        assert_eq!(mode(None, &plan), ComparisonConfig::History);

        let typed = PolicyArgs {
            on_inconclusive: Some(PolicyArg::Neutral),
            on_other_machine: Some(OtherMachineArg::Advisory),
            baseline_records: Some(3),
            ..PolicyArgs::default()
        };
        let over = policy(&typed, &plan, false);
        assert_eq!((over.records, over.on_inconclusive, over.on_missing_baseline), (3, Stance::Neutral, Stance::Pass));
        assert_eq!(over.on_other_machine, OnOtherMachine::Advisory);
        assert_eq!(mode(Some(ComparisonArg::None), &plan), ComparisonConfig::None);

        let default = policy(&PolicyArgs::default(), &BaselinePlan::default(), true);
        assert_eq!(default, Policy { advisory: true, ..Policy::default() });
    }
}
