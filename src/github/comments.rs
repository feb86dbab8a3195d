//! Comments of a pull request.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::client::{Call, Client};
use super::error::{GitHubError, Permission};

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Grows with time.
    pub id: u64,
    /// Its Markdown.
    pub body: String,
    /// Who wrote it; empty for accounts that are gone.
    pub author: String,
    /// Whether that is an app, as a workflow's own token is.
    pub by_bot: bool,
    /// Where people find it.
    pub url: String,
}

#[derive(Deserialize)]
struct Wire {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
    #[serde(default)]
    html_url: Option<String>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    login: String,
    #[serde(default, rename = "type")]
    kind: String,
}

impl Client {
    /// All comments, oldest first, from all pages.
    pub fn comments(&self, pull_request: u64) -> Result<Vec<Comment>, GitHubError> {
        let path = self.path(&format!("issues/{pull_request}/comments"));
        let comments: Vec<Wire> = self.pages(&path, "read the comments", Permission::ReadPullRequests)?;
        Ok(comments.into_iter().map(Comment::from).collect())
    }

    /// Writes a comment.
    pub fn create_comment(&self, pull_request: u64, body: &str) -> Result<Comment, GitHubError> {
        let body = json!({ "body": body });
        let path = self.path(&format!("issues/{pull_request}/comments"));
        let call = Call::change(Method::POST, path, &body, "write a comment", Permission::WritePullRequests);
        Ok(self.send(&call)?.json::<Wire>()?.into())
    }

    /// Changes a comment; none where it is gone.
    pub fn update_comment(&self, id: u64, body: &str) -> Result<Option<Comment>, GitHubError> {
        let body = json!({ "body": body });
        let path = self.path(&format!("issues/comments/{id}"));
        let call = Call {
            // The same text twice is the same comment.
            repeatable: true,
            ..Call::change(Method::PATCH, path, &body, "update the comment", Permission::WritePullRequests)
        };
        match self.send(&call) {
            Ok(answer) => Ok(Some(answer.json::<Wire>()?.into())),
            Err(GitHubError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whom the token belongs to; none for a workflow's own token, which is nobody's.
    pub fn login(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Login {
            login: String,
        }
        let call = Call::get("/user".to_owned(), "ask whose token it is", Permission::ReadPullRequests);
        Some(self.send(&call).ok()?.json::<Login>().ok()?.login)
    }
}

impl From<Wire> for Comment {
    fn from(wire: Wire) -> Self {
        let user = wire.user.unwrap_or(User { login: String::new(), kind: String::new() });
        Self {
            id: wire.id,
            body: wire.body.unwrap_or_default(),
            by_bot: user.kind == "Bot",
            author: user.login,
            url: wire.html_url.unwrap_or_default(),
        }
    }
}
