//! A kind of user.

use super::auth::AuthConfig;
use super::task::TaskConfig;
use super::think::ThinkConfig;
use crate::config::reader::{Fields, Map, OneOrMany, Reader, Spanned, Text, Weight, Whole, element};
use crate::config::yaml::Node;
use crate::units::Micros;

element! {
    /// A kind of user with weighted tasks.
    "class", "a user class such as `{ tasks: [{ get: / }] }`";
    pub struct ClassConfig {
        /// Its share of the users, among all classes.
        "weight" weight: Weight => default "1",
        /// How long a user waits after each task (in the closed model).
        "think_time" think_time: ThinkConfig => default "0s",
        /// What its users do: one task at a time, drawn by weight.
        "tasks" tasks: Vec<Spanned<TaskConfig>> => required,
        /// Variables, evaluated once an iteration, in the order written.
        "vars" vars: Map<Node> => optional,
        /// Headers of all its requests; those of a step win.
        "headers" headers: Map<Text> => optional,
        /// Credentials of all its requests.
        "auth" auth: AuthConfig => optional,
        /// How long each of its requests may take.
        "timeout" timeout: Micros => default "the scenario's",
        /// How many redirects are followed; `0` takes the redirect itself as the answer.
        "redirects" redirects: Whole<0, 10> => default "the scenario's",
        /// Whether a user keeps cookies.
        "cookies" cookies: bool => default "the scenario's",
        /// Whether compressed answers are asked for and decoded.
        "decompress" decompress: bool => default "the scenario's",
        /// Tags of all its endpoints; a threshold can name one.
        "tags" tags: OneOrMany<Text> => optional,
    }
    check has_tasks;
}

fn has_tasks(class: &ClassConfig, _fields: &Fields<'_>, reader: &mut Reader) {
    if let Some(tasks) = class.tasks.as_ref().filter(|tasks| tasks.is_empty()) {
        reader.report(tasks.span, "the class has nothing to do", "", Some("add a task: `- get: /`".to_owned()));
    }
}
