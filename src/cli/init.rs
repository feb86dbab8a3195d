//! `loadline init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use super::args::InitArgs;
use super::console;
use super::failure::Failure;

/// A file that is written: its path, what it holds, what it is for.
type Starter = (&'static str, &'static str, &'static str);

const SCENARIO: Starter = ("loadline.yml", include_str!("../../templates/init/loadline.yml"), "a scenario for the built-in sample API");

/// The same file that is offered for copying.
const WORKFLOW: Starter = (
    ".github/workflows/loadline.yml",
    include_str!("../../examples/workflows/pull-request.yml"),
    "runs it for every pull request, beside its base",
);

const NEXT: &str = "
Next
  loadline run      runs it as it is
  loadline.yml      put the command that starts your service, and what its users do, where it says TO CHANGE
  loadline check    says what is wrong with it
";

const NEXT_WITH_WORKFLOW: &str = "  git add           both files, commit, and open a pull request: it is measured and commented on

For pull requests from forks, baselines, nightly runs and more: examples/workflows of loadline
";

/// Writes the first files of a repository into the working folder.
pub(super) fn init(args: &InitArgs) -> Result<ExitCode, Failure> {
    let text = start(Path::new("."), args.github)?;
    console::print(&text).map(|()| ExitCode::SUCCESS)
}

/// Writes what isn't there yet, and says what was done and what comes next.
fn start(folder: &Path, github: bool) -> Result<String, Failure> {
    if github {
        require_root(folder)?;
    }
    let mut said = String::new();
    for (path, content, purpose) in [Some(SCENARIO), github.then_some(WORKFLOW)].into_iter().flatten() {
        let line = if write_new(&folder.join(path), content)? { purpose } else { "was there already, and is as it was" };
        said += &format!("{path}: {line}\n");
    }
    said += NEXT;
    if github {
        said += NEXT_WITH_WORKFLOW;
    }
    Ok(said)
}

/// GitHub reads workflows at the top of a repository only.
fn require_root(folder: &Path) -> Result<(), Failure> {
    let here = std::path::absolute(folder).map_err(|error| Failure::trouble(format!("failed to find this folder: {error}")))?;
    let above = here.ancestors().find(|folder| folder.join(".git").exists());
    match above.filter(|root| *root != here) {
        None => Ok(()),
        Some(root) => Err(Failure::usage(format!(
            "the repository begins in `{}`, and GitHub reads workflows only there\n  nothing was written; change to that folder",
            root.display()
        ))),
    }
}

/// Whether the file was written: one that exists, also as a dangling link, is left alone.
fn write_new(path: &Path, content: &str) -> Result<bool, Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("failed to write `{}`: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(content.as_bytes()).map(|()| true).map_err(failed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workflow_names_the_action_where_the_package_says_it_is() {
        let home = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
        let action = format!("uses: {home}@v{}\n", env!("CARGO_PKG_VERSION_MAJOR"));
        assert!(WORKFLOW.1.contains(&action), "{action}");
    }
}
