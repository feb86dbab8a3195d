//! Which commit, branch and pull request a run belongs to.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Lines of what git says of a failure.
const MOST_SAID: usize = 5;

/// What is known of the change under test.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunContext {
    /// The commit under test: in a pull request its head, not the merge commit that GitHub makes of it.
    pub sha: Option<String>,
    /// The commit that was checked out, where it is another: that merge commit.
    pub tested_sha: Option<String>,
    /// The branch; of a pull request the one it comes from, which in a fork may have any name. None for a tag.
    pub branch: Option<String>,
    /// The pull request's number.
    pub pull_request: Option<u64>,
}

impl RunContext {
    /// Reads it from the variables of a GitHub workflow, or else asks git in `folder`. `variable` is
    /// [`std::env::var`], except in tests; empty ones count as unset.
    ///
    /// Where there is neither, nothing is known: that is no error, runs outside of a repository are fine.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>, folder: &Path) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let Some(checked_out) = variable("GITHUB_SHA").and_then(|sha| commit(&sha)) else {
            return Self::of_git(folder);
        };
        let reference = variable("GITHUB_REF").unwrap_or_default();
        let event = variable("GITHUB_EVENT_PATH").and_then(|path| std::fs::read(path).ok());
        let event: Value = event.and_then(|event| serde_json::from_slice(&event).ok()).unwrap_or_default();
        let pull_request = &event["pull_request"];
        let head = pull_request["head"]["sha"].as_str().and_then(commit);
        let sha = head.unwrap_or_else(|| checked_out.clone());
        // A workflow may check out the head itself instead of what GitHub suggests.
        let is_head = sha == checked_out || git(folder, &["rev-parse", "HEAD"]).as_ref() == Some(&sha);
        Self {
            tested_sha: (!is_head).then_some(checked_out),
            sha: Some(sha),
            branch: variable("GITHUB_HEAD_REF").or_else(|| reference.strip_prefix("refs/heads/").map(str::to_owned)),
            pull_request: pull_request["number"].as_u64().or_else(|| number_of(&reference)),
        }
    }

    fn of_git(folder: &Path) -> Self {
        Self {
            sha: git(folder, &["rev-parse", "HEAD"]).as_deref().and_then(commit),
            branch: git(folder, &["symbolic-ref", "--short", "-q", "HEAD"]),
            ..Self::default()
        }
    }
}

/// The branch that baselines are of where nobody names one: the repository's default branch, as a GitHub event or git
/// in `folder` tells it, or else `main`.
pub fn default_branch(variable: &dyn Fn(&str) -> Option<String>, folder: &Path) -> String {
    let event = variable("GITHUB_EVENT_PATH").and_then(|path| std::fs::read(path).ok());
    let event: Value = event.and_then(|event| serde_json::from_slice(&event).ok()).unwrap_or_default();
    let of_event = event["repository"]["default_branch"].as_str().map(str::to_owned);
    let of_git = || git(folder, &["symbolic-ref", "--short", "-q", "refs/remotes/origin/HEAD"]);
    let branch = of_event.or_else(|| of_git().and_then(|branch| branch.strip_prefix("origin/").map(str::to_owned)));
    branch.unwrap_or_else(|| "main".to_owned())
}

/// Where `folder` is in its repository: empty at the top, and where there is none.
pub fn folder_in_repository(folder: &Path) -> PathBuf {
    git(folder, &["rev-parse", "--show-prefix"]).map(PathBuf::from).unwrap_or_default()
}

/// A full commit hash (SHA-1 or SHA-256) in lower case; anything else is none.
fn commit(text: &str) -> Option<String> {
    let is_hash = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_ascii_lowercase())
}

/// The number in `refs/pull/12/merge`.
fn number_of(reference: &str) -> Option<u64> {
    reference.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()
}

/// What git answers with, without the white space around it; none where there is no git, no repository, or no answer.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    git_or_why(folder, arguments).ok()
}

