//! The compilation as a whole, and what all its parts need.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use super::super::{CheckInfo, Compiler, EndpointPlan, JsonTemplate, NameUse, Plan, Program, Slots, SourceError, Template, ValueTemplate};
use super::data::Data;
use super::declared::{Declared, Filler};
use super::known::Known;
use super::written::Written;
use super::{baseline, digest, http, load, paired, service, target, thresholds};
use crate::config::yaml::{Kind, Node, Span};
use crate::config::{Scenario, Spanned, Text};
use crate::text::{Diagnostic, Severity};
use crate::units::Micros;

/// How strict the compilation is.
#[derive(Debug, Clone, Copy, Default)]
pub struct CompileOptions {
    /// `env.NAME` without a value is an error, as before a run; otherwise a warning, as in `check`.
    pub strict_env: bool,
}

/// Makes a plan of a scenario. All problems are found at once; warnings and notes stand beside the plan.
///
/// # Errors
/// Everything that is wrong with the scenario, in the order it is written; warnings and notes are among it.
pub fn compile(scenario: &Scenario, options: CompileOptions) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut found = Vec::new();
    let declared = Declared::find(scenario, &mut found);
    let slots = Arc::new(declared.slots.clone());
    let compiler = Compiler::new(slots.clone(), scenario.variables.all());
    let seed = scenario.seed.or(scenario.sections.seed.as_ref().map(|seed| seed.0)).unwrap_or_else(random_seed);
    let mut compiling = Compiling {
        scenario,
        options,
        compiler,
        declared,
        data: Data::default(),
        feeds_used: BTreeSet::new(),
        endpoints: Vec::new(),
        checks: Vec::new(),
        barriers: 0,
        longest_timeout: Micros::ZERO,
        idle: false,
        secrets: scenario.secrets.clone(),
        found,
    };
    let plan = compiling.plan(slots, seed);
    let mut found = compiling.found;
    // The same text may have been compiled for several requests.
    let mut seen = Vec::new();
    found.retain(|diagnostic| {
        if seen.contains(diagnostic) {
            false
        } else {
            seen.push(diagnostic.clone());
            true
        }
    });
    found.sort_by_key(|diagnostic| (diagnostic.severity, diagnostic.labels.first().map(|label| label.span.start)));
    match plan {
        Some(plan) if found.iter().all(|diagnostic| diagnostic.severity != Severity::Error) => Ok((plan, found)),
        _ => Err(found),
    }
}

/// What the parts of the compilation share.
pub(super) struct Compiling<'s> {
    pub(super) scenario: &'s Scenario,
    options: CompileOptions,
    pub(super) compiler: Compiler,
    pub(super) declared: Declared,
    pub(super) data: Data,
    /// The feeds that were named since somebody last cleared it.
    pub(super) feeds_used: BTreeSet<usize>,
    pub(super) endpoints: Vec<EndpointPlan>,
    pub(super) checks: Vec<CheckInfo>,
    pub(super) barriers: usize,
    /// How long any request of a user may take.
    pub(super) longest_timeout: Micros,
    /// What is being compiled belongs to a class that `only` leaves out.
    pub(super) idle: bool,
    pub(super) secrets: BTreeSet<String>,
    pub(super) found: Vec<Diagnostic>,
}

