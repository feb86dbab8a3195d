//! What is asked about pull requests and commits.

use serde::Deserialize;
use serde_json::Value;

use super::client::{Call, Client, escaped};
use super::error::{GitHubError, Permission};
use super::event::{WorkflowRun, pull_request};

/// By this label somebody accepts a regression.
pub const ACCEPTED_LABEL: &str = "perf-accepted";

/// An open pull request, found by the commit at its head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPull {
    /// Its number.
    pub number: u64,
    /// The branch it goes to.
    pub base_branch: String,
}

impl Client {
    /// The open pull request whose head is what a workflow ran for. `workflow_run.pull_requests` is empty for forks, and
    /// nothing that the workflow itself left is asked.
    pub fn pull_of_run(&self, run: &WorkflowRun) -> Result<Option<OpenPull>, GitHubError> {
        let Some(head) = &run.head_repository else { return Ok(None) };
        let wanted = percent_encoding::utf8_percent_encode(&run.head_branch, percent_encoding::NON_ALPHANUMERIC).to_string();
        let path = self.path(&format!("pulls?state=open&head={}:{wanted}", head.owner));
        let pulls: Vec<Value> = self.pages(&path, "look for the pull request", Permission::ReadPullRequests)?;
        let matching = |pull: &Value| {
            let pull = pull_request(pull)?;
            // The branch may have moved on, and another fork of the same owner may have a branch of that name.
            let is_it = pull.head_sha == run.head_sha && pull.head_repository.as_ref() == Some(head);
            is_it.then_some(OpenPull { number: pull.number, base_branch: pull.base_branch })
        };
        Ok(pulls.iter().find_map(matching))
    }

    /// Where two commits parted.
    pub fn merge_base(&self, base: &str, head: &str) -> Result<String, GitHubError> {
        #[derive(Deserialize)]
        struct Compared {
            merge_base_commit: Commit,
        }
        #[derive(Deserialize)]
        struct Commit {
            sha: String,
        }
        let path = self.path(&format!("compare/{base}...{head}?per_page=1"));
        let answer = self.send(&Call::get(path, "find where the branches parted", Permission::ReadContents))?;
        Ok(answer.json::<Compared>()?.merge_base_commit.sha)
    }

    /// The commit that a branch, tag or hash names.
    pub fn commit_of(&self, name: &str) -> Result<String, GitHubError> {
        #[derive(Deserialize)]
        struct Commit {
            sha: String,
        }
        let path = self.path(&format!("commits/{}", escaped(name)));
        Ok(self.send(&Call::get(path, "find the base", Permission::ReadContents))?.json::<Commit>()?.sha)
    }

    /// A commit and its first parents, at most `most` of them, newest first.
    pub fn first_parents(&self, sha: &str, most: usize) -> Result<Vec<String>, GitHubError> {
        #[derive(Deserialize)]
        struct Commit {
            sha: String,
            parents: Vec<Parent>,
        }
        #[derive(Deserialize)]
        struct Parent {
            sha: String,
        }
        let path = self.path(&format!("commits?sha={sha}&per_page=100"));
        let listed: Vec<Commit> = self.send(&Call::get(path, "read the history", Permission::ReadContents))?.json()?;
        // Commits of merged branches stand in between.
        let mut parents = Vec::new();
        let mut next = Some(sha.to_owned());
        while let Some(wanted) = next.take().filter(|_| parents.len() < most) {
            if let Some(commit) = listed.iter().find(|commit| commit.sha == wanted) {
                next = commit.parents.first().map(|parent| parent.sha.clone());
                parents.push(wanted);
            }
        }
        Ok(parents)
    }

    /// Who put the label [`ACCEPTED_LABEL`] on a pull request: none where it isn't there now, or where that person may
    /// not write to the repository. Asked afresh: the event may be old.
    pub fn accepted_by(&self, number: u64) -> Result<Option<String>, GitHubError> {
        #[derive(Deserialize)]
        struct Label {
            name: String,
        }
        let doing = "read the labels";
        let labels: Vec<Label> = self.pages(&self.path(&format!("issues/{number}/labels")), doing, Permission::ReadPullRequests)?;
        if !labels.iter().any(|label| label.name == ACCEPTED_LABEL) {
            return Ok(None);
        }
        let events: Vec<Value> = self.pages(&self.path(&format!("issues/{number}/events")), doing, Permission::ReadPullRequests)?;
        let labeled = events.iter().rev().find(|event| event["event"] == "labeled" && event["label"]["name"] == ACCEPTED_LABEL);
        let Some(login) = labeled.and_then(|event| event["actor"]["login"].as_str()) else { return Ok(None) };
        #[derive(Deserialize)]
        struct Rights {
            permission: String,
        }
        let path = self.path(&format!("collaborators/{}/permission", escaped(login)));
        let rights: Rights = self.send(&Call::get(path, "ask who set the label", Permission::ReadContents))?.json()?;
        Ok(matches!(rights.permission.as_str(), "admin" | "write").then(|| login.to_owned()))
    }
}
