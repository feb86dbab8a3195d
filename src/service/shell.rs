//! A shell command whose processes end with it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::environment::Environment;
use super::exit::Exit;
use super::tree::{Tree, Watched};

/// How long processes that were killed may take to go; only one that hangs in the kernel takes longer.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// A command run through `sh -c` in a process group of its own, so that all of it can be stopped, and so that Ctrl-C in
/// the terminal reaches us alone. Dropping it kills what is left of it.
#[derive(Debug)]
pub(super) struct Shell {
    child: Child,
    /// Finds its processes, those too that left the group.
    tree: Tree,
    ended: Option<Exit>,
    is_over: bool,
}

/// What stopping came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct End {
    /// Whether something didn't end by itself after SIGTERM and was killed.
    pub forced: bool,
    /// Processes that could not even be killed.
    pub left: Vec<u32>,
}

impl Shell {
    /// Starts the command; what it writes goes to `output`, and it reads nothing. Its processes inherit the mark and are
    /// known by it. Without one only group and descendants are: daemons that a build leaves behind are not ours to end.
    pub(super) fn start(text: &str, folder: &Path, environment: &Environment, mark: Option<&str>, output: File) -> io::Result<Self> {
        let mut command = if cfg!(windows) { Command::new("cmd") } else { Command::new("sh") };
        command.arg(if cfg!(windows) { "/C" } else { "-c" }).arg(environment.fill(text)).current_dir(folder);
        match mark {
            Some(mark) => environment.marked(mark).apply(&mut command),
            None => environment.apply(&mut command),
        }
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn()?;
        let tree = Tree::new(Watched::command(child.id(), mark));
        Ok(Self { child, tree, ended: None, is_over: false })
    }

    /// The number of the shell, which is the number of the group.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How the shell ended; none while it runs. The processes it started may outlive it.
    pub(super) fn exit(&mut self) -> Option<Exit> {
        if self.ended.is_none() {
            self.ended = system::ended(&mut self.child);
        }
        self.ended
    }

    /// Whether a process of the command is left, the shell or any other.
    pub(super) fn is_running(&mut self) -> bool {
        self.exit().is_none() || !system::left(&mut self.tree, &self.child, true).is_empty()
    }

    /// Waits until no process of it is left, or the time is over; true: none is left.
    pub(super) fn wait(&mut self, at_most: Duration) -> bool {
        wait_until(at_most, || !self.is_running())
    }

    /// Waits until the shell itself has ended, or the time is over; true: it has.
    pub(super) fn wait_for_exit(&mut self, at_most: Duration) -> bool {
        wait_until(at_most, || self.exit().is_some())
    }

    /// Asks all its processes to end (SIGTERM), and kills after `grace` what didn't.
    pub(super) fn stop(&mut self, grace: Duration) -> End {
        if self.is_over {
            return End::default();
        }
        let mut forced = false;
        if self.is_running() && !grace.is_zero() {
            system::terminate(&mut self.tree, &mut self.child);
            self.wait(grace);
        }
        let end = Instant::now() + AFTER_KILL;
        while self.is_running() && Instant::now() < end {
            forced = true;
            // Again and again: a process may be born while the others are being killed.
            system::kill(&mut self.tree, &mut self.child);
            self.wait(Duration::from_millis(20));
        }
        let left = system::left(&mut self.tree, &self.child, false);
        if self.exit().is_some() {
            // Only now is the number of the group free to be used again.
            let _ = self.child.wait();
        }
        self.is_over = true;
        End { forced, left }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.stop(Duration::ZERO);
    }
}

fn wait_until(at_most: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + at_most;
    let mut pause = Duration::from_millis(5);
    while !is_so() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(100));
    }
    true
}

#[cfg(unix)]
mod system {
    use std::process::Child;

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

    use crate::service::exit::Exit;
    use crate::service::tree::Tree;

