//! GitHub: a small client of its API, and what an event says.
//!
//! Built on octocrab's plain requests with answer types of our own: its models are strict, and one odd comment would
//! break a page. All calls block. What is asked twice, and how long is waited, is in `limits`.

mod access;
mod branch;
mod checks;
mod client;
mod comments;
mod error;
mod event;
#[cfg(test)]
#[path = "../../tests/integration/support/github.rs"]
pub(crate) mod fake;
mod limits;
mod pulls;
mod statuses;

pub use access::{Access, Repository, Token};
pub use branch::{Head, RefUpdate, TreeFile};
pub use checks::{CheckAnnotation, CheckConclusion, CheckRun};
pub use client::Client;
pub use comments::Comment;
pub use error::{GitHubError, Permission};
pub use event::{Event, MergeGroup, PullRequest, WorkflowRun};
pub use pulls::{ACCEPTED_LABEL, OpenPull};
pub use statuses::{CommitState, CommitStatus};
