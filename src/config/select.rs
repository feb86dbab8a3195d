//! Which environment and which profile run.

use std::sync::Arc;

use super::overrides::Overrides;
use super::read::candidates;
use super::scenario::labelled;
use super::substitute::substitute;
use super::variables::Variables;
use super::yaml::{Node, Span};
use crate::text::{Diagnostic, Source};

/// What was selected.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    /// The environment; none where there are none, or a name that was reported.
    pub(super) environment: Option<String>,
    /// The profile; the same.
    pub(super) profile: Option<String>,
}

/// Finds out what runs: the option, else the key, else the only one there is.
pub(super) fn select(
    root: &Node,
    source: &Arc<Source>,
    overrides: &Overrides,
    variables: &Variables,
    found: &mut Vec<Diagnostic>,
) -> Selection {
    let mut selection = Selection::default();
    let environments = root.entry("environments").map(|entry| (&entry.value, entry.key.span));
    let choice = Choice {
        what: "environment",
        given: overrides.environment.as_deref(),
        written: root.entry("environment").map(|entry| &entry.value),
    };
    selection.environment = choice.choose(environments, source, variables, found);

    let sections = selection.sections(root);
    // An environment replaces the keys it names.
    let find = |key: &str| sections.and_then(|sections| sections.entry(key)).or_else(|| root.entry(key));
    let profiles = find("profiles").map(|entry| (&entry.value, entry.key.span));
    let choice = Choice { what: "profile", given: overrides.profile.as_deref(), written: find("profile").map(|entry| &entry.value) };
    selection.profile = choice.choose(profiles, source, variables, found);
    selection
}

impl Selection {
    /// The node of the selected environment.
    pub(super) fn sections<'n>(&self, root: &'n Node) -> Option<&'n Node> {
        root.entry("environments")?.value.entry(self.environment.as_deref()?).map(|entry| &entry.value)
    }
}

/// Who says which one it is.
struct Choice<'a> {
    what: &'static str,
    given: Option<&'a str>,
    written: Option<&'a Node>,
}

impl Choice<'_> {
    fn choose(
        &self,
        among: Option<(&Node, Span)>,
        source: &Arc<Source>,
        variables: &Variables,
        found: &mut Vec<Diagnostic>,
    ) -> Option<String> {
        let what = self.what;
        let names: Vec<&str> = match among {
            Some((node, _)) => node.as_mapping().unwrap_or_default().iter().map(|entry| entry.key.text.as_str()).collect(),
            None => Vec::new(),
        };
        let (name, span) = match (self.given, self.written) {
            (Some(given), _) => (given.to_owned(), Span::OUTSIDE),
            (None, Some(node)) => {
                // What is wrong with it is said when it is read, or where its variables are put in.
                let mut scalar = node.as_scalar()?.clone();
                if !substitute(&mut scalar, variables, None).is_empty() || scalar.is_null() {
                    return None;
                }
                (scalar.value, node.span)
            }
            (None, None) => {
                let (_, span) = among?;
                if let [only] = names.as_slice() {
                    return Some((*only).to_owned());
                }
                if !names.is_empty() {
                    let help = format!("add `{what}: {}`, or run with `--{what} {}`", names[0], names[0]);
                    let problem = Diagnostic::error(format!("there are {} {what}s, and none is selected", names.len()));
                    found.push(labelled(problem, source, span, "").help(help));
                }
                return None;
            }
        };
        if names.contains(&name.as_str()) {
            return Some(name);
        }
        let problem = Diagnostic::error(format!("there is no {what} `{name}`"));
        found.push(labelled(problem, source, span, "").help(candidates(&name, names.iter().copied())));
        None
    }
}
