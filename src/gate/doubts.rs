//! Doubts about a measurement, with advice that knows the options in use.

use crate::metrics::Totals;
use crate::plan::{ClassPlan, LoadPlan, Metric, Plan, Step};
use crate::record::{CapacityRecord, GeneratorUse, Summary, Warning};
use crate::units::{Micros, Rate};

/// Starts may be this late whatever the service takes.
const LEAST_LAG: Micros = Micros::from_millis(1);
/// And this part of the median response time.
const LAG_SHARE: f64 = 0.1;
/// A closed loop in which the generator uses more of its cores than this is partly a measurement of the generator.
const BUSY_PERCENT: f64 = 80.0;
/// An open load that sent less of what was asked says so.
const LEAST_RATE: f64 = 0.95;

/// What doubts are derived from.
#[derive(Debug)]
pub struct Circumstances<'a> {
    /// What was to be run.
    pub plan: &'a Plan,
    /// What was measured.
    pub totals: &'a Totals,
    /// What it cost.
    pub generator: &'a GeneratorUse,
    /// What a capacity search came to.
    pub capacity: Option<&'a CapacityRecord>,
    /// Arrivals per second that were asked for, of an open load that ran to its end.
    pub asked_rate: Option<f64>,
    /// Whether a generator that couldn't keep up makes the run invalid.
    pub saturation_invalidates: bool,
}

/// How late starts may be before the generator counts as saturated: 1 ms or a tenth of the median, whichever is more.
pub fn lag_limit(summary: &Summary) -> Micros {
    LEAST_LAG.max(Micros::from_secs_f64(summary.latency.p50_latency.unwrap_or(0.0) * LAG_SHARE))
}

/// Everything that makes the figures doubtful, or is worth knowing.
pub fn doubts(of: &Circumstances<'_>) -> Vec<Warning> {
    [nothing_measured(of), saturated(of), busy(of), dropped(of), rate_not_reached(of)].into_iter().flatten().collect()
}

/// Green must never mean that nothing was measured.
fn nothing_measured(of: &Circumstances<'_>) -> Option<Warning> {
    let (requests, failures) = (of.totals.requests(), of.totals.failures());
    let answers: u64 = of.totals.endpoints.iter().flat_map(|endpoint| endpoint.statuses.values()).sum();
    let judges_errors = |metric| matches!(metric, Metric::ErrorRate | Metric::SuccessRate | Metric::Count(_) | Metric::CheckRate);
    let errors_are_judged = !of.plan.verify.steps.is_empty()
        || of.plan.thresholds.iter().any(|threshold| threshold.applicable && judges_errors(threshold.threshold.metric));
    let (message, advice) = if requests == 0 {
        ("nothing was measured: no request was finished", "give the load more time, or see the other warnings")
    } else if answers == 0 {
        ("there was no answer at all", "is the service running, and is the target right?")
    } else if failures == requests && !errors_are_judged {
        ("every request failed, and no threshold judges errors", "if that is meant, say so: `error_rate <= 100%`")
    } else {
        return None;
    };
    Some(Warning { code: "nothing_measured".to_owned(), invalidates: true, message: message.to_owned(), advice: Some(advice.to_owned()) })
}

fn saturated(of: &Circumstances<'_>) -> Option<Warning> {
    // A closed loop without think time has no schedule to be late for; a search judges each of its rates by itself.
    if !has_schedule(of.plan) {
        return None;
    }
    let (lag, starts) = (of.generator.schedule_lag_p99?, of.totals.lag.count());
    if of.capacity.is_some() || of.generator.late_starts * 100 <= starts {
        return None;
    }
    let share = of.generator.late_starts as f64 / starts as f64 * 100.0;
    let message = format!(
        "the generator could not keep up: {share:.1} % of the starts were late (99th percentile {}), so response times are not the service's alone",
        Micros::from_secs_f64(lag)
    );
    let load = match of.plan.load {
        LoadPlan::Open(_) => "a lower `--rate`",
        _ => "fewer `--users`",
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = of.generator.threads as usize;
    let more = if threads < cores { format!("`--threads {}`, ", threads + 1) } else { String::new() };
    let anyway = if of.saturation_invalidates { "; `--on-saturation warn` shows the figures anyway" } else { "" };
    let advice = format!("free the machine of other work, or give {more}{load} or a machine of its own{anyway}");
    Some(Warning { code: "generator_saturated".to_owned(), invalidates: of.saturation_invalidates, message, advice: Some(advice) })
}

fn busy(of: &Circumstances<'_>) -> Option<Warning> {
    let cpu = of.generator.cpu_percent.filter(|&cpu| cpu > BUSY_PERCENT)?;
    if has_schedule(of.plan) {
        return None;
    }
    Some(Warning {
        code: "generator_busy".to_owned(),
        invalidates: false,
        message: format!("latency includes the generator: users without think time kept it busy ({cpu:.0} % of its cores)"),
        advice: Some("for latency give a `--rate`; throughput is not judged in a comparison".to_owned()),
    })
}

/// Whether anything is to start at a time of its own: in the open model, and where users think.
fn has_schedule(plan: &Plan) -> bool {
    let thinks = |class: &ClassPlan| {
        let mut steps = class.tasks.iter().flat_map(|task| &task.program.steps);
        !class.think_time.is_none() || steps.any(|step| matches!(step, Step::Think(_)))
    };
    !matches!(plan.load, LoadPlan::Closed(_)) || plan.classes.iter().any(|class| class.active && thinks(class))
}

fn dropped(of: &Circumstances<'_>) -> Option<Warning> {
    let dropped = of.totals.dropped;
    if dropped == 0 || of.capacity.is_some() {
        return None;
    }
    let most = match &of.plan.load {
        LoadPlan::Open(open) => open.max_users,
        _ => 0,
    };
    Some(Warning {
        code: "dropped_iterations".to_owned(),
        invalidates: false,
        message: format!("{dropped} arrivals were dropped: all {most} users were busy for longer than `max_wait`"),
        advice: Some("the service is too slow for this rate; a higher `--max-users` lets more wait inside it, and `dropped == 0` makes it a threshold".to_owned()),
    })
}

fn rate_not_reached(of: &Circumstances<'_>) -> Option<Warning> {
    let asked = of.asked_rate.filter(|_| of.totals.duration > Micros::ZERO)?;
    let arrived = of.totals.iterations + of.totals.iterations_cut + of.totals.dropped;
    let reached = arrived as f64 / of.totals.duration.as_secs_f64();
    // One arrival more or less is no news in a short run.
    if (arrived + 1) as f64 / of.totals.duration.as_secs_f64() >= asked * LEAST_RATE || of.totals.dropped > 0 {
        return None;
    }
    Some(Warning {
        code: "rate_not_reached".to_owned(),
        invalidates: false,
        message: format!("{} was asked for and {} was reached: the last answers came late", Rate(asked), Rate(reached)),
        advice: None,
    })
}
