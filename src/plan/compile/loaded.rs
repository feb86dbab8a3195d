//! From a file to a plan.

use std::path::Path;
use std::sync::Arc;

use super::compiling::{CompileOptions, compile};
use crate::config::{self, Overrides, ProcessEnv};
use crate::plan::Plan;
use crate::text::{Diagnostic, Secrets, Severity, Source};

/// A plan, and what is worth knowing about the scenario it was made of.
#[derive(Debug)]
pub struct Loaded {
    /// What runs.
    pub plan: Plan,
    /// Warnings and notes.
    pub notes: Vec<Diagnostic>,
}

/// Reads a scenario file and makes a plan of it.
///
/// # Errors
/// Everything that is wrong with it, in the order it is written; warnings and notes are among it.
pub fn load(path: &Path, overrides: &Overrides, process: &ProcessEnv, options: CompileOptions) -> Result<Loaded, Vec<Diagnostic>> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => {
            // The folder of a bare file name has no name, and a command can't be run in it.
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            from_text(&name, &text, folder, overrides, process, options)
        }
        Err(error) => {
            let help = match error.kind() {
                std::io::ErrorKind::NotFound => "check the path",
                std::io::ErrorKind::InvalidData => "a scenario is a text file in UTF-8",
                _ => "check that it is a file you may read",
            };
            Err(vec![Diagnostic::error(format!("failed to read the scenario `{name}`: {error}")).help(help)])
        }
    }
}

/// Makes a plan of the text of a scenario. Its paths are relative to `folder`.
///
/// # Errors
/// Everything that is wrong with it, in the order it is written; warnings and notes are among it.
pub fn from_text(
    name: &str,
    text: &str,
    folder: &Path,
    overrides: &Overrides,
    process: &ProcessEnv,
    options: CompileOptions,
) -> Result<Loaded, Vec<Diagnostic>> {
    let source = Arc::new(Source::new(name, text));
    let reading = config::read(&source, folder, overrides, process);
    let mut found = reading.problems;
    found.extend(reading.notes);
    // What could be read is compiled even if something else is wrong: all problems are said at once.
    let compiled = reading.scenario.as_ref().map(|scenario| compile(scenario, options));
    let plan = match compiled {
        Some(Ok((plan, notes))) => {
            found.extend(notes);
            Some(plan)
        }
        Some(Err(problems)) => {
            found.extend(problems);
            None
        }
        None => None,
    };
    let mut unique: Vec<Diagnostic> = Vec::new();
    for diagnostic in found {
        if !unique.contains(&diagnostic) {
            unique.push(diagnostic);
        }
    }
    unique.sort_by_key(|diagnostic| (diagnostic.severity, diagnostic.labels.first().map(|label| label.span.start)));
    // A message may quote a value; the file itself shows only the variable.
    let secrets = Secrets::new(reading.scenario.iter().flat_map(|scenario| &scenario.secrets));
    unique.iter_mut().for_each(|diagnostic| mask(diagnostic, &secrets));
    match plan {
        Some(plan) if unique.iter().all(|diagnostic| diagnostic.severity != Severity::Error) => Ok(Loaded { plan, notes: unique }),
        _ => Err(unique),
    }
}

fn mask(diagnostic: &mut Diagnostic, secrets: &Secrets) {
    let texts = diagnostic.labels.iter_mut().map(|label| &mut label.text).chain(&mut diagnostic.help);
    for text in texts.chain([&mut diagnostic.message]) {
        *text = secrets.mask(text).into_owned();
    }
}
