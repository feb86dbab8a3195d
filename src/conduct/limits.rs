//! Limits of the system that stand in the way of many users.

/// Raises the number of files this process may open to what the system allows it: every user is a connection, and the
/// usual 1,024 are used up soon. What can't be raised shows in the failures of requests.
#[cfg(unix)]
pub fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Refused by systems with a lower limit of their own; the old one stands then.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
}

/// There is no such limit here.
#[cfg(not(unix))]
pub fn raise_open_files() {}
