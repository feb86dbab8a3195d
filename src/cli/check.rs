//! `loadline check`.

use std::process::ExitCode;

use super::args::CheckArgs;
use super::console;
use super::failure::Failure;
use super::inputs;
use crate::config::ProcessEnv;
use crate::plan::{self, CompileOptions, Loaded};
use crate::text::{Severity, plain};

/// Validates scenarios and says everything that is wrong with any of them.
pub(super) fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let overrides = inputs::overrides(&args.overrides);
    let process = ProcessEnv::current();
    let mut found = Vec::new();
    for file in inputs::files(&args.files)? {
        match plan::load(&file, &overrides, &process, CompileOptions { strict_env: false }) {
            Ok(loaded) => {
                if !args.quiet {
                    console::print(&format!("{}: ok: {}\n", file.display(), contents(&loaded)))?;
                    found.extend(loaded.notes);
                }
            }
            Err(problems) => found.extend(problems),
        }
    }
    if !found.is_empty() {
        console::complain(&inputs::rendered(&found));
    }
    let errors = found.iter().filter(|problem| problem.severity == Severity::Error).count();
    if errors == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let count = if errors == 1 { "1 error".to_owned() } else { format!("{errors} errors") };
    Err(Failure::diagnosed(format!("{count}\n")))
}

/// What is in a scenario, on one line, so that a reader sees it was understood.
fn contents(loaded: &Loaded) -> String {
    let plan = &loaded.plan;
    let count = |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let classes = count(plan.classes.len(), "user class", "user classes");
    let endpoints = count(plan.endpoints.len(), "endpoint", "endpoints");
    let thresholds = count(plan.thresholds.len(), "threshold", "thresholds");
    let profile = plan.profile.as_ref().map(|profile| format!("profile {profile}, ")).unwrap_or_default();
    let text = format!("{profile}{}; {classes}, {endpoints}, {thresholds}", crate::conduct::describe_load(&plan.load));
    plain(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;
    use std::path::Path;

    #[test]
    fn a_profile_is_shown_on_its_line_whatever_it_is_called() {
        let text = "target: http://127.0.0.1:1\nusers: { u: { tasks: [{ get: / }] } }\nprofiles: { \"a\\n::error::b\": { users: 1, iterations: 1 } }\n";
        let (overrides, process) = (Overrides::default(), ProcessEnv::default());
        let loaded = plan::from_text("a.yml", text, Path::new("."), &overrides, &process, CompileOptions::default()).unwrap();
        assert_eq!(contents(&loaded), "profile a\\n::error::b, 1 user, 1 iteration; 1 user class, 1 endpoint, 0 thresholds");
    }
}
