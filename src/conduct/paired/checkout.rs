//! What is checked out where a service runs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::identity::hex;

/// With more than this in files that git doesn't know, in bytes, a folder holds data and not code alone.
const MOST_UNKNOWN: u64 = 1 << 30;

/// The code of a folder in a git repository: where in it the folder is, the tree of the commit, and all that is otherwise
/// in the work tree, files that git doesn't know included. It is that of the whole repository, for a service is made of
/// more than the folder that it runs in. What git ignores is not in it, and neither is what lies in the folders `apart`.
///
/// None where that can't be told, as of a folder that isn't committed.
pub(super) fn code(folder: &Path, apart: &[PathBuf]) -> Option<String> {
    line(folder, &["rev-parse", "--verify", "HEAD:./"])?;
    let top = PathBuf::from(line(folder, &["rev-parse", "--show-toplevel"])?);
    let tree = line(&top, &["rev-parse", "--verify", "HEAD^{tree}"])?;
    let place = output(folder, &["rev-parse", "--show-prefix"])?;
    let changes = output(&top, &["diff", "--no-ext-diff", "--no-textconv", "--binary", "--submodule=diff", "HEAD"])?;
    let unknown = unknown(&top, apart)?;
    let mut hasher = Sha256::new();
    for part in [tree.as_bytes(), &place, &changes, unknown.as_bytes()] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    Some(hex(&hasher.finalize()))
}

/// The commit that is checked out.
pub(super) fn commit(folder: &Path) -> Option<String> {
    line(folder, &["rev-parse", "--verify", "HEAD"])
}

/// Digests of the files that git neither knows nor ignores, with their names; of a repository in the repository its code.
fn unknown(top: &Path, apart: &[PathBuf]) -> Option<String> {
    let names = output(top, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let (mut found, mut size) = (String::new(), 0);
    for name in String::from_utf8(names).ok()?.split_terminator('\0') {
        let path = top.join(name);
        if apart.iter().any(|apart| path.starts_with(apart) || (name.ends_with('/') && apart.starts_with(&path))) {
            continue;
        }
        let about = fs::symlink_metadata(&path).ok()?;
        size += about.len();
        let content = match about.file_type() {
            kind if kind.is_dir() => code(&path, apart)?,
            kind if kind.is_symlink() => fs::read_link(&path).ok()?.to_str()?.to_owned(),
            _ if size > MOST_UNKNOWN => return None,
            _ => {
                let mut hasher = io::BufWriter::new(Hashed(Sha256::new()));
                io::copy(&mut fs::File::open(&path).ok()?, &mut hasher).ok()?;
                hex(&hasher.into_inner().ok()?.0.finalize())
            }
        };
        found.push_str(&format!("{name}\0{content}\0"));
    }
    Some(found)
}

struct Hashed(Sha256);

impl io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The one line that git answers with; none where there is no git, no repository, or no answer.
fn line(folder: &Path, arguments: &[&str]) -> Option<String> {
    let line = String::from_utf8(output(folder, arguments)?).ok()?.trim_end().to_owned();
    (!line.is_empty()).then_some(line)
}

fn output(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("git").args(arguments).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository with a service that uses a library beside it, committed.
    fn monorepo() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("services/api/app.py", "import common"), ("libs/common/fast.py", "fast"), (".gitignore", "*.log\n")] {
            write(folder.path(), name, text);
        }
        git(folder.path(), &["init", "-q"]);
        commit_all(folder.path());
        folder
    }

    fn write(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(folder: &Path, arguments: &[&str]) {
        let settings = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false"];
        assert!(Command::new("git").args(settings).args(arguments).current_dir(folder).status().unwrap().success());
    }

    fn commit_all(folder: &Path) {
        git(folder, &["add", "-A"]);
        git(folder, &["commit", "-q", "-m", "x"]);
    }

    fn of_api(repository: &tempfile::TempDir) -> Option<String> {
        code(&repository.path().join("services/api"), &[])
    }

    #[test]
    fn the_code_of_a_subfolder_is_that_of_the_whole_repository() {
        let (base, candidate) = (monorepo(), monorepo());
        assert!(of_api(&base).is_some());
        assert_eq!(of_api(&base), of_api(&candidate));
        let mut seen = vec![of_api(&base)];
        let mut is_new = |what: &str| {
            let now = of_api(&candidate);
            assert!(now.is_some() && !seen.contains(&now), "{what}");
            seen.push(now);
        };
        write(candidate.path(), "libs/common/slow.py", "slow");
        is_new("a file that git doesn't know");
        write(candidate.path(), "libs/common/slow.py", "slower");
        is_new("what is in such a file");
        git(candidate.path(), &["add", "-A"]);
        is_new("a file that was added");
        git(candidate.path(), &["config", "diff.relative", "true"]);
        write(candidate.path(), "libs/common/fast.py", "no longer fast");
        is_new("a file that was changed");
        commit_all(candidate.path());
        is_new("a commit");
        write(candidate.path(), "libs/common/x.log", "ignored");
        assert_eq!(of_api(&candidate), *seen.last().unwrap());
        assert_ne!(code(&candidate.path().join("libs/common"), &[]), of_api(&candidate), "another folder is another service");
    }

    #[test]
    fn what_lies_in_the_repository_and_is_no_part_of_it_is_kept_apart() {
        let (alone, host) = (monorepo(), monorepo());
        let top = host.path().canonicalize().unwrap();
        write(&top, "report/service.log.1", "listening");
        git(&top, &["clone", "-q", ".", "base"]);
        assert_ne!(of_api(&host), of_api(&alone), "another repository is part of the code until it is known for the base");
        let apart = [top.join("report"), top.join("base/services/api")];
        assert_eq!(code(&top.join("services/api"), &apart), of_api(&alone));
        write(&top, "base/libs/common/slow.py", "slow");
        assert_eq!(code(&top.join("services/api"), &apart), of_api(&alone));
        assert_ne!(code(&top.join("base/services/api"), &apart), of_api(&alone));
    }

    #[test]
    fn a_folder_that_is_not_committed_has_no_code_that_is_known() {
        let repository = monorepo();
        write(repository.path(), "dist/app", "built");
        assert_eq!(code(&repository.path().join("dist"), &[]), None);
        assert_eq!(code(tempfile::tempdir().unwrap().path(), &[]), None);
    }
}
