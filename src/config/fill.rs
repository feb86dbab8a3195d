//! Puts the values of variables into the whole tree.

use std::sync::Arc;

use super::overrides::Overrides;
use super::scenario::labelled;
use super::select::Selection;
use super::substitute::{Trouble, TroubleKind, substitute};
use super::variables::Variables;
use super::yaml::{Entry, Kind, Node, Span};
use crate::text::{Diagnostic, Source};

/// What is known after variables were put in.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// Every use of a variable in what runs: where its scalar begins, and the name.
    pub(super) uses: Vec<(usize, String)>,
    /// `${PORT}` was left for later: the service's port is picked when it starts.
    pub(super) keeps_port: bool,
}

/// Substitutes in every scalar. A variable without a value is an error in what runs, and a note in other environments
/// and profiles.
pub(super) fn fill(
    root: &mut Node,
    source: &Arc<Source>,
    selection: &Selection,
    overrides: &Overrides,
    variables: &Variables,
    found: &mut Vec<Diagnostic>,
) -> Filled {
    let replaced: Vec<String> = selection
        .sections(root)
        .and_then(Node::as_mapping)
        .map(|entries| entries.iter().map(|entry| entry.key.text.clone()).collect())
        .unwrap_or_default();
    let port = ServicePort::find(root, selection, variables);
    let mut filling =
        Filling { source, variables, found, port: &port, target_given: overrides.target.is_some(), filled: Filled::default() };
    let Kind::Mapping(entries) = &mut root.kind else { return Filled::default() };
    for entry in entries {
        match entry.key.text.as_str() {
            "environments" => {
                for environment in children(&mut entry.value) {
                    let active = Some(&environment.key.text) == selection.environment.as_ref();
                    for section in children(&mut environment.value) {
                        filling.section(section, active, selection);
                    }
                }
            }
            key => {
                let active = !replaced.iter().any(|name| name == key);
                filling.section(entry, active, selection);
            }
        }
    }
    filling.filled
}

fn children(node: &mut Node) -> &mut [Entry] {
    match &mut node.kind {
        Kind::Mapping(entries) => entries,
        _ => &mut [],
    }
}

/// What `${PORT}` means in `target` and `service`.
enum ServicePort {
    /// A variable like any other.
    Variable,
    /// The port of the service, which is known.
    Known(String),
    /// The port of the service, which is picked later.
    Later,
}

impl ServicePort {
    fn find(root: &Node, selection: &Selection, variables: &Variables) -> Self {
        let service = selection.sections(root).and_then(|sections| sections.entry("service")).or_else(|| root.entry("service"));
        let value = |key: &str| {
            let mut scalar = service?.value.entry(key)?.value.as_scalar()?.clone();
            substitute(&mut scalar, variables, None).is_empty().then_some(scalar.value)
        };
        let has_command = service.is_some_and(|service| service.value.entry("command").is_some());
        // A command that is empty after all is not started. `${PORT}` in it doesn't make it so.
        let empty = value("command").is_some_and(|command| command.trim().is_empty());
        match value("port") {
            // A port given by hand is the port; one that happens to be in the environment is not.
            Some(port) if port.trim() == "auto" && has_command && !empty => match variables.given.get("PORT") {
                Some(given) => Self::Known(given.clone()),
                None => Self::Later,
            },
            Some(port) if port.trim() != "auto" => Self::Known(port.trim().to_owned()),
            _ => Self::Variable,
        }
    }
}

struct Filling<'a> {
    source: &'a Arc<Source>,
    variables: &'a Variables,
    found: &'a mut Vec<Diagnostic>,
    port: &'a ServicePort,
    target_given: bool,
    filled: Filled,
}

