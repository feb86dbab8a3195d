//! Limits of the system that stand in the way of many users.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The number of files this process may open, raised to what the system allows for as long as this lives: every user is
/// a connection, and the usual 1,024 are used up soon. What can't be raised shows in the failures of requests.
#[derive(Debug)]
pub(super) struct OpenFiles {
    #[cfg(unix)]
    before: Rlimit,
}

impl OpenFiles {
    /// Raises the limit.
    pub(super) fn raise() -> Self {
        #[cfg(unix)]
        {
            let before = getrlimit(Resource::Nofile);
            if before.current != before.maximum {
                // Refused by systems with a lower limit of their own; the old one stands then.
                let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum });
            }
            Self { before }
        }
        #[cfg(not(unix))]
        Self {}
    }
}

#[cfg(unix)]
impl Drop for OpenFiles {
    /// A service that is started later must not get more than it would without us.
    fn drop(&mut self) {
        let _ = setrlimit(Resource::Nofile, self.before);
    }
}
