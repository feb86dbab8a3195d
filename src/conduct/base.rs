//! Which commit a change is compared with.

use std::path::Path;

use serde::Serialize;

use super::context::{RunContext, git, git_or_why};
use crate::github::{Client, Event, PullRequest};

/// How many commits in front of the base are looked at for a stored record.
const MOST_ANCESTORS: usize = 51;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseWish {
    /// What the event suggests.
    Auto,
    /// Where the branches parted.
    MergeBase,
    /// Nothing.
    None,
    /// This branch, tag or commit.
    Commit(String),
}

/// How the comparison can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseMode {
    /// The base is built and run beside the change.
    Paired,
    /// Against stored records.
    History,
    /// Not at all.
    None,
}

/// Which commit a change is compared with, and how that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Base {
    /// How the comparison can be made.
    pub mode: BaseMode,
    /// The commit compared with.
    pub base_sha: Option<String>,
    /// The commit under test: of a pull request its head.
    pub head_sha: Option<String>,
    /// What is checked out, where it is another commit.
    pub tested_sha: Option<String>,
    /// The branch; of a pull request the one it comes from.
    pub branch: Option<String>,
    /// The branch whose baselines are compared with.
    pub base_branch: String,
    /// The pull request's number.
    pub pull_request: Option<u64>,
    /// Whether the code under test comes from this repository.
    pub trusted: bool,
    /// The base and its first parents, newest first.
    pub ancestors: Vec<String>,
    /// Who accepted a regression with the label.
    pub accepted_by: Option<String>,
    /// How the base was found, step by step.
    pub why: Vec<String>,
}

/// Says why no base may be used.
#[derive(Debug, thiserror::Error)]
pub enum BaseError {
    /// A stranger's code would run with the repository's rights.
    #[error(
        "`pull_request_target` runs with the rights of this repository, and the pull request comes from a fork: its code is not run; no load was sent\n  \
         run it on `pull_request`, and post its report with a second workflow on `workflow_run`: see docs/github.md"
    )]
    ForeignTarget,
    /// What is checked out is neither of the two commits of a pull request.
    #[error(
        "the checkout is at {found}, which is neither the head {head} of the pull request nor its merge commit; no load was sent\n  \
         leave out `ref` of actions/checkout, or set it to `${{{{ github.event.pull_request.head.sha }}}}`"
    )]
    Checkout {
        /// What is checked out.
        found: String,
        /// The pull request's head.
        head: String,
    },
    /// There is no checkout, or git doesn't read it.
    #[error(
        "there is no git checkout in this folder that can be read; no load was sent\n  {}\n  where there is none, run actions/checkout before",
        .said.replace('\n', "\n  ")
    )]
    NoCheckout {
        /// What git says.
        said: String,
    },
    /// The commit that was asked for isn't known.
    #[error(
        "there is no commit `{name}` here; no load was sent\n  name a branch, a tag or a commit that was fetched: `fetch-depth: 0` of actions/checkout fetches all"
    )]
    Unknown {
        /// What was asked for.
        name: String,
    },
}

/// What the answer depends on.
#[derive(Debug)]
pub struct BaseQuestion<'a> {
    /// What is asked for.
    pub wish: &'a BaseWish,
    /// Whether the base can be run beside the change; otherwise stored records are compared with.
    pub paired: bool,
    /// What started the workflow.
    pub event: &'a Event,
    /// What is known of the change.
    pub context: &'a RunContext,
    /// The branch that baselines are of where the event names none.
    pub default_branch: String,
    /// The checkout.
    pub folder: &'a Path,
    /// Asked what a shallow checkout doesn't know.
    pub github: Option<&'a Client>,
}