impl Compiling<'_> {
    fn plan(&mut self, slots: Arc<Slots>, seed: u64) -> Option<Plan> {
        let scenario = self.scenario;
        let sections = &scenario.sections;
        self.data = Data::read(self, seed);
        self.above_zero("timeout", sections.timeout.as_ref(), "30s");
        let (setup, setup_text) = self.procedure("setup", sections.setup.as_ref());
        let (classes, classes_text) = self.classes();
        let (verify, _) = self.procedure("verify", sections.verify.as_ref());
        let (teardown, _) = self.procedure("teardown", sections.teardown.as_ref());
        let load = load::compile(self);
        let target = target::compile(self);
        let service = service::compile(self);
        let thresholds = thresholds::compile(self, load.as_ref(), &classes);
        let baseline = baseline::compile(self);
        let http = http::compile(self);
        let load = load?;
        let paired = paired::compile(self, &load, &classes, target.as_deref(), service.as_ref());
        load::rows_suffice(self, &load, &classes);
        let digest = digest::digest(&setup_text, &classes_text, &self.data, &load, &http);
        Some(Plan {
            name: scenario.name.clone(),
            digest,
            profile: scenario.profile.clone(),
            environment: scenario.environment.clone(),
            target: target?,
            seed,
            http,
            load,
            classes,
            endpoints: std::mem::take(&mut self.endpoints),
            checks: std::mem::take(&mut self.checks),
            barriers: self.barriers,
            slots,
            feeds: std::mem::take(&mut self.data).into_feeds().into_iter().map(Arc::new).collect(),
            setup: Program { steps: setup },
            verify: Program { steps: verify },
            teardown: Program { steps: teardown },
            thresholds,
            baseline,
            service,
            paired,
            secrets: std::mem::take(&mut self.secrets).into_iter().filter(|secret| !secret.is_empty()).collect(),
            names: scenario.names.clone(),
        })
    }

    /// Reports an error at a place of the scenario.
    pub(super) fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        let problem = self.scenario.error(span, message);
        self.found.push(problem.help(help));
    }

    /// Reports a limit of nothing, within which no request could stay.
    pub(super) fn above_zero<T: Default + PartialEq>(&mut self, key: &str, limit: Option<&Spanned<T>>, example: &str) {
        let Some(limit) = limit.filter(|limit| limit.value == T::default()) else { return };
        let (name, example) = if limit.span == Span::OUTSIDE {
            (format!("--{key}"), format!("--{key} {example}"))
        } else {
            (key.to_owned(), format!("{key}: {example}"))
        };
        self.error(limit.span, format!("`{name}` must be above zero"), format!("write `{example}`"));
    }

    /// Compiles a text.
    pub(super) fn text(&mut self, text: &Spanned<Text>, known: &Known) -> Option<Template> {
        let written = Written::Text(text);
        let template = self.compiled(written, |compiler| compiler.text(text.as_str()))?;
        self.uses(template.names(), template.env_names(), written, known);
        Some(template)
    }

    /// Compiles a value that keeps its type.
    pub(super) fn value(&mut self, node: &Node, known: &Known) -> Option<ValueTemplate> {
        let written = Written::Node(node);
        let template = self.compiled_deep(node, known, |compiler| compiler.value(&node.to_json()))?;
        self.uses(template.names(), template.env_names(), written, known);
        Some(template)
    }

    /// Compiles a JSON document.
    pub(super) fn json(&mut self, node: &Node, known: &Known) -> Option<JsonTemplate> {
        let written = Written::Node(node);
        let template = self.compiled_deep(node, known, |compiler| compiler.json(&node.to_json()))?;
        self.uses(template.names(), template.env_names(), written, known);
        Some(template)
    }

    /// Compiles a nested value. A compiler stops at the first error: where there is one, each text of the value is compiled
    /// by itself, so that all of them are said.
    fn compiled_deep<T>(&mut self, node: &Node, known: &Known, compile: impl FnOnce(&Compiler) -> Result<T, SourceError>) -> Option<T> {
        let before = self.found.len();
        let compiled = self.compiled(Written::Node(node), compile);
        if compiled.is_none() && node.as_scalar().is_none() {
            for leaf in leaves(node) {
                self.value(leaf, known);
            }
            self.found[before..].sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
        }
        compiled
    }

    /// Reports what is wrong within a value.
    pub(super) fn compiled<T>(&mut self, written: Written<'_>, compile: impl FnOnce(&Compiler) -> Result<T, SourceError>) -> Option<T> {
        match compile(&self.compiler) {
            Ok(compiled) => Some(compiled),
            Err(error) => {
                let mut problem = self.scenario.error(written.place(&error.pointer, error.span), error.message);
                problem.help = error.help;
                self.found.push(problem);
                None
            }
        }
    }

    /// Looks at every name that a template uses: it must have a value wherever that can be proved.
    pub(super) fn uses(&mut self, names: &[NameUse], env: &[NameUse], written: Written<'_>, known: &Known) {
        for name in names {
            let place = written.place(&name.pointer, Some((name.offset, name.name.len())));
            if !known.has(&name.name) {
                if !name.optional {
                    self.unknown(&name.name, place, known);
                }
            } else if let Some(feed) = self.data.position(&name.name) {
                self.feeds_used.insert(feed);
                self.column(feed, name, place);
            }
        }
        for name in env {
            self.env(name, written);
        }
    }

    fn unknown(&mut self, name: &str, place: Span, known: &Known) {
        let here = &known.place;
        let (message, help) = if known.later.contains(name) {
            (format!("`{name}` has no value yet: only a later step captures it"), "move that step up".to_owned())
        } else {
            let filler = self.declared.fillers(name).next();
            match filler {
                Some(Filler::Feed) => (
                    format!("`{name}` is a data feed, and {here} is not done by users"),
                    "rows of data feeds are for users: write the value here".to_owned(),
                ),
                Some(Filler::Setup) => (format!("`{name}` has no value yet in {here}"), "only `setup` captures it".to_owned()),
                Some(Filler::After(part)) => (format!("`{name}` has no value in {here}"), format!("only `{part}` captures it")),
                Some(Filler::Class(class)) => (
                    format!("`{name}` has no value in {here}"),
                    format!("it is one of the `vars` of the class `{class}`, and is seen only there"),
                ),
                Some(Filler::Task(class, task)) => {
                    let help = format!("it gets its value in task {} of the class `{class}`, and is seen only there", task + 1);
                    (format!("`{name}` has no value in {here}"), help)
                }
                None => {
                    let help = match self.compiler.suggest(name) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => "name a data feed, a capture or one of `vars`".to_owned(),
                    };
                    (format!("`{name}` is not defined"), help)
                }
            }
        };
        self.error(place, message, help);
    }

    fn column(&mut self, feed: usize, name: &NameUse, place: Span) {
        let columns = self.data.columns(feed);
        let Some(column) = name.attributes.first().filter(|column| !name.optional && !columns.is_empty() && !columns.contains(column))
        else {
            return;
        };
        let help = match crate::text::suggest(column, columns.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{}.{meant}`?", name.name),
            None => format!("its columns are `{}`", columns.join("`, `")),
        };
        let message = format!("the feed `{}` has no column `{column}`", name.name);
        self.error(place, message, help);
    }

    fn env(&mut self, name: &NameUse, written: Written<'_>) {
        if let Some(value) = self.scenario.variables.get(&name.name) {
            self.secrets.insert(value.to_owned());
            return;
        }
        if name.optional {
            return;
        }
        let place = written.place(&name.pointer, Some((name.offset, "env.".len() + name.name.len())));
        let message = format!("`env.{}` is not set", name.name);
        let problem =
            if self.options.strict_env && !self.idle { self.scenario.error(place, message) } else { self.scenario.warning(place, message) };
        let help = format!("set it in the environment or in `env_file`, or run with `--var {}=..`", name.name);
        self.found.push(problem.help(help));
    }
}

/// All scalars of a value.
fn leaves(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::Scalar(_) => vec![node],
        Kind::Sequence(items) => items.iter().flat_map(leaves).collect(),
        Kind::Mapping(entries) => entries.iter().flat_map(|entry| leaves(&entry.value)).collect(),
    }
}

/// A seed nobody chose, from the randomness that the standard library's hash maps get from the system. Short enough to
/// be typed again, and exact in any JSON reader.
fn random_seed() -> u64 {
    std::collections::hash_map::RandomState::new().build_hasher().finish() >> 32
}
