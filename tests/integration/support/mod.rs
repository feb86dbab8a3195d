//! What all tests use: the program, a folder to run it in, services to run it against.

mod authority;
mod demo;
mod folder;
mod forward_proxy;
pub(crate) mod github;
mod loadline;
mod raw_server;
mod record;
mod web_server;

pub(crate) use authority::Authority;
pub(crate) use demo::Demo;
pub(crate) use folder::Folder;
pub(crate) use forward_proxy::ForwardProxy;
pub(crate) use loadline::{Loadline, Output, Running};
pub(crate) use raw_server::{Answer, RawServer, Seen};
pub(crate) use record::{Record, endpoint, failing_thresholds, sent, statuses, threshold};
pub(crate) use web_server::{Spoken, WebServer};

use std::time::{Duration, Instant};

/// Waits until `condition` holds; fails with `what` when it doesn't within half a minute.
pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}: not within half a minute");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process of that number runs. One that ended and that nobody has asked after does not.
pub(crate) fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}
