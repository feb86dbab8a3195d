//! Why GitHub didn't do what it was asked, and what to change.

use std::fmt;

/// Says why GitHub didn't do what it was asked. `doing` reads well after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    /// Nobody said which repository.
    #[error("GITHUB_REPOSITORY {}: run this in a workflow, or set it to `owner/name`", match found { Some(found) => format!("is `{found}`"), None => "is not set".to_owned() })]
    NoRepository {
        /// What stands there.
        found: Option<String>,
    },
    /// Nobody gave a token.
    #[error("GITHUB_TOKEN is not set, or is no token: add `env: {{ GITHUB_TOKEN: ${{{{ github.token }}}} }}` to the step")]
    NoToken,
    /// No token may be sent there.
    #[error("GITHUB_API_URL is `{address}`: a token is only sent to an https address, or to loopback")]
    Address {
        /// The address.
        address: String,
    },
    /// The client could not be made.
    #[error("failed to prepare the connection to GitHub: {reason}")]
    Setup {
        /// Why.
        reason: String,
    },
    /// No answer.
    #[error("failed to {doing}: GitHub can't be reached: {reason}: look at the network and at GITHUB_API_URL, or run it again later")]
    Unreachable {
        /// What was tried.
        doing: &'static str,
        /// Why.
        reason: String,
    },
    /// The token isn't taken.
    #[error("failed to {doing}: GitHub doesn't accept the token: give the step `GITHUB_TOKEN: ${{{{ github.token }}}}`")]
    Unauthorized {
        /// What was tried.
        doing: &'static str,
    },
    /// The token may not do that.
    #[error("failed to {doing}: the token has no right to: {}", .needs.advice())]
    Denied {
        /// What was tried.
        doing: &'static str,
        /// The right that is missing.
        needs: Permission,
    },
    /// Too many requests, for longer than is waited.
    #[error("failed to {doing}: GitHub's rate limit is used up for the next {seconds} s, and that long is not waited: run it again later")]
    RateLimited {
        /// What was tried.
        doing: &'static str,
        /// How long it lasts.
        seconds: u64,
    },
    /// There is no such thing, or the token may not see it.
    #[error("failed to {doing}: GitHub knows no such thing, or the token can't see it: {}", .needs.advice())]
    NotFound {
        /// What was tried.
        doing: &'static str,
        /// The right that may be missing.
        needs: Permission,
    },
    /// Somebody else was faster, or what was sent isn't what GitHub takes.
    #[error("failed to {doing}: GitHub answered {status}: {message}{}", if *.status >= 500 { ": run it again later" } else { "" })]
    Refused {
        /// What was tried.
        doing: &'static str,
        /// The status.
        status: u16,
        /// GitHub's words, without control characters.
        message: String,
    },
    /// The answer can't be understood.
    #[error("failed to {doing}: GitHub's answer isn't what its description says: {reason}")]
    Answer {
        /// What was tried.
        doing: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The branch could not be moved, however often it was tried.
    #[error(
        "failed to write to the branch `{branch}` in {attempts} attempts, the last answer was: {message}\n  where other jobs write to it, run this again; where a rule protects it, except this branch from the rule"
    )]
    Contended {
        /// The branch.
        branch: String,
        /// How often it was tried.
        attempts: u32,
        /// GitHub's words.
        message: String,
    },
}

/// A right of a workflow's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// To read what lies in the repository.
    ReadContents,
    /// To write to a branch.
    WriteContents,
    /// To read pull requests and their comments.
    ReadPullRequests,
    /// To comment.
    WritePullRequests,
    /// To set a commit status.
    WriteStatuses,
    /// To make a check run.
    WriteChecks,
}

impl Permission {
    /// The line that a workflow needs.
    pub fn line(self) -> &'static str {
        match self {
            Self::ReadContents => "contents: read",
            Self::WriteContents => "contents: write",
            Self::ReadPullRequests => "pull-requests: read",
            Self::WritePullRequests => "pull-requests: write",
            Self::WriteStatuses => "statuses: write",
            Self::WriteChecks => "checks: write",
        }
    }

    fn advice(self) -> String {
        let forks = match self {
            Self::WritePullRequests | Self::WriteStatuses | Self::WriteChecks | Self::WriteContents => {
                "; a pull request from a fork can't have it: see docs/github.md"
            }
            Self::ReadContents | Self::ReadPullRequests => "",
        };
        format!("add `{}` to the job's `permissions:`{forks}", self.line())
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.line())
    }
}

impl GitHubError {
    /// Whether asking again at once could end otherwise: the server had trouble, or wasn't reached.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Refused { status: 500..=599, .. })
    }
}