impl BaseQuestion<'_> {
    /// Finds the base.
    ///
    /// Of a pull request it is the first parent of the merge commit that GitHub made, or where the branches parted when the head
    /// itself is checked out; of a push the first parent; of anything else there is none, and stored records are used.
    pub fn answer(&self) -> Result<Base, BaseError> {
        let pull_request = self.event.pull_request.as_ref();
        if self.event.name == "pull_request_target" && pull_request.is_none_or(PullRequest::is_foreign) {
            return Err(BaseError::ForeignTarget);
        }
        let mut why = Vec::new();
        let base_sha = match self.wish {
            BaseWish::None => {
                why.push("no base was asked for".to_owned());
                None
            }
            BaseWish::Commit(name) => Some(self.named(name, &mut why)?),
            BaseWish::Auto | BaseWish::MergeBase => match pull_request {
                Some(pull_request) => self.of_pull_request(pull_request, &mut why)?,
                None => self.of_event(&mut why),
            },
        };
        let mode = match (self.wish, &base_sha) {
            (BaseWish::None, _) => BaseMode::None,
            (_, Some(_)) if self.paired => BaseMode::Paired,
            _ => BaseMode::History,
        };
        if mode == BaseMode::History && base_sha.is_none() {
            why.push("compared with the newest records".to_owned());
        }
        Ok(Base {
            mode,
            ancestors: base_sha.as_deref().map(|base| self.ancestors(base)).unwrap_or_default(),
            base_sha,
            head_sha: self.context.sha.clone(),
            tested_sha: self.context.tested_sha.clone(),
            branch: self.context.branch.clone(),
            base_branch: pull_request.map_or_else(|| self.own_branch(), |pull_request| pull_request.base_branch.clone()),
            pull_request: self.context.pull_request,
            trusted: self.event.is_trusted(),
            accepted_by: self.accepted_by(&mut why),
            why,
        })
    }

    /// A push is compared with the history of its own branch, and a merge queue with that of the branch it is for.
    fn own_branch(&self) -> String {
        match self.event.name.as_str() {
            "push" | "schedule" | "workflow_dispatch" => self.context.branch.clone(),
            _ => self.event.merge_group.as_ref().and_then(|group| group.base_branch.clone()),
        }
        .unwrap_or_else(|| self.default_branch.clone())
    }

    fn of_pull_request(&self, pull_request: &PullRequest, why: &mut Vec<String>) -> Result<Option<String>, BaseError> {
        let found = git_or_why(self.folder, &["rev-parse", "HEAD"]).map_err(|said| BaseError::NoCheckout { said })?;
        let head = &pull_request.head_sha;
        let parents = parents(self.folder, "HEAD");
        let is_merge = matches!(parents.as_slice(), [_, second] if second == head);
        if !is_merge && found != *head {
            return Err(BaseError::Checkout { found, head: head.clone() });
        }
        if is_merge && *self.wish == BaseWish::Auto {
            why.push(format!("the merge commit of pull request {} is checked out: its first parent", pull_request.number));
            return Ok(parents.into_iter().next());
        }
        why.push(match is_merge {
            true => "where the branches parted, as asked for".to_owned(),
            false => format!("the head of pull request {} is checked out: where the branches parted", pull_request.number),
        });
        let base = self.merge_base(&pull_request.base_sha, head, why);
        if base.is_none() {
            why.push(
                "where that is can't be told: `fetch-depth: 0` of actions/checkout, or a token with `contents: read`, would".to_owned(),
            );
        }
        Ok(base)
    }

    fn of_event(&self, why: &mut Vec<String>) -> Option<String> {
        if let Some(group) = &self.event.merge_group {
            why.push("a merge queue says what it is based on".to_owned());
            return Some(group.base_sha.clone());
        }
        match self.event.name.as_str() {
            "push" => {
                let parent = parents(self.folder, "HEAD").into_iter().next();
                why.push(match parent {
                    Some(_) => "a push: the first parent".to_owned(),
                    None => "a push of a commit without a parent".to_owned(),
                });
                parent
            }
            "" => {
                let default = format!("refs/remotes/origin/{}", self.default_branch);
                let head = git(self.folder, &["rev-parse", "HEAD"])?;
                let base = git(self.folder, &["merge-base", &default, &head]).filter(|base| *base != head);
                why.push(match base {
                    Some(_) => format!("where the branch parted from {}", self.default_branch),
                    None => "no workflow: the first parent".to_owned(),
                });
                base.or_else(|| parents(self.folder, "HEAD").into_iter().next())
            }
            event => {
                why.push(format!("`{event}` has no base of its own"));
                None
            }
        }
    }

    fn named(&self, name: &str, why: &mut Vec<String>) -> Result<String, BaseError> {
        let candidates = [name.to_owned(), format!("refs/remotes/origin/{name}")];
        let find =
            |name: &String| git(self.folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
        if let Some(sha) = candidates.iter().find_map(find) {
            why.push(format!("`{name}`, as asked for"));
            return Ok(sha);
        }
        match self.github.map(|github| github.commit_of(name)) {
            Some(Ok(sha)) => {
                why.push(format!("`{name}`, as asked for, which isn't fetched"));
                Ok(sha)
            }
            Some(Err(_)) | None => Err(BaseError::Unknown { name: name.to_owned() }),
        }
    }

    /// A shallow checkout doesn't know it, and could name a wrong one.
    fn merge_base(&self, base: &str, head: &str, why: &mut Vec<String>) -> Option<String> {
        let here = (!is_shallow(self.folder)).then(|| git(self.folder, &["merge-base", base, head])).flatten();
        here.or_else(|| match self.github?.merge_base(base, head) {
            Ok(sha) => Some(sha),
            Err(error) => {
                why.push(error.to_string());
                None
            }
        })
    }

    fn ancestors(&self, base: &str) -> Vec<String> {
        let most = MOST_ANCESTORS.to_string();
        let here = git(self.folder, &["rev-list", "--first-parent", "-n", &most, base, "--"]);
        let here: Vec<String> = here.map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default();
        let cut = here.len() < MOST_ANCESTORS && (here.is_empty() || is_shallow(self.folder));
        let asked = cut.then(|| self.github?.first_parents(base, MOST_ANCESTORS).ok()).flatten();
        let known = asked.filter(|asked| asked.len() > here.len()).unwrap_or(here);
        if known.is_empty() { vec![base.to_owned()] } else { known }
    }

    fn accepted_by(&self, why: &mut Vec<String>) -> Option<String> {
        let queued = self.event.merge_group.as_ref().and_then(|group| group.number);
        let number = self.event.pull_request.as_ref().map(|pull_request| pull_request.number).or(queued)?;
        match self.github?.accepted_by(number) {
            Ok(by) => by,
            Err(error) => {
                why.push(format!("whether a regression was accepted can't be told: {error}"));
                None
            }
        }
    }
}

/// The parents of a commit, also where a shallow checkout pretends that there are none.
fn parents(folder: &Path, commit: &str) -> Vec<String> {
    let Some(text) = git(folder, &["cat-file", "-p", &format!("{commit}^{{commit}}")]) else { return Vec::new() };
    text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("parent ")).map(str::to_owned).collect()
}

fn is_shallow(folder: &Path) -> bool {
    git(folder, &["rev-parse", "--is-shallow-repository"]).as_deref() == Some("true")
}
