//! The sample API, as a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// A running `loadline demo`; stopped when it goes out of scope.
pub(crate) struct Demo {
    child: Child,
    address: String,
}

impl Demo {
    pub(crate) fn start() -> Self {
        Self::with(&[], &[])
    }

    pub(crate) fn with_defect(defect: &str) -> Self {
        Self::with(&["--defect", defect], &[])
    }

    /// With these arguments and environment variables.
    pub(crate) fn with(args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadline"));
        command.env_clear().envs(env.iter().copied()).args(["demo", "--listen", "127.0.0.1:0"]).args(args);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the demo starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it was piped")).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap_or_else(|| panic!("not an address: {line:?}")).to_owned();
        Self { child, address }
    }

    /// Ends it as Ctrl-C does; gives its exit code, none where the signal itself ended it.
    pub(crate) fn interrupted(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::INT).expect("it runs");
        let mut status = None;
        super::eventually("the demo ends", || {
            status = self.child.try_wait().expect("a child can be waited for");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it was sent, `/stats` itself left out.
    pub(crate) fn stats(&self) -> Value {
        let mut stream = TcpStream::connect(&self.address).expect("the demo listens");
        stream.write_all(b"GET /stats HTTP/1.1\r\nhost: demo\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a body");
        serde_json::from_str(body).expect("statistics are JSON")
    }

    /// How many requests it was sent in all.
    pub(crate) fn requests(&self) -> u64 {
        self.stats()["requests"].as_u64().expect("a number")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
