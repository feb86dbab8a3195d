//! How two versions of the service are compared side by side.

use crate::config::reader::{Fields, Reader, Whole, element, words};
use crate::text::Diagnostic;
use crate::units::{Micros, Rate};

/// Less than this is no time for two phases in blocks.
const LEAST_BUDGET: Micros = Micros::from_secs(2);
const TOO_SHORT: &str = "the budget is too short for paired mode";
/// A shorter block is hardly more than the change from one arm to the other.
const LEAST_BLOCK: Micros = Micros::from_millis(50);
/// Fewer and wider pairs see less.
const MOST_BLOCK: Micros = Micros::from_secs(10);

element! {
    /// Paired mode: with `--base`, `--base-dir` or `--base-command` two versions of the service run side by side and take
    /// turns under load, in short blocks. It takes the tasks of the scenario and a load of its own.
    "paired", "a mapping such as `{ budget: 70s, rate: 500/s }`";
    pub struct PairedConfig {
        /// How long it takes, from the warm-up to the last block. What is inconclusive then gets as much again.
        "budget" budget: Micros => default "70s",
        /// Where response times are judged: arrivals at a rate, or the scenario's own load as it is written.
        "load" load: PairedLoadConfig => default "arrivals",
        /// Iterations per second while response times are judged.
        "rate" rate: Rate => default "two fifths of what the base carries, found by a probe",
        /// How many users there are while throughput is judged.
        "users" users: Whole<1, 100_000> => default "8",
        /// The length of a block.
        "block" block: Micros => default "200ms, or four times the p95 of the warm-up, up to 1s",
        /// How long requests in flight at the end of a block are waited for; one that takes longer fails.
        "drain" drain: Micros => default "5s",
        /// How many budgets are spent at most: a second one for what is inconclusive after the first.
        "looks" looks: Whole<1, 2> => default "2",
        /// How often both services are started, so that no single start decides. Setup runs again each time.
        "starts" starts: Whole<1, 20> => default "4 where they are ready within a second and there is no setup, verify, teardown or limit of memory growth; otherwise 1",
    }
    check lengths;
}

words! {
    /// Where response times are judged.
    pub enum PairedLoadConfig {
        /// Iterations arrive at a rate.
        Arrivals = "arrivals",
        /// As the scenario says, with its think times, in wide blocks.
        AsWritten = "as-written",
    }
}

/// Holds the budget that an option gives to the bound of the key that it replaces.
///
/// # Errors
/// When it is too short.
pub fn check_budget(budget: Micros) -> Result<(), Diagnostic> {
    if budget < LEAST_BUDGET { Err(Diagnostic::error(TOO_SHORT).help(least_budget())) } else { Ok(()) }
}

fn least_budget() -> String {
    format!("give it at least {LEAST_BUDGET}; 70s finds a change of 5 %")
}

fn lengths(paired: &PairedConfig, fields: &Fields<'_>, reader: &mut Reader) {
    if let Some(budget) = paired.budget.as_ref().filter(|budget| budget.value < LEAST_BUDGET) {
        reader.report(budget.span, TOO_SHORT, "", Some(least_budget()));
    }
    if let Some(block) = paired.block.as_ref().filter(|block| block.value < LEAST_BLOCK || block.value > MOST_BLOCK) {
        let help = format!("choose from {LEAST_BLOCK} to {MOST_BLOCK}; many short blocks see more than few long ones");
        reader.report(block.span, "blocks can't be that long", "", Some(help));
    }
    if let Some(drain) = paired.drain.as_ref().filter(|drain| drain.value == Micros::ZERO) {
        reader.report(drain.span, "`drain` must be above zero", "", None);
    }
    if let Some(rate) = paired.rate.as_ref().filter(|rate| rate.value.0 <= 0.0) {
        reader.report(rate.span, "`rate` must be above zero", "", Some("give a rate such as `50/s`".to_owned()));
    }
    if let (Some(rate), Some(load)) = (fields.key("rate"), paired.load.as_ref())
        && load.value == PairedLoadConfig::AsWritten
    {
        reader.conflict("`rate` does not go with `load: as-written`", rate, load.span, "the scenario's own load says how much comes");
    }
}
