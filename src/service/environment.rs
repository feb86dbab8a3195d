//! What the commands of the service find in their environment.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use crate::plan::ServicePlan;

/// Names the processes of one service even when they left its process group: every one inherits it.
pub(super) const MARK: &str = "LOADLINE_SERVICE";

/// Files through which a step of a workflow speaks to the runner: the system under test has nothing to say there.
const RUNNER_FILES: [&str; 5] = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"];

/// The whole environment of a command.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    variables: Vec<(OsString, OsString)>,
    port: Option<u16>,
}

impl Environment {
    /// What is inherited (usually [`std::env::vars_os`]) without tokens and the runner's own variables, then `PORT`,
    /// then what the scenario says, which wins: a token the service needs can be passed on by name.
    pub(super) fn new(plan: &ServicePlan, port: Option<u16>, inherited: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut variables: Vec<_> = inherited.into_iter().filter(|(name, _)| !is_withheld(name)).collect();
        if let Some(port) = port {
            variables.push(("PORT".into(), port.to_string().into()));
        }
        variables.extend(plan.env.iter().map(|(name, value)| (name.into(), with_port(value, port).into())));
        Self { variables, port }
    }

    /// Adds the variable that tells the processes of one start from all others.
    pub(super) fn marked(&self, mark: &str) -> Self {
        let mut marked = self.clone();
        marked.variables.push((MARK.into(), mark.into()));
        marked
    }

    /// The text with the port in place of `${PORT}`.
    pub(super) fn fill(&self, text: &str) -> String {
        with_port(text, self.port)
    }

    /// Gives the command this environment and nothing else.
    pub(super) fn apply(&self, command: &mut Command) {
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
    }
}

/// `text` with the port in place of `${PORT}`; unchanged where there is no port (the shell may know one).
pub(super) fn with_port(text: &str, port: Option<u16>) -> String {
    match port {
        Some(port) => text.replace("${PORT}", &port.to_string()),
        None => text.to_owned(),
    }
}

/// Whether a variable is kept from the service: credentials of the workflow, and the ways to steer the runner.
fn is_withheld(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    name.contains("TOKEN") || name.starts_with("ACTIONS_") || name == MARK || RUNNER_FILES.contains(&name.as_str())
}

#[cfg(test)]
pub(super) mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::plan::PortPlan;

    pub(in crate::service) fn plan(command: Option<&str>) -> ServicePlan {
        ServicePlan {
            command: command.map(str::to_owned),
            build: None,
            stop: None,
            folder: PathBuf::from("."),
            port: PortPlan::Unset,
            env: Vec::new(),
            ready: None,
            monitor: false,
        }
    }

    fn names(environment: &Environment) -> Vec<String> {
        environment.variables.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn tokens_and_the_runners_variables_are_withheld() {
        let inherited = [
            "PATH",
            "GITHUB_TOKEN",
            "npm_config_token",
            "ACTIONS_RUNTIME_URL",
            "GITHUB_ENV",
            "GITHUB_OUTPUT",
            "GITHUB_PATH",
            "GITHUB_STATE",
            "GITHUB_STEP_SUMMARY",
            "GITHUB_SHA",
            "HOME",
        ];
        let environment = Environment::new(&plan(None), None, inherited.map(|name| (name.into(), "x".into())));
        assert_eq!(names(&environment), ["PATH", "GITHUB_SHA", "HOME"]);
    }

    #[test]
    fn the_scenarios_variables_win_and_see_the_port() {
        let mut plan = plan(None);
        plan.env = vec![("API_TOKEN".into(), "t".into()), ("URL".into(), "http://127.0.0.1:${PORT}/".into())];
        let environment = Environment::new(&plan, Some(8123), []);
        assert_eq!(names(&environment), ["PORT", "API_TOKEN", "URL"]);
        assert_eq!(environment.variables[2].1, "http://127.0.0.1:8123/");
        assert_eq!(environment.fill("serve --port ${PORT}"), "serve --port 8123");
        assert_eq!(Environment::new(&plan, None, []).fill("serve ${PORT}"), "serve ${PORT}");
    }
}
