//! The system under test, where loadline starts or watches it.

use serde_json::json;

use crate::config::reader::{Fields, Map, Read, Reader, Schema, Text, element};
use crate::config::yaml::Node;
use crate::units::Micros;

element! {
    /// The system under test: how it is started, awaited, watched and stopped.
    "service", "a mapping such as `{ command: ./serve, ready: { get: /health } }`";
    pub struct ServiceConfig {
        /// Starts it, through `sh -c`. Empty, or with `--target`: it already runs.
        "command" command: Text => optional,
        /// Runs to its end before `command`.
        "build" build: Text => optional,
        /// Stops it. Without it, its whole process group is told to end, then made to.
        "stop" stop: Text => optional,
        /// The working folder of the commands, relative to the one that loadline runs in.
        "folder" folder: Text => default ".",
        /// The port it listens on, given to it as `PORT`; `auto` picks a free one. `${PORT}` works in `target` and here.
        "port" port: PortConfig => optional,
        /// More environment for the commands.
        "env" env: Map<Text> => optional,
        /// When it is ready for load.
        "ready" ready: ReadyConfig => optional,
        /// Record its CPU and memory every second.
        "monitor" monitor: bool => default "false",
    }
}

element! {
    /// When a service is ready: one of `get`, `tcp` and `log`.
    "ready", "a mapping such as `{ get: /health, within: 30s }`";
    pub struct ReadyConfig {
        /// A GET of this path answers with a status below 400.
        "get" get: Text => optional,
        /// A connection to this `host:port`, or port of this machine, is accepted.
        "tcp" tcp: Text => optional,
        /// A line of its output matches this regular expression.
        "log" log: Text => optional,
        /// How long it may take.
        "within" within: Micros => default "30s",
    }
    check one_probe;
}

/// The port of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortConfig {
    /// A free one.
    Auto,
    /// This one.
    Fixed(u16),
}

impl Read for PortConfig {
    fn form() -> String {
        "`auto` or a port number such as `8000`".to_owned()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let text = node.as_scalar().map(|scalar| scalar.value.trim());
        match text {
            Some("auto") => Some(Self::Auto),
            Some(text) => match text.parse() {
                Ok(port) if port > 0 => Some(Self::Fixed(port)),
                _ => reader.wrong(node, &Self::form()),
            },
            None => reader.wrong(node, &Self::form()),
        }
        .inspect(|_| reader.is_public(node))
    }

    fn schema(_schema: &mut Schema) -> serde_json::Value {
        json!({ "type": ["integer", "string"], "minimum": 1, "maximum": 65535, "pattern": "^auto$|^[0-9]+$|\\$\\{" })
    }
}

fn one_probe(_ready: &ReadyConfig, fields: &Fields<'_>, reader: &mut Reader) {
    let probes: Vec<_> = ["get", "tcp", "log"].iter().filter_map(|key| fields.key(key)).collect();
    match probes.as_slice() {
        [] => reader.report(
            fields.span,
            "`ready` does not say what to ask",
            "",
            Some("give it `get: /health`, `tcp: 8000` or `log: listening`".to_owned()),
        ),
        [_] => {}
        [first, second, ..] => reader.conflict("`ready` is either `get`, `tcp` or `log`", *second, *first, "keep one of them"),
    }
}
