//! Where baselines are: a folder, or a branch on GitHub.

use std::path::Path;

use super::failure::Failure;
use crate::baseline::{BranchStore, DirectoryStore, Entry, Store};
use crate::github::{Access, Client, Event};

/// What a store on a branch begins with.
const BRANCH: &str = "branch:";

/// The store that a name stands for.
pub(super) fn open(name: &Path) -> Result<Box<dyn Store>, Failure> {
    Ok(match open_branch(name)? {
        Some(branch) => Box::new(branch),
        None => Box::new(DirectoryStore::new(name)),
    })
}

/// The same where the name stands for a branch.
pub(super) fn open_branch(name: &Path) -> Result<Option<BranchStore>, Failure> {
    let Some(branch) = branch_of(name)? else { return Ok(None) };
    let wrong = |error| Failure::usage(format!("`{BRANCH}{branch}` can't be used: {error}\n  no load was sent"));
    let access = Access::read(&|name: &str| std::env::var(name).ok()).map_err(wrong)?;
    Ok(Some(BranchStore::new(Client::new(access).map_err(wrong)?, branch)))
}

/// The same for writing, which no pull request may do: whoever opens one could move what others are measured by. Nor may a
/// merge queue: what is in it is on no branch yet.
pub(super) fn open_to_write(name: &Path) -> Result<Box<dyn Store>, Failure> {
    let event = Event::read(&|name: &str| std::env::var(name).ok());
    let is_of_change = event.is_of_pull_request() || matches!(event.name.as_str(), "workflow_run" | "merge_group");
    if branch_of(name)?.is_some() && is_of_change {
        return Err(Failure::usage(format!(
            "a `{}` event writes no baselines: nothing was saved\n  save them on `push` to the branches that they are of",
            event.name
        )));
    }
    open(name)
}

/// Where a record lies, as a person would name it.
pub(super) fn shown(store: &Path, entry: &Entry) -> String {
    match store.to_str().and_then(|name| name.strip_prefix(BRANCH)) {
        Some(branch) => format!("{branch}:{}", entry.path.display()),
        None => store.join(&entry.path).display().to_string(),
    }
}

/// Whether the name stands for a branch, legal or not.
pub(super) fn is_branch(name: &Path) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(BRANCH))
}

fn branch_of(name: &Path) -> Result<Option<&str>, Failure> {
    let Some(branch) = name.to_str().and_then(|name| name.strip_prefix(BRANCH)) else { return Ok(None) };
    let legal = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && !part.ends_with(".lock");
    let known = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if branch.chars().all(known) && branch.split('/').all(legal) && !branch.contains("..") && !branch.starts_with('-') {
        return Ok(Some(branch));
    }
    Err(Failure::usage(format!(
        "`{branch}` can't be the branch of baselines\n  use letters, digits, `-`, `_`, `.` and `/`, such as `{BRANCH}loadline-data`"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_told_from_a_folder() {
        for (name, branch) in [("baselines", None), ("branch:loadline-data", Some("loadline-data")), ("branch:a/b.c", Some("a/b.c"))] {
            assert_eq!(branch_of(Path::new(name)).unwrap_or(None), branch, "{name}");
        }
        for name in ["branch:", "branch:../x", "branch:a//b", "branch:-x", "branch:a b", "branch:x.lock", "branch:a..b"] {
            assert!(branch_of(Path::new(name)).is_err(), "{name}");
        }
    }
}
