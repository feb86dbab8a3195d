//! Steps: of tasks, and of what is done around the load.

use serde_json::{Value as Json, json};

use super::super::{BarrierPlan, Step, ThinkTime};
use super::compiling::Compiling;
use super::declared::{capture_name, captures};
use super::known::Known;
use super::settings::Settings;
use crate::config::{BarrierConfig, OneOrMany, Spanned, StepConfig, StepKind, Text, ThinkConfig};
use crate::units::Micros;

/// What stands around a step.
#[derive(Debug, Clone)]
pub(super) struct Surroundings<'s> {
    /// Index and name of the class; none in setup, verify and teardown.
    pub(super) class: Option<usize>,
    /// The name of the task, or `setup`.
    pub(super) name: String,
    /// What requests inherit.
    pub(super) settings: Settings<'s>,
    /// Tags of class and task.
    pub(super) tags: Vec<&'s OneOrMany<Text>>,
}

impl Compiling<'_> {
    /// Compiles what is done around the load, and says for the digest what it is.
    pub(super) fn procedure(&mut self, part: &'static str, steps: Option<&Spanned<Vec<Spanned<StepConfig>>>>) -> (Vec<Step>, Vec<Json>) {
        let Some(steps) = steps else { return Default::default() };
        let mut known = Known::new(format!("`{part}`"));
        if part != "setup" {
            self.know_setup(&mut known);
        }
        known.later = captures(steps).iter().map(|name| capture_name(&name.value).0.to_owned()).collect();
        let around =
            Surroundings { class: None, name: part.to_owned(), settings: Settings::of_scenario(&self.scenario.sections), tags: Vec::new() };
        let mut compiled = Vec::new();
        let described = self.steps(steps, &around, &mut known, &mut compiled);
        (compiled, described)
    }

    /// What setup captured is there for all that follows.
    pub(super) fn know_setup(&self, known: &mut Known) {
        for name in self.scenario.sections.setup.iter().flat_map(|steps| captures(steps)) {
            known.add(capture_name(&name.value).0);
        }
    }

    /// Compiles steps in order; each may use what those before it captured.
    pub(super) fn steps(
        &mut self,
        steps: &[Spanned<StepConfig>],
        around: &Surroundings<'_>,
        known: &mut Known,
        out: &mut Vec<Step>,
    ) -> Vec<Json> {
        steps.iter().filter_map(|step| self.step(step, around, known, out)).collect()
    }

    fn step(&mut self, step: &Spanned<StepConfig>, around: &Surroundings<'_>, known: &mut Known, out: &mut Vec<Step>) -> Option<Json> {
        let count = step.repeat.as_ref().map_or(1, |repeat| repeat.0);
        let concurrency = step.concurrency.as_ref().map_or(1, |concurrency| concurrency.0);
        if let Some(concurrency) =
            step.concurrency.as_ref().filter(|concurrency| around.class.is_some() && step.repeat.is_some() && concurrency.0 > 1)
        {
            let help = "remove it: a user does one thing at a time; more users do more at once";
            self.error(concurrency.span, "`concurrency` is for `setup`, `verify` and `teardown`", help);
        }
        let begin = out.len();
        if step.repeat.is_some() {
            let concurrency = u32::try_from(concurrency).unwrap_or(u32::MAX);
            out.push(Step::Repeat { count, length: 0, concurrency });
        }
        let described = match step.kind.as_ref()? {
            StepKind::Request(request) => {
                let compiled = self.request(request, around, known);
                for name in request.keys.capture.iter().flat_map(|captures| captures.names()) {
                    let name = capture_name(name).0;
                    known.add(name);
                }
                let (plan, described) = compiled?;
                out.push(Step::Request(Box::new(plan)));
                described
            }
            StepKind::Think(think) => {
                let think = think_time(think.value);
                out.push(Step::Think(think));
                json!({ "think": describe_think(think) })
            }
            StepKind::Barrier(barrier) => {
                out.push(Step::Barrier(self.barrier(barrier, around)?));
                json!("barrier")
            }
            StepKind::Steps(steps) => {
                if steps.is_empty() {
                    self.error(step.span, "there are no steps", "add one: `- get: /`");
                }
                Json::Array(self.steps(steps, around, known, out))
            }
        };
        let inner = out.len().saturating_sub(begin + 1);
        if let Some(Step::Repeat { length, .. }) = out.get_mut(begin).filter(|_| step.repeat.is_some()) {
            *length = inner;
            return Some(json!({ "repeat": count, "concurrency": concurrency, "steps": described }));
        }
        Some(described)
    }

    fn barrier(&mut self, barrier: &Spanned<BarrierConfig>, around: &Surroundings<'_>) -> Option<BarrierPlan> {
        let Some(class) = around.class else {
            let message = format!("a barrier is for users: `{}` is done by nobody else at the same time", around.name);
            self.error(barrier.span, message, "remove it");
            return None;
        };
        let open = self.scenario.load.as_ref().filter(|load| {
            let staged = load.stages.iter().flat_map(|stages| stages.iter()).any(|stage| stage.rate.is_some());
            load.rate.is_some() || load.capacity.is_some() || staged
        });
        if open.is_some() {
            let help = "give the load `users`, or remove the barrier";
            self.error(barrier.span, "a barrier waits for all users, and in the open model they come and go", help);
        }
        if let Some(base) = self.scenario.base.as_ref().filter(|_| !self.idle) {
            let message = format!("a barrier does not go with paired mode, which `{}` asks for", base.option());
            self.error(barrier.span, message, "users can't meet in short blocks: remove the barrier, or leave its class out with `only`");
        }
        let timeout = barrier.timeout.unwrap_or(Micros::from_secs(30));
        if timeout == Micros::ZERO {
            self.error(barrier.span, "the barrier waits for no time at all", "give it a `timeout` above zero");
        }
        let id = self.barriers;
        self.barriers += 1;
        let class = self.scenario.sections.users.as_ref().and_then(|users| users.names().nth(class).map(str::to_owned)).unwrap_or_default();
        let place = self.scenario.source.place(barrier.span.start);
        Some(BarrierPlan { id, name: format!("{class}, line {}", place.line), timeout })
    }
}

/// The wait that is written.
pub(super) fn think_time(think: ThinkConfig) -> ThinkTime {
    match think {
        ThinkConfig::Constant(Micros::ZERO) => ThinkTime::None,
        ThinkConfig::Constant(time) => ThinkTime::Constant(time),
        ThinkConfig::Range(low, high) => ThinkTime::Uniform(low, high),
        ThinkConfig::Exponential(mean) => ThinkTime::Exponential(mean),
    }
}

/// The wait for the digest.
pub(super) fn describe_think(think: ThinkTime) -> Json {
    match think {
        ThinkTime::None => json!(0),
        ThinkTime::Constant(time) => json!(time.0),
        ThinkTime::Uniform(low, high) => json!([low.0, high.0]),
        ThinkTime::Exponential(mean) => json!({ "exponential": mean.0 }),
    }
}
