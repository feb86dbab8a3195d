//! What one iteration does.

use super::step::{StepConfig, StepKeys};
use crate::config::reader::{Element, Fields, Map, OneOrMany, Read, Reader, Schema, Spanned, Text, Weight, element};
use crate::config::yaml::Node;

element! {
    /// A task with several steps.
    "task_head", "a task such as `{ get: / }` or `{ steps: [{ get: / }] }`";
    pub struct TaskHead {
        /// Names the task; on a task of one request, its endpoint.
        "name" name: Text => default "its only endpoint",
        /// Its share among the tasks of the class.
        "weight" weight: Weight => default "1",
        /// Variables, evaluated once an iteration, after the class's.
        "vars" vars: Map<Node> => optional,
        /// Tags of its endpoints; a threshold can name one.
        "tags" tags: OneOrMany<Text> => optional,
        /// What is done, in order. A task of one request has the keys of a step in place of it.
        "steps" steps: Vec<Spanned<StepConfig>> => optional,
    }
}

/// A task: several steps, or one request written without `steps`.
#[derive(Debug, Clone)]
pub struct TaskConfig {
    /// Its name, weight, variables and tags.
    pub head: TaskHead,
    /// Its steps.
    pub steps: Vec<Spanned<StepConfig>>,
    /// It is written as one request: `name` and `tags` are the request's.
    pub single: bool,
}

/// The keys that are read with the head, also where a task is one request.
const SHARED: [&str; 2] = ["name", "tags"];

impl Read for TaskConfig {
    fn form() -> String {
        TaskHead::form()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let keys: Vec<&str> = TaskHead::KEYS.iter().chain(StepKeys::KEYS.iter().filter(|key| !SHARED.contains(*key))).copied().collect();
        let mut fields = Fields::open(node, &keys, None, &Self::form(), reader)?;
        if let Some(steps) = fields.key("steps") {
            for key in StepKeys::KEYS.iter().filter(|key| !TaskHead::KEYS.contains(*key)) {
                if let Some(span) = fields.key(key) {
                    let help = format!("move `{key}` into a step, or remove `steps`");
                    reader.conflict(format!("`{key}` does not go with `steps`"), span, steps, help);
                    break;
                }
            }
            let mut head = TaskHead::take(&mut fields, reader);
            let steps = head.steps.take();
            if let Some(empty) = steps.as_ref().filter(|steps| steps.is_empty()) {
                reader.report(empty.span, "the task has no steps", "", Some("add one: `- get: /`".to_owned()));
            }
            return Some(Self { head, steps: steps.map(|steps| steps.value).unwrap_or_default(), single: false });
        }
        let head = TaskHead::take(&mut fields, reader);
        let keys = StepKeys::take(&mut fields, reader);
        let step = StepConfig::from_keys(keys, &fields, &SHARED, reader);
        let steps = vec![Spanned { value: step, span: node.span }];
        Some(Self { head, steps, single: true })
    }

    fn schema(schema: &mut Schema) -> serde_json::Value {
        schema.object(
            "task",
            "What one iteration does: one request, or several steps.",
            |schema| {
                let mut keys = TaskHead::keys(schema);
                keys.extend(StepKeys::keys(schema).into_iter().filter(|key| !SHARED.contains(&key.key) && key.key != "steps"));
                keys
            },
            None,
        )
    }
}
