//! The program under test.

use std::fmt;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// No single run of any test takes this long, on any machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A run of the program that is being put together. The environment is empty but for `PATH`, `HOME` and what is asked for.
pub(crate) struct Loadline {
    command: Command,
}

impl Loadline {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadline"));
        command.current_dir(folder).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder).env("NO_COLOR", "1");
        // Tests run on machines that are slow and busy; one test is about the strict rule.
        command.env("LOADLINE_ON_SATURATION", "warn");
        Self { command }
    }

    pub(crate) fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// As `nohup` and the like start it: with a signal that is ignored from the beginning.
    pub(crate) fn ignoring(self, signal: &str) -> Self {
        self.behind(&format!("trap '' {signal}"))
    }

    /// With so many files that it may have open at first.
    pub(crate) fn with_open_files(self, most: u32) -> Self {
        self.behind(&format!("ulimit -S -n {most}"))
    }

    /// Started by a shell that has done something before.
    fn behind(self, before: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{before}; exec \"$0\" \"$@\"")]).arg(self.command.get_program());
        command.args(self.command.get_args()).env_clear().stdin(Stdio::null());
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.command.get_current_dir().expect("it is in a folder"));
        Self { command }
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Output {
        self.start().wait()
    }

    /// Runs it to its end and asserts the exit code; shows everything where it is another.
    #[track_caller]
    pub(crate) fn exits_with(self, code: i32) -> Output {
        let output = self.run();
        assert_eq!(output.code, code, "{output}");
        output
    }

    /// Runs it with a standard output that nobody reads; gives the exit code.
    pub(crate) fn exit_code_unread(mut self) -> i32 {
        let mut child = self.command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        drop(child.stdout.take());
        child.wait().expect("a child can be waited for").code().unwrap_or(-1)
    }

    /// Runs it with its standard output going into a file.
    pub(crate) fn exits_into(mut self, file: &str) -> Output {
        let file = std::fs::OpenOptions::new().write(true).open(file).expect("it can be opened");
        let output = self.command.stdout(file).output().expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Output { code: output.status.code().unwrap_or(-1), stdout: String::new(), stderr }
    }

    pub(crate) fn start(mut self) -> Running {
        let mut child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let pid = Pid::from_child(&child);
        let said = Arc::new(Mutex::new(Vec::new()));
        let (stdout, stderr) = (reader(child.stdout.take(), Arc::default()), reader(child.stderr.take(), said.clone()));
        let (done, ended) = channel();
        std::thread::spawn(move || done.send(wait(child, &stdout, &stderr)));
        Running { pid, said, ended, over: false }
    }
}

/// The program while it runs; killed when the test ends before it.
pub(crate) struct Running {
    pid: Pid,
    /// What it has written to standard error so far.
    said: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<Output>,
    over: bool,
}

impl Running {
    /// What Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        kill_process(self.pid, Signal::INT).expect("it still runs");
    }

    /// Whether this is on its standard error by now.
    pub(crate) fn has_said(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.said.lock().unwrap()).contains(words)
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("it still runs");
    }

    #[track_caller]
    pub(crate) fn wait(mut self) -> Output {
        match self.ended.recv_timeout(PATIENCE) {
            Ok(output) => {
                self.over = true;
                output
            }
            Err(RecvTimeoutError::Timeout) => panic!("the program hangs"),
            Err(RecvTimeoutError::Disconnected) => panic!("the program can't be waited for"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.over && self.ended.try_recv().is_err() {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    /// The exit code; minus the signal's number where one ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The last line of standard output: the verdict.
    pub(crate) fn verdict(&self) -> &str {
        self.stdout.lines().last().unwrap_or_default()
    }

    /// Both streams.
    pub(crate) fn everything(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}\n--- stdout\n{}--- stderr\n{}---", self.code, self.stdout, self.stderr)
    }
}

/// Reads a stream to its end; what has come so far is in `said`.
fn reader(stream: Option<impl Read + Send + 'static>, said: Arc<Mutex<Vec<u8>>>) -> Receiver<String> {
    let (done, text) = channel();
    let mut stream = stream.expect("it was piped");
    std::thread::spawn(move || {
        let mut part = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut part) {
            said.lock().unwrap().extend_from_slice(&part[..read]);
        }
        done.send(String::from_utf8_lossy(&said.lock().unwrap()).into_owned())
    });
    text
}

fn wait(mut child: Child, stdout: &Receiver<String>, stderr: &Receiver<String>) -> Output {
    let status = child.wait().expect("a child can be waited for");
    let code = status.code().unwrap_or_else(|| -status.signal().unwrap_or(1));
    // A process that it left behind may hold the streams; what it says is not waited for.
    let text = |stream: &Receiver<String>| stream.recv_timeout(Duration::from_secs(10)).unwrap_or_else(|_| "(held open)".to_owned());
    Output { code, stdout: text(stdout), stderr: text(stderr) }
}
