//! Every variable of a scenario: who fills it, and that no two do.

use std::collections::BTreeMap;

use super::super::{Compiler, Slots};
use crate::config::yaml::Span;
use crate::config::{Scenario, Spanned, StepConfig, StepKind};
use crate::text::Diagnostic;

/// Who fills a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Filler {
    /// A data feed.
    Feed,
    /// A capture of the setup.
    Setup,
    /// A capture of the verify or teardown steps.
    After(&'static str),
    /// `vars` of a class.
    Class(String),
    /// `vars` or a capture of a task.
    Task(String, usize),
}

/// All variables.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// Their indexes.
    pub(super) slots: Slots,
    fillers: BTreeMap<String, Vec<(Filler, Span)>>,
}

impl Declared {
    /// Finds all variables of a scenario, and reports names that can't be used and names that are used twice.
    pub(super) fn find(scenario: &Scenario, found: &mut Vec<Diagnostic>) -> Self {
        let mut declared = Self::default();
        let sections = &scenario.sections;
        for entry in sections.data.iter().flat_map(|data| &data.0) {
            declared.add(scenario, &entry.name, &entry.name.value, Filler::Feed, found);
        }
        let parts = [
            (&sections.setup, Filler::Setup),
            (&sections.verify, Filler::After("verify")),
            (&sections.teardown, Filler::After("teardown")),
        ];
        for (steps, filler) in parts {
            for name in steps.iter().flat_map(|steps| captures(steps)) {
                declared.add(scenario, &name, capture_name(&name.value).0, filler.clone(), found);
            }
        }
        for (class, config) in sections.users.iter().flat_map(|users| users.iter()) {
            for entry in config.vars.iter().flat_map(|vars| &vars.0) {
                declared.add(scenario, &entry.name, &entry.name.value, Filler::Class(class.value.clone()), found);
            }
            for (at, task) in config.tasks.iter().flat_map(|tasks| tasks.iter()).enumerate() {
                let filler = Filler::Task(class.value.clone(), at);
                for entry in task.head.vars.iter().flat_map(|vars| &vars.0) {
                    declared.add(scenario, &entry.name, &entry.name.value, filler.clone(), found);
                }
                let vars = [&config.vars, &task.head.vars];
                for name in captures(&task.steps) {
                    let plain = capture_name(&name.value).0;
                    // Captures are emptied when an iteration begins, and `vars` are filled then.
                    if let Some(var) = vars.into_iter().flatten().find_map(|vars| vars.find(plain)) {
                        let message = format!("`{plain}` is already one of `vars`");
                        let problem = scenario.error(name.span, message).label(&scenario.source, var.name.span.range(), "here");
                        found.push(problem.help("capture into another name"));
                    }
                    declared.add(scenario, &name, plain, filler.clone(), found);
                }
            }
        }
        declared
    }

    /// Who fills a variable.
    pub(super) fn fillers(&self, name: &str) -> impl Iterator<Item = &Filler> {
        self.fillers.get(name).into_iter().flatten().map(|(filler, _)| filler)
    }

    /// Registers a variable `name`, written as `written`.
    fn add(&mut self, scenario: &Scenario, written: &Spanned<String>, name: &str, filler: Filler, found: &mut Vec<Diagnostic>) {
        let is_name =
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            let help = format!("use letters, digits and `_`: `{}`", better(name));
            found.push(scenario.error(written.span, format!("`{name}` can't be the name of a variable")).help(help));
            return;
        }
        if Compiler::is_reserved(name) {
            found.push(scenario.error(written.span, format!("`{name}` means a function in templates")).help("choose another name"));
            return;
        }
        self.slots.intern(name);
        let others = self.fillers.entry(name.to_owned()).or_default();
        // Feeds and what setup captured are there for all users: nobody else may fill such a name. Users of different
        // classes and tasks don't see each other's variables.
        let clash = others.iter().find(|(other, _)| match (other, &filler) {
            (Filler::Feed, other) | (other, Filler::Feed) => *other != Filler::Feed,
            (Filler::Setup, Filler::Setup) => false,
            (Filler::Setup, _) => true,
            _ => false,
        });
        if let Some((other, span)) = clash {
            let what = if *other == Filler::Feed { "a data feed" } else { "captured in `setup`, and can only be read after it" };
            let problem = scenario.error(written.span, format!("`{name}` is already {what}"));
            found.push(problem.label(&scenario.source, span.range(), "here").help("choose another name"));
        }
        others.push((filler, written.span));
    }
}

/// The names of all captures of some steps, in order, as written.
pub(super) fn captures(steps: &[Spanned<StepConfig>]) -> Vec<Spanned<String>> {
    let mut names = Vec::new();
    for step in steps {
        match &step.kind {
            Some(StepKind::Request(request)) => {
                names.extend(request.keys.capture.iter().flat_map(|captures| &captures.0).map(|entry| entry.name.clone()));
            }
            Some(StepKind::Steps(steps)) => names.extend(captures(steps)),
            _ => {}
        }
    }
    names
}

/// The variable that a capture fills, and whether it collects into a list: `products[]`.
pub(super) fn capture_name(written: &str) -> (&str, bool) {
    match written.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (written, false),
    }
}

fn better(name: &str) -> String {
    let mut better: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !better.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        better.insert(0, '_');
    }
    better
}
