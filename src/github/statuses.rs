//! Commit statuses.

use http::Method;
use serde_json::json;

use super::client::{Call, Client};
use super::error::{GitHubError, Permission};

/// GitHub takes no longer description.
const LONGEST: usize = 140;

/// What a commit status says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitStatus {
    /// Good or bad.
    pub state: CommitState,
    /// What it is called: a later status of the same name replaces it.
    pub context: String,
    /// One line; cut at 140 characters.
    pub description: String,
    /// Where it leads.
    pub url: Option<String>,
}

/// Good or bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitState {
    /// Passed.
    Success,
    /// Failed.
    Failure,
    /// Nothing that can be judged.
    Error,
}

impl CommitState {
    /// As the API calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }
}

impl Client {
    /// Sets a status on a commit.
    pub fn set_status(&self, sha: &str, status: &CommitStatus) -> Result<(), GitHubError> {
        let mut body = json!({
            "state": status.state.name(),
            "context": status.context,
            "description": status.description.chars().take(LONGEST).collect::<String>(),
        });
        if let Some(url) = &status.url {
            body["target_url"] = json!(url);
        }
        let path = self.path(&format!("statuses/{sha}"));
        // Set twice it says the same.
        let call = Call { repeatable: true, ..Call::change(Method::POST, path, &body, "set the commit status", Permission::WriteStatuses) };
        self.send(&call).map(|_| ())
    }
}