/// The same, or why there is no answer: what git says about it, a line each.
pub(super) fn git_or_why(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").args(arguments).current_dir(folder).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("git can't be run: {error}"))?;
    let line = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !line.is_empty() {
        return Ok(line);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST_SAID).collect();
    Err(if said.is_empty() { "git gives no answer".to_owned() } else { said.join("\n") })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "1111111111111111111111111111111111111111";
    const MERGE: &str = "2222222222222222222222222222222222222222";

    fn read(variables: &[(&str, &str)], folder: &Path) -> RunContext {
        RunContext::read(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()), folder)
    }

    fn run_git(folder: &Path, arguments: &[&str]) {
        let settings = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false"];
        let status = Command::new("git").args(settings).args(arguments).current_dir(folder).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    #[test]
    fn a_pull_request_is_known_by_its_head() {
        let folder = tempfile::tempdir().unwrap();
        let event = folder.path().join("event.json");
        std::fs::write(&event, format!(r#"{{"pull_request": {{"number": 12, "head": {{"sha": "{HEAD}"}}}}}}"#)).unwrap();
        let variables = [
            ("GITHUB_SHA", MERGE),
            ("GITHUB_REF", "refs/pull/12/merge"),
            ("GITHUB_HEAD_REF", "feature/x"),
            ("GITHUB_EVENT_PATH", event.to_str().unwrap()),
        ];
        let expected =
            RunContext { sha: Some(HEAD.into()), tested_sha: Some(MERGE.into()), branch: Some("feature/x".into()), pull_request: Some(12) };
        assert_eq!(read(&variables, folder.path()), expected);
    }

    #[test]
    fn a_head_that_was_checked_out_itself_is_what_was_tested() {
        let folder = tempfile::tempdir().unwrap();
        run_git(folder.path(), &["init", "-q", "-b", "feature"]);
        run_git(folder.path(), &["commit", "-q", "--allow-empty", "-m", "x"]);
        let head = git(folder.path(), &["rev-parse", "HEAD"]).unwrap();
        let event = folder.path().join("event.json");
        std::fs::write(&event, format!(r#"{{"pull_request": {{"number": 3, "head": {{"sha": "{head}"}}}}}}"#)).unwrap();
        let variables = [("GITHUB_SHA", MERGE), ("GITHUB_EVENT_PATH", event.to_str().unwrap())];
        let context = read(&variables, folder.path());
        assert_eq!((context.sha, context.tested_sha, context.pull_request), (Some(head), None, Some(3)));
    }

    #[test]
    fn a_push_is_of_its_branch_and_a_tag_of_none() {
        let folder = tempfile::tempdir().unwrap();
        let push = read(&[("GITHUB_SHA", HEAD), ("GITHUB_REF", "refs/heads/release/1"), ("GITHUB_HEAD_REF", "")], folder.path());
        let expected = RunContext { sha: Some(HEAD.into()), branch: Some("release/1".into()), ..RunContext::default() };
        assert_eq!(push, expected);
        let tag = read(&[("GITHUB_SHA", HEAD), ("GITHUB_REF", "refs/tags/v1")], folder.path());
        assert_eq!(tag, RunContext { branch: None, ..expected });
    }

    #[test]
    fn an_event_that_cannot_be_read_costs_only_what_it_said() {
        let folder = tempfile::tempdir().unwrap();
        let event = folder.path().join("event.json");
        std::fs::write(&event, "{").unwrap();
        let variables = [("GITHUB_SHA", MERGE), ("GITHUB_REF", "refs/pull/9/merge"), ("GITHUB_EVENT_PATH", event.to_str().unwrap())];
        let expected = RunContext { sha: Some(MERGE.into()), pull_request: Some(9), ..RunContext::default() };
        assert_eq!(read(&variables, folder.path()), expected);
    }

    #[test]
    fn outside_of_a_workflow_git_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        run_git(folder.path(), &["init", "-q", "-b", "topic"]);
        let unborn = read(&[], folder.path());
        assert_eq!((unborn.sha.as_deref(), unborn.branch.as_deref()), (None, Some("topic")));
        run_git(folder.path(), &["commit", "-q", "--allow-empty", "-m", "x"]);
        let context = read(&[], folder.path());
        assert!(context.sha.as_deref().is_some_and(|sha| commit(sha).is_some()), "{context:?}");
        assert_eq!((context.branch.as_deref(), context.tested_sha, context.pull_request), (Some("topic"), None, None));
        run_git(folder.path(), &["checkout", "-q", "--detach"]);
        assert_eq!(read(&[("GITHUB_SHA", "not a commit")], folder.path()).branch, None);
        std::fs::create_dir_all(folder.path().join("load/perf")).unwrap();
        assert_eq!(folder_in_repository(&folder.path().join("load/perf")), Path::new("load/perf/"));
        assert_eq!(folder_in_repository(folder.path()), Path::new(""));
    }

    #[test]
    fn without_git_and_workflow_nothing_is_known() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(&[], &folder.path().join("missing")), RunContext::default());
    }
}
