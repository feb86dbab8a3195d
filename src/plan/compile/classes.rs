//! User classes and their tasks.

use serde_json::{Value as Json, json};

use super::super::{ClassPlan, Pick, SlotId, TaskPlan, ThinkTime, ValueTemplate};
use super::compiling::Compiling;
use super::declared::{capture_name, captures};
use super::known::Known;
use super::settings::Settings;
use super::steps::{Surroundings, describe_think, think_time};
use crate::config::yaml::Node;
use crate::config::{ClassConfig, Map, Spanned, StepConfig, StepKind, TaskConfig, Text};

impl Compiling<'_> {
    /// Compiles all classes, and says for the digest what they are.
    pub(super) fn classes(&mut self) -> (Vec<ClassPlan>, Vec<Json>) {
        let scenario = self.scenario;
        // Names that no class has were reported when the load was read.
        let only: Option<Vec<&str>> =
            scenario.load.as_ref().and_then(|load| load.only.as_ref()).map(|only| only.0.iter().map(|class| class.as_str()).collect());
        let mut plans = Vec::new();
        let mut described = Vec::new();
        for (index, entry) in scenario.sections.users.iter().flat_map(|users| &users.0).enumerate() {
            let active = only.as_ref().is_none_or(|only| only.contains(&entry.name.value.as_str()));
            let empty = ClassConfig::default();
            let config = entry.value.as_ref().map_or(&empty, |class| &class.value);
            let (plan, text) = self.class(index, &entry.name.value, config, active);
            plans.push(plan);
            described.push(text);
        }
        (plans, described)
    }

    fn class(&mut self, index: usize, name: &str, config: &ClassConfig, active: bool) -> (ClassPlan, Json) {
        let mut known = Known::new(format!("the class `{name}`"));
        self.know_setup(&mut known);
        for table in self.data.tables() {
            known.add(&table.feed.name);
        }
        self.above_zero("timeout", config.timeout.as_ref(), "30s");
        self.feeds_used.clear();
        self.idle = !active;
        let vars = self.vars(config.vars.as_ref(), &mut known);
        let of_class = self.feeds_used.clone();
        let mut unique_feeds = Vec::new();
        let mut tasks = Vec::new();
        let mut tasks_text = Vec::new();
        for task in config.tasks.iter().flat_map(|tasks| tasks.iter()) {
            self.feeds_used.clone_from(&of_class);
            let (plan, text) = self.task(index, config, task, known.clone());
            unique_feeds.extend(self.feeds_used.iter().filter(|&&feed| self.data.tables()[feed].pick == Pick::Unique));
            tasks.push(plan);
            tasks_text.push(text);
        }
        self.idle = false;
        unique_feeds.sort_unstable();
        unique_feeds.dedup();
        let weight = config.weight.as_ref().map_or(1.0, |weight| weight.0);
        let think_time = config.think_time.as_ref().map_or(ThinkTime::None, |think| think_time(think.value));
        let described = json!({
            "name": name, "weight": weight, "think_time": describe_think(think_time), "active": active,
            "vars": describe_vars(config.vars.as_ref()), "tasks": tasks_text,
        });
        (ClassPlan { name: name.to_owned(), weight, think_time, vars, unique_feeds, tasks, active }, described)
    }

    fn task(&mut self, class: usize, config: &ClassConfig, task: &TaskConfig, mut known: Known) -> (TaskPlan, Json) {
        let head = &task.head;
        known.place = "this task".to_owned();
        let vars = self.vars(head.vars.as_ref(), &mut known);
        let names = captures(&task.steps);
        known.later = names.iter().map(|name| capture_name(&name.value).0.to_owned()).collect();
        let name = head.name.as_ref().map_or_else(|| default_name(&task.steps), |name| name.as_str().to_owned());
        let tags = [config.tags.as_ref(), head.tags.as_ref()].into_iter().flatten().map(|tags| &tags.value).collect();
        let settings = Settings::of_scenario(&self.scenario.sections).of_class(config);
        let around = Surroundings { class: Some(class), name: name.clone(), settings, tags };
        let mut steps = Vec::new();
        let described = self.steps(&task.steps, &around, &mut known, &mut steps);
        let weight = head.weight.as_ref().map_or(1.0, |weight| weight.0);
        let mut captured: Vec<SlotId> = names.iter().filter_map(|name| self.declared.slots.find(capture_name(&name.value).0)).collect();
        captured.sort_unstable_by_key(|slot| slot.0);
        captured.dedup();
        let described = json!({ "weight": weight, "vars": describe_vars(head.vars.as_ref()), "steps": described });
        let feeds = self.feeds_used.iter().copied().filter(|&feed| self.data.tables()[feed].pick != Pick::Unique).collect();
        (TaskPlan { name, weight, vars, feeds, captured, program: super::super::Program { steps } }, described)
    }

    /// Compiles `vars`; each may use those before it.
    fn vars(&mut self, vars: Option<&Spanned<Map<Node>>>, known: &mut Known) -> Vec<(SlotId, ValueTemplate)> {
        let mut compiled = Vec::new();
        for (name, node) in vars.into_iter().flat_map(|vars| vars.iter()) {
            let template = self.value(node, known);
            known.add(&name.value);
            compiled.extend(self.declared.slots.find(&name.value).zip(template));
        }
        compiled
    }
}

fn describe_vars(vars: Option<&Spanned<Map<Node>>>) -> Vec<Json> {
    vars.into_iter().flat_map(|vars| vars.iter()).map(|(name, node)| json!([name.value, node.to_json()])).collect()
}

/// A task without a name is called after its endpoint, or after the first of several.
fn default_name(steps: &[Spanned<StepConfig>]) -> String {
    fn endpoints(steps: &[Spanned<StepConfig>], out: &mut Vec<String>) {
        for step in steps {
            match &step.kind {
                Some(StepKind::Request(request)) => {
                    let name = request.keys.name.as_ref().map(|name| Text::as_str(name).to_owned());
                    out.push(name.unwrap_or_else(|| format!("{} {}", request.method.value.0, request.path.as_str())));
                }
                Some(StepKind::Steps(steps)) => endpoints(steps, out),
                _ => {}
            }
        }
    }
    let mut names = Vec::new();
    endpoints(steps, &mut names);
    match names.as_slice() {
        [] => "task".to_owned(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}
