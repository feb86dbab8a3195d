//! From the text of a file to a [`Scenario`].

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::adjust::adjust;
use super::dotenv::dotenv;
use super::element::{DocumentConfig, PairedConfig, SectionsConfig, check_budget};
use super::fill::{Filled, fill};
use super::overrides::Overrides;
use super::reader::{Element, Read, Reader, Spanned, one_of};
use super::scenario::{Scenario, labelled};
use super::select::select;
use super::variables::{ProcessEnv, Variables};
use super::yaml::{Node, Span, parse};
use crate::text::{Diagnostic, Severity, Source};

/// What was read.
#[derive(Debug)]
pub struct Reading {
    /// The scenario, as far as it could be read; none where the file is no YAML mapping at all.
    pub scenario: Option<Scenario>,
    /// Everything that is wrong with it.
    pub problems: Vec<Diagnostic>,
    /// Everything worth knowing.
    pub notes: Vec<Diagnostic>,
}

/// Reads a scenario for one environment and profile. Paths in it are relative to `folder`.
///
/// All problems are found at once: reading goes on after each. Only text that is no YAML ends it.
pub fn read(source: &Arc<Source>, folder: &Path, overrides: &Overrides, process: &ProcessEnv) -> Reading {
    let mut found = Vec::new();
    let scenario = read_scenario(source, folder, overrides, process, &mut found);
    let (problems, notes) = found.into_iter().partition(|diagnostic: &Diagnostic| diagnostic.severity == Severity::Error);
    Reading { scenario, problems, notes }
}

fn read_scenario(
    source: &Arc<Source>,
    folder: &Path,
    overrides: &Overrides,
    process: &ProcessEnv,
    found: &mut Vec<Diagnostic>,
) -> Option<Scenario> {
    let Some(mut root) = parse(source, found) else {
        if found.is_empty() {
            let help = "a scenario has at least `target`, `users` and `load`";
            found.push(Diagnostic::error("the scenario is empty").label(source, 0..source.text.len(), "").help(help));
        }
        return None;
    };
    let mut variables = Variables { given: overrides.vars.iter().cloned().collect(), process: process.clone(), ..Variables::default() };
    read_env_file(root.entry("env_file").map(|entry| &entry.value), folder, overrides, &mut variables, found);
    let selection = select(&root, source, overrides, &variables, found);
    if overrides.env_file.is_none()
        && let Some(path) = selection.sections(&root).and_then(|sections| sections.entry("env_file"))
    {
        read_env_file(Some(&path.value), folder, overrides, &mut variables, found);
    }
    let Filled { uses, keeps_port } = fill(&mut root, source, &selection, overrides, &variables, found);

    let mut reader = Reader::new(source);
    for key in ["name", "environment", "target", "profile", "env_file"] {
        for sections in [Some(&root), selection.sections(&root)].into_iter().flatten() {
            if let Some(entry) = sections.entry(key) {
                reader.is_public(&entry.value);
            }
        }
    }
    // Profiles and environments are named by keys, which have no variables.
    let is_composed = root.entry("name").and_then(|name| name.value.as_scalar()).is_some_and(|name| name.variables().next().is_some());
    let document = DocumentConfig::read(&root, &mut reader);
    let Reader { problems, public, .. } = reader;
    found.extend(problems);
    let DocumentConfig { mut head, sections } = document?;
    let environment = head
        .environments
        .take()
        .and_then(|environments| environments.value.0.into_iter().find(|entry| Some(&entry.name.value) == selection.environment.as_ref()))
        .and_then(|entry| entry.value);
    let mut sections = match environment {
        Some(environment) => environment.value.over(sections),
        None => sections,
    };
    if let Some(name) = head.name.as_ref().filter(|name| name.trim().is_empty()) {
        found.push(labelled(Diagnostic::error("the name is empty"), source, name.span, "").help("write one, or remove the key"));
    }
    let name = head.name.map_or_else(|| default_name(source), |name| name.trim().to_owned());
    let load = adjust(&mut sections, &selection, source, overrides, found);
    required(&root, &sections, load.is_some(), overrides, source, found);
    if let Some(target) = &overrides.target {
        sections.target = Some(Scenario::outside(target));
    }
    if let Some(timeout) = overrides.timeout {
        sections.timeout = Some(Spanned { value: timeout, span: Span::OUTSIDE });
    }
    if let Some(budget) = overrides.budget {
        found.extend(check_budget(budget).err());
        let paired = sections.paired.get_or_insert_with(|| Spanned { value: PairedConfig::default(), span: Span::OUTSIDE });
        paired.value.budget = Some(Spanned { value: budget, span: Span::OUTSIDE });
    }
    let public_name = Some(&name).filter(|_| !is_composed);
    let names = public_name.into_iter().chain(&selection.profile).chain(&selection.environment).cloned().collect();
    Some(Scenario {
        source: Arc::clone(source),
        folder: folder.to_owned(),
        name,
        environment: selection.environment,
        profile: selection.profile,
        sections,
        load,
        base: overrides.base.clone(),
        thresholds: overrides.thresholds.clone(),
        regressions: overrides.regressions.clone(),
        target_given: overrides.target.is_some(),
        keeps_port,
        seed: overrides.seed,
        secrets: secrets(&variables, &uses, &public),
        names,
        variables,
    })
}

