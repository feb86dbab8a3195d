//! What decides a comparison that has no run around it, and what came of it.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::args::{CompareArgs, CompareFormatArg, PolicyArgs};
use super::console;
use super::failure::Failure;
use super::inputs;
use super::lines;
use super::policy;
use crate::compare::Policy;
use crate::config::{Overrides, ProcessEnv};
use crate::gate::{self, Compared};
use crate::plan::{self, BaselinePlan, CompileOptions, Waiver};
use crate::record::Comparison;
use crate::report::{TerminalOptions, compared_comment, compared_terminal};
use crate::text::{plain, suggest};

/// The rules of the options over those of the scenario, where one is named.
pub(super) struct Yardstick {
    pub(super) policy: Policy,
    pub(super) waivers: Vec<Waiver>,
    /// The name of the scenario that was named.
    pub(super) scenario: Option<String>,
}

impl Yardstick {
    pub(super) fn of(args: &CompareArgs) -> Result<Self, Failure> {
        let (scenario, plan) = match &args.scenario {
            Some(_) => Some(scenario(args)?).unzip(),
            None => (None, None),
        };
        let plan = plan.map_or_else(|| policy::typed_rules(&args.policy), Ok)?;
        Ok(Self { policy: policy::policy(&args.policy, &plan, false), waivers: policy::waivers(&args.policy)?, scenario })
    }

    /// Makes sure that the scenario that was named is the one of what is compared, and that rules which were typed without
    /// one are for endpoints that are there.
    pub(super) fn fits(&self, scenario: Option<&str>, endpoints: &[&str]) -> Result<(), Failure> {
        if let Some((named, found)) = self.scenario.as_deref().zip(scenario).filter(|(named, found)| named != found) {
            let (named, found) = (plain(named), plain(found));
            return Err(Failure::usage(format!("`--scenario` is `{named}`, and what is compared is of `{found}`\n  name that scenario")));
        }
        let typed = self.policy.amendments.iter().filter(|_| self.scenario.is_none());
        let missing = typed.filter_map(|rule| rule.endpoint.as_deref()).find(|name| !endpoints.contains(name));
        missing.map_or(Ok(()), |name| {
            let meant = suggest(name, endpoints.iter().copied()).map(|meant| format!("\n  did you mean `{}`?", plain(meant)));
            Err(Failure::usage(format!("`--regression`: there is no endpoint `{}`{}", plain(name), meant.unwrap_or_default())))
        })
    }

    /// Lets waivers take what they cover, shows what there is, and decides as a run does. `beside` stands beside the
    /// comparison in JSON.
    pub(super) fn apply(
        &self,
        mut comparison: Comparison,
        of: &Compared<'_>,
        head: &str,
        beside: Value,
        args: &CompareArgs,
    ) -> Result<ExitCode, Failure> {
        for warning in gate::waive_comparison(of, Some(&mut comparison), &self.waivers) {
            let advice = warning.advice.map(|advice| format!("\n  {}", plain(&advice))).unwrap_or_default();
            console::complain(&format!("warning: {}{advice}\n", plain(&warning.message)));
        }
        let decision = gate::decide_comparison(&comparison, &self.policy);
        let text = match args.format {
            CompareFormatArg::Terminal => {
                let options = TerminalOptions { width: console::width(), style: console::style(), quiet: args.quiet, report: None };
                compared_terminal(&comparison, &decision, head, &options)
            }
            CompareFormatArg::Comment => compared_comment(&comparison, &decision, head),
            CompareFormatArg::Json => {
                let mut all = beside;
                all["comparison"] = json!(comparison);
                all["verdict"] = json!(decision.verdict);
                format!("{all:#}\n")
            }
        };
        console::print(&text)?;
        Ok(ExitCode::from(decision.exit_code()))
    }
}

/// Refuses what is said of stored records where there are none; `why` follows a colon.
pub(super) fn without_records(args: &PolicyArgs, why: &str) -> Result<(), Failure> {
    let options = [
        ("--on-missing-baseline", args.on_missing_baseline.is_some()),
        ("--on-other-machine", args.on_other_machine.is_some()),
        ("--baseline-records", args.baseline_records.is_some()),
    ];
    refuse(&options, why)
}

/// Refuses options that mean nothing for what is compared; `why` follows a colon.
pub(super) fn refuse(options: &[(&str, bool)], why: &str) -> Result<(), Failure> {
    options.iter().find(|(_, is_given)| *is_given).map_or(Ok(()), |(name, _)| {
        let variable = format!("LOADLINE_{}", name.trim_start_matches('-').to_uppercase().replace('-', "_"));
        Err(Failure::usage(format!("`{name}` means nothing here: {why}\n  leave it out, and unset {variable}")))
    })
}

/// Name and rules of the scenario that is named, with those of the options behind them.
fn scenario(args: &CompareArgs) -> Result<(String, BaselinePlan), Failure> {
    let overrides = Overrides {
        profile: args.profile.clone(),
        environment: args.environment.clone(),
        regressions: lines::all(&args.policy.regressions).cloned().collect(),
        ..Overrides::default()
    };
    let process = ProcessEnv::current();
    let loaded = args.scenario.iter().map(|file| plan::load(file, &overrides, &process, CompileOptions { strict_env: false }));
    let plan = inputs::accepted(loaded.collect())?.remove(0);
    Ok((plan.masking().mask(&plan.name).into_owned(), policy::rules(&plan)))
}
