//! Files on a branch, through the Git Data API: no checkout, no clone.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Call, Client, escaped};
use super::error::{GitHubError, Permission};

/// The last commit of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub commit: String,
    /// Its tree.
    pub tree: String,
}

/// A file of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// From the root, with `/` between.
    pub path: String,
    /// In bytes.
    pub size: u64,
}

/// How moving a branch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefUpdate {
    /// The branch is where it was wanted.
    Done,
    /// It isn't, most likely because somebody else moved or made it in between; with GitHub's words.
    Lost(String),
}

#[derive(Deserialize)]
struct Sha {
    sha: String,
}

impl Client {
    /// The last commit of a branch; none where there is no such branch.
    pub fn branch_head(&self, branch: &str) -> Result<Option<Head>, GitHubError> {
        #[derive(Deserialize)]
        struct Ref {
            object: Sha,
        }
        #[derive(Deserialize)]
        struct Commit {
            tree: Sha,
        }
        let doing = "read the branch of baselines";
        let path = self.path(&format!("git/ref/heads/{}", escaped(branch)));
        let commit = match self.send(&Call::get(path, doing, Permission::ReadContents)) {
            Ok(answer) => answer.json::<Ref>()?.object.sha,
            // 409: the repository has no commit at all.
            Err(GitHubError::NotFound { .. } | GitHubError::Refused { status: 409, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let path = self.path(&format!("git/commits/{commit}"));
        let tree = self.send(&Call::get(path, doing, Permission::ReadContents))?.json::<Commit>()?.tree.sha;
        Ok(Some(Head { commit, tree }))
    }

    /// All files of a tree. Where GitHub cuts the list, its folders are listed one by one.
    pub fn files(&self, tree: &str) -> Result<Vec<TreeFile>, GitHubError> {
        let (entries, truncated) = self.tree(tree, true)?;
        if !truncated {
            return Ok(entries.into_iter().filter_map(|entry| entry.file("")).collect());
        }
        let (mut files, mut folders) = (Vec::new(), vec![(String::new(), tree.to_owned())]);
        while let Some((prefix, tree)) = folders.pop() {
            for entry in self.tree(&tree, false)?.0 {
                match entry.kind.as_str() {
                    "tree" => folders.push((format!("{prefix}{}/", entry.path), entry.sha)),
                    _ => files.extend(entry.file(&prefix)),
                }
            }
        }
        Ok(files)
    }

    /// The content of a file as of a commit.
    pub fn file(&self, commit: &str, path: &str) -> Result<Vec<u8>, GitHubError> {
        let path = self.path(&format!("contents/{}?ref={commit}", escaped(path)));
        let call =
            Call { accept: Some("application/vnd.github.raw+json"), ..Call::get(path, "read a stored baseline", Permission::ReadContents) };
        Ok(self.send(&call)?.body.to_vec())
    }

    /// Makes a commit that adds files to a head (or to nothing, without a parent), or removes those without a content; no branch
    /// is moved. Gives the commit.
    pub fn commit_files(&self, head: Option<&Head>, files: &[(String, Option<String>)], message: &str) -> Result<String, GitHubError> {
        let tree = self.tree_with(head, files)?;
        let parents: Vec<&str> = head.iter().map(|head| head.commit.as_str()).collect();
        self.make("git/commits", &json!({"message": message, "tree": tree, "parents": parents}))
    }

    /// Makes a commit that has the files of a head, but for the one that is named, and no parent. Gives the commit.
    pub fn commit_without_history(&self, head: &Head, without: Option<&str>, message: &str) -> Result<String, GitHubError> {
        let tree = match without {
            Some(path) => self.tree_with(Some(head), &[(path.to_owned(), None)])?,
            None => head.tree.clone(),
        };
        self.make("git/commits", &json!({"message": message, "tree": tree, "parents": []}))
    }

    fn tree_with(&self, head: Option<&Head>, files: &[(String, Option<String>)]) -> Result<String, GitHubError> {
        let entry = |(path, content): &(String, Option<String>)| match content {
            Some(content) => json!({"path": path, "mode": "100644", "type": "blob", "content": content}),
            None => json!({"path": path, "mode": "100644", "type": "blob", "sha": null}),
        };
        let mut tree = json!({ "tree": files.iter().map(entry).collect::<Vec<Value>>() });
        if let Some(head) = head {
            tree["base_tree"] = json!(head.tree);
        }
        self.make("git/trees", &tree)
    }

    /// Makes a branch that isn't there.
    pub fn create_branch(&self, branch: &str, commit: &str) -> Result<RefUpdate, GitHubError> {
        let body = json!({"ref": format!("refs/heads/{branch}"), "sha": commit});
        let call = Call::change(Method::POST, self.path("git/refs"), &body, "make the branch of baselines", Permission::WriteContents);
        moved(self.send(&call).map(|_| ()))
    }

    /// Moves a branch forward, never anywhere else.
    pub fn move_branch(&self, branch: &str, commit: &str) -> Result<RefUpdate, GitHubError> {
        let body = json!({"sha": commit, "force": false});
        let path = self.path(&format!("git/refs/heads/{}", escaped(branch)));
        let call = Call::change(Method::PATCH, path, &body, "write to the branch of baselines", Permission::WriteContents);
        moved(self.send(&call).map(|_| ()))
    }

    /// Puts a branch somewhere else, whatever it was before. Sent at once or not at all.
    pub fn replace_branch(&self, branch: &str, commit: &str) -> Result<RefUpdate, GitHubError> {
        let body = json!({"sha": commit, "force": true});
        let path = self.path(&format!("git/refs/heads/{}", escaped(branch)));
        let call = Call::change(Method::PATCH, path, &body, "replace the branch of baselines", Permission::WriteContents);
        moved(self.send(&Call { may_wait: false, ..call }).map(|_| ()))
    }

    fn tree(&self, tree: &str, recursive: bool) -> Result<(Vec<TreeEntry>, bool), GitHubError> {
        #[derive(Deserialize)]
        struct Tree {
            tree: Vec<TreeEntry>,
            #[serde(default)]
            truncated: bool,
        }
        let recursive = if recursive { "?recursive=1" } else { "" };
        let path = self.path(&format!("git/trees/{tree}{recursive}"));
        let answer = self.send(&Call::get(path, "list the branch of baselines", Permission::ReadContents))?;
        let Tree { tree, truncated } = answer.json()?;
        Ok((tree, truncated))
    }

    /// Makes an object, which is named by its content: made twice it is the same.
    fn make(&self, what: &str, body: &Value) -> Result<String, GitHubError> {
        let call = Call {
            repeatable: true,
            ..Call::change(Method::POST, self.path(what), body, "write to the branch of baselines", Permission::WriteContents)
        };
        Ok(self.send(&call)?.json::<Sha>()?.sha)
    }
}

#[derive(Deserialize)]
struct TreeEntry {
    path: String,
    sha: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    size: Option<u64>,
}

impl TreeEntry {
    fn file(self, prefix: &str) -> Option<TreeFile> {
        (self.kind == "blob").then(|| TreeFile { path: format!("{prefix}{}", self.path), size: self.size.unwrap_or(0) })
    }
}

/// 409 and 422 say that the branch isn't what it was when it was read.
fn moved(result: Result<(), GitHubError>) -> Result<RefUpdate, GitHubError> {
    match result {
        Ok(()) => Ok(RefUpdate::Done),
        Err(GitHubError::Refused { status: 409 | 422, message, .. }) => Ok(RefUpdate::Lost(message)),
        Err(error) => Err(error),
    }
}