/// Reads the file of values, where there is one. A file named on the command line must exist.
fn read_env_file(written: Option<&Node>, folder: &Path, overrides: &Overrides, variables: &mut Variables, found: &mut Vec<Diagnostic>) {
    let (path, name) = match (&overrides.env_file, written) {
        (Some(path), _) => (path.clone(), path.display().to_string()),
        (None, Some(node)) => {
            let Some(mut scalar) = node.as_scalar().cloned() else { return };
            if !super::substitute::substitute(&mut scalar, variables, None).is_empty() || scalar.value.is_empty() {
                return;
            }
            (folder.join(&scalar.value), scalar.value)
        }
        (None, None) => return,
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => variables.file = dotenv(&Arc::new(Source::new(name, text)), found),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && overrides.env_file.is_none() => variables.file.clear(),
        Err(error) => found.push(
            Diagnostic::error(format!("failed to read the file of variables `{name}`: {error}"))
                .help("name a text file with lines of `NAME=value`"),
        ),
    }
}

/// Reports the sections that no scenario can do without.
fn required(
    root: &Node,
    sections: &SectionsConfig,
    has_load: bool,
    overrides: &Overrides,
    source: &Arc<Source>,
    found: &mut Vec<Diagnostic>,
) {
    let place = root.as_mapping().and_then(|entries| entries.first()).map_or(root.span, |entry| entry.key.span);
    let written = |key: &str| root.entry(key).is_some();
    if sections.target.is_none() && overrides.target.is_none() && !written("target") && !sections_of_environments_name(root, "target") {
        let help = "add `target: http://127.0.0.1:8000`, or run with `--target`";
        found.push(labelled(Diagnostic::error("`target` is missing"), source, place, "").help(help));
    }
    let nobody = sections.users.as_ref().is_some_and(|users| users.0.is_empty());
    if (sections.users.is_none() && !written("users") && !sections_of_environments_name(root, "users")) || nobody {
        let help = "add a user class: `users: { visitor: { tasks: [{ get: / }] } }`";
        found.push(labelled(Diagnostic::error("there are no users"), source, place, "").help(help));
    }
    let anywhere = |key: &str| written(key) || sections_of_environments_name(root, key);
    if !has_load && !anywhere("load") && !anywhere("profiles") {
        let help = "add `load: { users: 10, duration: 1m }`, or run with `--users 10 --duration 1m`";
        found.push(labelled(Diagnostic::error("there is no load"), source, place, "").help(help));
    }
}

/// Whether all environments name a key: then it is missing only from the selected one, or its value is wrong.
fn sections_of_environments_name(root: &Node, key: &str) -> bool {
    let environments = root.entry("environments").and_then(|entry| entry.value.as_mapping()).unwrap_or_default();
    environments.iter().all(|environment| environment.value.entry(key).is_some()) && !environments.is_empty()
}

/// Values of the command line and the file of variables, and those of the process's environment that are used and called
/// secrets; but those that only ever are numbers, limits and names.
fn secrets(variables: &Variables, uses: &[(usize, String)], public: &BTreeSet<usize>) -> BTreeSet<String> {
    let is_setting = |name: &str| {
        let mut uses = uses.iter().filter(|(_, used)| used == name).peekable();
        uses.peek().is_some() && uses.all(|(at, _)| public.contains(at))
    };
    let inherited = uses.iter().filter_map(|(_, name)| Some((name.as_str(), variables.called_secret(name)?)));
    variables.given_or_filed().chain(inherited).filter(|(name, _)| !is_setting(name)).map(|(_, value)| value.to_owned()).collect()
}

fn default_name(source: &Source) -> String {
    Path::new(&source.name).file_stem().map_or_else(|| "scenario".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// The candidates for a name that doesn't exist, as help.
pub(super) fn candidates<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match crate::text::suggest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if known.is_empty() => "there is none at all".to_owned(),
        None => one_of(&known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads one of the example scenarios.
    fn example(name: &str, overrides: &Overrides) -> Reading {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/scenarios");
        let file = folder.join(name);
        let source = Arc::new(Source::new(name, std::fs::read_to_string(file).unwrap()));
        read(&source, &folder, overrides, &ProcessEnv::default())
    }

    #[test]
    fn the_examples_are_read_without_a_problem() {
        for name in ["capacity", "courses", "platform", "race", "recommendations", "shop", "students"] {
            let reading = example(&format!("{name}.yml"), &Overrides::default());
            assert_eq!(crate::text::render(&reading.problems), "", "{name}");
            let scenario = reading.scenario.unwrap();
            assert_eq!(scenario.name, name);
            assert!(scenario.load.is_some() && scenario.sections.users.is_some(), "{name}");
        }
    }
}