impl Filling<'_> {
    fn section(&mut self, entry: &mut Entry, active: bool, selection: &Selection) {
        match entry.key.text.as_str() {
            "profiles" => {
                for profile in children(&mut entry.value) {
                    let selected = Some(&profile.key.text) == selection.profile.as_ref();
                    self.node(&mut profile.value, active && selected, false);
                }
            }
            // Nothing of it is used.
            "target" if self.target_given => self.node(&mut entry.value, false, true),
            "service" if self.target_given => self.running_service(entry, active),
            "target" | "service" => self.node(&mut entry.value, active, true),
            _ => self.node(&mut entry.value, active, false),
        }
    }

    /// Of a service that runs already only the questions are used that are asked of the target itself.
    fn running_service(&mut self, service: &mut Entry, active: bool) {
        for entry in children(&mut service.value) {
            match entry.key.text.as_str() {
                "monitor" => self.node(&mut entry.value, active, true),
                "ready" => {
                    for entry in children(&mut entry.value) {
                        let is_elsewhere = |node: &Node| node.as_scalar().is_some_and(|address| address.value.contains("://"));
                        let asked = match entry.key.text.as_str() {
                            "get" => !is_elsewhere(&entry.value),
                            key => key == "within",
                        };
                        self.node(&mut entry.value, active && asked, true);
                    }
                }
                _ => self.node(&mut entry.value, false, true),
            }
        }
    }

    /// `knows_port`: in `target` and `service`, where `${PORT}` is the service's.
    fn node(&mut self, node: &mut Node, active: bool, knows_port: bool) {
        let span = node.span;
        match &mut node.kind {
            Kind::Sequence(items) => items.iter_mut().for_each(|item| self.node(item, active, knows_port)),
            Kind::Mapping(entries) => entries.iter_mut().for_each(|entry| self.node(&mut entry.value, active, knows_port)),
            Kind::Scalar(scalar) => {
                let before = scalar.clone();
                let with_port;
                let (variables, keep) = match (knows_port, self.port) {
                    (true, ServicePort::Later) => (self.variables, Some("PORT")),
                    (true, ServicePort::Known(port)) => {
                        let mut variables = self.variables.clone();
                        variables.given.insert("PORT".to_owned(), port.clone());
                        with_port = variables;
                        (&with_port, None)
                    }
                    _ => (self.variables, None),
                };
                let troubles = substitute(scalar, variables, keep);
                for name in scalar.variables() {
                    self.filled.keeps_port |= active && keep == Some(name) && !self.target_given;
                    if active {
                        self.filled.uses.push((span.start, name.to_owned()));
                    }
                }
                for trouble in troubles {
                    let place = before.place(span, trouble.at.0, trouble.at.0 + trouble.at.1);
                    self.report(&trouble, place, active);
                }
            }
        }
    }

    fn report(&mut self, trouble: &Trouble, place: Span, active: bool) {
        let (message, help, can_wait) = match &trouble.kind {
            TroubleKind::Unset(name) if name == "PORT" && matches!(self.port, ServicePort::Later) => (
                "`${PORT}` is not known here".to_owned(),
                "the port is picked when the service starts: it can stand in `target` and `service`".to_owned(),
                true,
            ),
            TroubleKind::Unset(name) => (
                format!("the variable `{name}` is not set"),
                format!("set it in the environment or in `env_file`, run with `--var {name}=..`, or give a default: `${{{name}:-..}}`"),
                true,
            ),
            TroubleKind::Open => ("`${` is never closed".to_owned(), "write `$${` for a `${` that is no variable".to_owned(), false),
            TroubleKind::NoName(name) => (
                format!("`{name}` is no name of a variable"),
                "write `${NAME}` or `${NAME:-default}`; `$${` is a `${` that is no variable".to_owned(),
                false,
            ),
        };
        let diagnostic = if active || !can_wait {
            Diagnostic::error(message)
        } else {
            Diagnostic::note(format!("{message}, and not needed for what is selected"))
        };
        let diagnostic = labelled(diagnostic, self.source, place, "").help(help);
        // The same scalar is met again behind each of its aliases.
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }
}
