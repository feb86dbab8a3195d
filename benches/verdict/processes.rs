//! The processes of a recording or a live run. None outlives its owner; a busy loop ends by itself also where this program is
//! killed, so that it makes no later measurement a busy one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The program that is proved.
pub(crate) const LOADLINE: &str = env!("CARGO_BIN_EXE_loadline");

/// A process that is ended when it is no longer needed.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Looks a few times a second whether whoever started it is still there.
const BUSY: &str = "while kill -0 $PPID 2>/dev/null; do i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done; done";

/// Something that takes all of a core that it can get.
pub(crate) fn hog() -> Result<Running, String> {
    Ok(Running(Command::new("sh").args(["-c", BUSY]).spawn().map_err(text_of)?))
}

/// A sample API on a port of its own.
pub(crate) struct Demo {
    pub(crate) address: String,
    _process: Running,
}

impl Demo {
    /// Starts it with these options, and waits until it listens.
    pub(crate) fn start(options: &[&str]) -> Result<Self, String> {
        let mut command = Command::new(LOADLINE);
        let mut process =
            command.args(["demo", "--listen", "127.0.0.1:0"]).args(options).stdout(Stdio::piped()).spawn().map_err(text_of)?;
        let stdout = process.stdout.take();
        let process = Running(process);
        let mut line = String::new();
        if let Some(stdout) = stdout {
            BufReader::new(stdout).read_line(&mut line).map_err(text_of)?;
        }
        let address = line.trim().strip_prefix("listening on ").ok_or_else(|| format!("the demo said `{line}`"))?;
        Ok(Self { address: address.to_owned(), _process: process })
    }
}

pub(crate) fn text_of(error: std::io::Error) -> String {
    error.to_string()
}