    /// How the child ended. It stays a zombie until the whole group has gone, so that its number, which is the group's,
    /// can't become another process's while we still send signals to it.
    pub(super) fn ended(child: &mut Child) -> Option<Exit> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(Pid::from_child(child)), options) {
            Ok(status) => {
                let status = status?;
                status.exit_status().map(Exit::Status).or_else(|| status.terminating_signal().map(Exit::Signal))
            }
            Err(_) => child.try_wait().ok().flatten().map(Exit::from),
        }
    }

    /// The processes that are left. `quick`: those that were strangers a moment ago are taken to be strangers still.
    #[cfg(target_os = "linux")]
    pub(super) fn left(tree: &mut Tree, _child: &Child, quick: bool) -> Vec<u32> {
        let alive = |processes: Vec<crate::service::process::Process>| {
            processes.into_iter().filter(|process| process.alive).map(|process| process.pid).collect::<Vec<_>>()
        };
        let left = if quick { alive(tree.scan()) } else { Vec::new() };
        // What looks as if all had gone is worth a second, thorough look.
        if left.is_empty() { alive(tree.scan_afresh()) } else { left }
    }

    /// Without `/proc` only the group can be asked, and says only whether there is anybody.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn left(_tree: &mut Tree, child: &Child, _quick: bool) -> Vec<u32> {
        match rustix::process::test_kill_process_group(Pid::from_child(child)) {
            Ok(()) => vec![child.id()],
            Err(_) => Vec::new(),
        }
    }

    pub(super) fn terminate(tree: &mut Tree, child: &mut Child) {
        signal(tree, child, Signal::TERM);
        // One that was stopped hears nothing else before it goes on.
        signal(tree, child, Signal::CONT);
    }

    pub(super) fn kill(tree: &mut Tree, child: &mut Child) {
        signal(tree, child, Signal::KILL);
    }

    /// Signals the group as a whole, then those who left it. A process that has gone in the meantime is no failure.
    fn signal(tree: &mut Tree, child: &Child, signal: Signal) {
        let group = Pid::from_child(child);
        let _ = kill_process_group(group, signal);
        for process in tree.scan_afresh() {
            if process.alive
                && process.group != child.id()
                && let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw)
            {
                let _ = kill_process(pid, signal);
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    use std::process::Child;

    use crate::service::exit::Exit;
    use crate::service::tree::Tree;

    pub(super) fn ended(child: &mut Child) -> Option<Exit> {
        child.try_wait().ok().flatten().map(Exit::from)
    }

    /// Nobody but the child is known here.
    pub(super) fn left(_tree: &mut Tree, _child: &Child, _quick: bool) -> Vec<u32> {
        Vec::new()
    }

    /// There is no polite way.
    pub(super) fn terminate(_tree: &mut Tree, _child: &mut Child) {}

    pub(super) fn kill(_tree: &mut Tree, child: &mut Child) {
        let _ = child.kill();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::service::environment::tests::plan;

    fn start(text: &str, mark: &str) -> (tempfile::TempDir, Shell) {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::new(&plan(None), None, std::env::vars_os());
        let output = File::create(folder.path().join("log")).unwrap();
        let shell = Shell::start(text, folder.path(), &environment, Some(mark), output).unwrap();
        (folder, shell)
    }

    /// Waits for a file that the command writes numbers of processes into.
    fn pids(folder: &tempfile::TempDir, count: usize) -> Vec<i32> {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            let text = std::fs::read_to_string(folder.path().join("pids")).unwrap_or_default();
            let pids: Vec<i32> = text.lines().filter_map(|line| line.parse().ok()).collect();
            if text.ends_with('\n') && pids.len() == count {
                return pids;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the command wrote no process numbers");
    }

    fn is_alive(pid: i32) -> bool {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[test]
    fn a_shell_that_ends_says_how() {
        for (text, exit) in [("exit 3", Exit::Status(3)), ("true", Exit::Status(0)), ("kill -9 $$", Exit::Signal(9))] {
            let (_folder, mut shell) = start(text, "says-how");
            assert!(shell.wait(Duration::from_secs(60)));
            assert_eq!(shell.exit(), Some(exit), "{text}");
            assert_eq!(shell.stop(Duration::from_secs(5)), End::default());
        }
    }

    #[test]
    fn what_ignores_the_request_to_end_is_killed_down_to_the_grandchild() {
        let stubborn = "trap '' TERM; echo $$ >> pids; while :; do sleep 0.1; done";
        let (folder, mut shell) = start(&format!("sh -c '{}' & {stubborn}", stubborn.replace('\'', r"'\''")), "stubborn");
        let pids = pids(&folder, 2);
        assert!(pids.iter().all(|&pid| is_alive(pid)));
        let end = shell.stop(Duration::from_millis(300));
        assert_eq!(end, End { forced: true, left: Vec::new() });
        assert!(!pids.iter().any(|&pid| is_alive(pid)), "{pids:?}");
    }

    #[test]
    fn a_daemon_that_left_the_group_and_its_parents_is_stopped_too() {
        // Its parent has gone and its session is another: only the mark is left.
        let (folder, mut shell) = start("(setsid sh -c 'echo $$ >> pids; exec sleep 300' &) ; exit 0", "daemon-test");
        let pid = pids(&folder, 1)[0];
        // While a process becomes another program nobody can read its mark.
        let program = || std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        assert!(wait_until(Duration::from_secs(60), || program() == "sleep\n"), "{}", program());
        assert_eq!(shell.stop(Duration::from_secs(30)), End::default());
        assert!(!is_alive(pid));
    }

    #[test]
    fn what_ends_when_it_is_asked_to_is_not_killed() {
        let (folder, mut shell) = start("trap 'echo bye > bye; exit 0' TERM; echo $$ >> pids; while :; do sleep 0.05; done", "polite");
        pids(&folder, 1);
        assert_eq!(shell.stop(Duration::from_secs(60)), End::default());
        assert_eq!(shell.exit(), Some(Exit::Status(0)));
        assert!(folder.path().join("bye").exists());
    }

    #[test]
    fn a_command_sees_its_environment_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let inherited = ["PATH", "GITHUB_TOKEN"].map(|name| (name.into(), std::env::var_os("PATH").unwrap_or_default()));
        let environment = Environment::new(&plan(None), Some(8123), inherited);
        let path = folder.path().join("log");
        let mut shell = Shell::start("env", folder.path(), &environment, Some("seen"), File::create(&path).unwrap()).unwrap();
        assert!(shell.wait(Duration::from_secs(60)));
        let seen = std::fs::read_to_string(&path).unwrap();
        let mut names: Vec<&str> = seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        names.sort_unstable();
        // The shell itself adds where it is, and some add more about themselves.
        names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
        assert_eq!(names, ["LOADLINE_SERVICE", "PATH", "PORT"]);
    }

    #[test]
    fn a_stopped_process_ends_as_well() {
        let (folder, mut shell) = start("echo $$ >> pids; kill -STOP $$; sleep 300", "stopped");
        pids(&folder, 1);
        assert_eq!(shell.stop(Duration::from_secs(60)), End::default());
    }

    #[test]
    fn dropping_it_kills_everything() {
        let (folder, shell) = start("echo $$ >> pids; sleep 300 & echo $! >> pids; wait", "dropped");
        let pids = pids(&folder, 2);
        drop(shell);
        assert!(!pids.iter().any(|&pid| is_alive(pid)), "{pids:?}");
    }
}
