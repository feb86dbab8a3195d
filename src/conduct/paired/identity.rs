//! What each side runs, so that a comparison of a version with itself is known for one.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::checkout;
use crate::plan::{ServicePlan, Target};
use crate::record::ArmIdentity;

/// Larger files than this are no program of a service.
const LARGEST: u64 = 1 << 30;

/// A side as it was started: the service, where there is one, and the address that it answers at.
pub(super) type Started<'a> = (Option<&'a ServicePlan>, &'a Target);

/// What the sides run, base and candidate. A service that was started elsewhere is known by its address alone.
///
/// The digest is of the command with its environment, and of the code: the whole repository with what is changed in it
/// where the folder is in one, otherwise the program itself where the command names a binary by its path. What git ignores
/// is not in it, and neither are the folder of the `report` and the other side's, which may lie in the repository.
pub(super) fn of(sides: [Started<'_>; 2], report: &Path) -> [ArmIdentity; 2] {
    let folders = sides.map(|(service, _)| service.and_then(|service| service.folder.canonicalize().ok()));
    let report = report.canonicalize().ok();
    let code = |own: usize| {
        let others = folders.iter().filter(|folder| **folder != folders[own]);
        let apart: Vec<PathBuf> = others.chain([&report]).flatten().cloned().collect();
        folders[own].as_ref().and_then(|folder| checkout::code(folder, &apart))
    };
    let base = code(0);
    // Both sides in one folder have one code, also when what they write there changes while it is looked at.
    let candidate = if folders[0] == folders[1] { base.clone() } else { code(1) };
    [one(sides[0], base), one(sides[1], candidate)]
}

fn one((service, target): Started<'_>, code: Option<String>) -> ArmIdentity {
    let Some((service, command)) = service.and_then(|service| Some((service, service.command.as_deref()?))) else {
        return ArmIdentity { sha: None, digest: Some(digest(&["address", &target.to_string()])) };
    };
    let code = code.or_else(|| of_binary(&service.folder, command));
    let environment: Vec<String> = service.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    ArmIdentity {
        sha: checkout::commit(&service.folder),
        digest: code.map(|code| digest(&["command", command, &environment.join("\n"), &code])),
    }
}

/// Whether both sides run the same program, byte for byte, by the same command in folders of their own: a base that was
/// meant to be another version may have been built from the candidate. Where the code is known to be the same, that says more.
pub(super) fn is_same_program(base: Option<&ServicePlan>, candidate: Option<&ServicePlan>) -> bool {
    let Some((base, candidate)) = base.zip(candidate).filter(|(base, candidate)| base.command == candidate.command) else { return false };
    let program = |service: &ServicePlan| service.command.as_deref().and_then(|command| of_binary(&service.folder, command));
    base.folder != candidate.folder && program(base).is_some_and(|own| Some(own) == program(candidate))
}

/// The program that a command names by its path. Scripts and interpreters say nothing of what they run, and what a shell
/// puts in or reads from files of the folder may be another thing elsewhere.
fn of_binary(folder: &Path, command: &str) -> Option<String> {
    let plain = command.replace("${PORT}", "1").replace("$PORT", "1");
    if plain.contains(|c: char| "$`<>|&;()*?[]{}\\\n\"'~#".contains(c)) {
        return None;
    }
    let mut words = plain.split_whitespace().filter(|word| *word != "exec");
    let program = words.next()?;
    if words.any(|word| word.split('=').any(|part| folder.join(part).exists())) {
        return None;
    }
    let path = program.contains('/').then(|| folder.join(PathBuf::from(program)))?;
    let file = fs::File::open(path).ok()?;
    let mut content = Vec::new();
    file.take(LARGEST).read_to_end(&mut content).ok()?;
    let is_binary = [b"\x7fELF".as_slice(), b"\xcf\xfa\xed\xfe", b"MZ"].iter().any(|magic| content.starts_with(magic));
    is_binary.then(|| hex(&Sha256::digest(&content)))
}

fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

/// Hexadecimal digits of bytes.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::plan::PortPlan;

    fn service(folder: &Path, command: &str) -> ServicePlan {
        ServicePlan {
            command: Some(command.to_owned()),
            build: None,
            stop: None,
            folder: folder.to_owned(),
            port: PortPlan::Auto,
            env: Vec::new(),
            ready: None,
            monitor: false,
        }
    }

    fn identity(folder: &Path, command: &str) -> ArmIdentity {
        let (service, target) = (service(folder, command), Target::parse("http://127.0.0.1:1").unwrap());
        let [base, candidate] = of([(Some(&service), &target); 2], Path::new("report"));
        assert_eq!(base, candidate);
        base
    }

    fn committed(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("app.py"), text).unwrap();
        let settings = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.com", "-c", "commit.gpgsign=false"];
        for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "x"]] {
            let status = Command::new("git").args(settings).args(arguments).current_dir(folder.path()).status().unwrap();
            assert!(status.success());
        }
        folder
    }

    #[test]
    fn the_same_code_and_command_are_the_same_wherever_they_are() {
        let (one, same, other) = (committed("a"), committed("a"), committed("b"));
        let known = identity(one.path(), "python app.py");
        assert_eq!(known.digest, identity(same.path(), "python app.py").digest);
        assert!(known.sha.is_some() && known.digest.is_some());
        assert_ne!(known.digest, identity(other.path(), "python app.py").digest);
        assert_ne!(known.digest, identity(same.path(), "python app.py --fast").digest);
        fs::write(same.path().join("app.py"), "changed").unwrap();
        assert_ne!(known.digest, identity(same.path(), "python app.py").digest, "changed, not committed");
    }

    #[test]
    fn without_git_only_a_binary_is_known() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("app"), b"\x7fELF one").unwrap();
        fs::write(folder.path().join("run.sh"), "#!/bin/sh\n./app").unwrap();
        let digest = |command: &str| identity(folder.path(), command).digest;
        let known = digest("exec ./app --port $PORT");
        assert!(known.is_some());
        fs::write(folder.path().join("app"), b"\x7fELF two").unwrap();
        assert_ne!(digest("exec ./app --port $PORT"), known);
        assert_eq!((digest("./run.sh"), digest("python app.py"), digest("./missing")), (None, None, None));
        assert_eq!((digest("./app $(cat options)"), digest("./app --config=run.sh")), (None, None), "what it reads is not known");
    }

    #[test]
    fn a_program_that_is_the_same_in_two_versions_is_seen() {
        let (base, candidate) = (committed("a"), committed("b"));
        let both = |text: &[u8], other: &[u8], command: &str| {
            fs::write(base.path().join("app"), text).unwrap();
            fs::write(candidate.path().join("app"), other).unwrap();
            is_same_program(Some(&service(base.path(), command)), Some(&service(candidate.path(), command)))
        };
        assert!(both(b"\x7fELF one", b"\x7fELF one", "exec ./app --port $PORT"));
        assert!(!both(b"\x7fELF one", b"\x7fELF two", "exec ./app --port $PORT"));
        assert!(!both(b"#!/bin/sh", b"#!/bin/sh", "./app"), "a script may run another thing in each");
        let one = service(base.path(), "./app");
        fs::write(base.path().join("app"), b"\x7fELF").unwrap();
        assert!(!is_same_program(Some(&one), Some(&one)), "in one folder that is meant");
        assert!(!is_same_program(Some(&one), Some(&service(candidate.path(), "./app --new"))) && !is_same_program(None, Some(&one)));
    }

    #[test]
    fn a_running_service_is_known_by_its_address() {
        let of_address = |address: &str| of([(None, &Target::parse(address).unwrap()); 2], Path::new("report"));
        assert_eq!(of_address("http://joe:secret@127.0.0.1:1"), of_address("127.0.0.1:1/"));
        assert_ne!(of_address("http://127.0.0.1:1"), of_address("http://127.0.0.1:2"));
    }
}
