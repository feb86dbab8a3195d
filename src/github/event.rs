//! What GitHub says about why a workflow runs.

use std::path::Path;

use serde_json::Value;

use super::access::Repository;

/// The event that started a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// `pull_request`, `push` ...; empty outside of a workflow.
    pub name: String,
    /// The pull request, where the event is of one.
    pub pull_request: Option<PullRequest>,
    /// The workflow that ended, of `workflow_run`.
    pub workflow_run: Option<WorkflowRun>,
    /// What is to be merged, in a merge queue.
    pub merge_group: Option<MergeGroup>,
    /// The repository's default branch.
    pub default_branch: Option<String>,
}

/// A pull request, as an event describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// The last commit of the branch it comes from.
    pub head_sha: String,
    /// That branch.
    pub head_branch: String,
    /// The repository it comes from; none for a fork that is gone.
    pub head_repository: Option<Repository>,
    /// The last commit of the branch it goes to, when the event happened.
    pub base_sha: String,
    /// That branch.
    pub base_branch: String,
    /// The repository it goes to.
    pub base_repository: Option<Repository>,
}

/// A run of another workflow that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRun {
    /// What started it.
    pub event: String,
    /// How it ended: `success`, `failure`, `cancelled` ...
    pub conclusion: String,
    /// The commit it was for: of a pull request its head.
    pub head_sha: String,
    /// The branch of that commit.
    pub head_branch: String,
    /// The repository of that branch.
    pub head_repository: Option<Repository>,
    /// Where people find it.
    pub url: String,
}

/// A pull request in a merge queue, on a branch that GitHub makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeGroup {
    /// The commit it is put on: the end of its base branch, or what stands before it in the queue.
    pub base_sha: String,
    /// The branch it goes to; none where the event doesn't name one.
    pub base_branch: Option<String>,
    /// The number of the pull request, as far as the name of the queue's branch tells it.
    pub number: Option<u64>,
}

impl Event {
    /// Reads `GITHUB_EVENT_NAME` and the file that `GITHUB_EVENT_PATH` names; `variable` is [`std::env::var`], except in
    /// tests. What can't be read is left out: outside of a workflow nothing is known.
    pub fn read(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let payload = variable("GITHUB_EVENT_PATH").filter(|path| !path.is_empty()).and_then(|path| std::fs::read(Path::new(&path)).ok());
        let payload: Value = payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default();
        Self::of(variable("GITHUB_EVENT_NAME").unwrap_or_default(), &payload)
    }

    fn of(name: String, payload: &Value) -> Self {
        let run = &payload["workflow_run"];
        Self {
            pull_request: pull_request(&payload["pull_request"]),
            workflow_run: commit(&run["head_sha"]).map(|head_sha| WorkflowRun {
                event: text(&run["event"]),
                conclusion: text(&run["conclusion"]),
                head_sha,
                head_branch: text(&run["head_branch"]),
                head_repository: repository(&run["head_repository"]),
                url: text(&run["html_url"]),
            }),
            merge_group: merge_group(&payload["merge_group"]),
            default_branch: payload["repository"]["default_branch"].as_str().map(str::to_owned),
            name,
        }
    }

    /// Whether the event is of a pull request, in any of the ways there are.
    pub fn is_of_pull_request(&self) -> bool {
        self.pull_request.is_some() || self.name.starts_with("pull_request")
    }

    /// Whether the code under test was written by somebody who may push to this repository.
    pub fn is_trusted(&self) -> bool {
        self.pull_request.as_ref().is_none_or(|pull_request| !pull_request.is_foreign())
    }
}

impl PullRequest {
    /// Whether it comes from another repository: a fork, or one that is gone.
    pub fn is_foreign(&self) -> bool {
        self.head_repository.is_none() || self.head_repository != self.base_repository
    }
}

pub(super) fn pull_request(value: &Value) -> Option<PullRequest> {
    let (head, base) = (&value["head"], &value["base"]);
    Some(PullRequest {
        number: value["number"].as_u64()?,
        head_sha: commit(&head["sha"])?,
        head_branch: text(&head["ref"]),
        head_repository: repository(&head["repo"]),
        base_sha: commit(&base["sha"])?,
        base_branch: text(&base["ref"]),
        base_repository: repository(&base["repo"]),
    })
}

fn merge_group(value: &Value) -> Option<MergeGroup> {
    let branch = |name: &str| value[name].as_str().and_then(|name| name.strip_prefix("refs/heads/")).map(str::to_owned);
    // `gh-readonly-queue/main/pr-12-<commit>`, where nobody but GitHub can push to.
    let queued = branch("head_ref").filter(|name| name.starts_with("gh-readonly-queue/"));
    let number = queued.and_then(|name| name.rsplit('/').next()?.strip_prefix("pr-")?.split_once('-')?.0.parse().ok());
    Some(MergeGroup { base_sha: commit(&value["base_sha"])?, base_branch: branch("base_ref"), number })
}

fn repository(value: &Value) -> Option<Repository> {
    Repository::parse(value["full_name"].as_str()?)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A full commit hash in lower case.
fn commit(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let is_hash = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pull_request_from_a_fork_is_not_trusted() {
        let payload = |head: Value| {
            json!({"pull_request": {
                "number": 7,
                "head": {"sha": "A".repeat(40), "ref": "topic", "repo": head},
                "base": {"sha": "b".repeat(40), "ref": "main", "repo": {"full_name": "octocat/demo"}},
            }})
        };
        for (head, trusted) in
            [(json!({"full_name": "octocat/demo"}), true), (json!({"full_name": "stranger/demo"}), false), (Value::Null, false)]
        {
            let event = Event::of("pull_request".to_owned(), &payload(head));
            assert_eq!(event.is_trusted(), trusted);
            assert_eq!(event.pull_request.unwrap().head_sha, "a".repeat(40));
        }
    }

    #[test]
    fn a_merge_queue_says_which_branch_and_which_pull_request_it_is_for() {
        let of = |base_ref: &str, head_ref: &str| {
            let group = json!({"base_sha": "b".repeat(40), "base_ref": base_ref, "head_ref": head_ref, "head_sha": "a".repeat(40)});
            let group = Event::of("merge_group".to_owned(), &json!({ "merge_group": group })).merge_group.unwrap();
            (group.base_branch, group.number)
        };
        let queued = format!("refs/heads/gh-readonly-queue/release/1/pr-104-{}", "b".repeat(40));
        assert_eq!(of("refs/heads/release/1", &queued), (Some("release/1".to_owned()), Some(104)));
        for other in ["refs/heads/pr-104-b", "refs/heads/gh-readonly-queue/main/pr-x-b", "gh-readonly-queue/main/pr-1-b", ""] {
            assert_eq!(of("main", other), (None, None), "{other}");
        }
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let event = Event::of("push".to_owned(), &json!({"after": "x", "repository": {"default_branch": "trunk"}}));
        assert_eq!(event, Event { name: "push".to_owned(), default_branch: Some("trunk".to_owned()), ..Event::default() });
        assert_eq!(Event::read(&|_| None), Event::default());
    }
}
